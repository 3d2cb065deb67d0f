"""A company to which anything may happen, and what becomes of its exports on their way.

Its records are in chance_records.py, what changes them in chance_changes.py.
"""

from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from pipelines.settings import Settings, load_settings
from tests.end_to_end.chance_changes import CHANGES
from tests.end_to_end.chance_records import EXPORTS, Truth

Delivery = Literal["on time", "spoilt", "missed", "late", "twice", "corrected", "never"]
DELIVERIES: tuple[Delivery, ...] = get_args(Delivery)


def config() -> dict[str, Any]:
    """The company's config; every column goes by the name that kpimart has for it."""
    sources: dict[str, dict[str, Any]] = {
        "crm": {"name": "crm", "system": "mapped", "objects": {}},
        "tool": {"name": "tool", "system": "mapped", "role": "outbound", "objects": {}},
        "finance": {"name": "finance", "system": "mapped", "objects": {}},
    }
    for name, how in EXPORTS.items():
        source, table = name.split("/")
        sources[source]["objects"][table] = {
            "files": f"{table}_*.csv",
            "as_of": f"{table}_%Y-%m-%d*.csv",
            "mode": how.mode,
            "columns": {column: column for column in how.columns},
            **how.more,
        }
    return {
        "company": {
            "name": "Tiny",
            "currency": "EUR",
            "timezone": "Europe/Vienna",
            "mail_domains": ["own.example"],
        },
        "exclude": [
            {
                "object": "opportunities",
                "column": "opportunity_name",
                "like": "test %",
                "reason": "test",
            },
            {
                "object": "accounts",
                "column": "account_name",
                "like": "new%",
                "reason": "test",
            },
        ],
        "kpis": {"bulk_import_leads": 3},
        "open_amount": "list_price",
        "guards": {"max_vanished_share": 0.2},
        "sources": list(sources.values()),
    }


class Company:
    """The company while its nights go by: the truth, and the files on their way to landing."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.truth = Truth()
        self._on_their_way: list[tuple[int, str, str]] = []

    @classmethod
    def founded(cls, folder: Path) -> "Company":
        """Its first exports have landed."""
        path = folder / "kpimart.yml"
        folder.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(config(), sort_keys=False), encoding="utf-8")
        company = cls(load_settings(path))
        for name in EXPORTS:
            company._send(name, "on time", before="")
        company._land()
        return company

    def live_on(self, changes: list[tuple[str, int]], deliveries: dict[str, Delivery]) -> None:
        """Another night: the changes have happened, and what arrives by now has landed.

        An export of which nothing is said arrives on time.
        """
        truth = self.truth
        truth.night += 1
        before = {name: truth.export(name) for name in EXPORTS}
        for kind, number in changes:
            CHANGES[kind](truth, number)
        for name in EXPORTS:
            self._send(name, deliveries.get(name, "on time"), before=before[name])
        self._land()

    def _send(self, name: str, delivery: Delivery, *, before: str) -> None:
        now, text = self.truth.night, self.truth.export(name)
        file = f"{name}_{self.truth.today}"
        sent: dict[Delivery, list[tuple[int, str, str]]] = {
            "on time": [(now, file, text)],
            "spoilt": [(now, file, self.truth.export(name, is_spoilt=True))],
            "missed": [(now + 1, file, text)],
            "late": [(now + 2, file, text)],
            "twice": [(now, file, text), (now + 1, f"{file}_copy", text)],
            "corrected": [(now, file, before), (now + 1, f"{file}_mended", text)],
            "never": [],
        }
        self._on_their_way += sent[delivery]

    def _land(self) -> None:
        for due, file, text in self._on_their_way:
            if due == self.truth.night:
                path = self.settings.landing_dir / f"{file}.csv"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
