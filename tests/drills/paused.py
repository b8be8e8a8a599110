"""A server is frozen for longer than its broker waits for it, another takes over, and then it is thawed."""

from __future__ import annotations

import argparse
import os
import signal
import time
from pathlib import Path
from typing import Any

from tests.drills.findings import Findings
from tests.drills.own_broker import add_transport
from tests.drills.run import add_drill
from tests.drills.stage import Stage, wait_between
from tests.freezing import freeze


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "paused", play, __doc__)
    add_transport(parser, but="http")
    parser.add_argument("--pauses", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each; a session in Kafka lasts 10")
    parser.add_argument("--rows", type=float, default=2000.0, help="a second, of each of two senders; 0: all they can")


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    with Stage(directory, seed, transport=options.transport) as stage:
        for name in ("one", "two"):
            stage.send(name, rows_a_second=options.rows, records=10).wait_for(1)
        second = stage.another("second").start()
        for _ in range(options.pauses):
            wait_between(stage.chooser, 3.0, 5.0)
            pause(stage, second.pid, options.seconds)
        wait_between(stage.chooser, 1.0, 2.0)
        if second.stop() != 0:
            stage.complaints.append("the server that was frozen did not stop cleanly")
        return stage.conclude(), stage


def pause(stage: Stage, pid: int, seconds: float) -> None:
    """RabbitMQ waits for minutes: its connections are cut meanwhile, by a crash."""
    freeze(pid)
    try:
        time.sleep(seconds / 2)
        if stage.transport == "rabbitmq":
            stage.broker.broker.kill()
            stage.broker.broker.start()
        time.sleep(seconds / 2)
    finally:
        os.kill(pid, signal.SIGCONT)
