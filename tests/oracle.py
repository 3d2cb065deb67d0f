"""The KPIs once more, slowly: plain Python loops over the rows of the export files.

Nothing of the pipeline is used, no SQL either: the mapping of kpimart.yml and the written rules of
the KPI reference are all that this module shares with the product. One export per object, one
currency, calendar years and no deal splits; what an earlier export said is not looked at.

Money is decimal and rates are floats; NULL is None. A deal is a dict, so is every row.
"""

import csv
import gzip
import io
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from statistics import NormalDist
from typing import Any, NamedTuple

import duckdb
import yaml

from pipelines.sample.truth_calendar import (
    GRAINS,
    aalen_johansen,
    comparable_end,
    end_of,
    percentile,
    ratio,
    shifted,
    start_of,
    working_days,
    year_before,
)
from pipelines.sample.truth_plan import quota_of

NONE = "(none)"
SCOPES = (
    "company",
    "region",
    "team",
    "manager",
    "rep",
    "product",
    "industry",
    "segment",
    "lead_source",
)
QUOTA_SCOPES = ("company", "region", "team", "manager", "rep")
CENT = Decimal("0.01")
NEW_WINDOW_DAYS = 30
WIN_WINDOW_DAYS = 365
PROBABILITY_DAYS = 365
PROBABILITY_WEIGHT = 30
ENOUGH_AMOUNTS = 0.8
Z95 = NormalDist().inv_cdf(0.975)

KEYS = {
    "opportunities": ("opportunity_id",),
    "opportunity_lines": ("line_id",),
    "accounts": ("account_id",),
    "products": ("product_id",),
    "users": ("user_id",),
    "quotas": ("measure", "owner_name", "team", "period_start"),
}
TYPES: dict[str, Callable[[str], Any]] = {
    "amount": lambda text: Decimal(text).quantize(CENT, ROUND_HALF_UP),
    "list_price": lambda text: Decimal(text).quantize(CENT, ROUND_HALF_UP),
    "quantity": Decimal,
    "updated_at": datetime.fromisoformat,
    **dict.fromkeys(
        ("created_on", "closed_on", "expected_close_on", "customer_since", "hired_on", "left_on"),
        date.fromisoformat,
    ),
    **dict.fromkeys(
        ("period_start", "period_end"), lambda text: datetime.fromisoformat(text).date()
    ),
}

Row = dict[str, Any]


class Cell(NamedTuple):
    """Where a number stands in the mart."""

    kpi: str
    statistic: str
    grain: str
    start: date
    scope: str
    member: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What should stand there; None is NULL."""

    value: Decimal | float | None
    numerator: Decimal | int | None = None
    denominator: Decimal | int | None = None
    low: float | None = None
    high: float | None = None
    prior: Decimal | None = None
    year_ago: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Company:
    """One company's good rows, joined; the day up to which they reach; what its config says."""

    as_of: date
    deals: list[Row]
    lines: list[Row]
    quotas: list[Row]
    stages: dict[str, Row]


# ---------------------------------------------------------------- reading the export files


def _file_rows(path: Path) -> tuple[list[str], Iterator[list[Any]]]:
    """The header of a file, and its rows as they were written."""
    if path.name.endswith(".parquet"):
        relation = duckdb.read_parquet(str(path))
        return relation.columns, iter(list(row) for row in relation.fetchall())
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.name.endswith(".gz") else raw).decode("utf-8-sig")
    if path.name.endswith(".jsonl"):
        objects = [json.loads(line) for line in text.splitlines() if line.strip()]
        header = list(dict.fromkeys(name for item in objects for name in item))
        return header, ([item.get(name) for name in header] for item in objects)
    rows = csv.reader(io.StringIO(text))
    return next(rows), rows


def _typed(cells: dict[str, Any], config: Row) -> Row | None:
    """The row in our names and types; None where one of its values cannot be read."""
    row: Row = {}
    for column, header in config["columns"].items():
        found = cells.get(header)
        text = "" if found is None else str(found).strip()
        text = config.get("values", {}).get(column, {}).get(text, text)
        if text in ("", *config.get("nulls", {}).get(column, ())):
            row[column] = None
            continue
        try:
            row[column] = TYPES.get(column, str)(text)
        except (ValueError, ArithmeticError):
            return None
    return row


def _good_rows(path: Path, config: Row, *, key: tuple[str, ...]) -> list[Row]:
    """The rows that can be used: each key once, and no key whose rows differ or are wrong."""
    header, rows = _file_rows(path)
    seen: dict[tuple[str, ...], list[tuple[list[Any], Row | None]]] = defaultdict(list)
    for cells in rows:
        if len(cells) == len(header) and any(cell not in ("", None) for cell in cells):
            named = dict(zip(header, cells, strict=True))
            found = tuple(str(named.get(config["columns"].get(name)) or "") for name in key)
            if any(found):
                seen[found].append((cells, _typed(named, config)))
    good: list[Row] = []
    for versions in seen.values():
        cells, row = versions[0]
        if row is not None and all(other == cells for other, _ in versions):
            good.append(row)
    return good


def _as_of_in_name(pattern: str, name: str) -> date:
    """The date that stands in the file's name where the pattern says so."""
    assert pattern.endswith("%Y-%m-%d.*")
    assert fnmatchcase(name, pattern.replace("%Y-%m-%d", "????-??-??"))
    stamp = name.split(".", maxsplit=1)[0][-len("2026-09-30") :]
    return date.fromisoformat(stamp)


def _read_object(landing: Path, source: Row, name: str) -> tuple[list[Row], date]:
    """The good rows of one object, and the day its export covers."""
    config = source["objects"].get(name)
    if config is None:
        return [], date.min
    paths = [path for path in sorted(landing.iterdir()) if fnmatchcase(path.name, config["files"])]
    assert len(paths) == 1, (name, paths)
    as_of = source["as_of"]
    covered = as_of if isinstance(as_of, date) else _as_of_in_name(as_of, paths[0].name)
    key = config.get("key", KEYS[name])
    return _good_rows(paths[0], config, key=(key,) if isinstance(key, str) else key), covered


def read_company(config_path: Path) -> Company:
    """The company of a config, from the files in its landing folder."""
    config = yaml.safe_load(config_path.read_text(encoding="utf-8"))
    (source,) = config["sources"]
    landing = config_path.parent / config.get("paths", {}).get("landing", "landing")
    objects: dict[str, list[Row]] = {}
    covered: list[date] = []
    for name in KEYS:
        objects[name], day = _read_object(landing / source["name"], source, name)
        covered.append(day)
    stages = {
        stage: {"outcome": meaning} if isinstance(meaning, str) else meaning
        for stage, meaning in source["objects"]["opportunities"]["stages"].items()
    }
    as_of = max(covered)
    deals = _joined_deals(
        objects, stages=stages, as_of=as_of, at_list_price=config.get("open_amount") == "list_price"
    )
    classify(deals)
    return Company(
        as_of=as_of,
        deals=deals,
        lines=_allocated_lines(deals, objects["opportunity_lines"]),
        quotas=_joined_quotas(objects["quotas"], objects["users"]),
        stages=stages,
    )


# ---------------------------------------------------------------- deals, lines and quotas


def _joined_deals(
    objects: dict[str, list[Row]], *, stages: dict[str, Row], as_of: date, at_list_price: bool
) -> list[Row]:
    """The deals of known stages, with what is known of their account, owner and product."""
    accounts = {row["account_name"]: row for row in objects["accounts"]}
    users = {row["user_name"]: row for row in objects["users"]}
    prices = {row["product_name"]: row.get("list_price") for row in objects["products"]}
    deals: list[Row] = []
    for row in objects["opportunities"]:
        if row["stage"] in stages:
            price = prices.get(row.get("product_name")) if at_list_price else None
            account = accounts.get(row.get("account_name"), {})
            owner = users.get(row.get("owner_name"), {})
            deals.append(
                {
                    **_fate(row, stages=stages, as_of=as_of),
                    **_worth(row, outcome=stages[row["stage"]]["outcome"], price=price),
                    **_place(row, account=account, owner=owner),
                }
            )
    return deals


def _fate(row: Row, *, stages: dict[str, Row], as_of: date) -> Row:
    """When a deal began and ended, and whether it got as far as sales accepts it.

    A close date after the day on which the deal is seen closed is that day. Of a closed deal one
    export does not say which stages it had reached: it counts as accepted.
    """
    outcome = stages[row["stage"]]["outcome"]
    accepted = [meaning["order"] for meaning in stages.values() if meaning.get("accepted")]
    closed = row.get("closed_on") if outcome != "open" else None
    return {
        "id": row["opportunity_id"],
        "outcome": outcome,
        "stage": row["stage"],
        "created": row.get("created_on"),
        "closed": min(closed, as_of) if closed else None,
        "is_accepted": outcome != "open"
        or not accepted
        or stages[row["stage"]]["order"] >= min(accepted),
    }


def _worth(row: Row, *, outcome: str, price: Decimal | None) -> Row:
    """A deal's amount, and the one above 0 known of it: the list price where that counts."""
    amount = row["amount"]
    return {
        "amount": price if amount is None and outcome == "open" else amount,
        "worth": amount if amount is not None and amount > 0 else price,
    }


def _place(row: Row, *, account: Row, owner: Row) -> Row:
    """The members that a deal belongs to, by scope."""
    return {
        "account": row.get("account_name"),
        "customer_since": account.get("customer_since"),
        "own_product": row.get("product_name") or NONE,
        "company": "(all)",
        "rep": row.get("owner_name") or NONE,
        "team": owner.get("team") or NONE,
        "manager": owner.get("manager_name") or NONE,
        "region": owner.get("region") or NONE,
        "industry": account.get("industry") or NONE,
        "segment": account.get("segment") or NONE,
        "lead_source": row.get("lead_source") or NONE,
    }


def classify(deals: list[Row]) -> None:
    """Each win's revenue class, by rules 1, 3 and 5; and which win made a new customer."""
    first_wins: dict[str, Row] = {}
    for deal in sorted(deals, key=lambda deal: deal["id"]):
        if deal["outcome"] == "won" and deal["account"] and (deal["amount"] or 0) > 0:
            first = first_wins.get(deal["account"])
            if first is None or deal["closed"] < first["closed"]:
                first_wins[deal["account"]] = deal
    for deal in deals:
        if deal["outcome"] == "won":
            deal["class"] = _class_of(deal, first_wins.get(deal["account"]))
            is_first = first_wins.get(deal["account"]) is deal
            deal["is_new_customer"] = is_first and deal["class"] == "new"


def _class_of(deal: Row, first: Row | None) -> str:
    if not deal["account"]:
        return "unclassified"
    if first is None or (deal["amount"] or 0) < 0:
        return "expansion"
    is_old = deal["customer_since"] is not None and deal["customer_since"] < first["closed"]
    days = (deal["closed"] - first["closed"]).days
    return "new" if not is_old and 0 <= days <= NEW_WINDOW_DAYS else "expansion"


def largest_remainder(total: Decimal, weights: list[Decimal]) -> list[Decimal]:
    """`total` shared by weight, to the cent; the largest remainders get the odd cents."""
    whole = sum(weights)
    exact = [total * 100 * weight / whole for weight in weights]
    cents = [math.floor(part) for part in exact]
    order = sorted(range(len(weights)), key=lambda i: cents[i] - exact[i])
    for i in order[: int(total * 100) - sum(cents)]:
        cents[i] += 1
    return [Decimal(part) / 100 for part in cents]


def _allocated_lines(deals: list[Row], lines: list[Row]) -> list[Row]:
    """The deals once per line, with the line's product and its part of the deal's amount."""
    lines_of: dict[str, list[Row]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: line["line_id"]):
        lines_of[line["opportunity_id"]].append(line)
    allocated: list[Row] = []
    for deal in deals:
        own = lines_of[deal["id"]] or [{"product_name": deal["own_product"], "amount": Decimal(1)}]
        weights = [line["amount"] or Decimal(0) for line in own]
        if not sum(weights):
            weights = [Decimal(1)] * len(own)
        shares = largest_remainder(deal["amount"] or Decimal(0), weights)
        for line, share in zip(own, shares, strict=True):
            allocated.append(
                {**deal, "product": line["product_name"] or NONE, "line_amount": share}
            )
    return allocated


def _joined_quotas(quotas: list[Row], users: list[Row]) -> list[Row]:
    """The quotas of revenue, with whom they were given to and where that person belongs."""
    by_name = {row["user_name"]: row for row in users}
    joined: list[Row] = []
    for row in quotas:
        if row["measure"] != "revenue":
            continue
        owner = by_name.get(row["owner_name"], {})
        level = "rep" if row["owner_name"] else "team" if row["team"] else "company"
        team = row["team"] or owner.get("team")
        region = {user["team"]: user["region"] for user in users}.get(team)
        joined.append(
            {
                "start": row["period_start"],
                "end": row["period_end"],
                "amount": row["amount"],
                "level": level,
                "company": "(all)",
                "rep": row["owner_name"] or NONE,
                "team": team or NONE,
                "manager": owner.get("manager_name") or NONE,
                "region": owner.get("region") or region or NONE,
            }
        )
    return joined


# ---------------------------------------------------------------- statistics


def wilson(won: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a proportion."""
    share = won / count
    middle = share + Z95**2 / (2 * count)
    reach = Z95 * math.sqrt(share * (1 - share) / count + Z95**2 / (4 * count**2))
    scale = 1 + Z95**2 / count
    return (middle - reach) / scale, (middle + reach) / scale


def money(amounts: Iterable[Decimal | None]) -> Decimal:
    """The sum of what is known."""
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


# ---------------------------------------------------------------- one cell of each kind


def of_closed(deals: list[Row]) -> dict[tuple[str, str], Answer]:
    """What a group of deals closed in the same period says."""
    wins = [deal for deal in deals if deal["outcome"] == "won"]
    losses = [deal for deal in deals if deal["outcome"] == "lost"]
    priced = [deal["amount"] for deal in wins if (deal["amount"] or 0) > 0]
    cycles = [(deal["closed"] - deal["created"]).days for deal in wins if deal["created"]]
    cycles = [days for days in cycles if days >= 0]
    answers = {
        ("revenue", "value"): money(deal["amount"] for deal in wins),
        ("deals_won", "value"): len(wins),
        ("deals_lost", "value"): len(losses),
        ("new_customers", "value"): sum(deal["is_new_customer"] for deal in wins),
        ("median_deal_size", "value"): percentile(priced, 0.5),
        ("sales_cycle_days", "median"): percentile(cycles, 0.5),
        ("sales_cycle_days", "p90"): percentile(cycles, 0.9),
        ("sales_cycle_days", "mean"): ratio(sum(cycles), len(cycles)),
    }
    for name in ("new", "expansion", "unclassified"):
        answers[f"{name}_revenue", "value"] = money(
            deal["amount"] for deal in wins if deal["class"] == name
        )
    return {
        **{key: Answer(value=value) for key, value in answers.items()},
        ("average_deal_size", "value"): _of_ratio(money(priced), len(priced)),
        ("win_rate", "value"): _of_proportion(len(wins), len(deals)),
        ("win_rate_by_value", "value"): _by_value(wins, losses),
    }


def of_closed_lines(lines: list[Row]) -> dict[tuple[str, str], Answer]:
    """What the lines of one product say, of deals closed in the same period."""
    wins = {line["id"]: line for line in lines if line["outcome"] == "won"}
    losses = {line["id"] for line in lines if line["outcome"] == "lost"}
    won_lines = [line for line in lines if line["id"] in wins]
    priced = {deal for deal, line in wins.items() if (line["amount"] or 0) > 0}
    return {
        ("revenue", "value"): Answer(value=money(line["line_amount"] for line in won_lines)),
        ("deals_won", "value"): Answer(value=len(wins)),
        ("deals_lost", "value"): Answer(value=len(losses)),
        ("average_deal_size", "value"): _of_ratio(
            money(line["line_amount"] for line in won_lines if line["id"] in priced), len(priced)
        ),
        ("win_rate", "value"): _of_proportion(len(wins), len(wins) + len(losses)),
    }


def _of_ratio(numerator: Decimal | int, denominator: Decimal | int) -> Answer:
    return Answer(value=ratio(numerator, denominator), numerator=numerator, denominator=denominator)


def _of_proportion(won: int, count: int) -> Answer:
    low, high = wilson(won, count) if count else (None, None)
    return Answer(value=ratio(won, count), numerator=won, denominator=count, low=low, high=high)


def _by_value(wins: list[Row], losses: list[Row]) -> Answer:
    """NULL where less than 80 % of the wins, or of the losses, have an amount above 0."""
    won = [deal["amount"] for deal in wins if (deal["amount"] or 0) > 0]
    lost = [deal["worth"] for deal in losses if deal["worth"] is not None]
    answer = _of_ratio(money(won), money(won) + money(lost))
    is_enough = len(won) >= ENOUGH_AMOUNTS * len(wins) and len(lost) >= ENOUGH_AMOUNTS * len(losses)
    return answer if is_enough else replace(answer, value=None)


def of_created(deals: list[Row]) -> dict[tuple[str, str], Answer]:
    """What a group of deals created in the same period says, whatever became of them."""
    return {("pipeline_created", "value"): Answer(value=money(deal["worth"] for deal in deals))}


def of_cohort(deals: list[Row], *, end: date, as_of: date) -> Answer:
    """The share of a period's eligible new deals that was won within the window."""
    deals = [deal for deal in deals if deal["is_accepted"]]
    in_time = [
        deal
        for deal in deals
        if deal["outcome"] == "won" and (deal["closed"] - deal["created"]).days <= WIN_WINDOW_DAYS
    ]
    if end + timedelta(days=WIN_WINDOW_DAYS) <= as_of + timedelta(days=1):
        return _of_proportion(len(in_time), len(deals))
    times = [
        (((deal["closed"] or as_of) - deal["created"]).days, deal["outcome"]) for deal in deals
    ]
    steps = [step for step in aalen_johansen(times) if step[0] <= WIN_WINDOW_DAYS]
    return Answer(
        value=steps[-1][2] if steps else None, numerator=len(in_time), denominator=len(deals)
    )


# ---------------------------------------------------------------- all cells


@dataclass
class Groups:
    """Rows by grain, period, scope and member."""

    rows: dict[tuple[str, date, str, str], list[Row]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, row: Row, *, on: date, scopes: Iterable[str]) -> None:
        for grain in GRAINS:
            for scope in scopes:
                if (grain, scope) != ("week", "rep"):
                    self.rows[grain, start_of(grain, on), scope, row[scope]].append(row)


def _without_product() -> list[str]:
    return [scope for scope in SCOPES if scope != "product"]


def closed_answers(company: Company) -> dict[Cell, Answer]:
    """All KPIs of closed deals; of a member, from its first closed deal on."""
    groups, lines = Groups(), Groups()
    for deal in company.deals:
        if deal["closed"]:
            groups.add(deal, on=deal["closed"], scopes=_without_product())
    for line in company.lines:
        if line["closed"]:
            lines.add(line, on=line["closed"], scopes=["product"])
    answers: dict[Cell, Answer] = {}
    first = min(deal["closed"] for deal in company.deals if deal["closed"])
    for grain, start, scope, member in _cells(company, since=first):
        rows, say = (
            (lines.rows, of_closed_lines) if scope == "product" else (groups.rows, of_closed)
        )
        said = say(rows.get((grain, start, scope, member), []))
        for (kpi, statistic), answer in said.items():
            answers[Cell(kpi, statistic, grain, start, scope, member)] = answer
    return answers


def _cells(company: Company, *, since: date) -> Iterator[tuple[str, date, str, str]]:
    """The periods of each member: from its first row of any kind to the as-of day.

    None before the data of the KPI's own date begin, which is on `since`.
    """
    firsts: dict[tuple[str, str, str], date] = {}
    for row, day, end, scopes in _sightings(company):
        for grain in GRAINS:
            if end <= end_of(grain, start_of(grain, day)):
                for scope in scopes:
                    known = firsts.get((grain, scope, row[scope]), day)
                    firsts[grain, scope, row[scope]] = min(day, known)
    for (grain, scope, member), first in firsts.items():
        start = start_of(grain, max(first, since))
        while start <= company.as_of and (grain, scope) != ("week", "rep"):
            yield grain, start, scope, member
            start = end_of(grain, start)


def _sightings(company: Company) -> Iterator[tuple[Row, date, date, Iterable[str]]]:
    """Every row that shows that its members exist, and from when to when it is theirs."""
    scopes = _without_product()
    one_day = timedelta(days=1)
    for deal in company.deals:
        for day in (deal["created"], deal["closed"]):
            if day:
                yield deal, day, day + one_day, scopes
    for line in company.lines:
        if line["closed"]:
            yield line, line["closed"], line["closed"] + one_day, ["product"]
    for row in _open_rows(company):
        yield row, company.as_of, company.as_of + one_day, SCOPES
    for quota in company.quotas:
        yield quota, quota["start"], quota["end"], QUOTA_SCOPES


def _open_rows(company: Company) -> list[Row]:
    """The open deals; of products, the deal's own one counts."""
    return [
        {**deal, "product": deal["own_product"]}
        for deal in company.deals
        if deal["outcome"] == "open"
    ]


def created_answers(company: Company) -> dict[Cell, Answer]:
    """Pipeline created and the win rate of its cohorts."""
    groups = Groups()
    for deal in company.deals:
        if deal["created"]:
            groups.add(deal, on=deal["created"], scopes=_without_product())
    answers: dict[Cell, Answer] = {}
    first = min(deal["created"] for deal in company.deals if deal["created"])
    for grain, start, scope, member in _cells(company, since=first):
        if scope == "product":
            continue
        deals = groups.rows.get((grain, start, scope, member), [])
        for (kpi, statistic), answer in of_created(deals).items():
            answers[Cell(kpi, statistic, grain, start, scope, member)] = answer
        if grain != "week" and scope != "manager":
            cell = Cell("win_rate_cohort", "value", grain, start, scope, member)
            end = end_of(grain, start)
            answers[cell] = of_cohort(deals, end=end, as_of=company.as_of)
    return answers


def open_answers(company: Company) -> dict[Cell, Answer]:
    """The pipeline open on the as-of day, in the periods that hold it."""
    chances = _probabilities(company)
    groups = Groups()
    for row in _open_rows(company):
        groups.add(row, on=company.as_of, scopes=SCOPES)
    answers: dict[Cell, Answer] = {}
    for grain, start, scope, member in _cells(company, since=company.as_of):
        deals = groups.rows.get((grain, start, scope, member), [])
        weighted = money(
            (deal["amount"] * chances[deal["stage"]]).quantize(CENT, ROUND_HALF_UP)
            for deal in deals
            if deal["amount"] is not None
        )
        plain = money(deal["amount"] for deal in deals)
        for kpi, value in (("open_pipeline", plain), ("weighted_pipeline", weighted)):
            answers[Cell(kpi, "value", grain, start, scope, member)] = Answer(value=value)
    return answers


def _probabilities(company: Company) -> dict[str, Decimal]:
    """Of each stage, the chance to win; the CRM's own, else the company's win rate of a year.

    One export does not say which stages a closed deal had reached, so nothing was learnt: n is 0.
    """
    since = company.as_of - timedelta(days=PROBABILITY_DAYS)
    closed = [deal for deal in company.deals if deal["closed"] and deal["closed"] > since]
    won = sum(deal["outcome"] == "won" for deal in closed)
    chances: dict[str, Decimal] = {}
    for stage, meaning in company.stages.items():
        given = meaning.get("probability")
        base = Decimal(won) / Decimal(len(closed)) if given is None else Decimal(str(given))
        chances[stage] = PROBABILITY_WEIGHT * base / PROBABILITY_WEIGHT
    return chances


def growth_answers(company: Company, closed: dict[Cell, Answer]) -> dict[Cell, Answer]:
    """Revenue beside that of the period before and of a year ago, and the growth from each.

    A running period is compared with as many working days of the other one. No growth from a
    period in which the data begin after its first working day.
    """
    first = min(deal["closed"] for deal in company.deals if deal["closed"])
    wins = _wins_by_member(company)
    answers: dict[Cell, Answer] = {}
    for cell, answer in closed.items():
        if cell.kpi != "revenue":
            continue
        bases: list[Decimal | None] = []
        for kpi, start in (
            ("revenue_growth", shifted(cell.grain, cell.start, by=-1)),
            ("revenue_growth_yoy", year_before(cell.grain, cell.start)),
        ):
            base, growth = None, None
            if cell._replace(start=start) in closed:
                end = comparable_end(cell.grain, start, running=cell.start, as_of=company.as_of)
                won = wins[cell.scope, cell.member]
                base = money(amount for day, amount in won if start <= day < end)
                is_partial = start <= first and working_days(start, first) > 0
                if base > 0 and not is_partial:
                    growth = float(answer.value / base) - 1
            answers[cell._replace(kpi=kpi)] = Answer(value=growth)
            bases.append(base)
        answers[cell] = replace(answer, prior=bases[0], year_ago=bases[1])
    return answers


def _wins_by_member(company: Company) -> dict[tuple[str, str], list[tuple[date, Decimal | None]]]:
    """Each member's wins, or of products their lines: day and amount."""
    wins: dict[tuple[str, str], list[tuple[date, Decimal | None]]] = defaultdict(list)
    for deal in company.deals:
        if deal["outcome"] == "won":
            for scope in _without_product():
                wins[scope, deal[scope]].append((deal["closed"], deal["amount"]))
    for line in company.lines:
        if line["outcome"] == "won":
            wins["product", line["product"]].append((line["closed"], line["line_amount"]))
    return wins


# ---------------------------------------------------------------- quotas


def quota_answers(company: Company, closed: dict[Cell, Answer]) -> dict[Cell, Answer]:
    """Revenue ÷ quota, wherever a member has both a quota and a period that has begun."""
    answers: dict[Cell, Answer] = {}
    members = {
        (scope, row[scope])
        for scope in QUOTA_SCOPES
        for row in (*company.quotas, *company.deals)
        if company.quotas
    }
    for scope, member in members:
        for grain in GRAINS[1:]:
            start = start_of(grain, min(row["start"] for row in company.quotas))
            while start <= company.as_of:
                end = end_of(grain, start)
                quota = quota_of(company.quotas, scope=scope, member=member, start=start, end=end)
                if quota is not None:
                    cell = Cell("quota_attainment", "value", grain, start, scope, member)
                    revenue = closed.get(cell._replace(kpi="revenue"))
                    answers[cell] = _of_ratio(revenue.value if revenue else Decimal(0), quota)
                start = end
    return answers


def answers(company: Company) -> dict[Cell, Answer]:
    """Every number that the mart should hold for the KPIs, grains and scopes named here."""
    closed = closed_answers(company)
    return {
        **closed,
        **created_answers(company),
        **open_answers(company),
        **growth_answers(company, closed),
        **quota_answers(company, closed),
    }
