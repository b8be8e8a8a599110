"""The disk of the spool fills while Postgres is away, to its last byte: nothing is lost, the server starts again."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from tests.drills.findings import Findings
from tests.drills.full_spool import judge_refusals
from tests.drills.life_watch import LifeWatch
from tests.drills.run import add_drill
from tests.drills.sent_messages import Outcome
from tests.drills.stage import Stage
from tests.small_disk import NoSmallDisk, fill, free_bytes, small_disk

_MIB = 2**20
_DRAIN_SECONDS = 120.0
_TAKEN_OVER_SECONDS = 60.0


def add_to(drills: Any) -> None:
    parser = add_drill(drills, "spool-disk", play, __doc__)
    parser.add_argument("--megabytes", type=int, default=24, help="of the disk, of which 8 are left free")
    parser.add_argument("--full-seconds", type=float, default=10.0, help="of load when it is full")
    parser.add_argument("--fill-seconds", type=float, default=120.0, help="at most, until it is")
    parser.add_argument("--rows", type=float, default=20_000.0, help="a second")
    parser.add_argument("--rounds", type=int, default=3, help="in the last one the server is started on the full disk")


def play(directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    try:
        # Where the server keeps its spool; the database is elsewhere.
        with small_disk(directory / "server" / "data", options.megabytes * _MIB) as disk:
            return play_on(disk, directory, options, seed)
    except NoSmallDisk as problem:
        sys.exit(f"no file system of our own, only root may mount one: {problem}")


def play_on(disk: Path, directory: Path, options: argparse.Namespace, seed: int) -> tuple[Findings, Stage]:
    with Stage(directory, seed) as stage:
        stage.send("sender", rows_a_second=options.rows).wait_for(1)
        with LifeWatch(stage.server.url) as life:
            for number in range(1, options.rounds + 1):
                play_round(stage, disk, options, is_last=number == options.rounds)
            stage.stop_senders()
        stage.remarks.append(life.shown())
        judge_refusals(stage)
        return stage.conclude(drain_seconds=_DRAIN_SECONDS), stage


def play_round(stage: Stage, disk: Path, options: argparse.Namespace, *, is_last: bool) -> None:
    """Full until messages are refused, then without a free byte, then drained. In the last one it is started so."""
    stage.database.stop_immediately()
    fill_up(stage, options.fill_seconds)
    # A stop has to write down how many were refused.
    ballast = fill(disk, leave=_MIB if is_last else 0)
    time.sleep(options.full_seconds)
    stage.remarks.append(f"messages were refused; {free_bytes(disk)} bytes of the disk were free")
    if is_last:
        if stage.server.stop() != 0:
            stage.complaints.append("the server did not stop cleanly on a full disk")
        fill(disk, leave=0)
        stage.database.start()
        stage.restart()
    else:
        stage.database.start()
    took = stage.watch.wait_until_drained(_DRAIN_SECONDS)
    if took is None:
        stage.complaints.append(f"the spool was not empty {_DRAIN_SECONDS:.0f} s after the database was back")
    else:
        stage.remarks.append(f"the spool was empty after {took:.1f} s, {free_bytes(disk) / 1e6:.1f} MB were free")
    ballast.unlink()
    await_one_spool(stage, disk)
    await_storing(stage)


def fill_up(stage: Stage, seconds: float) -> None:
    before, deadline = _count(stage, Outcome.REFUSED), time.monotonic() + seconds
    while _count(stage, Outcome.REFUSED) == before:
        if time.monotonic() > deadline:
            stage.complaints.append(f"nothing was refused in {seconds:.0f} s: the disk does not fill")
            return
        time.sleep(0.2)


def await_one_spool(stage: Stage, disk: Path) -> None:
    """A file that could not be opened for want of room is taken over as soon as there is some."""
    began = time.monotonic()
    log = stage.server.log
    while any(f"{path} cannot be opened now" in log for path in disk.rglob("*.sqlite")):
        if time.monotonic() > began + _TAKEN_OVER_SECONDS:
            stage.complaints.append("a spool that was left behind was not taken over")
            return
        time.sleep(0.2)
    stage.remarks.append(f"every spool could be opened after {time.monotonic() - began:.1f} s")


def await_storing(stage: Stage) -> None:
    """It is seen to store messages before the next round begins."""
    before, deadline = _count(stage, Outcome.STORED), time.monotonic() + 10
    while _count(stage, Outcome.STORED) == before:
        if time.monotonic() > deadline:
            stage.complaints.append("nothing is stored although the database is back")
            return
        time.sleep(0.2)


def _count(stage: Stage, outcome: Outcome) -> int:
    return sum(message.outcome == outcome for message in stage.messages)
