"""Makes the folder of a new company: config, landing folder, templates, notes.

Nothing is overwritten.
"""

from pathlib import Path

from rich.markup import escape

from pipelines.commands import console
from pipelines.errors import ConfigError
from pipelines.extract.templates import COMPANY_FILES
from pipelines.settings import CONFIG_NAME, load_settings

TEMPLATES = Path(__file__).with_name("templates")
# template: name in the company's folder
FILES = {"kpimart.yml": CONFIG_NAME, "README.md": "README.md", "gitignore": ".gitignore"}
COMPANY_TEMPLATES = TEMPLATES / "company"
TEMPLATES_NAME = "templates"


def init(folder: Path) -> None:
    """The folder has a config that loads, templates, and a landing folder per source of it.

    Raises:
        ConfigError: there is a config already.
    """
    config = folder / CONFIG_NAME
    if config.exists():
        raise ConfigError(
            f"{config}: there is a config already; it was not touched. Name another folder, or "
            "edit it"
        )
    made: list[Path] = []
    folder.mkdir(parents=True, exist_ok=True)
    for template, name in FILES.items():
        path = folder / name
        if not path.exists():
            path.write_bytes((TEMPLATES / template).read_bytes())
            made.append(path)
    made += _templates(folder / TEMPLATES_NAME)
    settings = load_settings(config)
    for source in settings.sources:
        landing = settings.landing_dir / source.name
        landing.mkdir(parents=True, exist_ok=True)
        made.append(landing)
    _tell(folder, made, landing=settings.landing_dir / settings.sources[0].name)


def _templates(folder: Path) -> list[Path]:
    """The folder has a template per company file; gives the folder where one was made."""
    missing = [one for one in _company_templates() if not (folder / one.name).exists()]
    folder.mkdir(exist_ok=True)
    for template in missing:
        (folder / template.name).write_bytes(template.read_bytes())
    return [folder] if missing else []


def _company_templates() -> list[Path]:
    return [COMPANY_TEMPLATES / f"{name}.csv" for name in COMPANY_FILES]


def _tell(folder: Path, made: list[Path], *, landing: Path) -> None:
    to = console.out()
    to.print()
    for path in made:
        what = "/" if path.is_dir() else ""
        to.print(f" [ok]✓[/] {escape(str(path))}{what}", soft_wrap=True)
    console.section(to, "Next")
    steps = {
        f"put an export into {landing}": "",
        "say in kpimart.yml what its columns are called": "",
        "see what it is taken for": "kpimart inspect",
        "publish": "kpimart run",
    }
    to.print(f"   [command]cd {escape(str(folder))}[/]", soft_wrap=True)
    for number, (step, command) in enumerate(steps.items(), start=1):
        shown = f": [command]{command}[/]" if command else ""
        to.print(f"   {number}. {escape(step)}{shown}", soft_wrap=True)
    to.print()
