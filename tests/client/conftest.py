"""What the tests of the published clients share: their environments, and a session of each version."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.availability import cannot_run
from tests.client.application import Application
from tests.client.client_session import ClientSession
from tests.client.environments import VERSIONS, EnvironmentNotMade, client_python
from tests.server_process import ServerProcess

_MAKING_SECONDS = 900  # three environments, from a slow registry


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test that needs the environments may have to make them."""
    needing = [item for item in items if "client_pythons" in getattr(item, "fixturenames", ())]
    for item in needing[:1]:
        item.add_marker(pytest.mark.timeout(_MAKING_SECONDS))


@pytest.fixture(scope="session")
def client_pythons() -> Mapping[str, Path]:
    """The interpreter for each version. Without them there is nothing to test: skipped at home, failed in CI."""
    try:
        return {version: client_python(version) for version in VERSIONS}
    except EnvironmentNotMade as failure:
        cannot_run(f"no environment for the published clients: {failure}")


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    named: str = request.param
    return named


@pytest.fixture
def client(client_pythons: Mapping[str, Path], version: str, tmp_path: Path) -> Iterator[ClientSession]:
    with ClientSession(client_pythons[version], tmp_path / "client") as session:
        yield session


@pytest.fixture
def clients(client_pythons: Mapping[str, Path], tmp_path: Path) -> Iterator[Mapping[str, ClientSession]]:
    """One of each version."""
    with started_clients(client_pythons, tmp_path) as sessions:
        yield sessions


@contextmanager
def started_clients(pythons: Mapping[str, Path], directory: Path) -> Iterator[Mapping[str, ClientSession]]:
    with ExitStack() as ends:
        yield {
            version: ends.enter_context(ClientSession(python, directory / version))
            for version, python in pythons.items()
        }


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The client's exceptions say next to nothing: a failure shows what the processes logged."""
    report = yield
    if report.failed:
        for name, value in item.funcargs.items():
            if isinstance(value, Application | ServerProcess):
                report.sections.append((f"log of {name}", value.log[-6000:]))
    return report
