"""The broker is killed with -9 or restarted under load, again and again: what it had acknowledged is stored once."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tests.drills.findings import Findings
from tests.drills.own_broker import add_transport
from tests.drills.run import add_drill
from tests.drills.stage import Stage, wait_between


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "broker-kills", play, __doc__)
    add_transport(parser, but="http")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--rows", type=float, default=2000.0, help="a second, of each of two senders; 0: all they can")
    parser.add_argument("--restart-share", type=float, default=0.3, help="of the ends that are orderly")
    parser.add_argument("--server-share", type=float, default=0.2, help="kills together with the server")


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    with Stage(directory, seed, transport=options.transport) as stage:
        for name in ("one", "two"):
            stage.send(name, rows_a_second=options.rows, records=10).wait_for(1)
        for _ in range(options.kills):
            wait_between(stage.chooser, 1.0, 4.0)
            end(stage, orderly=stage.chooser.random() < options.restart_share)
            if stage.chooser.random() < options.server_share:
                stage.server.kill()
                stage.restart()
        wait_between(stage.chooser, 1.0, 2.0)
        return stage.conclude(), stage


def end(stage: Stage, *, orderly: bool) -> None:
    if orderly:
        stage.broker.broker.restart()
    else:
        stage.broker.broker.kill()
        stage.broker.broker.start()
