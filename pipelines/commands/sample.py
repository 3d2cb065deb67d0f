"""Makes sample exports, and says where they are, and where the truth about them is."""

from pathlib import Path

from rich.markup import escape

from pipelines.commands import console, figures
from pipelines.commands.watching import watching
from pipelines.errors import ConfigError


def sample(out: Path, *, scale: float, seed: int, days: int) -> None:
    """The exports of a fictional company's tools are in the folder.

    Raises:
        ConfigError: a scale or number of days of which no sample can be made.
    """
    from pipelines.sample.files import TRUTH, make_sample  # late: pandas costs half a second

    try:
        with watching():
            made = make_sample(out, scale=scale, seed=seed, days=days)
    except ValueError as error:
        raise ConfigError(str(error)) from error
    to = console.out()
    made_of = f"{figures.plural(made.rows, 'row')}, {figures.size(made.bytes)}"
    told = f"{figures.plural(len(made.files), 'file')}, {made_of} in {escape(str(out))}"
    console.done(to, told)
    to.print(f"  What the KPIs must be: {escape(str(out / TRUTH))}")
