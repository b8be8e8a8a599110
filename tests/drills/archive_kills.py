"""Passes of the archiver that are killed with -9: of the command, and of a server that archives by itself."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.archiving.archiver_state import let_time_pass, parts, wait_until_nobody_archives
from tests.server_process import ROOT, ServerProcess, let_others_enter

_COMMAND_SECONDS = 240.0
_SHORTER, _LONGER = 0.8, 1.1  # towards kills that come before the end, and not all at the beginning


class KilledPasses:
    """Counts what was killed, and what it left."""

    def __init__(self, directory: Path, conninfo: str, environment: Mapping[str, str], seed: int) -> None:
        self._directory = directory
        self._conninfo = conninfo
        self._chooser = random.Random(seed)
        self._server = ServerProcess(directory / "archiver", environment)
        self._environment = {**environment, "SCOUTER_DATA_DIR": str(directory / "archiver" / "data")}
        self._start_seconds = self._work_seconds = 0.0
        self.command_kills = 0
        self.server_kills = 0
        self.frozen_kills = 0
        self.ended = 0  # before the kill
        self.died: list[str] = []

    def measure(self) -> None:
        """How long a pass takes until it begins, and how long from there."""
        began = time.monotonic()
        self.run("--dry-run")
        self._start_seconds = time.monotonic() - began
        began = time.monotonic()
        self.run()
        self._work_seconds = max(time.monotonic() - began - self._start_seconds, 0.3)

    def run(self, *arguments: str) -> str:
        """A pass to its end. What it said."""
        command = [sys.executable, str(ROOT / "scouter.py"), "archive", *arguments]
        ran = subprocess.run(
            command,
            cwd=let_others_enter(self._directory / "archiver"),
            env=self._whole_environment(),
            capture_output=True,
            text=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
        if ran.returncode != 0:
            self.died.append(f"archive {' '.join(arguments)} ended with {ran.returncode}: {ran.stderr[-500:]}")
        return ran.stdout + ran.stderr

    def kill_command(self) -> bool:
        """Start a pass and kill it somewhere. Whether it had not ended before."""
        self.prepare()
        with (self._directory / "archiver" / "commands.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, str(ROOT / "scouter.py"), "archive"],
                cwd=self._directory / "archiver",
                env=self._whole_environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait(process.poll)
        if process.poll() is not None:
            self.ended += 1
            self._work_seconds *= _SHORTER
            if process.returncode != 0:
                self.died.append(f"archive ended with {process.returncode}; see commands.log")
            return False
        process.kill()
        process.wait()
        self.command_kills += 1
        self._work_seconds *= _LONGER
        self._look()
        return True

    def kill_server(self) -> bool:
        """Start a server, let it archive by itself, and kill it. Always true."""
        self.prepare()
        try:
            self._server.start()
        except AssertionError as problem:
            self.died.append(str(problem).splitlines()[0])
            return False
        time.sleep(self._chooser.uniform(0.0, self._work_seconds + 0.5))
        if not self._server.is_running:
            self.died.append("the archiving server had ended by itself")
        self._server.kill()
        self.server_kills += 1
        self._look()
        return True

    def stop(self) -> None:
        if self._server.is_running:
            self._server.stop()

    def prepare(self) -> None:
        """Nobody is at work, and what came late for archived days is old enough to follow."""
        wait_until_nobody_archives(self._conninfo)
        let_time_pass(self._conninfo)

    def _wait(self, poll: Callable[[], int | None]) -> None:
        """Until some moment of the pass, or until it ends."""
        until = time.monotonic() + self._start_seconds * 0.8 + self._chooser.uniform(0.0, self._work_seconds)
        while time.monotonic() < until and poll() is None:
            time.sleep(0.005)

    def _look(self) -> None:
        self.frozen_kills += bool(parts(self._conninfo, "frozen"))

    def _whole_environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SCOUTER_")}
        return {**inherited, **self._environment}
