"""`scripts/smoke-binary FILE`: drives a one-file server that is built. Ends at the first thing that is wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.binary.smoke import Smoke
from tests.server_process import let_others_enter


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.binary", description=__doc__)
    parser.add_argument("file", type=Path)
    file = parser.parse_args().file.resolve()
    began = time.monotonic()

    def say(text: str) -> None:
        print(f"{file.name} {time.monotonic() - began:6.1f} s  {text}", flush=True)

    with tempfile.TemporaryDirectory(prefix="smoke-") as made:
        Smoke(file, let_others_enter(Path(made)), say).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
