"""A Postgres of the drill's own, beside the server under test, that can be stopped as by a power cut and come back."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from scouter.postgres.embedded.binaries import Binaries
from scouter.postgres.embedded.directory import present_directory
from scouter.postgres.embedded.process import read_postmaster_file
from scouter.postgres.embedded.server import EmbeddedPostgres
from tests.databases.prepared import lay_out_prepared_data
from tests.server_process import let_others_enter

_STOP_SECONDS = 30.0


class OwnDatabase:
    """Always at the same address. Start it from the main thread."""

    def __init__(self, directory: Path, binaries: Binaries | None = None) -> None:
        if binaries is None:
            lay_out_prepared_data(directory)
        self._directory = directory
        self._postgres = EmbeddedPostgres(let_others_enter(directory), binaries=binaries)
        self.conninfo = ""

    def start(self) -> None:
        conninfo = self._postgres.start()
        assert self.conninfo in ("", conninfo), "the database came back at another address"
        self.conninfo = conninfo

    def stop(self) -> None:
        self._postgres.stop()

    def stop_immediately(self) -> None:
        """Postgres' immediate shutdown: no checkpoint, every session cut, recovery at the next start."""
        stated = read_postmaster_file(present_directory(self._directory).cluster)
        assert stated is not None, "the database does not run"
        os.kill(stated.pid, signal.SIGQUIT)
        deadline = time.monotonic() + _STOP_SECONDS
        while self._postgres.running:
            assert time.monotonic() < deadline, "Postgres did not stop"
            time.sleep(0.01)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
