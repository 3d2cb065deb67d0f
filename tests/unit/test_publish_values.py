"""The journal of published values: what differs from the last publish, and what vanished."""

import shutil

from pipelines import journal


def _journaled(company):
    return [
        (row["version"], row["scope"], row["member"], row["value"], row["is_removed"])
        for row in journal.read(company.settings.lake_dir, "published_values")
    ]


def test_changed_new_and_vanished_values_are_recorded(company):
    company.publish(1, values=[("company", "(all)", 5), ("team", "East", 2), ("team", "West", 3)])
    company.publish(2, values=[("company", "(all)", 6), ("team", "East", 2), ("region", "EU", 4)])
    assert _journaled(company) == [
        ("v000001", "company", "(all)", 5, False),
        ("v000001", "team", "East", 2, False),
        ("v000001", "team", "West", 3, False),
        ("v000002", "company", "(all)", 6, False),
        ("v000002", "region", "EU", 4, False),
        ("v000002", "team", "West", None, True),
    ]


def test_the_same_values_are_recorded_once(company):
    for n in (1, 2, 3):
        company.publish(n, values=[("company", "(all)", 5), ("team", "East", None)])
    assert [row[0] for row in _journaled(company)] == ["v000001", "v000001"]


def test_a_vanished_value_that_returns_is_recorded_again(company):
    east = ("team", "East", 2)
    company.publish(1, values=[("company", "(all)", 5), east])
    company.publish(2, values=[("company", "(all)", 5)])
    company.publish(3, values=[("company", "(all)", 5)])
    company.publish(4, values=[("company", "(all)", 5), east])
    found = [row for row in _journaled(company) if row[1] == "team"]
    assert found == [
        ("v000001", "team", "East", 2, False),
        ("v000002", "team", "East", None, True),
        ("v000004", "team", "East", 2, False),
    ]


def test_a_value_that_becomes_null_or_stops_being_null_differs(company):
    for n, value in enumerate((None, 1.5, None), start=1):
        company.publish(n, values=[("company", "(all)", value)])
    assert [row[3] for row in _journaled(company)] == [None, 1.5, None]


def test_a_null_that_vanishes_is_removed(company):
    company.publish(1, values=[("company", "(all)", 5), ("team", "East", None)])
    company.publish(2, values=[("company", "(all)", 5)])
    assert _journaled(company)[-1] == ("v000002", "team", "East", None, True)


def test_the_last_digit_of_a_double_is_not_a_restatement(company):
    company.publish(1, values=[("company", "(all)", 0.1 + 0.2)])
    company.publish(2, values=[("company", "(all)", 0.3)])
    company.publish(3, values=[("company", "(all)", 0.30000001)])
    assert [row[0] for row in _journaled(company)] == ["v000001", "v000003"]


def test_other_scopes_are_not_recorded(company):
    company.publish(1, values=[("company", "(all)", 5), ("rep", "Ada", 2)])
    assert [row[1] for row in _journaled(company)] == ["company"]


def test_a_deleted_mart_makes_no_restatements(company):
    company.publish(1, values=[("company", "(all)", 5)])
    shutil.rmtree(company.settings.mart_path.parent)
    company.publish(2, values=[("company", "(all)", 5)])
    assert [row[0] for row in _journaled(company)] == ["v000001"]
    assert str(company.settings.mart_path.readlink()) == "versions/v000002.duckdb"
