"""One small truth, twelve deals, and the many forms in which a tool or a person may export it.

Each writer is one form; what a form should give is in `rows` and in `Deal`. No test is here.
"""

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import xlsxwriter
import zstandard

from tests.archives import zipped

ZONE = ZoneInfo("Europe/Vienna")
AS_OF = "2026-06-30"
SERIAL_ZERO = datetime(1899, 12, 30, tzinfo=ZONE).replace(tzinfo=None)
OPEN, WON, LOST = "Qualification", "Closed Won", "Closed Lost"


@dataclass(frozen=True, kw_only=True)
class Deal:
    """A deal as it is. `amount` is in EUR; `created_at` in UTC; `close_on` the day, or the plan."""

    number: int
    name: str
    account: str
    owner: str
    stage: str
    amount: Decimal | None
    created_at: datetime
    close_on: date
    lead_source: str | None

    @property
    def created_locally(self) -> datetime:
        """The moment on the company's clock."""
        return self.created_at.astimezone(ZONE).replace(tzinfo=None)

    @property
    def closed_on(self) -> date | None:
        """The day on which it was won or lost."""
        return self.close_on if self.stage != OPEN else None

    @property
    def expected_close_on(self) -> date | None:
        """The day on which an open one is expected to close."""
        return self.close_on if self.stage == OPEN else None


ADA, BO = "Ada Lund", "Zoë Öst"
NORD, SUED, FAR = "Nord & Söhne, GmbH", 'Süd "Plus" AG', "Čapek / 東京"


def _truth() -> tuple[Deal, ...]:
    """Two deals of them on another day here than in UTC, one in the week of a changed clock."""
    rows = (
        ("Plain", NORD, ADA, WON, "1234.50", (2026, 1, 15, 8, 30), (2026, 2, 20), "Web"),
        ("Cents", NORD, ADA, WON, "0.05", (2026, 1, 31, 23, 30), (2026, 2, 28), "Web"),
        ('"All", and\nmore', SUED, BO, WON, "12345678.90", (2026, 2, 3, 9, 0), (2026, 3, 31), "Ad"),
        ("No amount", SUED, BO, OPEN, None, (2026, 2, 10, 10, 15), (2026, 8, 13), "Web"),
        ("Tür & Tor", FAR, ADA, LOST, "999.99", (2026, 2, 28, 23, 15), (2026, 4, 17), None),
        ("Дача €", FAR, BO, WON, "1000000.00", (2026, 3, 28, 12, 0), (2026, 4, 1), "Ad"),
        ("Whole", NORD, BO, WON, "1500.00", (2026, 3, 29, 12, 0), (2026, 4, 5), "Web"),
        ("'Quote'; |pipe|", SUED, ADA, LOST, "20000.10", (2026, 4, 2, 6, 45), (2026, 5, 18), "Ad"),
        ("Tab\tin it", NORD, ADA, OPEN, "7654.32", (2026, 4, 30, 15, 0), (2026, 9, 30), None),
        ("Returned", NORD, BO, WON, "-150.25", (2026, 5, 5, 8, 0), (2026, 5, 29), "Web"),
        ("00123", SUED, ADA, OPEN, "123456.00", (2026, 5, 12, 7, 30), (2026, 7, 3), "Ad"),
        ("N/A or not", FAR, ADA, WON, "10.00", (2026, 6, 1, 22, 30), (2026, 6, 24), "Web"),
    )  # fmt: skip
    return tuple(
        Deal(
            number=number,
            name=name,
            account=account,
            owner=owner,
            stage=stage,
            amount=None if amount is None else Decimal(amount),
            created_at=datetime(*created, tzinfo=UTC),
            close_on=date(*close),
            lead_source=lead_source,
        )
        for number, (name, account, owner, stage, amount, created, close, lead_source) in enumerate(
            rows, start=1
        )
    )


TRUTH = _truth()


def in_codec(codec: str) -> tuple[Deal, ...]:
    """The truth as far as an encoding can write it: a character that it lacks is a ?."""

    def narrowed(text: str) -> str:
        return text.encode(codec, "replace").decode(codec)

    return tuple(
        replace(deal, name=narrowed(deal.name), account=narrowed(deal.account)) for deal in TRUTH
    )


# A mapped tool: headers, and how the config names them.

HEADERS = (
    *("Number", "Deal", "Company", "Seller", "Phase", "Value"),
    *("Begun", "Ended", "Planned", "Origin"),
)
COLUMNS = dict(
    zip(
        (
            *("opportunity_id", "opportunity_name", "account_name", "owner_name", "stage"),
            *("amount", "created_at", "closed_on", "expected_close_on", "lead_source"),
        ),
        HEADERS,
        strict=True,
    )
)


def rows(deals: Sequence[Deal] = TRUTH) -> list[tuple[object, ...]]:
    """What the lake holds of the deals, whatever the form: the columns of COLUMNS, typed."""
    return [
        (
            f"D{deal.number:02}",
            deal.name,
            deal.account,
            deal.owner,
            deal.stage,
            deal.amount,
            deal.created_at.replace(tzinfo=None),
            deal.closed_on,
            deal.expected_close_on,
            deal.lead_source,
        )
        for deal in deals
    ]


@dataclass(frozen=True, kw_only=True)
class Locale:
    """How amounts, moments and days are written."""

    amount: Callable[[Decimal], object]
    moment: Callable[[Deal], object]
    day: Callable[[date], object]


def _grouped(amount: Decimal) -> str:
    return f"{abs(amount):,.2f}"


def _german(amount: Decimal) -> str:
    digits = _grouped(amount).replace(",", " ").replace(".", ",").replace(" ", ".")
    return f"{'-' if amount < 0 else ''}{digits} €"


def _german_codeless(amount: Decimal) -> str:
    return _german(amount).replace("€", "EUR")


def _american(amount: Decimal) -> str:
    return f"(${_grouped(amount)})" if amount < 0 else f"${_grouped(amount)}"


def _serial(moment: datetime) -> str:
    return f"{(moment - SERIAL_ZERO).total_seconds() / 86400:.9f}"


PLAIN = Locale(
    amount=str,
    moment=lambda deal: f"{deal.created_at:%Y-%m-%dT%H:%M:%SZ}",
    day=lambda day: day.isoformat(),
)
GERMAN = Locale(
    amount=_german,
    moment=lambda deal: f"{deal.created_locally:%d.%m.%Y %H:%M}",
    day=lambda day: f"{day:%d.%m.%Y}",
)
GERMAN_WITHOUT_SIGN = replace(GERMAN, amount=_german_codeless)
AMERICAN = Locale(
    amount=_american,
    moment=lambda deal: f"{deal.created_locally:%m/%d/%Y %I:%M %p}",
    day=lambda day: f"{day:%m/%d/%Y}",
)
SPREADSHEET = Locale(
    amount=str,
    moment=lambda deal: _serial(deal.created_locally),
    day=lambda day: str((day - SERIAL_ZERO.date()).days),
)
TYPED = Locale(
    amount=lambda amount: amount, moment=lambda deal: deal.created_locally, day=lambda d: d
)


def cells(locale: Locale = PLAIN, deals: Sequence[Deal] = TRUTH) -> list[list[object]]:
    """The deals as rows of cells in a locale; an empty cell is None."""
    return [
        [
            f"D{deal.number:02}",
            deal.name,
            deal.account,
            deal.owner,
            deal.stage,
            None if deal.amount is None else locale.amount(deal.amount),
            locale.moment(deal),
            None if deal.closed_on is None else locale.day(deal.closed_on),
            None if deal.expected_close_on is None else locale.day(deal.expected_close_on),
            deal.lead_source,
        ]
        for deal in deals
    ]


def text(
    locale: Locale = PLAIN,
    deals: Sequence[Deal] = TRUTH,
    *,
    delimiter: str = ",",
    end: str = "\n",
    headers: Sequence[str] = HEADERS,
    quoting: int = csv.QUOTE_MINIMAL,
) -> str:
    """The deals as a table of text."""
    return table(headers, cells(locale, deals), delimiter=delimiter, end=end, quoting=quoting)


def table(
    headers: Sequence[str],
    body: Sequence[Sequence[object]],
    *,
    delimiter: str = ",",
    end: str = "\n",
    quoting: int = csv.QUOTE_MINIMAL,
) -> str:
    """A header and its rows as text."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerow(headers)
    writer.writerows(body)
    return out.getvalue()


def as_report(body: str, *, end: str = "\n") -> str:
    """A table between a title and remarks, as reports have it."""
    title = f"Deals of the first half{end}Tiny, all sellers{end}{end}"
    remarks = f'{end}{end}"12 records"{end}"Confidential - do not distribute"{end}'
    return f"{title}{body}{remarks}"


def with_ghosts(body: str) -> str:
    """A table with the empty rows that a spreadsheet saves below it, and one within it."""
    ghost = "," * (len(HEADERS) - 1) + "\n"
    head, rest = body.split("\n", 1)
    return f"{head}\n{ghost}{rest}{ghost * 3}"


def wrapped(body: str) -> str:
    """A table of which a spreadsheet took every line for one cell."""
    lines = body.split("\n")[:-1]
    return "".join('"{}"\n'.format(line.replace('"', '""')) for line in lines)


def workbook(locale: Locale, *, header_row: int = 1) -> bytes:
    """A workbook whose header is in this row; TYPED has numbers and dates in its cells."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        moment = book.add_format({"num_format": "dd.mm.yyyy hh:mm"})
        sheet = book.add_worksheet("Deals")
        for place in range(header_row - 1):
            sheet.write(place, 0, f"Title {place}")
        for place, row in enumerate([list(HEADERS), *cells(locale)], start=header_row - 1):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    style = moment if isinstance(cell, datetime) else day
                    sheet.write_datetime(place, column, cell, style)
                elif isinstance(cell, Decimal):
                    sheet.write_number(place, column, float(cell))
                elif cell is not None:
                    sheet.write_string(place, column, str(cell))
    return content.getvalue()


def records(*, with_numbers: bool = False) -> list[dict[str, object]]:
    """The deals as JSON objects; amounts are numbers, or texts."""
    found = [dict(zip(HEADERS, row, strict=True)) for row in cells()]
    if with_numbers:
        for record, deal in zip(found, TRUTH, strict=True):
            record["Value"] = None if deal.amount is None else float(deal.amount)
    return found


def parquet(folder: Path) -> bytes:
    """The deals as a typed table: moments are instants, amounts decimals."""
    path = folder / "deals.parquet"
    types = ("varchar",) * 5 + ("decimal(18, 2)", "timestamptz", "date", "date", "varchar")
    listed = ", ".join(f'"{name}" {kind}' for name, kind in zip(HEADERS, types, strict=True))
    with duckdb.connect() as connection:
        connection.execute(f"create table deals ({listed})")
        places = ", ".join("?" * len(HEADERS))
        for deal, row in zip(TRUTH, cells(TYPED), strict=True):
            row[6] = deal.created_at
            connection.execute(f"insert into deals values ({places})", row)
        connection.execute(f"copy deals to '{path}'")
    content = path.read_bytes()
    path.unlink()
    return content


def json_list() -> str:
    """One JSON list."""
    return json.dumps(records(), ensure_ascii=False, indent=1)


def json_envelope() -> str:
    """A list within a document, as interfaces answer; amounts are numbers."""
    return json.dumps({"data": records(with_numbers=True), "has_more": False})


def json_lines() -> str:
    """One JSON object a line."""
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records())


def gzipped(body: str) -> bytes:
    """A packed text; no clock is in it."""
    return gzip.compress(body.encode(), mtime=0)


def in_a_zip(body: str) -> bytes:
    """A text in a zip."""
    return zipped(**{"export/deals.csv": body.encode()})


def zstandard_packed(body: str) -> bytes:
    """A text packed by Zstandard."""
    return zstandard.compress(body.encode())


# Salesforce: three files in each dialect.

OWNERS = (ADA, BO)
ACCOUNTS = (NORD, SUED, FAR)
SalesforceFiles = dict[str, str]


def _id(prefix: str, number: int) -> str:
    """An id of 15 characters; of digits alone, so that AAA makes one of 18."""
    return f"{prefix}{number:012}"


def _deal_ids(deal: Deal) -> tuple[str, str, str]:
    return (
        _id("006", deal.number),
        _id("001", ACCOUNTS.index(deal.account) + 1),
        _id("005", OWNERS.index(deal.owner) + 1),
    )


def salesforce_rows() -> list[tuple[object, ...]]:
    """What the lake holds of the deals, whatever the dialect."""
    return [
        (
            *(f"{one}AAA" for one in _deal_ids(deal)[:2]),
            deal.name,
            deal.stage,
            deal.amount,
            deal.close_on,
            deal.stage != OPEN,
            deal.stage == WON,
            deal.lead_source,
            deal.created_at.replace(tzinfo=None),
        )
        for deal in TRUTH
    ]


def salesforce_api() -> SalesforceFiles:
    """Data Loader's files: ids of 18 characters, moments in UTC, everything quoted."""
    deals = [
        [
            *(f"{one}AAA" for one in _deal_ids(deal)),
            deal.name,
            deal.stage,
            deal.amount,
            deal.close_on,
            *(str(flag).lower() for flag in (deal.stage != OPEN, deal.stage == WON)),
            deal.lead_source,
            *[f"{deal.created_at:%Y-%m-%dT%H:%M:%S.000Z}"] * 2,
        ]
        for deal in TRUTH
    ]
    header = (
        *("Id", "AccountId", "OwnerId", "Name", "StageName", "Amount", "CloseDate", "IsClosed"),
        *("IsWon", "LeadSource", "CreatedDate", "LastModifiedDate"),
    )
    return {
        "Opportunity.csv": table(header, deals, quoting=csv.QUOTE_ALL),
        "Account.csv": _named("001", ACCOUNTS, ("Id", "Name"), suffix="AAA"),
        "User.csv": _named("005", OWNERS, ("Id", "Name"), suffix="AAA"),
    }


def salesforce_label() -> SalesforceFiles:
    """Reports of a user in Vienna: ids of 15 characters, owners by name, local times, remarks."""
    deals = [
        [
            *_deal_ids(deal)[:2],
            deal.owner,
            deal.name,
            deal.stage,
            None if deal.amount is None else _german(deal.amount).removesuffix(" €"),
            f"{deal.close_on:%d/%m/%Y}",
            *(int(flag) for flag in (deal.stage != OPEN, deal.stage == WON)),
            deal.lead_source,
            f"{deal.created_locally:%d/%m/%Y}",
            f"{deal.created_locally:%d/%m/%Y %H:%M}",
        ]
        for deal in TRUTH
    ]
    header = (
        *("Opportunity ID", "Account ID", "Opportunity Owner", "Opportunity Name", "Stage"),
        *("Amount", "Close Date", "Closed", "Won", "Lead Source", "Created Date"),
        "Last Modified Date",
    )
    return {
        "Opportunity-report.csv": as_report(table(header, deals, quoting=csv.QUOTE_ALL)),
        "Account-report.csv": _named("001", ACCOUNTS, ("Account ID", "Account Name")),
        "User-report.csv": _named("005", OWNERS, ("User ID", "Full Name")),
    }


def salesforce_elt() -> SalesforceFiles:
    """A loader's tables: names in snake_case, moments of UTC without a zone, its own columns."""
    deals = [
        [
            *(f"{one}AAA" for one in _deal_ids(deal)),
            deal.name,
            deal.stage,
            deal.amount,
            deal.close_on,
            *(str(flag).lower() for flag in (deal.stage != OPEN, deal.stage == WON)),
            deal.lead_source,
            *[f"{deal.created_at:%Y-%m-%d %H:%M:%S}+00:00"] * 2,
            "2026-06-30 20:00:00+00:00",
        ]
        for deal in TRUTH
    ]
    header = (
        *("id", "account_id", "owner_id", "name", "stage_name", "amount", "close_date"),
        *("is_closed", "is_won", "lead_source", "created_date", "last_modified_date"),
        "_fivetran_synced",
    )
    return {
        "opportunity.csv": table(header, deals),
        "account.csv": _named("001", ACCOUNTS, ("id", "name"), suffix="AAA"),
        "user.csv": _named("005", OWNERS, ("id", "name"), suffix="AAA"),
    }


def _named(prefix: str, names: Sequence[str], header: tuple[str, str], *, suffix: str = "") -> str:
    return table(header, [(_id(prefix, n) + suffix, name) for n, name in enumerate(names, start=1)])
