"""Postgres is away for minutes while records keep coming: nothing is lost, memory stays flat, the rest catches up."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from tests.drills.findings import Findings, refusals
from tests.drills.memory_watch import MemoryWatch
from tests.drills.own_broker import add_transport
from tests.drills.run import add_drill
from tests.drills.sender_process import SenderProcess
from tests.drills.stage import Stage
from tests.drills.tokens import expired_token

_MEMORY_BAR = 100_000_000
_CATCH_UP_BAR_SECONDS = 60.0
_RATE_BAR = 0.95
_DRAIN_SECONDS = 600.0  # how long is waited, so that a bar that was missed is also measured


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "away", play, __doc__)
    add_transport(parser)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--rows", type=float, default=20_000.0, help="a second")
    parser.add_argument("--records", type=int, default=100, help="in each message")
    parser.add_argument("--warm-seconds", type=float, default=10.0, help="of load before Postgres goes away")


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    with Stage(directory, seed, transport=options.transport) as stage:
        sender = stage.send("sender", rows_a_second=options.rows, records=options.records, connections=32)
        sender.wait_for(1)
        time.sleep(options.warm_seconds)
        expired = expired_token(stage.database.conninfo)
        memory = MemoryWatch(stage.server.pid)
        stage.database.stop_immediately()
        time.sleep(options.minutes * 30)
        if options.transport == "http":
            # One whose token is of no use any more: it is let in by what the server last knew of its user.
            stage.send("expired token", token=expired, rows_a_second=100, records=10)
        time.sleep(options.minutes * 30)
        stage.database.start()
        await_catching_up(stage)
        memory.stop()
        judge_memory(stage, memory)
        stage.stop_senders()
        stage.complaints += refusals(stage.messages)
        judge_rate(stage, sender)
        return stage.conclude(drain_seconds=_DRAIN_SECONDS), stage


def await_catching_up(stage: Stage) -> None:
    """Records keep coming meanwhile."""
    took = stage.wait_until_caught_up(_DRAIN_SECONDS)
    if took is None:
        stage.complaints.append(f"messages still waited {_DRAIN_SECONDS:.0f} s after the database was back")
        return
    stage.remarks.append(f"caught up {took:.1f} s after the database was back (bar {_CATCH_UP_BAR_SECONDS:.0f} s)")
    if took > _CATCH_UP_BAR_SECONDS:
        stage.complaints.append(f"catching up took {took:.1f} s")


def judge_rate(stage: Stage, sender: SenderProcess) -> None:
    """Senders that were held up have shown nothing: as much has to come in as if Postgres were there."""
    came = sender.summary["messages"] * sender.order.records / sender.summary["seconds"]
    if came < _RATE_BAR * sender.order.rows_a_second:
        stage.complaints.append(f"{came:,.0f} rows/s came in, instead of {sender.order.rows_a_second:,.0f}")


def judge_memory(stage: Stage, memory: MemoryWatch) -> None:
    growth = f"{memory.growth / 1e6:.0f} MB, from {memory.first / 1e6:.0f} to {memory.maximum / 1e6:.0f} MB"
    stage.remarks.append(f"the server's memory grew by {growth} (bar {_MEMORY_BAR / 1e6:.0f} MB)")
    if memory.growth > _MEMORY_BAR:
        stage.complaints.append(f"memory grew by {growth}")
