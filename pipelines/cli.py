"""The kpimart command: parses, calls, and exits with the code; the work is in commands/.

Everything heavy is imported by the command that needs it, so that --help is instant.
"""

import traceback
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from pipelines.errors import KpimartError

INTERNAL_EXIT_CODE = 4
GLOBAL_OPTIONS = {"--config": 2, "--traceback": 1}  # words they take, wherever they stand


class Commands(TyperGroup):
    """Global options count wherever they stand, and every failure has its message and exit code."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Global options move before the command."""
        return super().parse_args(ctx, _global_options_first(args))

    def invoke(self, ctx: Any) -> Any:
        """What a command raises becomes a message on standard error and an exit code."""
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, TyperException, BrokenPipeError):
            raise
        except KpimartError as error:
            _complain(ctx, str(error), is_internal=False)
            raise typer.Exit(error.exit_code) from error
        except Exception as error:
            _complain(ctx, f"{type(error).__name__}: {error}", is_internal=True)
            raise typer.Exit(INTERNAL_EXIT_CODE) from error


def _global_options_first(args: list[str]) -> list[str]:
    first, rest, position = list[str](), list[str](), 0
    while position < len(args):
        name, _, value = args[position].partition("=")
        if name == "--":
            return [*first, *rest, *args[position:]]
        taken = GLOBAL_OPTIONS.get(name, 0)
        if taken:
            taken = 1 if value else taken
            first += args[position : position + taken]
        else:
            rest.append(args[position])
        position += max(taken, 1)
    return [*first, *rest]


def _complain(ctx: Any, message: str, *, is_internal: bool) -> None:
    from pipelines.commands.console import err

    to = err()
    if ctx.params.get("traceback"):
        to.print(traceback.format_exc(), markup=False, soft_wrap=True)
    sign = "Internal failure: " if is_internal else ""
    to.print(
        f"✗ {sign}{message}", markup=False, soft_wrap=True, style="fail" if is_internal else ""
    )
    if is_internal and not ctx.params.get("traceback"):
        to.print(
            f"  For the details: kpimart --traceback {ctx.invoked_subcommand} …", style="quiet"
        )


def _examples(*lines: str) -> str:
    return "\n".join(["[bold]Examples[/bold]", *(f"  [cyan]{line}[/cyan]" for line in lines)])


app = typer.Typer(
    cls=Commands,
    rich_markup_mode="rich",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    epilog="Exit codes: 0 published or nothing new, 1 blocked by checks, 2 wrong config or "
    "arguments, 3 nothing could be read, 4 internal failure.",
)

Json = Annotated[bool, typer.Option("--json", help="Print exact values as JSON.")]
Scope = Annotated[
    str, typer.Option(help="company, region, team, manager, rep, product, industry, …")
]
Grain = Annotated[str, typer.Option(help="week, month, quarter or year.")]
PeriodText = Annotated[
    str | None,
    typer.Option(
        "--period",
        help="2026-09, 2026-Q3, 2026, 2026-W40, or a day in it; else the newest complete one. "
        "Fiscal years bear the number of the calendar year in which they begin.",
    ),
]
START, RUN, READ, CARE = "Begin", "Every night", "Read", "Look after it"


@app.callback()
def kpimart(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            help="The company's config; else KPIMART_CONFIG, else kpimart.yml in this folder.",
            show_default=False,
        ),
    ] = None,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="Show where in the code a failure is.")
    ] = False,
) -> None:
    """Sales KPIs from the exports of a CRM: checked every night, and published only when sound."""
    ctx.obj = config


def _settings(ctx: typer.Context) -> Any:
    from pipelines.settings import load_settings

    return load_settings(ctx.obj)


@app.command(rich_help_panel=START, epilog=_examples("kpimart init my-company", "kpimart init"))
def init(folder: Annotated[Path, typer.Argument(metavar="[DIR]")] = Path()) -> None:
    """Make a company's folder: a config to fill in, and a landing folder. Overwrites nothing."""
    from pipelines.commands.init import init as work

    work(folder)


@app.command(
    rich_help_panel=START,
    epilog=_examples(
        "kpimart sample --out demo/landing", "kpimart sample --out landing --scale 1 --days 3"
    ),
)
def sample(
    out: Annotated[
        Path, typer.Option(help="The landing folder; one folder per source, and truth.json.")
    ],
    scale: Annotated[float, typer.Option(help="1 is 100,000 deals and a million touches.")] = 0.02,
    seed: Annotated[int, typer.Option(help="The same seed makes the same bytes.")] = 20,
    days: Annotated[int, typer.Option(help="Nights of exports, one after the other.")] = 1,
) -> None:
    """Simulate a sales organisation: its exports, and truth.json with what the KPIs must be."""
    from pipelines.commands.sample import sample as work

    work(out, scale=scale, seed=seed, days=days)


@app.command(rich_help_panel=START, epilog=_examples("kpimart inspect", "kpimart inspect --json"))
def inspect(ctx: typer.Context, as_json: Json = False) -> None:
    """Show what each landed file is taken for, and what a run would do with it. Changes nothing."""
    from pipelines.commands.inspect import inspect as work

    work(_settings(ctx), as_json=as_json)


@app.command(
    rich_help_panel=RUN,
    epilog=_examples(
        "kpimart run",
        "kpimart run --strict --json",
        "kpimart run --as-of 2026-06-30",
        "kpimart run --full-refresh",
    ),
)
def run(
    ctx: typer.Context,
    full_refresh: Annotated[
        bool,
        typer.Option("--full-refresh", help="Build all from the lake; landing is not read."),
    ] = False,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="DATE",
            help="Build the state at the end of this day into mart/as_of/; publishes nothing.",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 1 also when files were refused or held.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Run the nightly job once: read what landed, build, check, and publish what passed."""
    from pipelines.commands.run import run as work

    day: date | None = as_of.date() if as_of else None
    code = work(
        _settings(ctx), full_refresh=full_refresh, as_of=day, strict=strict, as_json=as_json
    )
    raise typer.Exit(code)


@app.command(
    rich_help_panel=READ,
    epilog=_examples(
        "kpimart scorecard",
        "kpimart scorecard --scope team --grain quarter",
        "kpimart scorecard --period 2026-09 --json",
    ),
)
def scorecard(
    ctx: typer.Context,
    grain: Grain = "month",
    scope: Scope = "company",
    period: PeriodText = None,
    as_json: Json = False,
) -> None:
    """Show the main KPIs of the company, or of each member of a scope, with trend and quality."""
    from pipelines.commands.scorecard_page import run as work

    work(_settings(ctx), grain=grain, scope=scope, period=period, as_json=as_json)


@app.command(
    rich_help_panel=READ,
    epilog=_examples(
        "kpimart explain win_rate",
        "kpimart explain revenue --scope team --member East --period 2026-Q3 --grain quarter",
    ),
)
def explain(
    ctx: typer.Context,
    kpi: Annotated[str, typer.Argument(metavar="KPI", help="Its name in kpis.kpi_catalog.")],
    scope: Scope = "company",
    member: Annotated[str | None, typer.Option(help="Whose value, in this scope.")] = None,
    grain: Grain = "month",
    period: PeriodText = None,
    as_json: Json = False,
) -> None:
    """Explain one value: definition, inputs, comparison, quality, and the SQL that finds it."""
    from pipelines.commands.explain import run as work

    work(
        _settings(ctx),
        kpi,
        scope=scope,
        member=member,
        grain=grain,
        period=period,
        as_json=as_json,
    )


@app.command(
    rich_help_panel=READ,
    epilog=_examples(
        "kpimart waterfall --from 2026-06-30 --to 2026-09-30",
        "kpimart waterfall --from 2026-08-15 --to 2026-09-15 --scope team --dated-in 2026-Q3",
    ),
)
def waterfall(
    ctx: typer.Context,
    opening: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="From the end of this day.")
    ],
    closing: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="To the end of this day.")
    ],
    scope: Annotated[str, typer.Option(help="company, team, rep or currency.")] = "company",
    dated_in: Annotated[
        str | None,
        typer.Option(
            help="Only what is expected to close in this period: 2026-Q3, 2026-09, 2026-W40, 2026."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show how the open pipeline of one day became that of another, line by line, to the cent."""
    from pipelines.commands.waterfall import run as work

    work(
        _settings(ctx),
        opening=opening.date(),
        closing=closing.date(),
        scope=scope,
        dated_in=dated_in,
        as_json=as_json,
    )


@app.command(rich_help_panel=RUN, epilog=_examples("kpimart status", "kpimart status --json"))
def status(ctx: typer.Context, as_json: Json = False) -> None:
    """Show the last nights, how fresh each export is, and what is held, refused or unreadable."""
    from pipelines.commands.status import status as work

    work(_settings(ctx), as_json=as_json)


@app.command(
    rich_help_panel=RUN,
    epilog=_examples('kpimart accept b000012 --reason "the East team really was dissolved"'),
)
def accept(
    ctx: typer.Context,
    batch: Annotated[str, typer.Argument(metavar="BATCH", help="As kpimart status names it.")],
    reason: Annotated[str, typer.Option(help="Why it is right; kept in the journal.")],
) -> None:
    """Accept a held batch; the next run applies it."""
    from pipelines.commands.accept import accept as work

    work(_settings(ctx), batch, reason=reason)


@app.command(
    rich_help_panel=RUN, epilog=_examples("kpimart reingest", "kpimart reingest --all --json")
)
def reingest(
    ctx: typer.Context,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Every original that is kept, not only those with rows aside."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Read refused files and rows set aside again, after config or contract were mended.

    What is no longer in landing is read from the originals. Then the nightly job goes on.
    """
    from pipelines.commands.reingest import reingest as work

    raise typer.Exit(work(_settings(ctx), everything=everything, as_json=as_json))


@app.command(rich_help_panel=CARE, epilog=_examples("kpimart versions", "kpimart versions --json"))
def versions(ctx: typer.Context, as_json: Json = False) -> None:
    """List the published versions, and which one readers get."""
    from pipelines.commands.versions import list_versions

    list_versions(_settings(ctx), as_json=as_json)


@app.command(
    rich_help_panel=CARE,
    epilog=_examples(
        "kpimart rollback v000041",
        'kpimart rollback v000041 --pin --reason "quarter close"',
        "kpimart rollback --unpin",
    ),
)
def rollback(
    ctx: typer.Context,
    version: Annotated[str | None, typer.Argument(metavar="[VERSION]")] = None,
    pin: Annotated[
        bool, typer.Option("--pin", help="Keep it over later publishes, until --unpin.")
    ] = False,
    unpin: Annotated[
        bool, typer.Option("--unpin", help="Back to the newest version, and to every later one.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Kept in the journal.")] = "",
) -> None:
    """Give readers an earlier version until the next publish."""
    from pipelines.commands.versions import rollback as work

    work(_settings(ctx), version, pin=pin, unpin=unpin, reason=reason)


@app.command(rich_help_panel=CARE, epilog=_examples("kpimart doctor", "kpimart doctor --json"))
def doctor(ctx: typer.Context, as_json: Json = False) -> None:
    """Check this machine and the company's folders; each trouble comes with its remedy."""
    from pipelines.commands.doctor import doctor as work

    raise typer.Exit(work(ctx.obj, as_json=as_json))


def main() -> None:
    """The entry point."""
    app(prog_name="kpimart")
