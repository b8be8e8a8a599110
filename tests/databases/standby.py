"""A Postgres that follows another one, and only answers questions: its data are those of an embedded one."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from scouter.postgres.embedded.binaries import find_binaries
from scouter.postgres.embedded.directory import present_directory
from scouter.postgres.embedded.process import stop_process
from scouter.postgres.embedded.settings import command_line
from scouter.postgres.embedded.unprivileged import account_for

_SECONDS = 20.0


@contextmanager
def standby(data_directory: Path, conninfo: str) -> Iterator[None]:
    """Of the embedded Postgres of that directory, which has stopped; `conninfo` leads to it as before."""
    directory = present_directory(data_directory)
    account = account_for(directory.cluster, "nobody")
    signal_file = directory.cluster / "standby.signal"
    signal_file.touch()
    account.give(signal_file)
    command = account.command(find_binaries().postgres, "-D", str(directory.cluster), *command_line(directory.run))
    with (data_directory / "standby.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")
    try:
        _wait_for(conninfo)
        yield
    finally:
        stop_process(process, _SECONDS)
        signal_file.unlink()


def _wait_for(conninfo: str) -> None:
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            psycopg.connect(conninfo).close()
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "the standby did not start"
            time.sleep(0.05)
        else:
            return
