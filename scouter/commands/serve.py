"""`serve`: run the server until it is told to stop."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from typing import Any

from scouter.commands.greeting import greet, greeting_of, warn
from scouter.commands.until_stopped import run_until_stopped
from scouter.errors import StartRefused
from scouter.program_name import called_as
from scouter.server import Server
from scouter.settings.settings import Settings, environment_warnings
from scouter.users.first_users import FirstUsers


def add_to(commands: Any) -> None:
    parser = commands.add_parser("serve", help="run the server (the default)")
    parser.set_defaults(run=run)


def run(_: argparse.Namespace, settings: Settings) -> int:
    """Start, wait for SIGTERM or SIGINT, stop."""
    return run_until_stopped(settings, partial(_start, settings))


def _start(settings: Settings, server: Server) -> None:
    """Start it and say so. What is odd about the settings may be why it does not start, and is said then too."""
    notices = [*environment_warnings(), *settings.retention_warnings()]
    try:
        server.start()
    except StartRefused:
        warn([*notices, *server.notices])
        raise
    finally:
        if server.first_users is not None:
            _show(server.first_users)
    greet(greeting_of(server, settings, [*notices, *server.notices]))


def _show(made: FirstUsers) -> None:
    """A generated password is shown here and nowhere else, and never logged."""
    if made.generated_password is not None:
        sys.stdout.write(
            f"\nThe admin is {made.admin!r} with the password {made.generated_password}\n"
            f"It is shown this once. Change it with: {called_as()} user reset-password\n\n"
        )
        sys.stdout.flush()
