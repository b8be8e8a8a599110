"""`scripts/drill NAME`: run one drill. Ends with 1 when a promise was broken."""

from __future__ import annotations

import argparse
import sys

from tests.drills import (
    archive,
    away,
    broker_kills,
    checks,
    database_stops,
    full_spool,
    kills,
    microsecond,
    network,
    paused,
    poison,
    rebalances,
    sigterm,
    tokens,
)

DRILLS = (
    *(checks, kills, database_stops, away, poison, microsecond, tokens, sigterm, full_spool, network),
    *(broker_kills, rebalances, paused, archive),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/drill", description=__doc__)
    drills = parser.add_subparsers(metavar="NAME", required=True)
    for drill in DRILLS:
        drill.add_to(drills)
    options = parser.parse_args()
    kept: bool = options.run(options)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
