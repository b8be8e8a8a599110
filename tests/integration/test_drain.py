"""`drain`, which a pod runs before it is stopped: it ends when the spool is empty, and says when it is not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.away import Away
from tests.server_process import ROOT, free_port


@pytest.fixture
def away(tmp_path: Path) -> Iterator[Away]:
    made = Away(tmp_path)
    yield made
    made.close()


def drain(port: int, *arguments: str) -> subprocess.Popen[str]:
    """With a proxy in the environment, which does not lead to this machine."""
    environment = {**os.environ, "SCOUTER_SERVER_PORT": str(port)}
    return subprocess.Popen(
        [sys.executable, ROOT / "scouter.py", "drain", *arguments],
        env={**environment, "http_proxy": "http://127.0.0.1:9"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def said(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, _ = process.communicate(timeout=40)
    return process.returncode, output


def test_it_ends_when_the_spool_is_empty(away: Away) -> None:
    assert said(drain(away.server.port)) == (0, "nothing waits in the spool\n")
    away.database.stop()
    for number in range(7):
        assert away.send(float(number)).body["spooled"]
    status, output = said(drain(away.server.port, "--seconds", "0.1"))
    assert status == 1
    assert output == "7 messages wait in the spool; a server with the same disk stores them\n"

    waits = drain(away.server.port, "--seconds", "30")
    time.sleep(1)
    assert waits.poll() is None
    away.database.start()
    assert said(waits) == (0, "nothing waits in the spool\n")
    assert away.values() == [float(number) for number in range(7)]


def test_it_waits_first_when_told_to(away: Away) -> None:
    began = time.monotonic()
    assert said(drain(away.server.port, "--after", "1.5"))[0] == 0
    assert time.monotonic() - began > 1.5


def test_without_a_server_it_says_so() -> None:
    status, output = said(drain(free_port()))
    assert status == 1
    assert output.startswith("the server cannot be asked: ")
