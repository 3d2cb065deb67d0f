"""The compiled dbt project, once a session, also where several processes share the tests."""

import pytest
from filelock import FileLock

from tests.dbt_project import Project, compile_project, read_project


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Project:
    """The dbt project of this tree."""
    base = tmp_path_factory.getbasetemp()
    is_shared = hasattr(request.config, "workerinput")
    folder = (base.parent if is_shared else base) / "dbt_project"
    with FileLock(f"{folder}.lock"):
        done = folder / "compiled"
        if done.exists():
            return read_project(folder)
        compiled = compile_project(folder)
        done.touch()
        return compiled
