"""The mart as of another day: a file of its own, never what readers get."""

from pathlib import Path

from pipelines import durable
from pipelines.database import in_memory
from pipelines.publish.contents import STORAGE_VERSION, copy_build
from pipelines.publish.verify import verify
from pipelines.publish.versions import clear_errors
from pipelines.settings import Settings
from pipelines.sql import literal


def export(settings: Settings, *, build: Path, name: str) -> Path:
    """The build is in `as_of/<name>.duckdb` beside the mart, verified; link and journal stay.

    Raises:
        BlockedError: the copy does not equal the build.
        KpimartError: the disk or its permissions.
    """
    final = settings.mart_path.parent / "as_of" / f"{name}.duckdb"
    with (
        clear_errors(settings),
        durable.replacing(final) as tmp,
        in_memory(settings, spill=build.parent / "spill") as connection,
    ):
        connection.execute(f"attach {literal(build)} as build (read_only)")
        connection.execute(
            f"attach {literal(tmp)} as mart (storage_version {literal(STORAGE_VERSION)})"
        )
        copied = copy_build(connection)
        connection.execute("use memory")
        connection.execute("detach mart")
        connection.execute(f"attach {literal(tmp)} as mart (read_only)")
        verify(connection, copied)
        connection.execute("use memory")
        connection.execute("detach mart")
    return final
