"""`scripts/bench NAME`: run one benchmark."""

from __future__ import annotations

import argparse
import sys

from tests.benchmarks import archive, charts, checks, ingest, mathematics, start


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    benches = parser.add_subparsers(metavar="NAME", required=True)
    for bench in (ingest, archive, charts, checks, mathematics, start):
        bench.add_to(benches)
    options = parser.parse_args()
    options.run(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
