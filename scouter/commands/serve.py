"""`serve`: run the server until it is told to stop."""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import signal
import sys
import threading
from typing import Any, NoReturn

from scouter.runtime.supervisor import LAST_SECONDS
from scouter.runtime.worker_thread import WorkerThread
from scouter.server import Server
from scouter.settings.settings import Settings, environment_warnings
from scouter.users.first_users import FirstUsers

log = logging.getLogger(__name__)

_SUPERVISE_SECONDS = 0.5
_GRACE_SECONDS = LAST_SECONDS + 1.0
_LOG_SECONDS = 1.0


def add_to(commands: Any) -> None:
    parser = commands.add_parser("serve", help="run the server (the default)")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace, settings: Settings) -> int:
    """Start, wait for SIGTERM or SIGINT, stop."""
    for warning in [*environment_warnings(), *settings.retention_warnings()]:
        log.warning(warning)
    stop_asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop_asked.set())
    server = Server(settings)
    server.start()
    if server.first_users is not None:
        _show(server.first_users)
    try:
        while not stop_asked.wait(_SUPERVISE_SECONDS):
            server.supervise()
    finally:
        _end_by_force_after(settings.http.shutdown_seconds + _GRACE_SECONDS)
        abandoned = server.stop()
    if abandoned:
        _end_now(1)  # the interpreter would wait for what hangs
    return 0


def _end_by_force_after(seconds: float) -> None:
    """Whatever hangs: what was accepted is stored or in the spool by then."""

    def end() -> NoReturn:
        thread.pause(seconds)  # nobody asks it to stop
        try:
            left = sorted(each.name for each in threading.enumerate() if each.name != thread.name)
            log.error("abandoned what took longer than SCOUTER_SHUTDOWN_SECONDS: %s", ", ".join(left))
        finally:
            _end_now(1)

    thread = WorkerThread("stop deadline", end)
    thread.start()
    # Nor does a log that nobody reads hold up the end: whoever writes to a full pipe waits, that thread too.
    faulthandler.dump_traceback_later(seconds + _LOG_SECONDS, exit=True, file=os.open(os.devnull, os.O_WRONLY))


def _end_now(status: int) -> NoReturn:
    try:
        logging.shutdown()
    finally:
        os._exit(status)


def _show(made: FirstUsers) -> None:
    """A generated password is shown here and nowhere else, and never logged."""
    if made.generated_password is not None:
        sys.stdout.write(
            f"\nThe admin is {made.admin!r} with the password {made.generated_password}\n"
            "It is shown this once. Change it with: python scouter.py user reset-password\n\n"
        )
        sys.stdout.flush()
