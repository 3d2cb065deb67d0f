"""Files that people keep in spreadsheets: by the headers of kpimart's templates, and filled in."""

import csv
import shutil
from decimal import Decimal

import pytest

from pipelines.commands.init import COMPANY_TEMPLATES, init
from pipelines.errors import ConfigError
from pipelines.extract.objects import object_shapes
from pipelines.extract.run import extract, inspect
from pipelines.extract.templates import COMPANY_FILES, needed_columns, template_columns
from pipelines.settings import load_settings
from tests.integration.conftest import Crm
from tests.unit.test_template import uncommented

COSTS = "category,period_start,period_end,amount"
BENCHMARKS = "kpi,percentile,value,currency,source,published_on"
GOOD = "win_rate,50,0.24,,A survey,2026-03-01"


def _company(crm: Crm, **objects: object) -> Crm:
    """The company, with these objects and no other."""
    crm.more = {
        "sources": [{"name": "crm", "system": "mapped", "as_of": "2026-06-30", "objects": objects}]
    }
    return crm


def _states(crm: Crm) -> dict[str, tuple[str, str]]:
    return {file.file_name: (file.state, file.dialect) for file in crm.extract().files}


def _reasons(crm: Crm) -> dict[int, str]:
    return dict(crm.query("select line, reasons from run.quarantined_rows order by line"))


@pytest.mark.parametrize("name", COMPANY_FILES)
def test_a_template_has_the_columns_of_its_object(name: str) -> None:
    with (COMPANY_TEMPLATES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert tuple(header) == template_columns(object_shapes()[name])
    assert [len(row) for row in rows] == [len(header)] * 2


def test_every_template_is_of_a_company_file() -> None:
    assert {path.stem for path in COMPANY_TEMPLATES.iterdir()} == set(COMPANY_FILES)


def test_what_no_row_may_leave_empty_no_file_may_lack() -> None:
    for shape in object_shapes().values():
        assert set(shape.filled) <= set(needed_columns(shape)), shape.name
        assert set(shape.key) & set(needed_columns(shape)), shape.name


def test_the_templates_load_as_init_writes_them(tmp_path) -> None:
    init(tmp_path / "mine")
    config = tmp_path / "mine" / "kpimart.yml"
    config.write_text(uncommented(config.read_text(encoding="utf-8")), encoding="utf-8")
    settings = load_settings(config)
    shutil.copytree(tmp_path / "mine" / "templates", settings.landing_dir / "company")
    files = extract(settings).files
    assert [file.object for file in files] == sorted(COMPANY_FILES)
    for file in files:
        assert (file.state, file.dialect, file.problems) == ("applied", "template", [])
        assert file.columns_unknown == []
        assert (file.counts.rows_read, file.counts.new_rows) == (2, 2), file.file_name


def test_headers_are_known_in_any_case_with_blanks_and_in_any_order(crm: Crm) -> None:
    crm = _company(crm, quotas={}, costs=None)
    crm.land(
        "Targets 2026.csv",
        "12,2026-01-01,2026-04-01,deals_won,Ada",
        header="Amount,Period Start,PERIOD-END,Measure,Owner Name",
    )
    crm.land("costs.csv", "Ads,2026-01-01,2026-02-01,5", header=COSTS)
    assert _states(crm) == {
        "Targets 2026.csv": ("applied", "template"),
        "costs.csv": ("applied", "template"),
    }
    assert crm.query("select measure, owner_name, amount, _key from lake.mapped__quotas") == [
        ("deals_won", "Ada", Decimal("12.00"), "deals_won|||Ada||2026-01-01")
    ]


def test_only_key_and_required_columns_must_be_there(crm: Crm) -> None:
    crm = _company(crm, costs={}, surveys={})
    crm.land("costs.csv", "Ads,2026-01-01,5", header="category,period_start,amount")
    crm.land("surveys.csv", "9,2026-01-01", header="score,answered_on")
    crm.land("surveys_2.csv", "A1,9", header="answer_id,score")
    found = {file.file_name: file for file in crm.extract().files}
    assert {name: file.state for name, file in found.items()} == {
        "costs.csv": "refused",
        "surveys.csv": "refused",
        "surveys_2.csv": "applied",
    }
    assert "column 'period_end' (period_end) is missing" in found["costs.csv"].reason
    assert "column 'answer_id' (answer_id) is missing" in found["surveys.csv"].reason
    assert found["surveys_2.csv"].problems == []


def test_an_object_with_columns_is_read_as_these_say(crm: Crm) -> None:
    """The template's own headers are then unknown."""
    columns = {"category": "What", "period_start": "From", "period_end": "To", "amount": "Cost"}
    crm = _company(crm, costs={"columns": columns})
    crm.land("c.csv", "Ads,2026-01-01,2026-02-01,5,x", header="What,From,To,Cost,currency")
    (file,) = crm.extract().files
    assert (file.state, file.dialect, file.columns_unknown) == ("applied", "", ["currency"])


def test_what_the_config_says_beside_counts(crm: Crm) -> None:
    crm = _company(crm, costs={"dates": "DMY", "decimal": ",", "files": "spent*"})
    header = COSTS.replace(",", ";")
    crm.land("spent.csv", "Ads;01.02.2026;01.03.2026;1.234,50", header=header)
    assert _states(crm) == {"spent.csv": ("applied", "template")}
    assert crm.query("select amount, period_start::text from lake.mapped__costs") == [
        (Decimal("1234.50"), "2026-02-01")
    ]


def test_deals_without_columns_still_need_their_stages(crm: Crm) -> None:
    with pytest.raises(ConfigError, match=r"opportunities.stages is missing"):
        _ = _company(crm, opportunities={}).settings
    crm = _company(crm, opportunities={"stages": {"Open": "open"}})
    crm.land("opportunities.csv", "D1,Open", header="opportunity_id,stage")
    assert _states(crm) == {"opportunities.csv": ("applied", "template")}


def test_an_object_that_does_not_exist_is_refused_without_columns_too(crm: Crm) -> None:
    with pytest.raises(ConfigError, match=r"'cost' is not an object; did you mean costs\?"):
        _ = _company(crm, cost={}).settings


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (",50,0.24,,A survey,2026-03-01", "kpi"),
        ("win_rate,,0.24,,A survey,2026-03-01", "percentile"),
        ("win_rate,50,,,A survey,2026-03-01", "value"),
        ("win_rate,50,0.24,,,2026-03-01", "source"),
        ("win_rate,50,0.24,,A survey,", "published_on"),
    ],
)
def test_a_benchmark_that_lacks_what_it_needs_is_quarantined_in_a_clean_file(
    crm: Crm, row: str, column: str
) -> None:
    crm = _company(crm, benchmarks={})
    crm.land("benchmarks.csv", GOOD, row.replace("win_rate", "deals_won"), header=BENCHMARKS)
    (file,) = crm.extract().files
    assert (file.counts.new_rows, file.counts.quarantined_rows) == (1, 1)
    reason = f"{column} is empty; benchmarks cannot do without"
    assert file.problems == [f"line 3: {reason}"]
    assert _reasons(crm) == {3: reason}
    assert crm.query("select kpi from lake.mapped__benchmarks") == [("win_rate",)]


def test_the_same_in_a_file_with_other_faults(crm: Crm) -> None:
    """A wrong day is told as such, not as an empty one; a broken line has one reason."""
    headers = ("KPI", "Percentile", "Value", "Currency", "Origin", "Published")
    columns = dict(zip(BENCHMARKS.split(","), headers, strict=True))
    crm = _company(crm, benchmarks={"columns": columns})
    crm.land(
        "benchmarks.csv",
        "win_rate, 50 ,24%,,A survey,2026-03-01",
        "deals_won,50,7,,  ,2026-03-01",
        "revenue,50,much,,,soon",
        "quota_attainment,50,0.9,,N/A,",
        "leads_created,50",
        ",,,,,",
        header=",".join(headers),
    )
    (file,) = crm.extract().files
    assert file.counts.balances
    assert (file.counts.new_rows, file.counts.quarantined_rows) == (1, 4)
    empty = "is empty; benchmarks cannot do without"
    told = _reasons(crm)
    assert told[3] == f"Origin {empty}"
    assert told[4] == "; ".join(
        (
            "value (Value): 'much' is not a number such as 0.25",
            "published_on (Published): 'soon' is not a YMD date such as "
            "2024-12-31, from 1970 to 2099",
            f"Origin {empty}",
        )
    )
    assert told[5] == f"Origin {empty}; Published {empty}"
    assert told[6].startswith("the line is no row")
    assert empty not in told[6]
    assert crm.query("select kpi, value from lake.mapped__benchmarks") == [
        ("win_rate", Decimal("0.240000000"))
    ]


def test_a_mended_file_replaces_what_was_quarantined(crm: Crm) -> None:
    crm = _company(crm, benchmarks={})
    crm.land("benchmarks.csv", "win_rate,50,0.24,,,2026-03-01", header=BENCHMARKS)
    crm.extract()
    crm.land("benchmarks.csv", GOOD, header=BENCHMARKS)
    crm.extract()
    assert crm.query("select kpi, source from lake.mapped__benchmarks") == [
        ("win_rate", "A survey")
    ]


def test_what_no_row_may_leave_empty_is_part_of_the_contract(
    crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was read before the rule is read again by it."""
    crm = _company(crm, benchmarks={})
    crm.land("benchmarks.csv", GOOD, "deals_won,50,7,,,2026-03-01", header=BENCHMARKS)
    shape = object_shapes()["benchmarks"]
    with monkeypatch.context() as patched:
        patched.setitem(shape.__dict__, "filled", ())
        crm.extract()
        assert crm.query("select count(*) from lake.mapped__benchmarks") == [(2,)]
    (file,) = inspect(crm.settings)
    assert (file.state, file.counts.quarantined_rows) == ("applied", 1)


def test_credit_notes_are_kept(crm: Crm) -> None:
    crm = _company(crm, costs={})
    header = "category,period_start,period_end,amount,cost_id"
    rows = ("Ads,2026-01-01,2026-02-01,100,", "Ads,2026-01-01,2026-02-01,(40.50),C1")
    crm.land("costs.csv", *rows, header=header)
    crm.extract()
    assert crm.query("select amount from lake.mapped__costs order by amount") == [
        (Decimal("-40.50"),),
        (Decimal("100.00"),),
    ]


def test_two_costs_alike_but_for_the_amount_are_told_apart_by_their_id(crm: Crm) -> None:
    """Which of them is meant nobody can tell; with an id each, both are."""
    crm = _company(crm, costs={})
    header = "category,period_start,period_end,amount,cost_id"
    rows = ("Ads,2026-01-01,2026-02-01,100,{}", "Ads,2026-01-01,2026-02-01,70,{}")
    crm.land("costs.csv", *(row.format("") for row in rows), header=header)
    assert [file.counts.quarantined_rows for file in crm.extract().files] == [2]
    crm.land("costs.csv", *(row.format(n) for n, row in enumerate(rows)), header=header)
    assert [file.counts.quarantined_rows for file in crm.extract().files] == [0]
    assert crm.query("select sum(amount) from lake.mapped__costs") == [(Decimal("170.00"),)]


def test_survey_scores_are_numbers_of_any_scale(crm: Crm) -> None:
    crm = _company(crm, surveys={})
    rows = ("A1,9,2026-03-01", "A2,4.5,2026-03-01T23:30:00Z", "A3,,", "A4,great,2026-03-01")
    crm.land("surveys.csv", *rows, header="answer_id,score,answered_on")
    (file,) = crm.extract().files
    assert (file.counts.new_rows, file.counts.quarantined_rows) == (3, 1)
    assert crm.query(
        "select answer_id, score, answered_on::text from lake.mapped__surveys order by answer_id"
    ) == [
        ("A1", Decimal("9.000000000"), "2026-03-01"),
        ("A2", Decimal("4.500000000"), "2026-03-01"),
        ("A3", None, None),
    ]


def test_todays_benchmarks_make_no_deal_newer(crm: Crm) -> None:
    """The night's as-of is that of the costs: benchmarks and market sizes are others' lists."""
    crm = _company(crm, benchmarks={"as_of": "2026-09-30"}, costs={"as_of": "2026-06-30"})
    crm.land("benchmarks.csv", GOOD, header=BENCHMARKS)
    crm.land("costs.csv", "Ads,2026-01-01,2026-02-01,5", header=COSTS)
    crm.extract()
    assert crm.query("select as_of_on::text from run.context") == [("2026-06-30",)]
