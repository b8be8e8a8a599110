"""Three servers killed with -9, also within the send: every decision about messages once, nothing untold."""

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
from tests.alert_service import AlertService
from tests.drills.fleet import Fleet
from tests.drills.late_services import LateServices
from tests.drills.message_findings import Findings, Outside, judge
from tests.drills.message_subjects import register
from tests.drills.silencer import Silencer
from tests.drills.traffic import Traffic
from tests.http_client import HttpClient
from tests.server_process import let_others_enter

SERVERS = 3
DELIVERY_WORKERS = 4
WITHIN_THE_SEND_SHARE = 0.7
ENVIRONMENT = {
    "PYTHONFAULTHANDLER": "1",
    "SCOUTER_DEFAULT_PASSWORD": "admin",
    "SCOUTER_MESSAGES": "problems",
    "SCOUTER_WEBHOOK_EVENTS": "problems",
    "SCOUTER_GROUP_WAIT_SECONDS": "8",
    "SCOUTER_GROUP_SECONDS": "1",
    "SCOUTER_WINDOW_GRACE_SECONDS": "2",
    "SCOUTER_CHECK_LEASE_SECONDS": "4",
    "SCOUTER_ALERT_TIMEOUT_SECONDS": "1.5",  # longer than any answer takes; what was cut off is sent again 25 s later
    "SCOUTER_DELIVERY_WORKERS": str(DELIVERY_WORKERS),
    "SCOUTER_HTTP_THREADS": "8",
    "MAX_POOL_SIZE": "16",  # three servers share the 100 connections of the database
}
# A group that has spoken looks again after an hour, whatever happens.
_ALL_DONE = """
    SELECT (SELECT count(*) FROM alert_delivery WHERE state = 'pending'),
           (SELECT count(*) FROM late_arrival),
           (SELECT count(*) FROM profile WHERE active AND previous_run < %s),
           (SELECT count(*) FROM message_group WHERE notify_at < clock_timestamp() + interval '50 minutes'),
           (SELECT count(*) FROM silence WHERE ends_at > clock_timestamp())"""


def add_to(drills: Any) -> None:
    parser = drills.add_parser("messages", help=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--profiles", type=int, default=200)
    parser.add_argument("--pause", type=float, default=1.5, help="between kills, at most, in seconds")
    parser.add_argument("--drifting-seconds", type=float, default=25.0, help="and as long without drift")
    parser.add_argument("--repeat-every", default="1m", help="of reminders, as a policy says it")
    parser.add_argument("--senders", type=int, default=2)
    parser.add_argument("--messages", type=float, default=50.0, help="a second, of each sender")
    parser.add_argument("--settle-seconds", type=float, default=150.0, help="at most, after the last message")
    parser.add_argument("--seed", type=int, default=None)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> bool:
    """Whether the promise was kept. When it was not, the directory with the database and the logs stays."""
    seed = random.randrange(2**32) if options.seed is None else options.seed
    directory = let_others_enter(Path(tempfile.mkdtemp(prefix="scouter-drill-")))
    print(f"{SERVERS} servers, {options.profiles} profiles, {options.kills} kills, seed {seed}", flush=True)
    findings = drill(directory, options, seed)
    print(findings.shown())
    print(f"transactions that waited in a circle, and were made again: {deadlocks(directory)}")
    if findings.broken:
        print(f"BROKEN: {', '.join(findings.broken)}; the evidence is in {directory}")
        return False
    print("kept: every decision once, nothing untold, and nothing heard again but what a kill cut off")
    shutil.rmtree(directory)
    return True


def drill(directory: Path, options: argparse.Namespace, seed: int) -> Findings:
    database = EmbeddedPostgres(let_others_enter(directory / "database"))
    with database, AlertService() as service:
        conninfo = database.start()
        services = LateServices(service, SERVERS, seed)
        with Fleet(directory, conninfo, SERVERS, ENVIRONMENT, services.environment) as fleet:
            traffic, silencer = load_and_kill(fleet, services, options, seed)
            settle(conninfo, traffic, options.settle_seconds)
        outside = Outside(
            services=services,
            silences=silencer.made,
            refused=[*traffic.refused, *silencer.refused],
            died=fleet.died,
            most_again=(fleet.kills + len(fleet.died)) * DELIVERY_WORKERS,
        )
        return judge(conninfo, outside)


def deadlocks(directory: Path) -> int:
    """Nothing is lost by them, but time."""
    return (directory / "database" / "postgres.log").read_text(errors="replace").count("deadlock detected")


def load_and_kill(
    fleet: Fleet, services: LateServices, options: argparse.Namespace, seed: int
) -> tuple[Traffic, Silencer]:
    """Kill while records flow and silences come and go: mostly a server that waits for a service's answer."""
    chooser = random.Random(seed)
    client = HttpClient(fleet.urls[0]).login()
    policy = {"repeat_every": options.repeat_every}
    subjects = register(client, options.profiles, lasts=options.drifting_seconds, policy=policy)
    client.close()
    traffic = Traffic(fleet.urls, subjects, senders=options.senders, pause=1 / options.messages, seed=seed)
    silencer = Silencer(fleet.urls, seed)
    began, within = time.monotonic(), 0
    with traffic, silencer:
        time.sleep(options.drifting_seconds / 2)  # until there is something to say
        for _ in range(options.kills):
            time.sleep(chooser.uniform(0.05, options.pause))
            within += kill_one(fleet, services, chooser)
        time.sleep(2)
    print(f"{fleet.kills} kills in {time.monotonic() - began:.0f} s, {within} of them within the send", flush=True)
    return traffic, silencer


def kill_one(fleet: Fleet, services: LateServices, chooser: random.Random) -> bool:
    """Whether it was within the send."""
    place = services.wait_for_waiting(seconds=3.0) if chooser.random() < WITHIN_THE_SEND_SHARE else None
    if place is None:
        fleet.kill_another(chooser)
    else:
        fleet.kill(fleet.servers[place])
    return place is not None


def settle(conninfo: str, traffic: Traffic, seconds: float) -> None:
    """Wait until the last record is checked, and everything is said and delivered. What is not is for the judge."""
    last = max(message.created_at for message in traffic.ledger)
    began = time.monotonic()
    with psycopg.connect(conninfo, autocommit=True, options="-c search_path=scouter_py") as connection:
        while time.monotonic() < began + seconds:
            left = connection.execute(_ALL_DONE, (last,)).fetchone()
            if left is not None and not any(left):
                break
            time.sleep(0.2)
    took = time.monotonic() - began
    print(f"settled in {took:.0f} s; left (deliveries, late, unchecked, groups, silences): {left}", flush=True)
