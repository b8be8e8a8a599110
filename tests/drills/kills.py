"""The server is killed with -9 under load, again and again, also while messages wait in its spool."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tests.drills.findings import Findings, refusals
from tests.drills.run import add_drill
from tests.drills.stage import Stage, wait_between

_SPOOLING_SECONDS = (0.5, 2.0)
_START_SECONDS = 1.5


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "kills", play, __doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--rows", type=float, default=4000.0, help="a second, of each of two senders; 0: all they can")
    parser.add_argument("--away-share", type=float, default=0.3, help="kills before which the database goes away")
    parser.add_argument("--start-share", type=float, default=0.3, help="kills after which the next start is killed too")
    parser.add_argument("--no-client", action="store_true", help="without the published client")


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    with Stage(directory, seed, proxied=True) as stage:
        plain = stage.send("plain", rows_a_second=options.rows)
        keyed = stage.send("keyed", rows_a_second=options.rows, keyed=True, impatience=0.02)
        if not options.no_client:
            stage.send_with_published_client()
        for sender in (plain, keyed):
            sender.wait_for(1)
        for _ in range(options.kills):
            kill(stage, away=stage.chooser.random() < options.away_share)
            if stage.chooser.random() < options.start_share:
                kill_starting(stage)
            stage.restart()
        wait_between(stage.chooser, 0.5, 1.0)
        stage.stop_senders()
        stage.complaints += refusals(stage.messages)
        return stage.conclude(), stage


def kill(stage: Stage, *, away: bool) -> None:
    """One kill. With the database away, the last messages are in the spool of the one that is killed."""
    wait_between(stage.chooser, 0.1, 1.5)
    if away:
        stage.proxy.refuse()
        wait_between(stage.chooser, *_SPOOLING_SECONDS)
    if not stage.server.is_running:
        stage.complaints.append("the server had ended by itself")
    stage.server.kill()
    if away:
        stage.proxy.accept()


def kill_starting(stage: Stage) -> None:
    """A start that is killed somewhere between its first step and the middle of draining what was left."""
    stage.server.launch()
    wait_between(stage.chooser, 0.0, _START_SECONDS)
    stage.server.kill()
