"""Postgres is away until the spool is full: then, and only then, messages are refused, with a time to come again."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from tests.drills.findings import Findings, refusals
from tests.drills.run import add_drill
from tests.drills.sent_messages import GOOD, Outcome
from tests.drills.stage import Stage


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "full-spool", play, __doc__)
    parser.add_argument("--spool-bytes", type=int, default=20_000_000)
    parser.add_argument("--full-seconds", type=float, default=20.0, help="of load when the spool is full")
    parser.add_argument("--fill-seconds", type=float, default=120.0, help="at most, until it is")
    parser.add_argument("--rows", type=float, default=20_000.0, help="a second")
    parser.add_argument("--rounds", type=int, default=2)


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    environment = {"SCOUTER_SPOOL_MAX_BYTES": str(options.spool_bytes)}
    with Stage(directory, seed, environment=environment) as stage:
        stage.send("sender", rows_a_second=options.rows).wait_for(1)
        for _ in range(options.rounds):
            fill(stage, options)
        stage.stop_senders()
        judge_refusals(stage)
        return stage.conclude(), stage


def fill(stage: Stage, options: argparse.Namespace) -> None:
    """Until messages are refused, and a while longer; then until everything is stored and accepted again."""
    refused_before = _refused(stage)
    stage.database.stop_immediately()
    deadline = time.monotonic() + options.fill_seconds
    while _refused(stage) == refused_before and time.monotonic() < deadline:
        time.sleep(0.2)
    if _refused(stage) == refused_before:
        stage.complaints.append(f"nothing was refused in {options.fill_seconds:.0f} s: the spool has no limit")
    time.sleep(options.full_seconds)
    stage.database.start()
    took = stage.watch.wait_until_drained(120)
    stage.remarks.append("the spool did not run empty" if took is None else f"the spool was empty after {took:.1f} s")
    before = sum(message.outcome == Outcome.STORED for message in stage.messages)
    time.sleep(2)
    if sum(message.outcome == Outcome.STORED for message in stage.messages) == before:
        stage.complaints.append("nothing is stored although the database is back")


def judge_refusals(stage: Stage) -> None:
    """503 is the only refusal, and says when to come again."""
    refused = [message for message in stage.messages if message.outcome == Outcome.REFUSED]
    stage.complaints += refusals(stage.messages, allowed=frozenset({503}))
    silent = [message.first for message in refused if not message.detail.startswith("retry-after ")]
    if silent:
        stage.complaints.append(f"{len(silent)} refusals without Retry-After, first {silent[0]}")
    stage.remarks.append(f"{len(refused)} messages refused, of {len(stage.messages)}")


def _refused(stage: Stage) -> int:
    return sum(message.kind == GOOD and message.outcome == Outcome.REFUSED for message in stage.messages)
