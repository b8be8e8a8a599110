"""The wheel, installed where the published client is, whose module has the name of ours: neither hurts the other."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from scouter.version import VERSION
from tests.client.client_session import ClientSession
from tests.conditions import eventually
from tests.demonstration import Demonstration
from tests.package.environment import SECONDS, Environment, build, run
from tests.page_client import PageClient
from tests.server_process import ROOT, ServerProcess

pytestmark = [
    pytest.mark.builds,
    pytest.mark.timeout(3 * SECONDS),
]  # downloads half a gigabyte where nothing is kept of it

CLIENT = ("scouter-ml==0.25.0", "polars==2.1.0")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    made = Environment(tmp_path_factory.mktemp("installed") / "environment")
    yield made
    shutil.rmtree(made.directory)


def test_the_wheel_holds_all_sources_and_nothing_on_top_but_its_own(built: Mapping[str, Path]) -> None:
    names = set(zipfile.ZipFile(built["wheel"]).namelist())
    assert {name.split("/")[0] for name in names} == {"scouter_server", f"scouter_server-{VERSION}.dist-info"}
    files = [file for room in ("scouter", "sql") for file in (ROOT / room).rglob("*") if file.is_file()]
    wanted = {file.relative_to(ROOT) for file in files if "__pycache__" not in file.parts}
    assert {str(name) for name in wanted if f"scouter_server/app/{name}" not in names} == set()


def test_the_source_distribution_builds_the_wheel_and_holds_no_tests(built: Mapping[str, Path]) -> None:
    with tarfile.open(built["sdist"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "pyproject.toml", "scouter.py", "scouter/server.py", "requirements.txt"} <= names
    assert not [name for name in names if name.startswith("tests")]


def test_server_and_client_work_side_by_side_and_the_client_afterwards(
    built: Mapping[str, Path], environment: Environment, tmp_path: Path
) -> None:
    environment.install(*CLIENT)
    client_files = environment.digests("scouter-ml")
    assert len(client_files) > 20
    environment.install(f"{built['wheel']}[all]")
    environment.pip("check")
    assert environment.digests("scouter-ml") == client_files

    serve_and_use(environment, tmp_path / "beside", "bin/scouter-server")
    demonstrate(environment, tmp_path / "demo")
    assert run(environment.python, "-m", "scouter_server", "--version", cwd=tmp_path).strip() == VERSION
    assert "usage: scouter-server " in run(environment.python, "-m", "scouter_server", "--help", cwd=tmp_path)

    environment.pip("uninstall", "--yes", "--quiet", "scouter-server")
    assert environment.digests("scouter-ml") == client_files
    use_client(environment.python, ServerProcess(tmp_path / "clone"), tmp_path / "after")


def serve_and_use(environment: Environment, directory: Path, program: str) -> None:
    server = ServerProcess(directory, program=(str(environment.directory / program),))
    use_client(environment.python, server, directory / "client")
    assert (directory / "data").is_dir()


def demonstrate(environment: Environment, directory: Path) -> None:
    made = Demonstration(directory, program=(str(environment.directory / "bin/scouter-server"),))
    with made, PageClient(made.url) as browser:
        assert "churn" in browser.sign_in().get("/").text


def use_client(python: Path, server: ServerProcess, directory: Path) -> None:
    """A profile, a sample and its chart."""
    with server, ClientSession(python, directory) as client:
        client.ask("log_in", url=server.url, username="admin", password="admin")
        columns = {"age": [float(n % 7) for n in range(100)]}
        client.ask("register", profile="p", type="Spc", columns=columns, sample_size=5, space="s", name="n")
        client.ask("open_queue", profiles=["p"])
        client.ask("insert", profile="p", features=[{"age": float(n)} for n in range(5)])
        asked = {"profile": "p", "type": "Spc", "interval": "OneHour", "points": 10}
        eventually(lambda: averages(client.ask("binned_drift", **asked)) == [2.0], seconds=20)
        client.ask("shut_down_queue")
    assert "Traceback" not in server.log


def averages(chart: Mapping[str, Mapping[str, list[float]]]) -> list[float]:
    return [value for series in chart.values() for value in series["values"]]
