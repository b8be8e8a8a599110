"""A Postgres of our own, for when there is no other: one directory, no network, gone when we are."""

from __future__ import annotations

import logging
import os
import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from scouter.errors import StartRefused
from scouter.postgres.embedded.binaries import Binaries, find_binaries
from scouter.postgres.embedded.binaries_copy import reachable
from scouter.postgres.embedded.cluster import ROLE, ensure_cluster
from scouter.postgres.embedded.directory import (
    DataDirectory,
    held,
    hold,
    password_of,
    prepare_directory,
    present_directory,
)
from scouter.postgres.embedded.process import (
    ask_to_stop,
    read_postmaster_file,
    settle_predecessor,
    start_process,
    stop_process,
)
from scouter.postgres.embedded.settings import PORT
from scouter.postgres.embedded.socket_directory import make_socket_directory, remove_temporary
from scouter.runtime.progress import progress

log = logging.getLogger(__name__)

DATABASE = "scouter"


class EmbeddedPostgres:
    """A Postgres server that belongs to this process and keeps its data in `data_directory`.

    `account` is who it runs as when we are root; a cluster that exists already stays with its owner. If that account
    cannot enter `data_directory`, the data goes below `moved_base`, and a note `moved-to` and a warning say so.
    """

    def __init__(
        self,
        data_directory: Path,
        *,
        binaries: Binaries | None = None,
        account: str = "nobody",
        start_seconds: float = 30,
        stop_seconds: float = 30,
        moved_base: Path = Path("/var/lib"),
    ) -> None:
        self._requested = data_directory
        self._binaries = binaries
        self._account = account
        self._start_seconds = start_seconds
        self._stop_seconds = stop_seconds
        self._moved_base = moved_base
        self._process: subprocess.Popen[bytes] | None = None
        self._held: tuple[DataDirectory, int] | None = None
        self.version = ""
        """Of Postgres, once it has started."""

    @property
    def directory(self) -> Path:
        """Where the data really is: the requested directory, or the one it was moved to."""
        return present_directory(self._requested).root

    @property
    def running(self) -> bool:
        """Whether the Postgres that we started is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> str:
        """Start, and return the conninfo of the database. Raises StartRefused. Call it from the main thread.

        After Postgres ended by itself, `start` starts it again.
        """
        _require_main_thread()
        if self._held and self.running:
            return _conninfo_of_running(self._held[0])
        self.stop()
        with ExitStack() as undo:
            undo.callback(self.stop)
            try:
                conninfo = self._start()
            except OSError as error:
                raise _unusable(self._requested, error) from error
            undo.pop_all()
        return conninfo

    def stop(self) -> None:
        """Stop Postgres, whatever it takes, and give up the directory. May be called again, and from any thread."""
        if self._process is not None:
            stop_process(self._process, self._stop_seconds)
            self._process = None
        if self._held is not None:
            directory, descriptor = self._held
            self._held = None
            try:
                remove_temporary(directory)
            finally:
                os.close(descriptor)

    def stop_until(self, deadline: float) -> bool:
        """Stop it in order, until `deadline` on time.monotonic() at most. False: it is still at it.

        It then goes on: it was asked, and Linux asks it again when we are gone.
        """
        seconds = max(deadline - time.monotonic(), 0.0)
        if self._process is not None and not ask_to_stop(self._process, seconds):
            return False
        self.stop()
        return True

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _start(self) -> str:
        directory, account = prepare_directory(self._requested, self._account, self._moved_base)
        self._held = (directory, hold(directory))
        settle_predecessor(directory.cluster, self._start_seconds)
        binaries = reachable(self._binaries or find_binaries(), account, directory.binaries)
        password = password_of(directory)
        ensure_cluster(directory, binaries, account, password)
        sockets = make_socket_directory(directory, account)
        with progress(log, f"starting Postgres in {directory.root}"):
            self._process = start_process(directory, binaries, account, sockets, self._start_seconds)
        _ensure_database(_conninfo(sockets, password, "postgres"))
        self.version = binaries.version
        log.debug("Postgres %s (%s) serves %s", binaries.version, binaries.source, directory.root)
        return _conninfo(sockets, password, DATABASE)


def running_conninfo(data_directory: Path) -> str | None:
    """How to connect to the Postgres that another process runs on this directory; None when none does.

    Raises StartRefused when one does and its files are not ours to read.
    """
    try:
        directory = present_directory(data_directory)
        if not held(directory):
            return None
        stated = read_postmaster_file(directory.cluster)
        if stated is None or stated.status != "ready":
            return None
        return _conninfo_of_running(directory)
    except PermissionError as error:
        raise _unusable(data_directory, error) from error


def _conninfo_of_running(directory: DataDirectory) -> str:
    stated = read_postmaster_file(directory.cluster)
    if stated is None:
        raise StartRefused([f"the Postgres of {directory.root} is stopping: try again when it has"])
    return _conninfo(stated.socket_directory, password_of(directory), DATABASE)


def _conninfo(socket_directory: Path, password: str, database: str) -> str:
    return make_conninfo(host=str(socket_directory), port=PORT, user=ROLE, password=password, dbname=database)


def _ensure_database(maintenance: str) -> None:
    with psycopg.connect(maintenance, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _require_main_thread() -> None:
    if threading.current_thread() is not threading.main_thread():
        # The kernel ties "stop with your parent" to the thread that started the child, not to the process.
        raise StartRefused(["the embedded Postgres must be started from the main thread: Linux would stop it when "
                            f"the thread {threading.current_thread().name!r} ends"])  # fmt: skip


def _unusable(directory: Path, error: OSError) -> StartRefused:
    return StartRefused([f"the data directory {directory} cannot be used ({error}): run as the user who owns it, or "
                         "set SCOUTER_DATA_DIR to another directory"])  # fmt: skip
