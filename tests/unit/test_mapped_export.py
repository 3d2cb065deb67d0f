"""The sample is reproducible, as large as asked for, and holds the content and dirt it promises."""

import csv
import gzip
import itertools
import json
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.settings import load_settings
from pipelines.sources import ObjectConfig
from tests.mapped_export.dirt import UNKNOWN_ACCOUNT, UNKNOWN_OWNER, UNKNOWN_STAGE
from tests.mapped_export.files import Sample, make_sample
from tests.nights import MAPPED_CONFIG

HEADER_LEFT_UNMAPPED = {"opportunities": {"Next Step Note"}}


def digests(sample: Sample) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sample.files}


def lines_of(path: Path) -> list[list[str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def records_of(path: Path) -> list[dict[str, str]]:
    header, *lines = lines_of(path)
    return [dict(zip(header, line, strict=False)) for line in lines]


def header_of(path: Path) -> set[str]:
    if path.suffix == ".jsonl":
        return set(json.loads(path.read_text().splitlines()[0]))
    if path.suffix == ".parquet":
        return set(duckdb.read_parquet(str(path)).columns)
    return set(lines_of(path)[0])


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return make_sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def folder(sample: Sample) -> Path:
    return sample.files[0].parent


@pytest.fixture(scope="module")
def deals(folder: Path) -> dict[str, dict[str, str]]:
    """The deals that can be read, by id."""
    records = records_of(folder / "opportunities_2026-09-30.csv")
    return {deal["Deal ID"]: deal for deal in records if deal["Deal ID"].startswith("D-1")}


@pytest.fixture(scope="module")
def crm() -> dict[str, ObjectConfig]:
    return load_settings(MAPPED_CONFIG).sources[0].objects


def test_same_seed_gives_the_same_bytes(sample: Sample, tmp_path: Path):
    again = make_sample(tmp_path / "again")
    other = make_sample(tmp_path / "other", seed=21)

    assert digests(again) == digests(sample)
    assert digests(other) != digests(sample)


def test_sample_counts_what_it_wrote(sample: Sample, folder: Path):
    parquet = duckdb.read_parquet(str(folder / "quotas_2026-09-30.parquet"))
    text = [path for path in sample.files if ".csv" in path.name]
    products = (folder / "products_2026-09-30.jsonl").read_text().splitlines()

    rows = sum(len(lines_of(path)) - 1 for path in text) + len(products)
    assert sample.rows == rows + parquet.count("*").fetchall()[0][0]
    assert sample.bytes == sum(path.stat().st_size for path in folder.iterdir())
    assert sorted(folder.iterdir()) == sorted(sample.files)


def test_config_maps_every_header_but_the_one_left_out(
    sample: Sample, folder: Path, crm: dict[str, ObjectConfig]
):
    matched = set[Path]()
    for name, config in crm.items():
        assert config.files is not None
        (path,) = folder.glob(config.files)
        matched.add(path)
        mapped = set(config.columns.values())
        assert header_of(path) - mapped == HEADER_LEFT_UNMAPPED.get(name, set()), name
        assert mapped <= header_of(path), name
    assert matched == set(sample.files)


def test_config_mends_every_product_spelled_wrong(
    folder: Path, deals: dict[str, dict[str, str]], crm: dict[str, ObjectConfig]
):
    products = (folder / "products_2026-09-30.jsonl").read_text().splitlines()
    listed = {json.loads(line)["Product Name"] for line in products}
    lines = records_of(folder / "opportunity_lines_2026-09-30.csv.gz")
    for config, found in (
        (crm["opportunity_lines"], [line["Product"] for line in lines]),
        (crm["opportunities"], [deal["Primary Product"] for deal in deals.values()]),
    ):
        mended = config.values["product_name"]
        wrong = [name for name in found if name not in listed]
        assert 0.01 < len(wrong) / len(found) < 0.03
        assert {mended.get(name, name) for name in found} == listed


def test_there_are_two_thousand_deals_over_two_years(deals: dict[str, dict[str, str]]):
    created = [deal["Created Date"] for deal in deals.values()]

    assert len(deals) == 2_000
    assert min(created) >= "2024-10-01"
    assert "2026-09-20" < max(created) <= "2026-09-30"


def test_deals_that_can_be_read_are_dirty_as_promised(
    folder: Path, deals: dict[str, dict[str, str]], crm: dict[str, ObjectConfig]
):
    stages = Counter(deal["Deal Stage"] for deal in deals.values())
    accounts = {a["Account Name"] for a in records_of(folder / "accounts_2026-09-30.csv")}
    users = {user["Full Name"] for user in records_of(folder / "users_2026-09-30.csv")}
    no_account = Counter(deal["Deal Stage"] for deal in deals.values() if not deal["Account"])
    at_zero = Counter(deal["Deal Stage"] for deal in deals.values() if deal["Deal Value"] == "0.00")
    early = [d for d in deals.values() if "" < d["Closed Date"] < d["Created Date"]]

    assert set(stages) - set(crm["opportunities"].stages) == {UNKNOWN_STAGE}
    assert stages[UNKNOWN_STAGE] == 3
    assert {d["Account"] for d in deals.values()} - accounts == {"", UNKNOWN_ACCOUNT}
    assert {d["Deal Owner"] for d in deals.values()} - users == {UNKNOWN_OWNER}
    assert no_account["Closed Won"] == 2
    assert sum(no_account.values()) > 5
    assert set(at_zero) == {"Closed Won", "Closed Lost"}
    assert [deal["Deal Stage"] for deal in early] == ["Closed Won"]
    assert {"N/A", ""} < {deal["Deal Value"] for deal in deals.values()}
    assert "N/A" in {deal["Lead Source"] for deal in deals.values()}


def test_rows_that_cannot_be_read_are_there_and_nothing_refers_to_them(folder: Path):
    header, *lines = lines_of(folder / "opportunities_2026-09-30.csv")
    whole = Counter(tuple(line) for line in lines)
    odd = [dict(zip(header, line, strict=False)) for line in lines if line[0].startswith("D-9")]
    referring = {
        line["Deal ID"] for line in records_of(folder / "opportunity_lines_2026-09-30.csv.gz")
    }

    assert [line[0] for line in lines if len(line) == len(header) + 1] == ["D-900004"]
    assert whole[("",) * len(header)] == 1
    assert [line for line, times in whole.items() if times == 2] == [tuple(lines[1])]
    assert {"tbd"} < {row["Deal Value"] for row in odd}
    assert "2026-02-30" in {row["Closed Date"] for row in odd}
    assert Counter(row["Deal ID"] for row in odd)["D-900003"] == 2
    assert not [deal for deal in referring if deal.startswith("D-9")]


def test_two_who_could_sell_own_nothing(folder: Path, deals: dict[str, dict[str, str]]):
    users = records_of(folder / "users_2026-09-30.csv")
    reps = {user["Full Name"] for user in users if user["Title"] == "Account Executive"}

    assert len(reps) == 24
    assert len(reps - {deal["Deal Owner"] for deal in deals.values()}) == 2
    assert any(user["Inactive Since"] for user in users)
    assert any(user["Start Date"] > "2024-10-01" for user in users)


def test_quotas_are_in_reach_and_a_team_and_the_company_have_their_own(folder: Path):
    with duckdb.connect() as connection:
        connection.execute(f"""
            create view quotas as select * from '{folder / "quotas_2026-09-30.parquet"}';
            create view won as
            select
                "Deal Owner" as owner,
                try_cast("Deal Value" as decimal(18, 2)) as amount,
                try_cast("Closed Date" as date) as closed_on
            from read_csv(
                '{folder / "opportunities_2026-09-30.csv"}', all_varchar = true,
                ignore_errors = true, delim = ',', quote = '"', escape = '"'
            )
            where "Deal Stage" = 'Closed Won'
        """)
        company = connection.sql("""
            select sum(won.amount) / any_value(quotas."Target") as attainment
            from quotas
            inner join won
                on won.closed_on >= quotas."Period Start" and won.closed_on < quotas."Period End"
            where quotas."Owner" is null and quotas."Team" is null
            group by quotas."Period Start"
        """).fetchall()
        reps = connection.sql("""
            with sold as (
                select owner, sum(amount) as amount from won
                where closed_on >= date '2026-01-01' group by owner
            )
            select any_value(sold.amount) / sum(quotas."Target")
            from quotas
            inner join sold on sold.owner = quotas."Owner"
            where quotas."Period Start" between date '2026-01-01' and date '2026-09-01'
            group by quotas."Owner"
        """).fetchall()
        team, members = connection.sql(
            """
            with members as (
                select distinct "Full Name" as owner
                from read_csv(?) where "Team" = 'Americas East'
            )
            select
                sum("Target") filter (where "Owner" is null),
                sum("Target") filter (where "Owner" is not null)
            from quotas
            where "Team" = 'Americas East' or "Owner" in (select owner from members)
        """,
            params=[str(folder / "users_2026-09-30.csv")],
        ).fetchall()[0]

    assert len(company) == 7
    assert all(0.7 < attainment < 1.2 for (attainment,) in company)
    assert sum(0.7 < attainment < 1.15 for (attainment,) in reps) > 0.8 * len(reps)
    assert team > members


def test_nights_follow_each_other_across_a_month(tmp_path: Path):
    sample = make_sample(tmp_path, days=3, until=date(2026, 9, 2))
    names = [p.name for p in sample.files if p.name.startswith("opportunities_")]
    nights = [
        {deal["Deal ID"]: deal for deal in records_of(tmp_path / "crm" / name)} for name in names
    ]

    assert names == [f"opportunities_2026-{day}.csv" for day in ("08-31", "09-01", "09-02")]
    for before, after in itertools.pairwise(nights):
        assert set(before) < set(after)
        changed = [key for key in before if key > "D-" and before[key] != after[key]]
        assert 0 < len(changed) < 100
        assert all(
            after[key]["Last Modified"] > before[key]["Last Modified"]
            for key in changed
            if key.startswith("D-1")
        )


def test_last_night_is_the_same_however_many_go_before(sample: Sample, tmp_path: Path):
    longer = digests(make_sample(tmp_path, days=2))

    assert digests(sample).items() <= longer.items()


def test_deals_in_time_are_closed_in_time(deals: dict[str, dict[str, str]]):
    closed = [deal for deal in deals.values() if deal["Deal Stage"].startswith("Closed")]

    assert all("" < deal["Closed Date"] <= "2026-09-30" for deal in closed)
    assert all(deal["Last Modified"] < "2026-10-01" for deal in deals.values())
    assert not [d for d in deals.values() if d["Closed Date"] and d not in closed]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"scale": 0.0001}, "the smallest possible is 0.001"),
        ({"days": 0}, "possible are 1 to 90"),
        ({"until": date(2024, 12, 31)}, "the earliest possible is 2025-03-29"),
    ],
)
def test_impossible_sizes_are_refused(tmp_path: Path, wrong: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        make_sample(tmp_path, **wrong)
    assert not list(tmp_path.iterdir())


def test_smallest_sample_can_be_made(tmp_path: Path):
    assert make_sample(tmp_path, scale=0.001, until=date(2025, 3, 29)).rows > 100
