"""The clock of server and database is ahead for a while, again and again: checks go on, nothing is lost or deleted."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from scouter.postgres.connections.session_settings import SCHEMA
from tests.conditions import probe
from tests.drills.findings import Findings, refusals
from tests.drills.life_watch import LifeWatch
from tests.drills.run import add_drill
from tests.drills.stage import Stage
from tests.http_client import HttpClient
from tests.profile_documents import custom_profile, registration
from tests.shifted_clock import NoShiftedClock, ShiftedClock

_CHECKED_AGAIN_BAR_SECONDS = 20.0
_PROFILES = 5


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "clock", play, __doc__)
    parser.add_argument("--hours", type=float, nargs="+", default=[24.0, 1.0, 240.0], help="ahead, in turn")
    parser.add_argument("--seconds", type=float, default=20.0, help="for which it is")
    parser.add_argument("--rows", type=float, default=2000.0, help="a second")


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    try:
        clock = ShiftedClock(directory / "clock")
    except NoShiftedClock as problem:
        sys.exit(str(problem))
    environment = {"SCOUTER_WINDOW_GRACE_SECONDS": "1"}
    with Stage(directory, seed, environment=environment, clock=clock) as stage:
        register(stage)
        stage.send("sender", rows_a_second=options.rows).wait_for(1)
        with LifeWatch(stage.server.url) as life:
            for hours in options.hours:
                time.sleep(options.seconds / 4)
                with clock.ahead(timedelta(hours=hours)):
                    time.sleep(options.seconds)
                await_checks(stage, hours)
            stage.stop_senders()
        stage.remarks.append(life.shown())
        stage.complaints += refusals(stage.messages)
        judge_checks(stage)
        return stage.conclude(), stage


def register(stage: Stage) -> None:
    """Profiles that are checked every second."""
    client = HttpClient(stage.server.url).login()
    for number in range(_PROFILES):
        profile = custom_profile(name=f"checked{number}")
        profile["config"]["alert_config"]["schedule"] = "* * * * * *"
        assert client.post("/scouter/profile", registration(profile, active=True)).status == 200
    client.close()


def await_checks(stage: Stage, hours: float) -> None:
    """Until every profile has been checked for a window that ended after the clock was right again."""
    right_since, began = _now(stage), time.monotonic()
    late = f"SELECT count(*) FROM profile WHERE active AND previous_run NOT BETWEEN '{right_since}' AND now()"
    while _ask(stage, late):
        if time.monotonic() > began + _CHECKED_AGAIN_BAR_SECONDS:
            stage.complaints.append(f"after {hours:g} hours ahead, profiles are not checked any more")
            return
        time.sleep(0.2)
    took = time.monotonic() - began
    ready = probe(stage.server.url).body["parts"]["clock"]
    stage.remarks.append(f"{hours:g} hours ahead: all are checked again after {took:.1f} s; clock: {ready['says']}")
    if ready["ok"]:
        stage.complaints.append(f"nothing on /readyz says that the clock was ahead by {hours:g} hours")


def judge_checks(stage: Stage) -> None:
    early = _ask(stage, "SELECT count(*) FROM check_run WHERE window_end > now()")
    if early:
        stage.complaints.append(f"{early} runs are of windows that are yet to come")
    stage.remarks.append(
        f"{_ask(stage, 'SELECT count(*) FROM check_run')} windows were checked, "
        f"{_ask(stage, 'SELECT count(*) FROM check_run WHERE set_back')} of them when the clock was ahead"
    )


def _now(stage: Stage) -> Any:
    return _ask(stage, "SELECT now()")


def _ask(stage: Stage, question: str) -> Any:
    with psycopg.connect(stage.database.conninfo, options=f"-c search_path={SCHEMA}") as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]
