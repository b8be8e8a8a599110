"""`maintain`: one pass of maintenance by hand, beside a running server or without one."""

from __future__ import annotations

import argparse
import sys
import threading
from datetime import UTC, datetime
from typing import Any

import psycopg

from scouter.maintenance.run import maintain, plan
from scouter.maintenance.scheduler import LOCK
from scouter.maintenance.tasks import tasks_of
from scouter.postgres.connections.job_sessions import AlreadyUnderWay, reading_session, sole_session
from scouter.postgres.connections.query_deadlines import deadlines_for_a_while
from scouter.postgres.database import present_database
from scouter.postgres.schema.migrations import migrate
from scouter.program_name import called_as
from scouter.settings.settings import Settings


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "maintain",
        help="see to partitions and delete what is older than its period, as a server does every hour",
        description="One pass of maintenance. Prints a line for each task; the exit status is 1 when any failed.",
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and change nothing")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings) -> int:
    database = present_database(settings.database)
    try:
        return _plan(database.conninfo, settings) if options.dry_run else _maintain(database.conninfo, settings)
    finally:
        database.stop()


def _maintain(conninfo: str, settings: Settings) -> int:
    migrate(conninfo)
    status = 0
    try:
        with deadlines_for_a_while() as deadlines, sole_session(conninfo, deadlines, LOCK) as session:
            for result in maintain(session, tasks_of(settings), datetime.now(UTC), threading.Event().wait):
                _say(str(result))
                status = 1 if result.problem else status
    except AlreadyUnderWay:
        _say("another pass is under way, here or on another server: nothing was done")
        return 1
    return status


def _plan(conninfo: str, settings: Settings) -> int:
    try:
        with deadlines_for_a_while() as deadlines, reading_session(conninfo, deadlines, LOCK) as session:
            for line in plan(session, tasks_of(settings), datetime.now(UTC)):
                _say(line)
    except psycopg.errors.UndefinedTable:
        _say(f"the schema is not up to date: run `{called_as()} migrate` first")
        return 1
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
