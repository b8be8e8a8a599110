"""Postgres is stopped immediately, as by a power cut, again and again under load, and comes back each time."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tests.drills.findings import Findings, refusals
from tests.drills.run import add_drill
from tests.drills.stage import Stage, wait_between


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "database-stops", play, __doc__)
    parser.add_argument("--stops", type=int, default=20)
    parser.add_argument("--rows", type=float, default=4000.0, help="a second, of each of two senders; 0: all they can")
    parser.add_argument("--no-client", action="store_true", help="without the published client")


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    with Stage(directory, seed) as stage:
        for name, keyed in (("plain", False), ("keyed", True)):
            stage.send(name, rows_a_second=options.rows, keyed=keyed).wait_for(1)
        if not options.no_client:
            stage.send_with_published_client()
        for _ in range(options.stops):
            wait_between(stage.chooser, 0.2, 2.0)
            stage.database.stop_immediately()
            wait_between(stage.chooser, 0.0, 3.0)
            stage.database.start()
        wait_between(stage.chooser, 0.5, 1.0)
        stage.stop_senders()
        stage.complaints += refusals(stage.messages)
        return stage.conclude(), stage
