"""`serve`: run the server until it is told to stop."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
from typing import Any

from scouter.server import Server
from scouter.settings.rules import retention_warnings
from scouter.settings.settings import Settings, environment_warnings
from scouter.users.first_users import FirstUsers

log = logging.getLogger(__name__)

_TEND_SECONDS = 0.5
_GRACE_SECONDS = 2.0  # requests are given all of the time to stop, the other parts this much more


def add_to(commands: Any) -> None:
    parser = commands.add_parser("serve", help="run the server (the default)")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace, settings: Settings) -> int:
    """Start, wait for SIGTERM or SIGINT, stop."""
    for warning in [*environment_warnings(), *retention_warnings(settings)]:
        log.warning(warning)
    stop_asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop_asked.set())
    server = Server(settings)
    server.start()
    if server.first_users is not None:
        _show(server.first_users)
    try:
        while not stop_asked.wait(_TEND_SECONDS):
            server.supervise()
    finally:
        _end_by_force_after(settings.shutdown_seconds + _GRACE_SECONDS)
        server.stop()
    return 0


def _end_by_force_after(seconds: float) -> None:
    """Somebody may wait for a database that hangs. What was accepted is stored or in the spool by then."""
    timer = threading.Timer(seconds, _end_by_force)
    timer.name = "stop deadline"
    timer.daemon = True
    timer.start()


def _end_by_force() -> None:
    left = [thread.name for thread in threading.enumerate() if thread is not threading.current_thread()]
    log.error("abandoned what took longer than SCOUTER_SHUTDOWN_SECONDS: %s", ", ".join(sorted(left)))
    logging.shutdown()
    os._exit(1)


def _show(made: FirstUsers) -> None:
    """A generated password is shown here and nowhere else, and never logged."""
    if made.generated_password is not None:
        sys.stdout.write(
            f"\nThe admin is {made.admin!r} with the password {made.generated_password}\n"
            "It is shown this once. Change it with: python scouter.py user reset-password\n\n"
        )
        sys.stdout.flush()
