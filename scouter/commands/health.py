"""`health`: how it is asked for. `scouter.py` goes to `scouter.health` before it imports the other commands."""

from __future__ import annotations

import argparse
from typing import Any

from scouter import health
from scouter.settings.settings import Settings


def add_to(commands: Any) -> None:
    parser = commands.add_parser("health", help="whether the server of this machine is well, by the exit status")
    parser.add_argument("--ready", action="store_true", help="also: what is sent now is stored")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, _: Settings) -> int:
    return health.main(["--ready"] if options.ready else [])
