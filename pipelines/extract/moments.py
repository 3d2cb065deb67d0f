"""When an export was true: its `as_of`, from the settings, its name, its rows or its file time.

Never from the wall clock.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pipelines.errors import ConfigError
from pipelines.extract.landing import Offer
from pipelines.extract.refusal import RefusedFileError
from pipelines.extract.systems import contracts
from pipelines.settings import fixed_as_of

Basis = Literal["setting", "setting pattern", "name", "updated_at", "file time"]

BY_NAME: tuple[Basis, ...] = ("setting pattern", "name")
EPOCH = re.compile(r"(?<!\d)(1[0-9]{12})(?!\d)")  # milliseconds: 2001 to 2033

DIRECTIVES = {
    "%Y": r"(?P<year>\d{4})",
    "%m": r"(?P<month>\d{2})",
    "%d": r"(?P<day>\d{2})",
    "%H": r"(?P<hour>\d{2})",
    "%M": r"(?P<minute>\d{2})",
    "%S": r"(?P<second>\d{2})",
}


@dataclass(frozen=True, kw_only=True)
class AsOf:
    """A naive UTC moment and what it comes from."""

    at: datetime
    basis: Basis

    @property
    def is_by_name(self) -> bool:
        """True where the name of the file tells the moment."""
        return self.basis in BY_NAME

    @property
    def identity(self) -> str:
        """What of it tells two loads of the same content apart.

        A name's date does: the same content on two days is two states. A setting that replaces
        what was read from the data does too, so a late `as_of` in the config takes effect.
        """
        if self.is_by_name:
            return f"named {self.at.isoformat()}"
        return "set" if self.basis == "setting" else "found"


def from_settings(offer: Offer, object_name: str, *, zone: ZoneInfo) -> AsOf | None:
    """The as-of that the config gives this file: the object's, else the source's.

    Raises:
        ConfigError: an `as_of` that is neither a moment nor a pattern.
        RefusedFileError: a pattern that the file's name does not fit.
    """
    text = offer.source.objects[object_name].as_of or offer.source.as_of
    if text is None:
        return None
    fixed = fixed_as_of(text, zone)
    if fixed is not None:
        return AsOf(at=_naive(fixed), basis="setting")
    pattern = _name_pattern(text)
    for name in offer.names:
        if match := pattern.fullmatch(name):
            return AsOf(at=_named(match, zone, text), basis="setting pattern")
    raise RefusedFileError(
        f"the name does not fit the as_of pattern {text!r}",
        remedy="Rename the file, or mend `as_of` in the config (* stands for any text)",
    )


def from_name(offer: Offer) -> AsOf | None:
    """The moment that a tool writes into the names of its reports, as milliseconds since 1970."""
    contract = contracts().get(offer.source.system)
    found = EPOCH.findall(offer.path.name) if contract and contract.has_epoch_names else []
    if len(found) != 1:
        return None
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found[0]))
    return AsOf(at=_naive(at), basis="name")


def from_file_time(offer: Offer) -> AsOf:
    """The moment the file was last written."""
    return AsOf(at=offer.delivered.written_at, basis="file time")


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _name_pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"(%.|\*)", text)
    directives = [part for part in parts if part.startswith("%")]
    is_known = set(directives) <= set(DIRECTIVES) and len(directives) == len(set(directives))
    if not is_known or not {"%Y", "%m", "%d"} <= set(directives):
        raise ConfigError(
            f"as_of {text!r} is neither a moment such as 2017-12-31 nor a pattern of file names "
            "such as opportunities_%Y-%m-%d.csv (allowed, once each: %Y %m %d %H %M %S, and *)"
        )
    wildcard = {"*": ".*"}
    return re.compile("".join(DIRECTIVES.get(p) or wildcard.get(p) or re.escape(p) for p in parts))


def _named(match: re.Match[str], zone: ZoneInfo, text: str) -> datetime:
    given = {name: int(digits) for name, digits in match.groupdict().items()}
    try:
        local = datetime(
            given["year"],
            given["month"],
            given["day"],
            given.get("hour", 0),
            given.get("minute", 0),
            given.get("second", 0),
            tzinfo=zone,
        )
    except ValueError as error:
        raise RefusedFileError(
            f"the name gives no date by the as_of pattern {text!r}: {error}",
            remedy="Rename the file, or mend `as_of` in the config",
        ) from error
    if "hour" not in given:
        local = local + timedelta(days=1)
    return _naive(local)
