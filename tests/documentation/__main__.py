"""`scripts/docs`: write the generated parts of `docs/reference/`. Ends with 1 when `--check` finds them stale."""

from __future__ import annotations

import argparse
import sys

from tests.documentation.reference import PAGES, renewed


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="say which pages are stale, and write nothing")
    options = parser.parse_args()
    stale = [page for page in PAGES if page.read_text() != renewed(page)]
    for page in stale:
        print(f"{page} is stale" if options.check else f"writing {page}")
        if not options.check:
            page.write_text(renewed(page))
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
