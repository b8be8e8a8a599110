"""`drain`: wait until nothing waits in the spool of the server of this machine, before it is stopped for good."""

from __future__ import annotations

import argparse
import sys
import time
import urllib.request
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from scouter.api.http_server import in_address, on_this_machine
from scouter.metrics import MESSAGES_SPOOLED
from scouter.settings.http import HttpSettings
from scouter.settings.settings import Settings

_PAUSE_SECONDS = 0.5
_ANSWER_SECONDS = 5.0


def add_to(commands: Any) -> None:
    parser = commands.add_parser("drain", help="wait until the spool of this machine's server is empty")
    parser.add_argument("--seconds", type=float, default=60, help="how long to wait for that, 60 if not said")
    parser.add_argument("--after", type=float, default=0, help="wait so many seconds before looking, 0 if not said")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """0 when nothing waits in the spool, 1 when something does and the time is over, or when no server answers.

    The server goes on meanwhile: what is sent to it in those `after` seconds is still stored.
    """
    time.sleep(options.after)
    deadline = time.monotonic() + options.seconds
    try:
        while waiting := _waiting(settings.http):
            if time.monotonic() >= deadline:
                sys.stderr.write(f"{waiting} messages wait in the spool; a server with the same disk stores them\n")
                return 1
            time.sleep(_PAUSE_SECONDS)
    except OSError as problem:
        sys.stderr.write(f"the server cannot be asked: {problem}\n")
        return 1
    sys.stdout.write("nothing waits in the spool\n")
    return 0


def _waiting(http: HttpSettings) -> int:
    """Messages in the spool. Raises `OSError` when the metrics port does not answer."""
    host = http.host or "127.0.0.1"
    address = f"http://{in_address(on_this_machine(host))}:{http.port + 1}/metrics"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy does not lead to this machine
    with direct.open(address, timeout=_ANSWER_SECONDS) as reply:
        families = text_string_to_metric_families(reply.read().decode())
        return int(
            sum(each.value for family in families for each in family.samples if each.name == MESSAGES_SPOOLED.name)
        )
