"""Three servers on one database, one after the other killed with -9: every window once, every alert at least once."""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from scouter.postgres.embedded.server import EmbeddedPostgres
from tests.alert_service import AlertService, Answer
from tests.drills.check_findings import Findings, judge
from tests.drills.fleet import Fleet
from tests.drills.subjects import register
from tests.drills.traffic import Traffic
from tests.http_client import HttpClient
from tests.server_process import let_others_enter

SERVERS = 3
DELIVERY_WORKERS = 4
HOOK = "/hook"
ENVIRONMENT = {
    "PYTHONFAULTHANDLER": "1",  # should a server crash by itself, its log says where
    "SCOUTER_DEFAULT_PASSWORD": "admin",
    "SCOUTER_MESSAGES": "every_alert",  # each alert is looked for among the messages
    "SCOUTER_WINDOW_GRACE_SECONDS": "2",
    "SCOUTER_CHECK_LEASE_SECONDS": "4",
    "SCOUTER_ALERT_TIMEOUT_SECONDS": "1",  # a delivery that was cut off is made again 23 s later
    "SCOUTER_DELIVERY_WORKERS": str(DELIVERY_WORKERS),
    "SCOUTER_HTTP_THREADS": "8",
    "MAX_POOL_SIZE": "16",  # three servers share the 100 connections of the database
}
_ALL_DONE = """
    SELECT (SELECT count(*) FROM alert_delivery WHERE state = 'pending'),
           (SELECT count(*) FROM late_arrival),
           (SELECT count(*) FROM profile WHERE active AND previous_run < %s)"""


def add_to(drills: Any) -> None:
    parser = drills.add_parser("checks", help=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--profiles", type=int, default=200)
    parser.add_argument("--senders", type=int, default=2)
    parser.add_argument("--messages", type=float, default=50.0, help="a second, of each sender")
    parser.add_argument("--settle-seconds", type=float, default=90.0, help="at most, after the last message")
    parser.add_argument("--seed", type=int, default=None)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> bool:
    """Whether the promise was kept. When it was not, the directory with the database and the logs stays."""
    seed = random.randrange(2**32) if options.seed is None else options.seed
    directory = let_others_enter(Path(tempfile.mkdtemp(prefix="scouter-drill-")))
    print(f"{SERVERS} servers, {options.profiles} profiles, {options.kills} kills, seed {seed}", flush=True)
    findings = drill(directory, options, seed)
    print(findings.shown())
    if findings.broken:
        print(f"BROKEN: {', '.join(findings.broken)}; the evidence is in {directory}")
        return False
    print("kept: every window recorded once, every alert delivered")
    shutil.rmtree(directory)
    return True


def drill(directory: Path, options: argparse.Namespace, seed: int) -> Findings:
    database = EmbeddedPostgres(let_others_enter(directory / "database"))
    with database, AlertService() as service:
        service.behave(HOOK, Answer(after_seconds=0.05))  # long enough for kills to fall in between
        conninfo = database.start()
        environment = {**ENVIRONMENT, "SCOUTER_WEBHOOK_URL": service.url + HOOK}
        with Fleet(directory, conninfo, SERVERS, environment) as fleet:
            traffic = load_and_kill(fleet, options, seed)
            settle(conninfo, traffic, options.settle_seconds)
        return judge(
            conninfo,
            traffic.ledger,
            service.requests(HOOK),
            refused=len(traffic.refused),
            max_again=(fleet.kills + len(fleet.died)) * DELIVERY_WORKERS,
            died=len(fleet.died),
        )


def load_and_kill(fleet: Fleet, options: argparse.Namespace, seed: int) -> Traffic:
    """Kill at random moments while records flow, from a little before the first kill to a little after the last."""
    chooser = random.Random(seed)
    subjects = register(HttpClient(fleet.urls[0]).login(), options.profiles)
    traffic = Traffic(fleet.urls, subjects, senders=options.senders, pause=1 / options.messages, seed=seed)
    began = time.monotonic()
    with traffic:
        time.sleep(2)
        for _ in range(options.kills):
            time.sleep(chooser.uniform(0.05, 1.5))
            fleet.kill_another(chooser)
        time.sleep(2)
    print(f"{fleet.kills} kills in {time.monotonic() - began:.0f} s", *fleet.died, sep="\n", flush=True)
    return traffic


def settle(conninfo: str, traffic: Traffic, seconds: float) -> None:
    """Wait until the last record is checked and everything is delivered. What is not by then is for the judge."""
    last = max(message.created_at for message in traffic.ledger)
    began = time.monotonic()
    with psycopg.connect(conninfo, autocommit=True, options="-c search_path=scouter_py") as connection:
        while time.monotonic() < began + seconds:
            left = connection.execute(_ALL_DONE, (last,)).fetchone()
            if left == (0, 0, 0):
                break
            time.sleep(0.2)
    print(f"settled in {time.monotonic() - began:.0f} s; left (deliveries, late, unchecked): {left}", flush=True)
