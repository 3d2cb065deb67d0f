"""The config that `kpimart init` writes: what it shows as a comment can be uncommented."""

import re
from pathlib import Path

from pipelines.settings import PROJECT_DIR, load_settings

TEMPLATE = PROJECT_DIR / "pipelines" / "commands" / "templates" / "kpimart.yml"
# what stands instead of the keys before it
INSTEAD = re.compile(r"^  # calendars:.*\n(?:  #   - .*\n)+", re.MULTILINE)
# a key, or an item of a list; what is only words is a remark
OPTION = re.compile(r"^( *)# ( *(?:- )?\{?[\w ]+:(?: .*|)|  - \{.*)$")


def uncommented(text: str) -> str:
    """The config with every option that is a comment."""
    lines = INSTEAD.sub("", text).splitlines()
    return "\n".join(OPTION.sub(r"\1\2", line) for line in lines) + "\n"


def test_every_option_can_be_uncommented(tmp_path: Path) -> None:
    text = uncommented(TEMPLATE.read_text(encoding="utf-8"))
    path = tmp_path / "kpimart.yml"
    path.write_text(text, encoding="utf-8")
    settings = load_settings(path)
    assert settings.exclude
    assert settings.touches.precedence == ("crm",)
    assert settings.overrides_path == tmp_path / "overrides.csv"
    crm = next(source for source in settings.sources if source.name == "crm")
    assert {"org_changes", "exchange_rates", "quotas", "users", "accounts"} <= set(crm.objects)
