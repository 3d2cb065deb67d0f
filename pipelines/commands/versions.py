"""The published versions, and going back to one."""

from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from pipelines.commands import console, figures
from pipelines.errors import ConfigError
from pipelines.lock import single_run
from pipelines.publish import versions as published
from pipelines.publish.versions import Version
from pipelines.settings import Settings


def list_versions(settings: Settings, *, as_json: bool) -> None:
    """Prints every version ever published, the newest first."""
    known = published.versions(settings)
    if as_json:
        console.print_json(known)
    else:
        render(known, settings, to=console.out())


def render(known: list[Version], settings: Settings, *, to: Console) -> None:
    """The versions as a table; what is no longer kept is dimmed."""
    to.print()
    if not known:
        console.line(to, "nothing is published yet; publish with: [command]kpimart run[/]")
        return
    zone = ZoneInfo(settings.company.timezone)
    names = ("version", "data as of", "published", "rows", "size", "")
    made = console.table(*names, right=("rows", "size"), wrapped=("",))
    for one in known:
        made.add_row(
            one.version,
            figures.as_of(one.as_of, zone),
            figures.moment(one.published_at, zone),
            f"{one.rows:,}",
            figures.size(one.bytes),
            _state(one),
            style="" if one.is_kept else "quiet",
        )
    console.show(to, made)
    console.line(
        to, "Go back to one that is kept: [command]kpimart rollback VERSION[/]", style="quiet"
    )
    to.print()


def _state(one: Version) -> Text:
    if one.is_current:
        return Text("current, pinned" if one.is_pinned else "current", style="ok")
    return Text("pinned" if one.is_pinned else "kept" if one.is_kept else "no longer kept")


def rollback(
    settings: Settings, version: str | None, *, pin: bool, unpin: bool, reason: str
) -> None:
    """Readers get another version from now on.

    Raises:
        ConfigError: neither or both of a version and --unpin, an unknown version, or no pin.
    """
    if (version is None) != unpin or (pin and unpin):
        raise ConfigError(
            "give a version, with --pin to keep it over later nights; or --unpin alone. The "
            "versions are listed by: kpimart versions"
        )
    with single_run(settings, purpose="rollback"):
        if version is None:
            current = published.unpin(settings, reason=reason)
        else:
            current = published.rollback(settings, version, pin=pin, reason=reason)
    held = (
        "until the next publish"
        if not (current.is_pinned or unpin)
        else "and again every later one"
        if unpin
        else "until: kpimart rollback --unpin"
    )
    zone = ZoneInfo(settings.company.timezone)
    console.done(
        console.out(),
        f"readers get [value]{current.version}[/], data as of "
        f"{figures.as_of(current.as_of, zone)}, {held}",
    )
