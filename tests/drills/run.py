"""Runs one drill: seed, directory, table, verdict; the evidence stays when the promise is broken."""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from tests.drills.findings import Findings
from tests.drills.stage import Stage
from tests.server_process import let_others_enter

Play = Callable[[Path, argparse.Namespace, int], tuple[Findings, Stage]]


def add_drill(drills: Any, name: str, play: Play, about: str | None) -> argparse.ArgumentParser:
    """A command for it, to which it adds options of its own."""
    parser: argparse.ArgumentParser = drills.add_parser(name, help=about, description=about)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--keep", action="store_true", help="the evidence also when the promise was kept")
    parser.set_defaults(run=partial(run_drill, name, play))
    return parser


def run_drill(name: str, play: Play, options: argparse.Namespace) -> bool:
    """Whether the promise was kept."""
    seed = random.randrange(2**32) if options.seed is None else options.seed
    directory = let_others_enter(Path(tempfile.mkdtemp(prefix=f"scouter-{name}-")))
    print(f"{name}, seed {seed}", flush=True)
    began = time.monotonic()
    signal.signal(signal.SIGTERM, _end)
    try:
        findings, stage = play(directory, options, seed)
    except BaseException:
        print(f"the drill did not come to its end; what there is, is in {directory}")
        raise
    print(*stage.remarks, findings.shown(), f"{'seed':24}{seed:>12}", sep="\n")
    print(f"{time.monotonic() - began:.0f} s")
    _write_down(directory, findings, stage, seed)
    if findings.broken:
        print(f"BROKEN: {', '.join(findings.broken)}; the evidence is in {directory}")
        return False
    print("kept: every acknowledged message is there exactly once")
    if options.keep:
        print(f"the evidence is in {directory}")
    else:
        shutil.rmtree(directory)
    return True


def _end(number: int, _: FrameType | None) -> NoReturn:
    """As Ctrl-C does: everything that was started is stopped on the way out."""
    sys.exit(f"ended by signal {number}")


def _write_down(directory: Path, findings: Findings, stage: Stage, seed: int) -> None:
    """Beside the database, the logs and what the senders wrote."""
    last = stage.watch.last
    told = [*stage.remarks, findings.shown(), f"seed {seed}", *stage.watch.faults]
    told.append("the ledger at the end: " + (json.dumps(last.body, indent=1) if last else "none"))
    (directory / "findings.txt").write_text("\n".join(told) + "\n")
