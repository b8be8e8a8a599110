"""Many metrics in one and the same microsecond: equal times are no reason to take two records for one."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.drills.findings import Findings, refusals
from tests.drills.run import add_drill
from tests.drills.stage import Stage


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "microsecond", play, __doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--records", type=int, default=50)


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    moment = datetime.now(UTC).isoformat(timespec="microseconds")
    with Stage(directory, seed) as stage:
        sender = stage.send("sender", records=options.records, messages=options.messages, created_at=moment)
        sender.wait_until_done(600)
        stage.complaints += refusals(stage.messages)
        return stage.conclude(), stage
