"""The network to Postgres freezes, crawls, breaks in mid-COMMIT and forgets connections, and clients stall half-way."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from tests.drills.database_proxy import FAIR, Weather
from tests.drills.findings import Findings, refusals
from tests.drills.own_broker import add_transport
from tests.drills.run import add_drill
from tests.drills.stage import Stage
from tests.drills.stalled_clients import StalledClients

_STALLED = 60
_REST_SECONDS = 60.0
_ANSWER_SECONDS = 20.0  # the published clients wait for a minute, and nothing here should come near that
_LONGEST_ANSWER_MS = 5000.0  # a second for the store, and something for a busy machine


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "network", play, __doc__)
    add_transport(parser)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each trouble, in each round")
    parser.add_argument("--rows", type=float, default=2000.0, help="a second, of each of two senders")
    parser.add_argument("--troubles", nargs="+", choices=TROUBLES, default=list(TROUBLES))


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    with Stage(directory, seed, proxied=True, transport=options.transport) as stage:
        for name, keyed in (("plain", False), ("keyed", True)):
            how = {"records": 20, "keyed": keyed, "impatience": 0.02, "answer_seconds": _ANSWER_SECONDS}
            stage.send(name, rows_a_second=options.rows, **how).wait_for(1)
        with stalled_clients(stage):
            for _ in range(options.rounds):
                for trouble in options.troubles:
                    TROUBLES[trouble](stage, options.seconds)
                    come_to_rest(stage, trouble)
        stage.stop_senders()
        stage.complaints += refusals(stage.messages)
        if stage.transport == "http":
            judge_patience(stage)
        return stage.conclude(), stage


def stalled_clients(stage: Stage) -> AbstractContextManager[object]:
    """Brokers have clients of their own."""
    return nullcontext() if stage.transport != "http" else StalledClients(stage.server.port, stage.token, _STALLED)


def freeze(stage: Stage, seconds: float) -> None:
    _for_a_while(stage, Weather(frozen=True), seconds)


def crawl(stage: Stage, seconds: float) -> None:
    _for_a_while(stage, Weather(latency_seconds=0.2, bytes_a_second=200_000), seconds)


def cut(stage: Stage, seconds: float) -> None:
    stage.proxy.cuts.clear()
    _for_a_while(stage, Weather(cut_before_commit=0.2, cut_after_commit=0.2), seconds)
    cuts = dict(stage.proxy.cuts)
    stage.remarks.append(f"cut in mid-COMMIT: {cuts}")
    if len(cuts) < 2:
        stage.complaints.append(f"COMMIT was not cut both before and after it reached Postgres: {cuts}")


def forget(stage: Stage, seconds: float) -> None:
    """New connections are all right. The old ones are never closed: Postgres believes in their transactions."""
    stage.proxy.lose_all()
    time.sleep(seconds)


def mute(stage: Stage, seconds: float) -> None:
    """Who connects while it lasts can log in and is never answered again."""
    stage.proxy.cut_all()
    _for_a_while(stage, Weather(mute=True), seconds)


TROUBLES: Mapping[str, Callable[[Stage, float], None]] = {
    "freeze": freeze,
    "crawl": crawl,
    "cut": cut,
    "forget": forget,
    "mute": mute,
}


def _for_a_while(stage: Stage, weather: Weather, seconds: float) -> None:
    stage.proxy.become(weather)
    time.sleep(seconds)
    stage.proxy.become(FAIR)


def come_to_rest(stage: Stage, trouble: str) -> None:
    """What waits is stored soon, whatever the network has left behind."""
    took = stage.wait_until_caught_up(_REST_SECONDS)
    if took is None:
        stage.complaints.append(f"after {trouble}: messages still waited after {_REST_SECONDS:.0f} s")
    else:
        stage.remarks.append(f"after {trouble}: caught up after {took:.1f} s")


def judge_patience(stage: Stage) -> None:
    """However the database hangs, nobody waits for an answer much longer than for a store."""
    longest = max(sender.summary["longest_ms"] for sender in stage.numbered_senders)
    if longest > _LONGEST_ANSWER_MS:
        stage.complaints.append(f"an answer took {longest:,.0f} ms")
    given_up = sum(sender.summary["given_up"] for sender in stage.numbered_senders)
    if given_up:
        stage.complaints.append(f"{given_up:.0f} messages had no answer in {_ANSWER_SECONDS:.0f} s")
