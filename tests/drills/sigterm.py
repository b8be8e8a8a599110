"""The server is asked to stop with SIGTERM under load, again and again: it ends in time, and keeps its word."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from tests.drills.findings import Findings, refusals
from tests.drills.run import add_drill
from tests.drills.stage import SHUTDOWN_SECONDS, Stage, wait_between


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "sigterm", play, __doc__)
    parser.add_argument("--stops", type=int, default=20)
    parser.add_argument("--rows", type=float, default=4000.0, help="a second, of each of two senders; 0: all they can")
    parser.add_argument("--away-share", type=float, default=0.3, help="stops with the database away")


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    with Stage(directory, seed, proxied=True) as stage:
        for name, keyed in (("plain", False), ("keyed", True)):
            stage.send(name, rows_a_second=options.rows, keyed=keyed).wait_for(1)
        longest = 0.0
        for _ in range(options.stops):
            longest = max(longest, stop(stage, away=stage.chooser.random() < options.away_share))
        stage.remarks.append(f"the longest stop took {longest:.1f} s (limit {SHUTDOWN_SECONDS:.0f} s)")
        wait_between(stage.chooser, 0.5, 1.0)
        stage.stop_senders()
        # 503: it says that it is about to end, and that nothing was stored.
        stage.complaints += refusals(stage.messages, allowed=frozenset({503}))
        return stage.conclude(), stage


def stop(stage: Stage, *, away: bool) -> float:
    """One stop, and how long it took; the server is up again on return."""
    wait_between(stage.chooser, 0.1, 1.5)
    if away:
        stage.proxy.refuse()
        wait_between(stage.chooser, 0.5, 2.0)
    began = time.monotonic()
    status = stage.server.stop()
    took = time.monotonic() - began
    if status != 0 or took > SHUTDOWN_SECONDS + 1:
        stage.complaints.append(f"the server ended with {status} after {took:.1f} s")
    if away:
        stage.proxy.accept()
    stage.restart()
    return took
