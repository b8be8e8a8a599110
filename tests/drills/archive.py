"""The archiver killed with -9, as command and as server, while late records arrive and a reader charts all along."""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from scouter.postgres.embedded.server import EmbeddedPostgres
from tests.archiving.archiver_state import parts
from tests.drills.archive_findings import Findings, Left, what_is_left
from tests.drills.archive_kills import KilledPasses
from tests.drills.archive_reader import Reader
from tests.drills.archive_sender import Sender
from tests.drills.archive_subjects import make_subjects
from tests.http_client import HttpClient
from tests.server_process import ServerProcess, let_others_enter

_FIRST_MESSAGES, _FIRST_ROWS = 25, 60
_LAST_PASSES = 2
_COMMAND_SHARE = 0.5  # of the kills
_MAX_DEATHS = 5  # after so many there is nothing more to find out
ENVIRONMENT = {
    "PYTHONFAULTHANDLER": "1",  # should a server crash by itself, its log says where
    "SCOUTER_SERVER_HOST": "127.0.0.1",
    "SCOUTER_DEFAULT_PASSWORD": "admin",
    "SCOUTER_ENCRYPT_SECRET": "the signing key of a drill: 0123456789",
    "SCOUTER_LATE_DAYS": "0",
    "DATA_RETENTION_PERIOD": "1",
    "SCOUTER_HTTP_THREADS": "8",
    "MAX_POOL_SIZE": "16",
    "SCOUTER_ARCHIVE_EVERY_SECONDS": "1",
}


def add_to(drills: Any) -> None:
    parser = drills.add_parser("archive", help=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--days", type=int, default=6, help="that are old enough")
    parser.add_argument("--rows", type=int, default=20_000, help="of each day and kind, before the first pass")
    parser.add_argument("--late-rows", type=int, default=6_000, help="of a day and kind, before each kill")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--keep", action="store_true", help="the evidence also when the promise was kept")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> bool:
    """Whether the promise was kept. When it was not, the directory with the database, the store and the logs stays."""
    seed = random.randrange(2**32) if options.seed is None else options.seed
    directory = let_others_enter(Path(tempfile.mkdtemp(prefix="scouter-archive-")))
    print(f"{options.kills} kills, {options.rows:,} rows a day and kind, seed {seed}", flush=True)
    began = time.monotonic()
    findings = drill(directory, options, seed)
    print(findings.shown(), f"{time.monotonic() - began:.0f} s", sep="\n")
    if findings.broken:
        print(f"BROKEN: {', '.join(findings.broken)}; the evidence is in {directory}")
        return False
    print("kept: every answer was right, and hot and archived together are the original")
    if options.keep:
        print(f"the evidence is in {directory}")
    else:
        shutil.rmtree(directory)
    return True


def drill(directory: Path, options: argparse.Namespace, seed: int) -> Findings:
    store = directory / "store"
    with EmbeddedPostgres(let_others_enter(directory / "database")) as database:
        conninfo = database.start()
        environment = {**ENVIRONMENT, "DATABASE_URI": conninfo, "SCOUTER_STORAGE_URI": str(store)}
        with ServerProcess(directory / "reader", {**environment, "SCOUTER_ROLES": "http"}) as server:
            scene = Scene(server.url, options, seed)
            passes = KilledPasses(directory, conninfo, {**environment, "SCOUTER_ROLES": "http,background"}, seed)
            with scene.reader:
                scene.kill_on(passes)
                settle(passes)
            scene.look_again()
        left = what_is_left(conninfo, store, directory, scene.watched, scene.bulk)
        return findings(conninfo, scene, passes, left)


class Scene:
    """What is sent and read through a server that nobody kills."""

    def __init__(self, url: str, options: argparse.Namespace, seed: int) -> None:
        self._options = options
        self._generator = np.random.default_rng(seed)
        self._chooser = random.Random(seed)
        self.client = HttpClient(url).login()
        self.watched, self.bulk = make_subjects(self.client)
        self._end = datetime.now(UTC) + timedelta(hours=1)
        self._begin = self._end.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=options.days + 1)
        self.sender = Sender(url, self.watched, self._begin, self._end, seed)
        self.reader = Reader(url, self.watched, self._begin, self._end, seed)
        self._fill()

    def kill_on(self, passes: KilledPasses) -> None:
        """Records arrive meanwhile, some of them in bulk."""
        with self.sender:
            passes.measure()
            kills = 0
            while kills < self._options.kills and len(passes.died) < _MAX_DEATHS:
                day = self._begin + timedelta(days=self._chooser.randrange(self._options.days))
                self._chooser.choice(self.bulk).send(self.client, day.date(), self._options.late_rows, self._generator)
                kills += passes.kill_command() if self._chooser.random() < _COMMAND_SHARE else passes.kill_server()

    def look_again(self) -> None:
        """Everything that is old enough is in files now."""
        for subject in self.watched:
            for points in (1, 30, 1000):
                self.reader.read_once(self.client, subject, self._begin, self._end, points)
            self.reader.export_once(self.client, subject, self._begin, self._end)
        self.client.close()

    def _fill(self) -> None:
        """Before anything is archived."""
        for subject in self.watched:
            for _ in range(_FIRST_MESSAGES):
                self.sender.send(self.client, subject, _FIRST_ROWS)
        for one in self.bulk:
            for day in range(self._options.days):
                one.send(self.client, (self._begin + timedelta(days=day)).date(), self._options.rows, self._generator)


def settle(passes: KilledPasses) -> None:
    """Whatever was begun is finished, whatever is old enough is archived."""
    for _ in range(_LAST_PASSES):
        passes.prepare()
        passes.run()


def findings(conninfo: str, scene: Scene, passes: KilledPasses, left: Left) -> Findings:
    reader, sender = scene.reader, scene.sender
    files = parts(conninfo, "archived")
    milliseconds = sorted(reader.milliseconds)
    refused = reader.refused + sender.refused
    return Findings(
        rows=sum(one.rows for one in scene.bulk) + sum(len(one.rows(one.sent)) for one in scene.watched),
        late_parts=sum(number > 1 for _, _, number in files),
        files=len(files),
        command_kills=passes.command_kills,
        server_kills=passes.server_kills,
        frozen_kills=passes.frozen_kills,
        ended=passes.ended,
        charts=reader.charts,
        exports=reader.exports,
        p95_ms=round(milliseconds[int(len(milliseconds) * 0.95)]),
        wrong=len(reader.wrong),
        refused=len(refused),
        lost=left.different.lost,
        twice=left.different.twice,
        changed=left.different.changed,
        frozen=left.frozen,
        hot=left.hot,
        unlisted=left.unlisted,
        missing=left.missing,
        on_the_way=left.on_the_way,
        died=len(passes.died),
        names={"wrong": reader.wrong, "refused": refused, "died": passes.died},
    )
