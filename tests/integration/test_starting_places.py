"""Where the program is started from, where it listens, and what else is called `scouter`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.http_client import HttpClient
from tests.integration.test_program import program
from tests.server_process import ROOT, ServerProcess


@pytest.mark.parametrize(
    "statement",
    [
        "from scouter import Drifter, Feature, ScouterClient",
        "from scouter.client import DriftRequest",
        "from scouter.types import DriftType",
        "from scouter import queue",
        "import scouter.alert",
        "import scouter; scouter.ScouterQueue",
    ],
)
def test_what_is_of_the_client_says_that_this_is_the_server(statement: str) -> None:
    done = python(statement)
    assert done.returncode == 1
    said = done.stderr.strip().splitlines()[-1]
    assert said.startswith("ImportError: scouter.")
    assert "is of the client, and this is the server" in said
    assert "Run what uses the client elsewhere" in said


def test_what_nobody_has_is_not_found_as_ever() -> None:
    assert "ModuleNotFoundError" in python("import scouter.nothing").stderr
    assert python("import scouter; assert not hasattr(scouter, 'nothing')").returncode == 0


def test_a_safe_path_does_not_hide_the_package() -> None:
    done = program("--help", PYTHONSAFEPATH="1")
    assert done.returncode == 0, done


def test_an_address_of_ipv6_may_be_in_brackets(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, {"SCOUTER_SERVER_HOST": "[::1]"}) as server:
        assert f"listening on http://[::1]:{server.port}" in server.log
        client = HttpClient(f"http://[::1]:{server.port}").login()
        assert client.get("/scouter/profiles").status == 200
        client.close()


def test_an_address_that_is_not_ours_is_blamed_and_not_the_port(tmp_path: Path) -> None:
    done = program("serve", DATABASE_URI="embedded", SCOUTER_DATA_DIR=str(tmp_path / "data"), SCOUTER_SERVER_HOST="::2")
    assert done.returncode != 0
    assert "set SCOUTER_SERVER_HOST to an address of this machine" in done.stderr + done.stdout


def python(statement: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", statement], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
