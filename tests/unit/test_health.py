"""`scouter.py health`: what a container asks, in a process of its own, against a server that says one thing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from tests.steady_ports import is_free, steady_ports

PROGRAM = Path(__file__).parents[2] / "scouter.py"


@contextmanager
def metrics_port(live: int, ready: int) -> Iterator[dict[str, str]]:
    """Answers probes with these; the environment of a server that it belongs to."""

    class Probes(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response({"/livez": live, "/readyz": ready}.get(self.path, 404))
            self.end_headers()
            self.wfile.write(b"the spool is full")

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Probes)
    threading.Thread(target=server.serve_forever, name="probes", daemon=True).start()
    try:
        yield {"SCOUTER_SERVER_PORT": str(server.server_port - 1)}
    finally:
        server.shutdown()
        server.server_close()


def health(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROGRAM), "health", *arguments]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SCOUTER_")}
    return subprocess.run(command, env={**kept, **environment}, capture_output=True, text=True, check=False, timeout=30)


def test_a_live_server_is_well_wherever_it_listens() -> None:
    with metrics_port(live=200, ready=503) as environment:
        for host in ("", "127.0.0.1", "0.0.0.0", "localhost"):  # noqa: S104
            answer = health({**environment, "SCOUTER_SERVER_HOST": host})
            assert (answer.returncode, answer.stderr) == (0, "")


def test_one_that_is_not_live_or_not_ready_is_unwell_and_says_why() -> None:
    with metrics_port(live=503, ready=200) as environment:
        answer = health(environment)
        assert answer.returncode == 1
        assert "/livez answered" in answer.stderr
        assert "the spool is full" in answer.stderr
    with metrics_port(live=200, ready=503) as environment:
        assert health(environment, "--ready").returncode == 1


def test_nobody_there_is_unwell_in_one_line() -> None:
    (port,) = steady_ports(1)
    assert is_free(port + 1)
    answer = health({"SCOUTER_SERVER_PORT": str(port)})
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"not well: no answer from 127.0.0.1:{port + 1}")
    assert answer.stderr.count("\n") == 1


def test_a_port_that_is_none_is_named_in_one_line() -> None:
    answer = health({"SCOUTER_SERVER_PORT": "eight"})
    assert answer.returncode == 1
    assert answer.stderr == "not well: SCOUTER_SERVER_PORT is 'eight', which is no number\n"


def test_it_costs_what_python_itself_costs() -> None:
    """It runs every ten seconds in every container: next to nothing is imported that Python does not start with."""
    with metrics_port(live=200, ready=200) as environment:
        asked = imported([str(PROGRAM), "health"], environment)
    assert asked - imported(["-c", "pass"], {}) <= {"__future__", "scouter", "scouter.health", "_socket"}


def imported(arguments: list[str], environment: dict[str, str]) -> set[str]:
    command = [sys.executable, "-X", "importtime", *arguments]
    ended = subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=True, timeout=30
    )
    return {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines() if line.startswith("import time:")}
