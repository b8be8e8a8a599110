"""A server as a user starts it: `python scouter.py` in a process and a directory of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from tests.steady_ports import is_free, steady_ports

ROOT = Path(__file__).resolve().parents[1]
CLONE = (sys.executable, str(ROOT / "scouter.py"))


def free_port() -> int:
    """A port that nobody listens on, nor on the next one, which metrics use. It is still free after a restart."""
    while True:
        (port,) = steady_ports(1)
        if is_free(port + 1):
            return port


def let_others_enter(directory: Path) -> Path:
    """As root, Postgres runs as another account, which cannot enter the private folders that pytest makes."""
    directory.mkdir(parents=True, exist_ok=True)
    for folder in (directory, *directory.parents):
        if folder == Path(tempfile.gettempdir()) or folder.stat().st_uid != os.getuid():
            break
        folder.chmod(folder.stat().st_mode | 0o711)
    return directory


class ServerProcess:
    """Runs the program. Leaves with SIGTERM; `log` is everything it printed so far."""

    def __init__(
        self,
        directory: Path,
        environment: Mapping[str, str] | None = None,
        port: int | None = None,
        *,
        descriptors: int | None = None,
        program: Sequence[str] = CLONE,
    ) -> None:
        """`descriptors`: how many files and sockets it may have open, for soft and hard limit."""
        self.directory = directory
        self._program = program
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("SCOUTER_")},
            "DATABASE_URI": "embedded",
            "SCOUTER_DATA_DIR": str(directory / "data"),
            "SCOUTER_SERVER_PORT": str(self.port),
            **(environment or {}),
        }
        self._limits = () if descriptors is None else ("prlimit", f"--nofile={descriptors}:{descriptors}")
        self._log = directory / "server.log"
        self._log_before = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def metrics_url(self) -> str:
        return f"http://127.0.0.1:{self.port + 1}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def environment(self) -> dict[str, str]:
        """For commands beside it."""
        return dict(self._environment)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start(self, *, seconds: float = 30) -> Self:
        self.launch()
        assert self._process is not None
        deadline = time.monotonic() + seconds
        while "listening on" not in self._fresh_log():
            assert self._process.poll() is None, f"the server ended with {self._process.returncode}:\n{self.log}"
            assert time.monotonic() < deadline, f"the server did not start:\n{self.log}"
            time.sleep(0.02)
        return self

    def launch(self) -> None:
        """Start the process and do not wait for it."""
        let_others_enter(self.directory)
        self._prepare()
        self._log_before = len(self.log)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._limits, *self._program],
                cwd=self.directory,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def terminate(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL, as a crash would end it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def wait(self, seconds: float = 30) -> int:
        assert self._process is not None
        return self._process.wait(seconds)

    def stop(self) -> int:
        if self._process is None or self._process.poll() is not None:
            return 0
        self.terminate()
        return self.wait()

    def conninfo(self) -> str:
        """How to look into its embedded database from a test."""
        from scouter.postgres.embedded.server import running_conninfo

        conninfo = running_conninfo(self.directory / "data")
        assert conninfo is not None
        return psycopg.conninfo.make_conninfo(conninfo, options="-c search_path=scouter_py -c timezone=UTC")

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _fresh_log(self) -> str:
        return self.log[self._log_before :]

    def _prepare(self) -> None:
        """Nothing: its first start makes the database."""


class PreparedServer(ServerProcess):
    """Its embedded database may be made already: for tests of what comes after a first start."""

    def _prepare(self) -> None:
        from tests.databases.prepared import lay_out_prepared_data

        if self._environment["DATABASE_URI"] == "embedded":
            lay_out_prepared_data(Path(self._environment["SCOUTER_DATA_DIR"]))
