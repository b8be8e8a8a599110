"""`scripts/drill NAME`: run one drill. Ends with 1 when a promise was broken."""

from __future__ import annotations

import argparse
import sys

from tests.drills import (
    alerts,
    archive,
    away,
    broker_kills,
    checks,
    clock,
    database_stops,
    descriptors,
    full_spool,
    kills,
    memory,
    messages,
    microsecond,
    network,
    paused,
    poison,
    rebalances,
    sigterm,
    spool_disk,
    starvation,
    tokens,
)

DRILLS = (
    *(checks, kills, database_stops, away, poison, microsecond, tokens, sigterm, full_spool, network),
    *(broker_kills, rebalances, paused, archive, spool_disk, clock, memory, descriptors, starvation, alerts, messages),
)


def parser() -> argparse.ArgumentParser:
    commands = argparse.ArgumentParser(prog="scripts/drill", description=__doc__)
    drills = commands.add_subparsers(metavar="NAME", required=True)
    for drill in DRILLS:
        drill.add_to(drills)
    return commands


def main() -> int:
    options = parser().parse_args()
    kept: bool = options.run(options)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
