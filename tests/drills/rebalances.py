"""Further servers join and leave, in order or killed, faster than the consumers' group can settle."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tests.drills.findings import Findings
from tests.drills.own_broker import add_transport
from tests.drills.run import add_drill
from tests.drills.stage import Stage, wait_between


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "rebalances", play, __doc__)
    add_transport(parser, but="http")
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--servers", type=int, default=2, help="beside the one that stays")
    parser.add_argument("--rows", type=float, default=2000.0, help="a second, of each of two senders; 0: all they can")


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    with Stage(directory, seed, transport=options.transport) as stage:
        for name in ("one", "two"):
            stage.send(name, rows_a_second=options.rows, records=10).wait_for(1)
        servers = [stage.another(f"server {number}") for number in range(2, options.servers + 2)]
        for _ in range(options.changes):
            server = stage.chooser.choice(servers)
            if not server.is_running:
                server.start()
            elif stage.chooser.random() < 0.5:
                server.kill()
            elif server.stop() != 0:
                stage.complaints.append("a server did not stop cleanly")
            wait_between(stage.chooser, 0.0, 3.0)
        for server in servers:
            server.stop()
        return stage.conclude(), stage
