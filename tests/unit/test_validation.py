"""Checks against real DuckDB files; all tests that need Great Expectations are in this module."""

import datetime as dt
import hashlib
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from data_quality import validation
from data_quality.checks import Check, Suite, row_count
from data_quality.suites import door
from pipelines.errors import KpimartError
from pipelines.extract.objects import object_shapes
from pipelines.report import CheckResult

COUNT = row_count(reason="An empty table would pass every other check.")
ROOT = Path(__file__).parents[2]

TOY = """
create schema marts;
create table marts.fct_deals as
select
    'crm:' || i as opportunity_key, cast(i as decimal(18,2)) as amount,
    case when i % 100 = 7 then null else 'won' end as outcome,
    date '2026-01-01' + cast(i as integer) as created_on,
    date '2026-01-01' + cast(if(i = 9, i - 1, i + 30) as integer) as closed_on,
    i % 500 as number, i % 500 as number_again
from range(1000) as numbers(i);
create table marts.dim_empty (rep_key varchar, share double);
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("toy") / "build.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute(TOY)
    return path


def run(toy: Path, *checks: Check, table: str = "marts.fct_deals") -> dict[str, CheckResult]:
    results = validation.validate(toy, [Suite(layer="audit", table=table, checks=(COUNT, *checks))])
    assert [result.check for result in results] == ["row_count", *(c.name for c in checks)]
    return {result.check: result for result in results}


def expectation(name: str, /, **kwargs: object) -> Check:
    return Check(
        name=name, expectation=name, kwargs=kwargs, severity="critical", reason="It matters."
    )


def sql(query: str, *, severity: str = "critical") -> Check:
    return Check(name="rule", sql=query, severity=severity, reason="It matters.", kpis=("revenue",))


def test_checks_that_hold_pass_without_rows_or_examples(toy: Path) -> None:
    results = run(
        toy,
        expectation("ExpectColumnValuesToBeBetween", column="amount", min_value=0, max_value=999),
        expectation("ExpectColumnValuesToBeInSet", column="outcome", value_set=["won", "lost"]),
        expectation("ExpectColumnValuesToBeUnique", column="opportunity_key"),
        expectation("ExpectColumnMaxToBeBetween", column="amount", max_value=999),
        sql("select deals.opportunity_key from {batch} as deals where deals.amount < 0"),
    )
    for result in results.values():
        assert (result.passed, result.rows, result.examples) == (True, 0, [])
        assert not result.blocks


def test_a_failed_column_check_names_rows_by_their_keys(toy: Path) -> None:
    check = expectation("ExpectColumnValuesToNotBeNull", column="outcome")
    result = run(toy, check)["ExpectColumnValuesToNotBeNull"]
    assert not result.passed
    assert result.rows == 10
    assert result.table == "marts.fct_deals"
    assert result.reason == "It matters."
    assert len(result.examples) == 5
    assert result.examples[0] == {"opportunity_key": "crm:7", "outcome": None}


def test_a_failed_range_check_keeps_the_types_of_its_examples(toy: Path) -> None:
    check = expectation("ExpectColumnValuesToBeBetween", column="amount", max_value=997)
    result = run(toy, check)["ExpectColumnValuesToBeBetween"]
    assert result.rows == 2
    assert result.examples == [
        {"opportunity_key": "crm:998", "amount": Decimal("998.00")},
        {"opportunity_key": "crm:999", "amount": Decimal("999.00")},
    ]


def test_a_failed_set_check_survives_quotes(toy: Path) -> None:
    check = expectation("ExpectColumnValuesToBeInSet", column="outcome", value_set=["it's %s open"])
    result = run(toy, check)["ExpectColumnValuesToBeInSet"]
    assert result.rows == 990
    assert result.examples[0] == {"opportunity_key": "crm:0", "outcome": "won"}


def test_a_failed_pair_check_shows_both_columns(toy: Path) -> None:
    name = "ExpectColumnPairValuesAToBeGreaterThanB"
    result = run(toy, expectation(name, column_A="closed_on", column_B="created_on"))[name]
    assert result.rows == 1
    assert result.examples == [
        {
            "opportunity_key": "crm:9",
            "closed_on": dt.date(2026, 1, 9),
            "created_on": dt.date(2026, 1, 10),
        }
    ]


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("ExpectColumnValuesToBeUnique", {"column": "number"}),
        ("ExpectCompoundColumnsToBeUnique", {"column_list": ["number", "number_again"]}),
    ],
)
def test_a_failed_uniqueness_check_shows_rows(
    toy: Path, name: str, kwargs: dict[str, object]
) -> None:
    result = run(toy, expectation(name, **kwargs))[name]
    assert result.rows == 1000
    assert len(result.examples) == 5
    assert all("number" in example for example in result.examples)


def test_a_failed_check_of_the_whole_table_shows_what_was_observed(toy: Path) -> None:
    check = expectation("ExpectColumnMaxToBeBetween", column="number", max_value=10)
    result = run(toy, check)["ExpectColumnMaxToBeBetween"]
    assert (result.passed, result.rows) == (False, 0)
    assert result.examples == [{"observed": 499}]


def test_a_failed_sql_check_counts_all_rows_and_shows_five_in_its_order(toy: Path) -> None:
    query = """
        select deals.opportunity_key, deals.amount from {batch} as deals
        where deals.amount > 900 order by deals.amount desc;
    """
    result = run(toy, sql(query))["rule"]
    assert result.rows == 99
    assert [row["opportunity_key"] for row in result.examples] == [
        f"crm:{i}" for i in (999, 998, 997, 996, 995)
    ]
    assert result.kpis == ("revenue",)


def test_sql_may_join_and_hold_braces_colons_and_percents(toy: Path) -> None:
    query = """
        with deals as (select * from {batch})
        select deals.opportunity_key, {'a :b': 1::bigint} as pair, '100 %s :x' as text
        from deals
        inner join {batch} as others on others.opportunity_key = deals.opportunity_key
        where deals.opportunity_key like 'crm:99_'
    """
    result = run(toy, sql(query))["rule"]
    assert result.rows == 10
    assert result.examples[0]["pair"] == {"a :b": 1}
    assert result.examples[0]["text"] == "100 %s :x"


@pytest.mark.parametrize(("severity", "blocks"), [("critical", True), ("warning", False)])
def test_only_a_failed_critical_check_blocks(toy: Path, severity: str, blocks: bool) -> None:
    result = run(toy, sql("select 1 as one from {batch} as deals", severity=severity))["rule"]
    assert (result.passed, result.severity, result.blocks) == (False, severity, blocks)


def test_an_empty_table_fails_by_its_row_count(toy: Path) -> None:
    check = expectation("ExpectColumnValuesToBeBetween", column="share", min_value=0)
    results = run(toy, check, table="marts.dim_empty")
    assert results["ExpectColumnValuesToBeBetween"].passed
    assert results["row_count"].blocks
    assert results["row_count"].examples == [{"observed": 0}]


def test_a_table_with_too_many_rows_shows_some(toy: Path) -> None:
    suite = Suite(
        layer="audit",
        table="marts.fct_deals",
        checks=(row_count(at_least=0, at_most=0, reason="It matters."),),
    )
    (result,) = validation.validate(toy, [suite])
    assert (result.passed, result.rows, len(result.examples)) == (False, 1000, 5)
    assert result.examples[0]["opportunity_key"] == "crm:0"


@pytest.mark.parametrize(
    ("check", "cause"),
    [
        (sql("select deals.nope from {batch} as deals"), "nope"),
        (expectation("ExpectColumnValuesToNotBeNull", column="nope"), "nope"),
        (expectation("ExpectColumnValuesToMatchRegex", column="outcome", regex="w.*"), "egex"),
        (expectation("ExpectMiracles"), "has no ExpectMiracles"),
        (expectation("ExpectColumnValuesToBeUnique", columm="number"), "columm"),
    ],
    ids=["sql", "column", "regex", "class", "argument"],
)
def test_a_check_that_raises_is_broken_and_not_bad_data(
    toy: Path, check: Check, cause: str
) -> None:
    with pytest.raises(
        KpimartError, match=f"(?s)check {check.name} of marts.fct_deals.*{cause}"
    ) as e:
        run(toy, check)
    assert e.value.exit_code == 4


def test_a_missing_relation_is_named(toy: Path) -> None:
    with pytest.raises(KpimartError, match=r"marts\.nothing.*the build lacks it"):
        run(toy, table="marts.nothing")


def test_a_missing_build_is_named(tmp_path: Path) -> None:
    with pytest.raises(KpimartError, match=r"gone\.duckdb.*no build"):
        run(tmp_path / "gone.duckdb")


def test_validation_changes_no_byte_and_leaves_the_build_free(toy: Path) -> None:
    def state() -> tuple[str, list[str]]:
        return (
            hashlib.sha256(toy.read_bytes()).hexdigest(),
            sorted(path.name for path in toy.parent.iterdir()),
        )

    before = state()
    run(toy, sql("select * from {batch} as deals where deals.amount > 3"))
    assert state() == before
    with duckdb.connect(toy) as connection:
        connection.execute("create table marts.later as select 1 as one")
        connection.execute("drop table marts.later")


def test_checks_run_on_a_read_only_connection(toy: Path) -> None:
    query = """
        select settings.value from duckdb_settings() as settings
        where settings.name = 'access_mode' and exists (select 1 from {batch})
    """
    assert run(toy, sql(query))["rule"].examples == [{"value": "read_only"}]


def test_a_broken_check_leaves_the_build_free(toy: Path) -> None:
    with pytest.raises(KpimartError):
        run(toy, sql("select deals.nope from {batch} as deals"))
    duckdb.connect(toy).close()


def test_a_suite_in_a_new_process_is_quiet_and_writes_nothing_at_home(
    toy: Path, tmp_path: Path
) -> None:
    code = f"""
from pathlib import Path
from data_quality.checks import Check, Suite, row_count
from data_quality.validation import validate, warm_up
from pipelines.errors import KpimartError
import sys
assert "great_expectations" not in sys.modules
warm_up().join()
assert "great_expectations" in sys.modules
count = row_count(reason="It matters.")
regex = Check(
    name="regex", expectation="ExpectColumnValuesToMatchRegex",
    kwargs=dict(column="outcome", regex="w"), severity="warning", reason="It matters.",
)
for checks in ((count,), (count, regex)):
    suite = Suite(layer="audit", table="marts.fct_deals", checks=checks)
    try:
        print([result.passed for result in validate(Path({str(toy)!r}), [suite])])
    except KpimartError:
        print("broken")
"""
    environment = {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[True]\nbroken\n"
    # At exit DuckDB's binding reports its own references, whatever the process did.
    said, _, _ = done.stderr.partition("nanobind: ")
    assert said == ""
    assert list(tmp_path.rglob("*")) == []


def test_a_night_that_ends_early_does_not_wait_for_the_import(tmp_path: Path) -> None:
    code = "from data_quality.validation import warm_up; print(warm_up().daemon)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True\n"


# The door, on relations with the columns that extraction registers.

RUN = """
create schema run;
create schema lake;
create table run.context as
select timestamp '2026-10-01 05:00' as as_of, date '2026-09-30' as as_of_on;
create table run.stage_map as select 'crm' as source, 'Won' as stage;
create table run.sources as
select 'crm' as source, 'mapped' as system, object, timestamp '2026-10-01' as as_of
from (values ('opportunities'), ('quotas')) as objects(object);
create table run.row_accounting as
select
    'b000001' as batch, 'crm' as source, 'opportunities' as object, 'deals.csv' as file_name,
    'abc' as sha256, 'applied' as state, timestamp '2026-10-01' as as_of, 1000 as rows_read,
    990 as new_rows, 0 as changed_rows, 0 as unchanged_rows, 5 as quarantined_rows,
    5 as skipped_rows, cast(null as varchar) as reason;
create table run.object_rows as
select 'crm' as source, 'opportunities' as object, 3 as versions, 2 as current_rows,
    1 as superseded_rows, 0 as deleted_rows, 0 as merged_rows;
create table run.held_batches (
    batch varchar, source varchar, object varchar, file_name varchar, as_of timestamp,
    held_at timestamp, rows_read bigint, reason varchar, is_overdue boolean
);
insert into lake.mapped__opportunities by name
select 'crm' as _source, 'd' || i as _key, timestamp '2026-10-01' as _as_of, 'b000001' as _batch,
    i as _row, 'upsert' as _op, 'Won' as stage, 100 as amount, 0.5 as probability,
    date '2026-01-01' as created_on, date '2026-02-01' as closed_on
from range(3) as numbers(i);
insert into lake.mapped__quotas by name
select 'crm' as _source, 'q1' as _key, timestamp '2026-10-01' as _as_of, 'b000001' as _batch,
    1 as _row, 'upsert' as _op, 'revenue' as measure, date '2026-01-01' as period_start,
    date '2026-04-01' as period_end;
"""


def lake_tables() -> str:
    common = "_key text, _source text, _as_of timestamp, _batch text, _row bigint, _op text"
    return ";".join(
        f"create table lake.mapped__{shape.name} ("
        + ", ".join(f"{column.name} {column.sql_type}" for column in shape.columns.values())
        + f", {common})"
        for shape in object_shapes().values()
    )


@pytest.fixture
def door_failures(tmp_path: Path) -> Callable[..., dict[str, CheckResult]]:
    def failures(*changes: str) -> dict[str, CheckResult]:
        path = tmp_path / "build.duckdb"
        schemas, _, tables = RUN.partition("create table run.context")
        with duckdb.connect(path) as connection:
            for script in (schemas, lake_tables(), "create table run.context" + tables, *changes):
                connection.execute(script)
        results = validation.validate(path, door.suites(["mapped"]))
        assert len(results) == sum(len(suite.checks) for suite in door.suites(["mapped"]))
        return {f"{r.table}.{r.check}": r for r in results if not r.passed}

    return failures


def test_the_door_lets_a_good_night_through(
    door_failures: Callable[..., dict[str, CheckResult]],
) -> None:
    assert door_failures() == {}


DEALS = "lake.mapped__opportunities"
QUOTAS = "lake.mapped__quotas"
COSTS, MARKETS = "lake.mapped__costs", "lake.mapped__market_size"
NO_DAY = "_source, _key, _as_of, _batch, _row, _op, period_start, period_start as period_end"
FILES = "run.row_accounting"
VERSION = "_source, _key, _as_of, _batch, _row, _op, stage"


@pytest.mark.parametrize(
    ("change", "failed", "severity", "rows", "example"),
    [
        (
            f"update {DEALS} set stage = null where _key = 'd1'",
            f"{DEALS}.stage_is_given",
            "critical",
            1,
            {"_key": "d1", "_row": 1},
        ),
        (
            f"insert into {DEALS} by name select * from {DEALS} where _key = 'd1'",
            f"{DEALS}.versions_are_unique",
            "critical",
            1,
            {"_key": "d1", "copies": 2},
        ),
        (f"delete from {DEALS}", f"{DEALS}.row_count", "critical", 1, {"object": "opportunities"}),
        (
            f"update {DEALS} set stage = 'Nego' where _key <> 'd0'",
            f"{DEALS}.stages_are_mapped",
            "warning",
            1,
            {"_source": "crm", "stage": "Nego", "deals": 2, "example_key": "d1"},
        ),
        (
            f"update {DEALS} set amount = -2e12 where _key = 'd2'",
            f"{DEALS}.amount_is_plausible",
            "warning",
            1,
            {"_key": "d2", "amount": Decimal("-2000000000000.00")},
        ),
        (
            f"update {DEALS} set probability = 60 where _key = 'd2'",
            f"{DEALS}.probability_is_a_fraction",
            "warning",
            1,
            {"_key": "d2", "probability": 60},
        ),
        (
            f"update {DEALS} set closed_on = date '2025-12-31' where _key = 'd2'",
            f"{DEALS}.closed_after_created",
            "warning",
            1,
            {"created_on": dt.date(2026, 1, 1), "closed_on": dt.date(2025, 12, 31)},
        ),
        (
            f"update {DEALS} set created_on = '2026-10-01', closed_on = null where _key = 'd2'",
            f"{DEALS}.created_in_the_past",
            "warning",
            1,
            {"created_on": dt.date(2026, 10, 1)},
        ),
        (
            f"insert into {COSTS} by name select {NO_DAY}, 'Ads' as category from {QUOTAS}",
            f"{COSTS}.period_ends_after_it_starts",
            "warning",
            1,
            {"_key": "q1", "category": "Ads"},
        ),
        (
            f"insert into {MARKETS} by name select {NO_DAY}, 'Austria' as country from {QUOTAS}",
            f"{MARKETS}.period_ends_after_it_starts",
            "warning",
            1,
            {"_key": "q1", "country": "Austria"},
        ),
        (
            f"update {QUOTAS} set period_end = period_start",
            f"{QUOTAS}.period_ends_after_it_starts",
            "warning",
            1,
            {"_key": "q1", "measure": "revenue"},
        ),
        (
            f"delete from {QUOTAS}",
            f"{QUOTAS}.row_count",
            "warning",
            1,
            {"source": "crm", "object": "quotas"},
        ),
        (
            f"update {FILES} set new_rows = 989",
            f"{FILES}.every_row_is_accounted_for",
            "critical",
            1,
            {"file_name": "deals.csv", "rows_read": 1000, "new_rows": 989},
        ),
        (
            f"update {FILES} set new_rows = null",
            f"{FILES}.every_row_is_accounted_for",
            "critical",
            1,
            {"new_rows": None},
        ),
        (
            f"update {FILES} set new_rows = 985, quarantined_rows = 10",
            f"{FILES}.quarantined_rows_below_1_percent",
            "warning",
            1,
            {"quarantined_rows": 10, "quarantined_percent": 1.0},
        ),
        (
            f"insert into {FILES} by name select * replace (null as batch, 'refused' as state, "
            f"'x' as sha256, 'binary' as reason, null as as_of, 0 as rows_read) from {FILES}",
            f"{FILES}.no_file_is_refused",
            "warning",
            1,
            {"file_name": "deals.csv", "reason": "binary"},
        ),
        (
            "update run.object_rows set superseded_rows = 0",
            "run.object_rows.every_version_is_accounted_for",
            "critical",
            1,
            {"object": "opportunities", "versions": 3},
        ),
        (
            "insert into run.held_batches (batch, is_overdue) values ('b000002', false)",
            "run.held_batches.row_count",
            "warning",
            1,
            {"batch": "b000002"},
        ),
        ("delete from run.context", "run.context.row_count", "critical", 0, {"observed": 0}),
    ],
    ids=lambda part: part if isinstance(part, str) and part.startswith(("lake", "run")) else None,
)
def test_the_door_names_what_is_wrong(
    door_failures: Callable[..., dict[str, CheckResult]],
    change: str,
    failed: str,
    severity: str,
    rows: int,
    example: dict[str, object],
) -> None:
    failures = door_failures(change)
    assert set(failures) == {failed}
    result = failures[failed]
    assert (result.severity, result.rows) == (severity, rows)
    assert result.examples[0].items() >= example.items()


def test_an_overdue_batch_blocks(door_failures: Callable[..., dict[str, CheckResult]]) -> None:
    failures = door_failures(
        "insert into run.held_batches (batch, is_overdue) values ('b000002', true)"
    )
    assert failures.pop("run.held_batches.row_count").severity == "warning"
    assert [(name, result.blocks) for name, result in failures.items()] == [
        ("run.held_batches.no_held_batch_is_overdue", True)
    ]


def test_a_file_that_is_mostly_quarantined_blocks(
    door_failures: Callable[..., dict[str, CheckResult]],
) -> None:
    failures = door_failures(f"update {FILES} set new_rows = 790, quarantined_rows = 205")
    assert {name: result.blocks for name, result in failures.items()} == {
        f"{FILES}.quarantined_rows_below_20_percent": True,
        f"{FILES}.quarantined_rows_below_1_percent": False,
    }


@pytest.mark.parametrize(
    "change",
    [
        # An older file had many, the newest has few.
        f"insert into {FILES} by name select * replace ('b000002' as batch, 500 as new_rows, "
        f"495 as quarantined_rows, timestamp '2026-09-01' as as_of) from {FILES}",
        # The same content was refused once and taken later, with a mended config.
        f"insert into {FILES} by name select * replace (null as batch, 'refused' as state) "
        f"from {FILES}",
        # A mistake that the tool has corrected since.
        f"insert into {DEALS} ({VERSION}, amount, probability, created_on, closed_on) values "
        "('crm', 'd0', '2026-09-01', 'b000000', 1, 'upsert', null, 9e13, 7, '2027-01-01', "
        "'2020-01-01')",
        # A deal that is gone.
        f"insert into {DEALS} ({VERSION}) values "
        "('crm', 'd0', '2026-10-02', 'b000002', 1, 'delete', null)",
        f"update {DEALS} set is_deleted = true, stage = null where _key = 'd0'",
        # What was never delivered is not missed.
        f"delete from {QUOTAS}; delete from run.sources where object = 'quotas'",
    ],
    ids=["older file", "taken later", "corrected", "vanished", "flagged", "not delivered"],
)
def test_the_door_lets_through_what_is_past(
    door_failures: Callable[..., dict[str, CheckResult]], change: str
) -> None:
    assert door_failures(change) == {}
