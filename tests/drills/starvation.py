"""Crowds that guess passwords, try alerts on a mute service, export and draw charts: probes and messages go on."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from tests.alert_service import AlertService, Hang
from tests.drills.crowd import Crowd
from tests.drills.findings import Findings
from tests.drills.full_spool import judge_refusals
from tests.drills.life_watch import LifeWatch
from tests.drills.run import add_drill
from tests.drills.sender_process import SenderProcess
from tests.drills.sent_messages import Outcome
from tests.drills.stage import Stage

CROWDS = {"passwords": 200, "trials": 130, "exports": 86, "charts": 50}
LIFE_BAR_MS = 100.0
MESSAGES_BAR = 2.0  # times the p99 without a crowd


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "starvation", play, __doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="of each crowd")
    parser.add_argument("--share", type=float, default=1.0, help="of the clients in each crowd")
    parser.add_argument("--connections", type=int, default=32, help="of the sender of messages")
    parser.add_argument("--rows", type=float, default=300.0, help="a second, one in each message; 0: all it can")
    parser.add_argument("--no-bar", action="store_true", help="for a machine that does other things beside it")


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    with AlertService() as service:
        service.behave("/mute", Hang())
        environment = {"SCOUTER_WEBHOOK_URL": f"{service.url}/mute", "SCOUTER_MESSAGES": "every_alert"}
        with Stage(directory, seed, environment=environment) as stage:
            warm = send(stage, "warming", options)
            time.sleep(options.seconds / 4)
            warm.stop()
            alone = play_alone(stage, options)
            for kind, clients in CROWDS.items():
                play_crowd(stage, kind, max(int(clients * options.share), 1), alone, options)
            service.stopping.set()  # whoever still waits for it need not
            judge_refusals(stage)
            if any(message.outcome == Outcome.REFUSED for message in stage.messages):
                stage.complaints.append("messages were refused for what others wanted")
            return stage.conclude(), stage


def play_alone(stage: Stage, options: argparse.Namespace) -> float:
    """The p99 of messages without a crowd, in milliseconds."""
    with LifeWatch(stage.server.url) as life:
        sender = send(stage, "alone", options)
        time.sleep(options.seconds)
        sender.stop()
    stage.remarks.append(f"alone: {life.shown()}")
    return float(sender.summary["p99_ms"])


def play_crowd(stage: Stage, kind: str, clients: int, alone: float, options: argparse.Namespace) -> None:
    crowd = Crowd(kind, clients, port=stage.server.port, token=stage.token, uid=stage.spc_uid)
    with LifeWatch(stage.server.url) as life, crowd:
        sender = send(stage, kind, options)
        time.sleep(options.seconds)
        sender.stop()
    p99 = float(sender.summary["p99_ms"])
    stage.remarks.append(f"{clients} of {kind} {dict(crowd.statuses)}: {life.shown()}")
    if life.unanswered:
        stage.complaints.append(f"{kind}: {life.unanswered} probes without an answer")
    if options.no_bar:
        return
    if life.p99_ms > LIFE_BAR_MS:
        stage.complaints.append(f"{kind}: p99 of /livez is {life.p99_ms:.0f} ms, bar {LIFE_BAR_MS:.0f}")
    if p99 > MESSAGES_BAR * alone:
        stage.complaints.append(f"{kind}: p99 of messages is {p99:.0f} ms, {p99 / alone:.1f} times what it is alone")


def send(stage: Stage, name: str, options: argparse.Namespace) -> SenderProcess:
    return stage.send(name, records=1, connections=options.connections, rows_a_second=options.rows)
