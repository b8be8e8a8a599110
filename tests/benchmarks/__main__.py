"""`scripts/bench NAME`: run one benchmark."""

from __future__ import annotations

import argparse
import sys

from tests.benchmarks import archive, charts, checks, ingest, mathematics, overview, pages, start


def parser() -> argparse.ArgumentParser:
    commands = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    benches = commands.add_subparsers(metavar="NAME", required=True)
    for bench in (ingest, archive, charts, checks, overview, pages, mathematics, start):
        bench.add_to(benches)
    return commands


def main() -> int:
    options = parser().parse_args()
    options.run(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
