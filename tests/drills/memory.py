"""Bodies that are never finished, long names, large bodies at once: memory stays bounded, and is given back."""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.drills.findings import Findings, refusals
from tests.drills.life_watch import LifeWatch
from tests.drills.memory_watch import MemoryWatch, resident_bytes
from tests.drills.run import add_drill
from tests.drills.stage import Stage
from tests.http_client import HttpClient

_MIB = 2**20
_PIECE = bytes(_MIB)
_SETTLING_SECONDS = 3.0
_AT_ONCE = 20


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "memory", play, __doc__)
    parser.add_argument("--unfinished", type=int, default=60, help="bodies, each of 15 of 16 MiB")
    parser.add_argument("--logins", type=int, default=1200)
    parser.add_argument("--name-bytes", type=int, default=240_000)
    parser.add_argument("--large", type=int, default=24, help="messages of 15 MB at once")
    parser.add_argument("--rows", type=float, default=1000.0, help="a second, of a sender beside them")
    parser.add_argument("--bar", type=int, default=600, help="MB that memory may grow by at any time")
    parser.add_argument("--bar-after", type=int, default=150, help="MB that it may have grown by afterwards")


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    with Stage(directory, seed) as stage:
        stage.send("sender", rows_a_second=options.rows).wait_for(10)
        with LifeWatch(stage.server.url) as life:
            for name, act in attacks(stage, options).items():
                with watched(stage, name, options):
                    act()
            stage.stop_senders()
        stage.remarks.append(life.shown())
        stage.complaints += refusals(stage.messages)
        return stage.conclude(), stage


def attacks(stage: Stage, options: argparse.Namespace) -> dict[str, Callable[[], None]]:
    port, token = stage.server.port, stage.token
    return {
        f"{options.unfinished} unfinished bodies of strangers": lambda: leave_unfinished(port, options.unfinished, ""),
        f"{options.unfinished} unfinished bodies with a token": lambda: leave_unfinished(
            port, options.unfinished, f"authorization: Bearer {token}\r\n"
        ),
        f"{options.logins} logins with names of {options.name_bytes} bytes": lambda: log_in(stage, options),
        f"{options.large} messages of 15 MB": lambda: send_large(stage, options.large),
    }


@contextmanager
def watched(stage: Stage, name: str, options: argparse.Namespace) -> Iterator[None]:
    """What it took at most, and how much of it is left a moment later."""
    memory = MemoryWatch(stage.server.pid)
    try:
        yield
    finally:
        memory.stop()
    time.sleep(_SETTLING_SECONDS)
    left = (resident_bytes(stage.server.pid) - memory.first) / 1e6
    grown = memory.growth / 1e6
    stage.remarks.append(
        f"{name}: memory grew by {grown:.0f} MB to {memory.maximum / 1e6:.0f} MB, of which {left:.0f} MB are left"
    )
    if grown > options.bar or left > options.bar_after:
        stage.complaints.append(f"{name}: memory grew by {grown:.0f} MB, of which {left:.0f} MB are left")


def leave_unfinished(port: int, count: int, headers: str) -> None:
    """All but a MiB of each is sent; then they stay for a moment."""
    head = f"POST /scouter/message HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {16 * _MIB}\r\n\r\n".encode()
    with ExitStack() as ends:
        opened = []
        for _ in range(count):
            made = ends.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            made.sendall(head)
            opened.append(made)
        for _ in range(15):
            for made in opened:
                _send(made)
        time.sleep(1)


def _send(connection: socket.socket) -> None:
    try:
        connection.sendall(_PIECE)
    except OSError:  # refused, and closed: it may be
        return


def log_in(stage: Stage, options: argparse.Namespace) -> None:
    def attempt(number: int) -> int:
        client = HttpClient(stage.server.url, username=str(number).zfill(options.name_bytes), password="wrong")
        try:
            return client.get("/scouter/auth/login").status
        except (OSError, http.client.HTTPException):  # the port may close on such a head
            return 0
        finally:
            client.close()

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        _remark(stage, "logins", Counter(threads.map(attempt, range(options.logins))))


def send_large(stage: Stage, count: int) -> None:
    """Of records that are too old to be stored: they are decoded and judged as any."""
    old = {"created_at": datetime(1990, 1, 1, tzinfo=UTC).isoformat(), "uid": stage.spc_uid, "feature": "f0"}
    record = json.dumps({"Spc": {**old, "value": 1.0}})
    body = ('{"records": [' + ",".join([record] * (15_000_000 // (len(record) + 1))) + "]}").encode()

    def send(_: int) -> int:
        client = HttpClient(stage.server.url)
        client.token = stage.token
        try:
            return client.send("POST", "/scouter/message", body).status
        finally:
            client.close()

    with ThreadPoolExecutor(count) as threads:
        _remark(stage, "messages of 15 MB", Counter(threads.map(send, range(count))))


def _remark(stage: Stage, what: str, statuses: Counter[int]) -> None:
    told = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
    stage.remarks.append(f"{what} by status (0: no answer): {told}")
