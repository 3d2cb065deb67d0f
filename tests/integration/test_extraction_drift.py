"""How an export's shape differs from the one before it: `run.schema_drift`."""

import pytest

from pipelines.extract.accept import accept

WIDE = "id,stage,amount,created,owner,region"


def _drift(crm):
    return crm.query(
        "select file_name, drift, column_name, found_before, found_now from run.schema_drift "
        "order by as_of, file_name, drift, column_name, found_before, found_now"
    )


def _land(crm, day, *rows, header=WIDE):
    return crm.land(f"deals_2024-01-{day:02d}.csv", *rows, header=header)


def test_the_first_export_of_an_object_and_one_like_it_are_no_drift(crm):
    _land(crm, 1, "D1,Open,10,2023-12-01,Ada,North")
    _land(crm, 2, "D1,Open,11,2023-12-01,Ada,North")
    crm.extract()
    assert _drift(crm) == []


def test_columns_that_come_and_go(crm):
    _land(crm, 1, "D1,Open,10,2023-12-01,Ada,North")
    _land(crm, 2, "D1,Open,2023-12-01,Ada,x", header="id,stage,created,owner,segment")
    crm.extract()
    name = "deals_2024-01-02.csv"
    assert _drift(crm) == [
        (name, "lost_column", "amount", "amount", None),
        (name, "lost_column", None, "region", None),
        (name, "new_column", None, None, "segment"),
    ]


def test_an_export_is_compared_with_the_one_before_its_moment_whenever_it_arrives(crm):
    _land(crm, 1, "D1,Open,10,2023-12-01,Ada,North")
    _land(crm, 3, "D1,Open,10,2023-12-01,Ada", header="id,stage,amount,created,owner")
    crm.extract()
    assert [row[:2] for row in _drift(crm)] == [("deals_2024-01-03.csv", "lost_column")]
    _land(crm, 2, "D1,Open,10,2023-12-01,Ada", header="id,stage,amount,created,owner")
    crm.extract()
    assert [row[:2] for row in _drift(crm)] == [("deals_2024-01-02.csv", "lost_column")]


@pytest.mark.parametrize(
    ("before", "now", "kinds"),
    [
        ("12", "n/a today", ("number", "text")),
        ("$1,200.50", "2024-02-03", ("number", "date")),
        ("03/02/2024 10:15", "soon", ("date", "text")),
        ("1 200 €", "7 %", None),
        ("2024-02-03T10:15:00Z", "3.2.24", None),
    ],
)
def test_what_a_column_holds_changes(crm, before, now, kinds):
    _land(crm, 1, *(f'D{n},Open,10,2023-12-01,Ada,"{before}"' for n in range(50)))
    _land(crm, 2, *(f'D{n},Open,10,2023-12-01,Ada,"{now}"' for n in range(50)))
    crm.extract()
    found = [(row[1], row[2], *row[3:]) for row in _drift(crm)]
    assert found == ([("changed_type", "region", *kinds)] if kinds else [])


def test_a_few_odd_values_are_no_other_kind(crm):
    _land(crm, 1, *(f"D{n},Open,10,2023-12-01,Ada,{n}" for n in range(50)))
    _land(crm, 2, *(f"D{n},Open,10,2023-12-01,Ada,{n if n else '-'}" for n in range(50)))
    crm.extract()
    assert _drift(crm) == []


def test_a_column_that_is_suddenly_empty(crm):
    _land(crm, 1, *(f"D{n},Open,10,2023-12-01,Ada,North" for n in range(100)))
    _land(crm, 2, *(f"D{n},Open,10,2023-12-01,Ada," for n in range(100)))
    crm.extract()
    assert [row[1:] for row in _drift(crm)] == [("emptied_column", "region", "text", None)]


def test_fewer_rows_than_usual_are_told_and_the_batch_waits(crm):
    for day in (1, 2, 3):
        _land(crm, day, *(f"D{n},Open,{day},2023-12-01,Ada,North" for n in range(20)))
    _land(crm, 4, *(f"D{n},Open,4,2023-12-01,Ada,North" for n in range(16)))
    crm.extract()
    (told,) = _drift(crm)
    assert told == ("deals_2024-01-04.csv", "fewer_rows", None, "20", "16")
    (held,) = crm.query("select batch, state from run.schema_drift")
    assert held[1] == "held"
    accept(crm.settings, held[0], reason="the North was sold")
    crm.extract()
    assert crm.query("select state from run.schema_drift") == [("applied",)]
    assert len(crm.state(4)) == 16


def test_a_batch_that_waits_is_no_measure_for_the_next(crm):
    _land(crm, 1, *(f"D{n},Open,1,2023-12-01,Ada,North" for n in range(20)))
    _land(crm, 2, "D1,Open,2,2023-12-01,Ada,North")
    _land(crm, 3, *(f"D{n},Open,3,2023-12-01,Ada,North" for n in range(20)))
    crm.extract()
    assert [(row[0], row[1]) for row in _drift(crm)] == [("deals_2024-01-02.csv", "fewer_rows")]


def test_an_increment_may_have_any_number_of_rows(crm):
    crm.opportunities["mode"] = "incremental"
    _land(crm, 1, *(f"D{n},Open,1,2023-12-01,Ada,North" for n in range(20)))
    _land(crm, 2, "D1,Open,2,2023-12-01,Ada,North")
    crm.extract()
    assert _drift(crm) == []
