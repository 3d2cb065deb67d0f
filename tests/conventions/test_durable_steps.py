"""What must survive is written, linked and removed by durable.py alone; what need not is listed."""

import ast
from collections.abc import Iterator

import pytest

from tests.dbt_project import ROOT

DURABLE = "pipelines/durable.py"

# Of a step that must survive, only durable.py makes them.
STEPS = {"fsync", "fdatasync", "renames", "move", "link", "symlink", "symlink_to", "hardlink_to"}
MOVES = {"rename", "replace"}  # of paths; texts, moments and tables have methods of that name
WRITES = {"write_text", "write_bytes", "unlink", "rmtree", "rmdir", "touch"}

# What is written or removed elsewhere, by file or folder, and why a power cut may undo it.
NEED_NOT_SURVIVE = {
    "pipelines/base.py": "the build of an earlier night, which nobody reads",
    "pipelines/commands/init.py": "a template; the user sees it, or runs init again",
    "pipelines/extract/run.py": "the scratch folder, made anew by each run",
    "pipelines/lock.py": "who holds the lock, as long as the process lives",
    "pipelines/night.py": "Dagster's settings, written again where they are missing",
    "pipelines/sample/": "the demo's exports, which are made again",
    "pipelines/transform.py": "what the parsed manifest was made of; without it dbt parses again",
}


def code() -> dict[str, ast.Module]:
    """The product's modules by path."""
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for folder in ("pipelines", "data_quality")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def steps_in(tree: ast.Module) -> Iterator[str]:
    """Calls that sync, rename or link, as `line: name`."""
    for call, method in _calls(tree):
        if method.attr in STEPS or _moves_a_path(call, method):
            yield f"{call.lineno}: {method.attr}"


def writes_in(tree: ast.Module) -> Iterator[str]:
    """Calls that write or remove a file or folder, as `line: name`."""
    for call, method in _calls(tree):
        if method.attr in WRITES:
            yield f"{call.lineno}: {method.attr}"


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, ast.Attribute]]:
    """Calls as `owner.name(…)`, but for those of durable itself."""
    for node in ast.walk(tree):
        is_method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if is_method and _owner(node.func) != "durable":
            yield node, node.func


def _owner(method: ast.Attribute) -> str:
    return method.value.id if isinstance(method.value, ast.Name) else ""


def _moves_a_path(call: ast.Call, method: ast.Attribute) -> bool:
    """True for os.rename and Path.rename: a path's has one argument, which no other's has."""
    is_of_a_path = len(call.args) == 1 and not call.keywords
    return method.attr in MOVES and (_owner(method) == "os" or is_of_a_path)


def test_only_durable_syncs_renames_and_links() -> None:
    found = {path: list(steps_in(tree)) for path, tree in code().items() if path != DURABLE}
    assert {path: steps for path, steps in found.items() if steps} == {}
    assert len(found) > 40


def test_what_is_written_elsewhere_need_not_survive() -> None:
    found = [path for path, tree in code().items() if path != DURABLE and any(writes_in(tree))]
    unlisted = [path for path in found if not path.startswith(tuple(NEED_NOT_SURVIVE))]
    assert not unlisted, "call pipelines.durable, or say here why it need not survive"
    idle = [one for one in NEED_NOT_SURVIVE if not any(path.startswith(one) for path in found)]
    assert not idle, "nothing is written there now"


@pytest.mark.parametrize(
    "line",
    [
        "os.fsync(1)",
        "os.replace(a, b)",
        "os.rename(a, b)",
        "os.link(a, b)",
        "path.rename(other)",
        "path.replace(other)",
        "path.symlink_to(other)",
        "shutil.move(a, b)",
    ],
)
def test_a_step_is_found(line: str) -> None:
    assert list(steps_in(ast.parse(line)))


@pytest.mark.parametrize(
    "line",
    [
        "durable.link(path, target)",
        "text.replace('a', 'b')",
        "moment.replace(tzinfo=None)",
        "replace(entry, state='applied')",
        "table.rename(columns=names)",
        "dataclasses.replace(entry, state='applied')",
    ],
)
def test_what_only_sounds_like_a_step_is_not(line: str) -> None:
    assert not list(steps_in(ast.parse(line)))
