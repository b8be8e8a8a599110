"""`demo`: a server of its own with thirty days of a made-up company, to look at and to try things on."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from scouter.answering import Behind
from scouter.api.http_server import in_address, on_this_machine
from scouter.archive.stores.opening import open_store
from scouter.assembly import archiver
from scouter.checks.asked_checks import AskedChecks
from scouter.commands.until_stopped import run_until_stopped
from scouter.demonstration.filling import Filling
from scouter.demonstration.place import TAKEN, Place, chosen_place, settings_at, taken_settings
from scouter.postgres.connections.query_deadlines import deadlines_for_a_while
from scouter.server import Server
from scouter.settings.settings import Settings

log = logging.getLogger(__name__)

# Of each alert, each partition and each file of the past: they would carry away what a person has to read.
_TALKATIVE = ("scouter.alerting", "scouter.postgres.schema", "scouter.archive")


def add_to(commands: Any) -> None:
    parser = commands.add_parser(
        "demo",
        help="a server with thirty days of a made-up company, to look at",
        description="Starts a server with a database and an archive of its own in a new directory, fills it with "
        "thirty days of a company that is made up, and prints where to look. Of the settings it takes "
        f"{', '.join(TAKEN[:-1])} and {TAKEN[-1]}, and nothing else. It ends with Ctrl-C.",
    )
    where = "use that directory and leave it there; by default a new one, which is removed at the end"
    parser.add_argument("--keep", metavar="DIR", type=Path, help=where)
    parser.set_defaults(run=run, settings=partial(taken_settings, os.environ))


def run(options: argparse.Namespace, taken: Settings) -> int:
    """Start, fill, say where it is, wait for SIGTERM or SIGINT, stop, remove."""
    place = chosen_place(options.keep)
    settings = settings_at(place, taken)
    try:
        return run_until_stopped(settings, Server.start, partial(_begin, place, settings), place.remove)
    except BaseException:
        place.remove()  # where it did not even start
        raise


def _begin(place: Place, settings: Settings, server: Server) -> None:
    behind = server.behind
    if behind is None:
        raise RuntimeError("the server of the demonstration has not started")
    if place.is_filled:
        _say(place, settings, server)
        return
    with _quiet(), _printed_to(place.alerts):
        filled = _filling(behind, settings).fill(_now())
    log.info("filled: %d profiles, %d records, %d checks", filled.profiles, filled.records, filled.checks)
    place.note_filled()
    _say(place, settings, server)
    _archive(behind.conninfo, settings)


def _filling(behind: Behind, settings: Settings) -> Filling:
    return Filling(behind, AskedChecks(behind.pool, settings.checks, settings.alerting))


def _archive(conninfo: str, settings: Settings) -> None:
    """The oldest days, while people look at the newest."""
    with _quiet(), deadlines_for_a_while() as deadlines:
        archiver(conninfo, deadlines, settings, open_store(settings.archive), _now).run(patient=False)


@contextmanager
def _printed_to(alerts: Path) -> Iterator[None]:
    """Those of the past: a terminal is for those of now."""
    with alerts.open("w", encoding="utf-8") as printed, redirect_stdout(printed):
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """Only what goes wrong is said."""
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    for each in loggers:
        each.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for each in loggers:
            each.setLevel(logging.NOTSET)


def _say(place: Place, settings: Settings, server: Server) -> None:
    address = f"http://{in_address(on_this_machine(server.host))}:{settings.http.port}/"
    becomes = "stay there" if place.is_kept else "are removed at the end"
    lines = (
        f"The demonstration is at {address}",
        f"Sign in as {_who(server)}.",
        f"Its database and its archive are in {place.root}, and {becomes}. Of the settings of this shell it takes",
        f"{', '.join(TAKEN[:-1])} and {TAKEN[-1]}: it reaches no other database, no broker and no bucket.",
        f"Alerts are printed here and sent to nobody; those of its past are in {place.alerts}.",
        "Ctrl-C ends it.",
    )
    sys.stdout.write("\n" + "\n".join(lines) + "\n\n")
    sys.stdout.flush()


def _who(server: Server) -> str:
    made = server.first_users
    if made is None:
        return "before: 'admin', with the password that the first start showed"
    if made.generated_password is not None:
        return f"{made.admin!r} with the password {made.generated_password}"
    return f"{made.admin!r} with {made.admin!r}, or as 'guest' with 'guest', who may only read"


def _now() -> datetime:
    return datetime.now(UTC)
