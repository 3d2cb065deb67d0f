"""Python code and files of the tree keep to the house: who imports what, and what no file says."""

import ast
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.dbt_project import ROOT

CODE = ("pipelines", "data_quality")
# Written by make, dbt, pytest and companies; not part of the tree.
NOT_TREE = {".git", ".venv", "__pycache__", "target", "logs", "demo", "node_modules", ".work"}
NOT_TEXT = {
    ".xls",
    ".png",
    ".gif",
    ".jpg",
    ".svg",
    ".parquet",
    ".duckdb",
    ".gz",
    ".xlsx",
    ".zip",
    ".ico",
}

# Environment that is written, for a tool that reads nothing else: the variable, and why.
WRITES_ENVIRONMENT = {
    "pipelines/night.py": {
        "DAGSTER_HOME": "where Dagster keeps its runs",
        "CONFIG_VARIABLE": "which company's definitions Dagster loads",
    },
    "pipelines/transform.py": {
        "BUILD_VARIABLE": "the build that dbt's profile names",
        "BEFORE_VARIABLE": "what the build was before, which dbt's profile names too",
        "MEMORY_VARIABLE": "the memory limit that dbt's profile names",
    },
    "data_quality/validation.py": {"GX_ANALYTICS_ENABLED": "Great Expectations reports to nobody"},
}
READS_ENVIRONMENT = "pipelines/settings.py"

Files = dict[str, str]
Breaks = Callable[[Files], Iterator[str]]


def python_files() -> Files:
    """The text of the code by path."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for folder in CODE
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def environment_elsewhere(files: Files) -> Iterator[str]:
    """Only settings.py reads the environment; who writes it is listed, with the reason."""
    for path, text in files.items():
        if path == READS_ENVIRONMENT:
            continue
        tree = ast.parse(text)
        written = {_key(node) for node in ast.walk(tree) if _is_environ_write(node)}
        uses = [node for node in ast.walk(tree) if _is_environment(node)]
        writes = [node for node in ast.walk(tree) if _is_environ_write(node)]
        if len(uses) > len(writes):
            yield f"{path}: reads the environment"
        for name in sorted(written - set(WRITES_ENVIRONMENT.get(path, {}))):
            yield f"{path}: sets {name}"


def _is_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in {"environ", "environb", "getenv", "putenv"}
    if isinstance(node, ast.ImportFrom) and node.module == "os":
        return bool({"environ", "getenv", "putenv"} & {alias.name for alias in node.names})
    return False


def _is_environ_write(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Attribute)
        and node.value.attr == "environ"
    )


def _key(node: ast.AST) -> str:
    if isinstance(node, ast.Subscript):
        part = node.slice
        return str(part.value) if isinstance(part, ast.Constant) else ast.unparse(part)
    return ""


def dagster_in_the_work(files: Files) -> Iterator[str]:
    """Work is separate from wiring: extraction, publishing and checks import no Dagster."""
    work = ("pipelines/extract/", "pipelines/publish/", "pipelines/sample/", "data_quality/")
    for path, text in files.items():
        if path.startswith(work) and "dagster" in {name.split(".")[0] for name in imports(text)}:
            yield f"{path}: imports dagster; declare it in pipelines/defs, and call this from there"


def imports(text: str) -> set[str]:
    """The modules that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def relative_imports(files: Files) -> Iterator[str]:
    """Imports are absolute, and `dagster` is `dg`."""
    for path, text in files.items():
        if any(name.startswith(".") for name in imports(text)):
            yield f"{path}: imports relatively"
        if re.search(r"^\s*(import dagster\s*$|from dagster import)", text, re.MULTILINE):
            yield f"{path}: write `import dagster as dg`"


def modules_without_a_purpose(files: Files) -> Iterator[str]:
    """A module says in its first lines what belongs in it."""
    for path, text in files.items():
        if path.endswith("__init__.py"):
            if text.strip():
                yield f"{path}: is empty by agreement"
        elif len((ast.get_docstring(ast.parse(text)) or "").split()) < 5:
            yield f"{path}: its docstring says what belongs in the module, and what does not"


def tree_files() -> Files:
    """The text of every file of the tree by path."""
    files: Files = {}
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        is_left_out = NOT_TREE & set(parts) or parts[0].startswith((".pytest", ".ruff", ".hypo"))
        if is_left_out or any(part.endswith(".egg-info") for part in parts):
            continue
        if path.is_file() and path.suffix not in NOT_TEXT:
            files[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
    return files


# Written in pieces, so that this file may be one of those it judges.
HOME_FOLDERS = re.compile("/" + r"(home/\w+|root/|Users/\w+)|[A-Z]:\\Users")
UNFINISHED = re.compile(
    r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b"
)
INDEX_ADDRESSES = re.compile(
    "py" + r"pi\.(org|python)|files\.python" + r"hosted|--(extra-)?index" + "-url"
)


def machine_paths(files: Files) -> Iterator[str]:
    """No file knows the machine that it was written on."""
    yield from _lines(files, HOME_FOLDERS)


def unfinished(files: Files) -> Iterator[str]:
    """What is left to do is not kept in the tree."""
    yield from _lines(files, UNFINISHED)


def index_addresses(files: Files) -> Iterator[str]:
    """Where packages come from is the machine's business."""
    yield from _lines(files, INDEX_ADDRESSES)


def _lines(files: Files, pattern: re.Pattern[str]) -> Iterator[str]:
    for path, text in files.items():
        for number, line in enumerate(text.splitlines(), start=1):
            if pattern.search(line):
                yield f"{path}:{number}: {line.strip()[:80]}"


def lock_addresses(files: Files) -> Iterator[str]:
    """The lock has versions and hashes, no addresses: every requirement is `name==version`."""
    for number, line in enumerate(files["requirements.lock"].splitlines(), start=1):
        text = line.split("#")[0].strip()
        is_option = text.startswith("-") and not text.startswith("--hash=sha256:")
        if "://" in line or " @ " in line or is_option:
            yield f"requirements.lock:{number}: {line.strip()[:80]}"
        elif text and not text.startswith("--hash=sha256:") and "==" not in text:
            yield f"requirements.lock:{number}: not pinned: {line.strip()[:80]}"


def locations_that_differ(files: Files) -> Iterator[str]:
    """`dg dev` reads [tool.dg], other servers workspace.yaml: both name one location and module."""
    dg = tomllib.loads(files["pyproject.toml"])["tool"]["dg"]["project"]
    entries = yaml.safe_load(files["workspace.yaml"])["load_from"]
    module = dg.get("defs_module", dg["root_module"]).removesuffix(".defs") + ".definitions"
    module = dg.get("code_location_target_module", module)
    wanted = {"module_name": module, "location_name": dg["code_location_name"]}
    found = [entry.get("python_module") for entry in entries]
    if found != [wanted]:
        yield f"workspace.yaml serves {found}, [tool.dg] {wanted}"


CODE_RULES: list[Breaks] = [
    environment_elsewhere,
    dagster_in_the_work,
    relative_imports,
    modules_without_a_purpose,
]
TREE_RULES: list[Breaks] = [
    machine_paths,
    unfinished,
    index_addresses,
    lock_addresses,
    locations_that_differ,
]


@pytest.fixture(scope="module")
def code() -> Files:
    return python_files()


@pytest.fixture(scope="module")
def tree() -> Files:
    return tree_files()


@pytest.mark.parametrize("breaks", CODE_RULES, ids=lambda breaks: breaks.__name__)
def test_code(breaks: Breaks, code: Files) -> None:
    found = list(breaks(code))
    assert not found, "\n".join([str(breaks.__doc__), *(f"  - {one}" for one in found)])
    assert len(code) > 30


@pytest.mark.parametrize("breaks", TREE_RULES, ids=lambda breaks: breaks.__name__)
def test_tree(breaks: Breaks, tree: Files) -> None:
    found = list(breaks(tree))
    assert not found, "\n".join([str(breaks.__doc__), *(f"  - {one}" for one in found)])
    assert {"README.md", "dbt_project/dbt_project.yml", "pyproject.toml"} <= set(tree)


def test_every_write_of_the_environment_is_still_there(code: Files) -> None:
    for path, variables in WRITES_ENVIRONMENT.items():
        written = {
            _key(node) for node in ast.walk(ast.parse(code[path])) if _is_environ_write(node)
        }
        assert written == set(variables), path


NEW = "pipelines/extract/new.py"
PYPROJECT = '[tool.dg.project]\nroot_module = "pipelines"\ncode_location_name = "kpimart"\n'
WORKSPACE = "load_from: [{python_module: {module_name: %s, location_name: %s}}]"
INJECTED: list[tuple[Breaks, Files]] = [
    (environment_elsewhere, {NEW: "import os\nhome = os.environ['HOME']"}),
    (environment_elsewhere, {NEW: "import os\nhome = os.getenv('HOME')"}),
    (environment_elsewhere, {NEW: "from os import environ"}),
    (environment_elsewhere, {NEW: "import os\nos.environ['HOME'] = 'a'"}),
    (
        environment_elsewhere,
        {"pipelines/transform.py": "import os\nos.environ.get(BUILD_VARIABLE)"},
    ),
    (dagster_in_the_work, {NEW: "import dagster as dg"}),
    (dagster_in_the_work, {"pipelines/publish/new.py": "def f():\n    from dagster import op"}),
    (relative_imports, {NEW: "from . import objects"}),
    (relative_imports, {"pipelines/defs/new.py": "from dagster import asset"}),
    (modules_without_a_purpose, {NEW: "x = 1"}),
    (modules_without_a_purpose, {NEW: '"""New."""'}),
    (modules_without_a_purpose, {"pipelines/extract/__init__.py": '"""Extraction of exports."""'}),
    (machine_paths, {"README.md": "cd /" + "home/ada/kpimart"}),
    (machine_paths, {"README.md": "/" + "root/kpimart"}),
    (unfinished, {NEW: "# TO" + "DO: later"}),
    (index_addresses, {"Makefile": "pip install --index" + "-url somewhere"}),
    (index_addresses, {"README.md": "https://py" + "pi.org/project/x"}),
    (lock_addresses, {"requirements.lock": "duckdb @ https://example.org/duckdb.whl"}),
    (lock_addresses, {"requirements.lock": "--find-links folder"}),
    (lock_addresses, {"requirements.lock": "duckdb>=2"}),
    (
        locations_that_differ,
        {"pyproject.toml": PYPROJECT, "workspace.yaml": WORKSPACE % ("pipelines.other", "kpimart")},
    ),
    (
        locations_that_differ,
        {"pyproject.toml": PYPROJECT, "workspace.yaml": WORKSPACE % ("pipelines.definitions", "x")},
    ),
]


@pytest.mark.parametrize(
    ("breaks", "files"), INJECTED, ids=lambda part: getattr(part, "__name__", "")
)
def test_a_break_is_found(breaks: Breaks, files: Files) -> None:
    assert list(breaks(files))


def test_every_convention_was_broken_once() -> None:
    assert {breaks for breaks, _ in INJECTED} == {*CODE_RULES, *TREE_RULES}


def test_a_folder_that_is_only_made_here_is_not_judged() -> None:
    assert not [path for path in tree_files() if Path(path).parts[0] in {".venv", ".git", "demo"}]
