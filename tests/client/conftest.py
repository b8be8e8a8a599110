"""What the tests of the published clients share: their environments, and a session of each version."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.client.application import Application
from tests.client.client_session import ClientSession
from tests.client.environments import VERSIONS, EnvironmentNotMade, client_python
from tests.server_process import ServerProcess

StartClient = Callable[[str], ClientSession]


@pytest.fixture(scope="session")
def client_pythons() -> Mapping[str, Path]:
    """The interpreter for each version. Without them there is nothing to test: skipped at home, failed in CI."""
    try:
        return {version: client_python(version) for version in VERSIONS}
    except EnvironmentNotMade as failure:
        if "CI" in os.environ:
            pytest.fail(f"no environment for the published clients: {failure}")
        pytest.skip(f"no environment for the published clients: {failure}")


@pytest.fixture(scope="module")
def start_client(client_pythons: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartClient]:
    """Starts a session of a version, in an empty directory. All are ended with the module."""
    with ExitStack() as ends:
        yield lambda version: ends.enter_context(
            ClientSession(client_pythons[version], tmp_path_factory.mktemp("client") / "work")
        )


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    named: str = request.param
    return named


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """The client's exceptions say next to nothing: a failure shows what the processes logged."""
    report = yield
    if report.failed:
        for name, value in item.funcargs.items():
            if isinstance(value, Application | ServerProcess):
                report.sections.append((f"log of {name}", value.log[-6000:]))
    return report
