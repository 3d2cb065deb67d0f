"""The as-of that the config gives a file."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from pipelines.errors import ConfigError
from pipelines.extract import moments
from pipelines.extract.delivered import Delivered
from pipelines.extract.landing import offer_of
from pipelines.extract.reading.parts import file_of
from pipelines.extract.refusal import RefusedFileError
from pipelines.sources import Source

CHICAGO = ZoneInfo("America/Chicago")


def _as_of(tmp_path, text, name, *, of_source=None):
    users = {"columns": {"user_id": "id"}, "as_of": text}
    source = Source.model_validate(
        {"name": "crm", "system": "mapped", "as_of": of_source, "objects": {"users": users}}
    )
    delivered = Delivered(
        name=f"2024/{name}", content="", stamp="", written_at=datetime(2024, 7, 9)
    )
    offer = offer_of(source, file_of(tmp_path / name), delivered)
    return moments.from_settings(offer, "users", zone=CHICAGO)


@pytest.mark.parametrize(
    ("text", "name", "utc", "basis"),
    [
        ("2017-12-31", "a.csv", datetime.fromisoformat("2018-01-01 06:00"), "setting"),
        ("2017-12-31T12:00:00Z", "a.csv", datetime.fromisoformat("2017-12-31 12:00"), "setting"),
        (
            "u_%Y-%m-%d.csv",
            "u_2024-03-09.csv",
            datetime.fromisoformat("2024-03-10 06:00"),
            "setting pattern",
        ),
        (
            "u_%Y-%m-%d.csv",
            "u_2024-03-10.csv",
            datetime.fromisoformat("2024-03-11 05:00"),
            "setting pattern",
        ),
        (
            "u_%Y%m%dT%H%M.csv",
            "u_20240701T0130.csv.gz",
            datetime.fromisoformat("2024-07-01 06:30"),
            "setting pattern",
        ),
        (
            "*_%d.%m.%Y.*",
            "my users_01.07.2024.csv",
            datetime.fromisoformat("2024-07-02 05:00"),
            "setting pattern",
        ),
    ],
)
def test_a_moment_or_a_pattern_of_the_name(tmp_path, text, name, utc, basis):
    assert _as_of(tmp_path, text, name) == moments.AsOf(at=utc, basis=basis)


def test_the_objects_setting_goes_before_the_sources(tmp_path):
    assert _as_of(tmp_path, "2024-01-01", "a.csv", of_source="2025-01-01").at.year == 2024
    assert _as_of(tmp_path, None, "a.csv", of_source="2025-01-01").at.year == 2025
    assert _as_of(tmp_path, None, "a.csv") is None


@pytest.mark.parametrize("text", ["soon", "u_%Y.csv", "%Y-%m-%d-%d", "%Y-%m-%d %p"])
def test_anything_else_is_an_error_of_the_config(tmp_path, text):
    with pytest.raises(ConfigError, match="neither a moment such as 2017-12-31 nor a pattern"):
        _as_of(tmp_path, text, "a.csv")


@pytest.mark.parametrize("name", ["users.csv", "u_2024-02-30.csv"])
def test_a_name_without_a_date_is_refused(tmp_path, name):
    with pytest.raises(RefusedFileError, match=r"as_of pattern 'u_%Y-%m-%d\.csv'"):
        _as_of(tmp_path, "u_%Y-%m-%d.csv", name)
