"""A pooler in front of a Postgres: pgbouncer, on a port of 127.0.0.1.

with Pgbouncer(tmp_path, behind=conninfo, mode="transaction") as pooler:
    psycopg.connect(pooler.conninfo)
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.brokers.broker_process import BrokerProcess
from tests.server_process import let_others_enter
from tests.steady_ports import steady_ports

Mode = Literal["session", "transaction"]
_DEBIAN = Path("/usr/sbin/pgbouncer")
_ACCOUNT = "nobody"  # it refuses to be root; the embedded Postgres lets the same account in


def missing_for_pgbouncer() -> str | None:
    """Why no pooler can be started here; None when one can."""
    if _program() is None:
        return "no pooler: there is no `pgbouncer`; scripts/test-services installs it"
    return None


class Pgbouncer:
    """Lends few sessions of one role to many clients. `settings` are lines of pgbouncer.ini besides ours."""

    def __init__(
        self, directory: Path, *, behind: str, mode: Mode, sessions: int = 20, settings: Mapping[str, str] | None = None
    ) -> None:
        (self.port,) = steady_ports(1)
        self._behind = conninfo_to_dict(behind)
        self._directory = let_others_enter(directory)
        self._settings = {
            "listen_addr": "127.0.0.1",
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "scram-sha-256",
            "auth_file": directory / "users.txt",
            "pool_mode": mode,
            "default_pool_size": sessions,
            "max_client_conn": 500,
            **(settings or {}),
        }
        as_somebody = ["-u", _ACCOUNT] if os.geteuid() == 0 else []
        command = [str(_program() or _DEBIAN), *as_somebody, str(directory / "pgbouncer.ini")]
        self._process = BrokerProcess(command, {"PATH": os.environ["PATH"]}, directory, ready="process up")

    @property
    def conninfo(self) -> str:
        """As the role that the database behind it was given with."""
        inside = {name: self._behind[name] for name in ("user", "password", "dbname")}
        return make_conninfo("", host="127.0.0.1", port=self.port, **inside)

    @property
    def log(self) -> str:
        return self._process.log

    def start(self) -> None:
        self._write()
        self._process.start(seconds=20)

    def stop(self) -> None:
        self._process.kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _write(self) -> None:
        settings = "\n".join(f"{name} = {value}" for name, value in self._settings.items())
        target = f"host={self._behind['host']} port={self._behind['port']}"
        text = f"[databases]\n* = {target}\n[pgbouncer]\n{settings}\n"
        (self._directory / "pgbouncer.ini").write_text(text)
        (self._directory / "users.txt").write_text(f'"{self._behind["user"]}" "{self._behind["password"]}"\n')


def _program() -> str | None:
    return shutil.which("pgbouncer") or (str(_DEBIAN) if _DEBIAN.exists() else None)
