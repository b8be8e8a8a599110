"""A clock that is wrong, for a server under test and the Postgres that it starts, and for nobody else."""

from __future__ import annotations

import shlex
import shutil
import struct
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from scouter.postgres.embedded.binaries import Binaries, find_binaries
from scouter.postgres.embedded.binaries_copy import reachable
from scouter.postgres.embedded.unprivileged import account_for
from tests.server_process import let_others_enter

_SOURCE = Path(__file__).with_suffix(".c")


class NoShiftedClock(Exception):
    """Nothing here can make the library."""


class ShiftedClock:
    """Shows the right time until it is told otherwise; every process that has it follows at once."""

    def __init__(self, directory: Path) -> None:
        """Compiles the library into that directory. Raises `NoShiftedClock` with the reason."""
        let_others_enter(directory)
        self._file = directory / "shift"
        library = directory / "shifted_clock.so"
        _compile(library)
        self.set(timedelta(0))
        self._file.chmod(0o644)
        library.chmod(0o755)
        self.environment: Mapping[str, str] = {"LD_PRELOAD": str(library), "SHIFTED_CLOCK_FILE": str(self._file)}

    def set(self, shift: timedelta) -> None:
        """Ahead of the right time by so much from now on; negative: behind it."""
        nanoseconds = struct.pack("=q", round(shift.total_seconds() * 1e9))
        with self._file.open("r+b" if self._file.exists() else "wb") as file:  # in place: it is mapped
            file.write(nanoseconds)

    @contextmanager
    def ahead(self, shift: timedelta) -> Iterator[None]:
        """Right again at the end of the block."""
        self.set(shift)
        try:
            yield
        finally:
            self.set(timedelta(0))


def shifted_postgres(clock: ShiftedClock, directory: Path) -> Binaries:
    """A Postgres that has that clock, as programs in that directory which start the real ones with it."""
    let_others_enter(directory)
    real = reachable(find_binaries(), account_for(directory / "no-cluster", "nobody"), directory / "binaries")
    settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in clock.environment.items())
    program = directory / "postgres"
    program.write_text(f'#!/bin/sh\n{settings} exec {shlex.quote(str(real.postgres))} "$@"\n')
    program.chmod(0o755)
    (directory / "initdb").symlink_to(real.initdb)
    return replace(real, directory=directory, source=f"{real.source}, with a shifted clock", base=Path("/"), parts=())


def _compile(library: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoShiftedClock("no C compiler: apt-get install gcc libc6-dev")
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(_SOURCE)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise NoShiftedClock(made.stderr.strip())
