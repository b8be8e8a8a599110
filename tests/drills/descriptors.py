"""More clients connect than the process may have open, then it may open nothing more: nothing is lost, nobody dies."""

from __future__ import annotations

import argparse
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.conditions import eventually
from tests.drills.findings import Findings
from tests.drills.full_spool import judge_refusals
from tests.drills.life_watch import LifeWatch
from tests.drills.run import add_drill
from tests.drills.stage import Stage
from tests.http_client import HttpClient

_PROBE = b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n"
_WELL_SECONDS = 70.0  # a consumer of descriptors looks again once a minute at the latest
_LINES_A_SECOND = 3.0


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "descriptors", play, __doc__)
    parser.add_argument("--limit", type=int, default=1024, help="of files and sockets that the server may open")
    parser.add_argument("--clients", type=int, default=1300)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each trouble")
    parser.add_argument("--rows", type=float, default=2000.0, help="a second")


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    with Stage(directory, seed, descriptors=options.limit) as stage:
        with LifeWatch(stage.server.metrics_url) as life:
            for trouble in (crowd_in, run_out):
                sender = stage.send(trouble.__name__, rows_a_second=options.rows, records=10)
                sender.wait_for(1)
                trouble(stage, options)
                await_well(stage)
                sender.stop()
        stage.remarks.append(f"the metrics port's {life.shown()}")
        if life.unanswered or life.statuses != {200}:
            stage.complaints.append(f"/livez: {life.unanswered} without an answer, {sorted(life.statuses)}")
        judge_refusals(stage)
        if "Traceback" in stage.server.log:
            stage.complaints.append("there are tracebacks in the log")
        return stage.conclude(), stage


def crowd_in(stage: Stage, options: argparse.Namespace) -> None:
    """More connections than descriptors, all of which want an answer; then they leave."""
    address = ("127.0.0.1", stage.server.port)
    with ExitStack() as ends:
        sockets = [ends.enter_context(socket.create_connection(address, timeout=5)) for _ in range(options.clients)]
        for each in sockets:
            each.sendall(_PROBE)
        time.sleep(options.seconds)
        answered = sum(_is_answered(each) for each in sockets)
    stage.remarks.append(f"{answered} of {options.clients} connections were answered while all were open")
    if not answered:
        stage.complaints.append("nobody was answered")


def run_out(stage: Stage, options: argparse.Namespace) -> None:
    seconds = float(options.seconds)
    before = len(stage.server.log.splitlines())
    with nothing_more_to_open(stage.server.pid):
        time.sleep(seconds)
    lines = len(stage.server.log.splitlines()) - before
    stage.remarks.append(f"nothing more to open for {seconds:g} s: {lines} lines in the log")
    if lines > 50 + _LINES_A_SECOND * seconds:
        stage.complaints.append(f"{lines} lines in the log in {seconds:g} s")


def await_well(stage: Stage) -> None:
    began = time.monotonic()
    client = HttpClient(stage.server.url)
    eventually(lambda: client.get("/readyz").status == 200, seconds=_WELL_SECONDS)
    eventually(lambda: all(part["ok"] for part in client.get("/readyz").body["parts"].values()), seconds=_WELL_SECONDS)
    stage.remarks.append(f"all parts were well {time.monotonic() - began:.1f} s later")


@contextmanager
def nothing_more_to_open(pid: int) -> Iterator[None]:
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


def _is_answered(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(64).startswith(b"HTTP/1.1 ")
    except OSError:
        return False
