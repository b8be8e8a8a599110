"""The process of a broker: waited for until it says that it is ready, stopped, killed, frozen."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.freezing import freeze, thaw

_STOP_SECONDS = 20.0


class BrokerProcess:
    """Runs one command, time and again if it must. `log` is everything it printed so far."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], directory: Path, ready: str) -> None:
        """`ready` is what the process prints once it serves."""
        self._command = command
        self._environment = environment
        self._directory = directory
        self._ready = ready
        self._log = directory / "broker.log"
        self._log_before = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, *, seconds: float = 60) -> None:
        """Returns when it is ready. Leaves no process behind when it does not get there."""
        assert not self.is_running, "it runs already"
        self._launch()
        try:
            self._wait_until_ready(time.monotonic() + seconds)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """An orderly end, or SIGKILL when that takes too long. May be called again."""
        if not self.is_running:
            return
        self.thaw()  # what is frozen does not see SIGTERM
        self._send(signal.SIGTERM)
        assert self._process is not None
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL, as a crash would end it. May be called again."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: connections stay open, and nobody answers."""
        assert self._process is not None
        freeze(self._process.pid)

    def thaw(self) -> None:
        assert self._process is not None
        thaw(self._process.pid)

    def _send(self, what: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(what)

    def _launch(self) -> None:
        self._log_before = len(self.log)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._directory,
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the tests, which then stop the broker
            )

    def _wait_until_ready(self, deadline: float) -> None:
        while self._ready not in self.log[self._log_before :]:
            assert self.is_running, f"the broker ended by itself:\n{self.log[-4000:]}"
            assert time.monotonic() < deadline, f"the broker did not start in time:\n{self.log[-4000:]}"
            time.sleep(0.02)
