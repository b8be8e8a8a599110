"""`archive`: one pass of the archiver by hand, beside a running server or without one."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from typing import Any

from scouter.archive.archiver import Pass
from scouter.archive.due import Due
from scouter.archive.stores.opening import open_store
from scouter.assembly import archiver
from scouter.postgres.connections.query_deadlines import deadlines_for_a_while
from scouter.postgres.database import present_database
from scouter.postgres.schema.migrations import migrate
from scouter.postgres.tables.manifest import ArchivePart
from scouter.settings.settings import Settings


def add_to(commands: Any) -> None:
    parser = commands.add_parser("archive", help="move old records into the archive now")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """0 when there is nothing left to do, 1 when some of it failed or another server is at it."""
    store = open_store(settings.archive)
    database = present_database(settings.database)
    try:
        migrate(database.conninfo)
        with deadlines_for_a_while() as deadlines:
            passes = archiver(database.conninfo, deadlines, settings, store, lambda: datetime.now(UTC))
            if options.dry_run:
                return _show_plan(*passes.plan(), store.name)
            return _show_pass(passes.run(patient=False), store.name)
    finally:
        database.stop()


def _show_plan(unfinished: list[ArchivePart], due: Due, store: str) -> int:
    for part in unfinished:
        _say(f"would finish {part.kind} of {part.day}, part {part.part}")
    for each in due.days:
        _say(f"would archive {each.kind.name} of {each.day}")
    _say_held(due)
    _say(f"{len(unfinished) + len(due.days)} parts would go to {store}; nothing was done")
    return 0


def _show_pass(done: Pass, store: str) -> int:
    if done.busy:
        sys.stderr.write("another server is archiving now; nothing was done\n")
        return 1
    for moved in done.moved:
        part = moved.part
        _say(
            f"archived {part.kind} of {part.day}, part {part.part}: {moved.rows} records, {moved.bytes} bytes, "
            f"{moved.seconds:.1f} s, {moved.path}"
        )
    for fault in done.failed:
        sys.stderr.write(fault + "\n")
    if done.due is not None:
        _say_held(done.due)
    if done.expired or done.deleted:
        _say(f"{done.expired} parts have expired, {done.deleted} files were deleted")
    _say(f"{len(done.moved)} parts went to {store}")
    return 1 if done.failed else 0


def _say_held(due: Due) -> None:
    for each in due.held:
        _say(f"keeping {each.kind.name} of {each.day}")
    if due.need is not None:
        _say(f"checks of profile {due.need.uid} may need records since {due.need.moment.isoformat()}")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
