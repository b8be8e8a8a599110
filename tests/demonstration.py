"""The demonstration as a user starts it: `python scouter.py demo` in a process, with a place for temporary files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.server_process import ROOT, free_port, let_others_enter

LAST_LINE = "Ctrl-C ends it."


def settings_of_a_real_server(team: str, directory: Path) -> dict[str, str]:
    """`team`: the address of a service that alerts would go to. `directory`: where it would keep what it keeps."""
    nobody = f"127.0.0.1:{free_port()}"
    return {
        "DATABASE_URI": f"postgresql://scouter@{nobody}/scouter",
        "PGHOST": "127.0.0.1",
        "MAX_POOL_SIZE": "many",
        "SCOUTER_DATA_DIR": str(directory / "data"),
        "SCOUTER_STORAGE_URI": str(directory / "archive"),
        "SCOUTER_SPOOL_DIR": str(directory / "spool"),
        "SCOUTER_WEBHOOK_URL": f"{team}/hook",
        "SLACK_APP_TOKEN": "xoxb-token",
        "SLACK_API_URL": f"{team}/slack",
        "OPSGENIE_API_KEY": "key",
        "OPSGENIE_API_URL": f"{team}/opsgenie",
        "KAFKA_BROKERS": nobody,
        "RABBITMQ_ADDR": f"amqp://guest:guest@{nobody}/",
        "REDIS_ADDR": f"redis://{nobody}",
        "SCOUTER_DEFAULT_PASSWORD": "of the real server",
        "SCOUTER_PAGES": "false",
    }


class Demonstration:
    """`said` is what it printed for people, `log` what it logged; its directory is made below `directory`."""

    def __init__(
        self,
        directory: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        port: int | None = None,
        program: Sequence[str] = (sys.executable, str(ROOT / "scouter.py")),
    ) -> None:
        self.directory = let_others_enter(directory)
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = (*program, "demo", *arguments)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("SCOUTER_")}
        self._environment = {
            **inherited,
            "TMPDIR": str(directory),
            "SCOUTER_SERVER_PORT": str(self.port),
            **(environment or {}),
        }
        self._said, self._log = directory / "said", directory / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def said(self) -> str:
        return self._said.read_text(errors="replace")

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def left_over(self) -> list[str]:
        """What there is of it in the directory for temporary files."""
        return sorted(each.name for each in self.directory.glob("scouter-demo-*"))

    def launch(self) -> Self:
        """Start the process and do not wait for it."""
        with self._said.open("wb") as said, self._log.open("wb") as log:
            self._process = subprocess.Popen(
                # Who runs the tests in the background ignores Ctrl-C, and all that they start with them.
                ["env", "--default-signal=INT", *self._command],
                cwd=self.directory,
                env=self._environment,
                stdout=said,
                stderr=log,
            )
        return self

    def wait_until(self, text: str, seconds: float = 200) -> Self:
        """It has printed or logged it."""
        assert self._process is not None
        deadline = time.monotonic() + seconds
        while text not in self.said + self.log:
            assert self._process.poll() is None, f"it ended with {self._process.returncode}:\n{self.log}"
            assert time.monotonic() < deadline, f"{text!r} did not come:\n{self.said}{self.log}"
            time.sleep(0.05)
        return self

    def wait(self, seconds: float = 60) -> int:
        """The exit status."""
        assert self._process is not None
        return self._process.wait(seconds)

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 60) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self.wait(seconds)

    def __enter__(self) -> Self:
        return self.launch().wait_until(LAST_LINE)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.end()
