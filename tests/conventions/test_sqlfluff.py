"""SQL is laid out as .sqlfluff says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.dbt_project import ROOT

LINTED = ["dbt_project/models", "dbt_project/tests"]


def lint(*paths: str) -> list[str]:
    """What sqlfluff finds in these files, one line each; run from the root, where .sqlfluff is."""
    command = [sys.executable, "-m", "sqlfluff", "lint", "--format", "json", *paths]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode in {0, 1}, run.stderr
    return [
        f"{file['filepath']}:{one['start_line_no']}: {one['code']} {one['description']}"
        for file in json.loads(run.stdout)
        for one in file["violations"]
    ]


def test_models_and_data_tests_are_laid_out_as_agreed() -> None:
    found = lint(*LINTED)
    assert not found, "\n".join(["mend with: sqlfluff fix dbt_project/models", *found])


def test_breaks_of_the_layout_are_found(tmp_path: Path) -> None:
    (tmp_path / ".sqlfluff").symlink_to(ROOT / ".sqlfluff")
    path = tmp_path / "kpi_new.sql"
    breaks = {
        "CP01": "SELECT 1 as one_row",
        "LT02": "select\n  rep,\n  amount\nfrom deals",
        "LT04": "select\n    rep\n    , amount\nfrom deals",
        "LT05": f"select {'a' * 101} from deals",
        "AM05": "select deals.rep from deals join reps on deals.rep = reps.rep",
        "AM06": "select\n    rep,\n    count(*) as row_count\nfrom deals\ngroup by 1",
        "CV11": "select amount::double as amount from deals",
        "AL06": "select d.rep from deals as d",
        "AL03": "select\n    rep,\n    amount + 1\nfrom deals",
        "RF02": "select rep from deals inner join reps on deals.rep = reps.rep",
    }
    for code, sql in breaks.items():
        path.with_name(f"{code}.sql").write_text(sql + "\n", encoding="utf-8")
    found = lint(str(tmp_path))
    for code in breaks:
        assert any(f"{code}.sql" in one and f" {code} " in one for one in found), code


def test_every_unlinted_line_says_why() -> None:
    bare = [
        f"{path.name}: {line.strip()}"
        for folder in LINTED
        for path in sorted((ROOT / folder).rglob("*.sql"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if "noqa" in line and not _has_reason(line)
    ]
    assert not bare, "say why: `-- noqa: LT05 (the reason)`"


def _has_reason(line: str) -> bool:
    return line.rstrip().endswith(")") and "(" in line.split("noqa", 1)[1]


@pytest.mark.parametrize(
    ("line", "has_reason"),
    [
        ("select 1 -- noqa", False),
        ("select 1 -- noqa: LT05", False),
        ("select 1 -- noqa: LT05 (a table of values reads better in one line)", True),
    ],
)
def test_a_bare_noqa_is_found(line: str, has_reason: bool) -> None:
    assert _has_reason(line) is has_reason
