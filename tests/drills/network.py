"""The network to Postgres freezes, crawls, breaks in mid-COMMIT and forgets connections, and clients stall half-way."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from tests.drills.database_proxy import FAIR, Weather
from tests.drills.findings import Findings, refusals
from tests.drills.run import add_drill
from tests.drills.stage import Stage
from tests.drills.stalled_clients import StalledClients

_STALLED = 60
_REST_SECONDS = 30.0
_FROZEN = Weather(frozen=True)
_MUTE = Weather(mute=True)
_SLOW = Weather(latency_seconds=0.2, bytes_a_second=200_000)
_CUTTING = Weather(cut_before_commit=0.2, cut_after_commit=0.2)


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "network", play, __doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each trouble, in each round")
    parser.add_argument("--rows", type=float, default=2000.0, help="a second, of each of two senders")


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    with Stage(directory, seed, proxied=True) as stage:
        for name, keyed in (("plain", False), ("keyed", True)):
            stage.send(name, rows_a_second=options.rows, records=20, keyed=keyed, impatience=0.02).wait_for(1)
        with StalledClients(stage.server.port, stage.token, _STALLED):
            for _ in range(options.rounds):
                play_round(stage, options)
        stage.remarks.append(f"cut in mid-COMMIT: {dict(stage.proxy.cuts)}")
        if not all(stage.proxy.cuts[when] for when in ("before", "after")):
            stage.complaints.append("the drill has not cut in mid-COMMIT both before and after")
        stage.stop_senders()
        stage.complaints += refusals(stage.messages)
        return stage.conclude(), stage


def play_round(stage: Stage, options: argparse.Namespace) -> None:
    for name, weather in (("frozen", _FROZEN), ("slow", _SLOW), ("cutting", _CUTTING)):
        trouble(stage, weather, options.seconds)
        come_to_rest(stage, f"after {name}")
    stage.proxy.lose_all()
    come_to_rest(stage, "after connections were lost")
    stage.proxy.cut_all()
    trouble(stage, _MUTE, options.seconds)
    come_to_rest(stage, "after logins that led nowhere")


def come_to_rest(stage: Stage, when: str) -> None:
    """What was spooled is stored soon, whatever the network has left behind."""
    took = stage.watch.wait_until_drained(_REST_SECONDS)
    if took is None:
        stage.complaints.append(f"{when}: the spool was not empty after {_REST_SECONDS:.0f} s")
    else:
        stage.remarks.append(f"{when}: the spool was empty after {took:.1f} s")


def trouble(stage: Stage, weather: Weather, seconds: float) -> None:
    stage.proxy.become(weather)
    time.sleep(seconds)
    stage.proxy.become(FAIR)
