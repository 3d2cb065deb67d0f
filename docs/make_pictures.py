"""Draws docs/pictures/scorecard.svg: the scorecard that `make demo` prints, as text in an SVG.

The flow picture beside it is written by hand. Run by `make docs`; a test compares the file with
what this module draws of the demo company, so that the picture cannot go stale.
"""

import io
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from pipelines.commands import scorecard_page
from pipelines.commands.console import THEME
from pipelines.commands.scorecard import collect
from pipelines.night import run_night
from pipelines.sample.files import make_sample
from pipelines.settings import CONFIG_NAME, PROJECT_DIR, Settings, load_settings

PICTURE = PROJECT_DIR / "docs" / "pictures" / "scorecard.svg"
DEMO_FOLDER = "demo/"  # in the demo's config, in front of its folders
COLUMNS = 100
TITLE = "kpimart scorecard --grain quarter"

# Background, foreground, then the eight colours of a terminal, normal and bright; each is readable
# on the dark window, which itself stands out on a white page and on a black one.
WINDOW = TerminalTheme(
    (22, 27, 34),
    (230, 237, 243),
    [
        (22, 27, 34),
        (255, 123, 114),
        (86, 211, 100),
        (227, 179, 65),
        (121, 192, 255),
        (210, 168, 255),
        (86, 212, 221),
        (230, 237, 243),
    ],
)

# Rich's own frame fetches a font from elsewhere, which no page that shows a picture allows.
FRAME = """\
<svg xmlns="http://www.w3.org/2000/svg" class="rich-terminal" viewBox="0 0 {width} {height}"
    role="img" aria-label="The scorecard of the demo company, as kpimart scorecard prints it">
    <style>
    .{unique_id}-matrix {{
        font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
        font-size: {char_height}px;
        line-height: {line_height}px;
        white-space: pre;
    }}
    .{unique_id}-title {{
        font-size: 18px;
        font-weight: 600;
        font-family: ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif;
    }}
    {styles}
    </style>
    <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
    </defs>
    {chrome}
    <g transform="translate({terminal_x}, {terminal_y})"
        clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
    </g>
</svg>
"""


def scorecard_svg(settings: Settings) -> str:
    """The company's scorecard of the newest complete month, as the command prints it."""
    console = Console(
        theme=THEME,
        highlight=False,
        width=COLUMNS,
        record=True,
        force_terminal=True,
        color_system="truecolor",
        file=io.StringIO(),
    )
    scorecard_page.render(collect(settings, grain="quarter"), settings, to=console)
    svg = console.export_svg(title=TITLE, theme=WINDOW, code_format=FRAME, unique_id="scorecard")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


def demo_mart(folder: Path) -> Settings:
    """The demo company as `make demo` publishes it the first time, in a folder of its own."""
    config = (PROJECT_DIR / CONFIG_NAME).read_text(encoding="utf-8").replace(DEMO_FOLDER, "")
    path = folder / CONFIG_NAME
    path.write_text(config, encoding="utf-8")
    settings = load_settings(path)
    make_sample(settings.landing_dir)
    report = run_night(settings)
    if report.outcome != "published":
        raise SystemExit(f"the demo was not published: {report.message}")
    return settings


def main() -> None:
    """The picture is that of this code."""
    with tempfile.TemporaryDirectory(prefix="kpimart-docs-") as folder:
        PICTURE.write_text(scorecard_svg(demo_mart(Path(folder))), encoding="utf-8")
    print(f"drew {PICTURE.relative_to(PROJECT_DIR)}")


if __name__ == "__main__":
    main()
