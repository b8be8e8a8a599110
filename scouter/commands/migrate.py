"""`migrate`: bring the schema up to date and leave."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from scouter.postgres.database import present_database
from scouter.postgres.schema.migrations import migrate
from scouter.settings.settings import Settings


def add_to(commands: Any) -> None:
    parser = commands.add_parser("migrate", help="bring the database schema up to date and exit")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace, settings: Settings) -> int:
    database = present_database(settings.database)
    try:
        applied = migrate(database.conninfo)
    finally:
        database.stop()
    sys.stdout.write("\n".join(applied or ["nothing to do"]) + "\n")
    return 0
