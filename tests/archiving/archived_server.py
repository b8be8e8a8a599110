"""A server within the test's process whose days are archived by passes beside it, and what became of them."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from psycopg import sql

from scouter.postgres.connections.session_settings import SCHEMA
from scouter.server import Server
from scouter.settings.settings import Settings
from tests.archiving.archiver_state import connect, let_time_pass, parts, wait_until_nobody_archives
from tests.archiving.passes import Ended, Passes
from tests.archiving.records import TABLES
from tests.archiving.stored_rows import OfProfile, files_of, in_files, in_tables
from tests.http_client import HttpClient
from tests.server_process import free_port

_MEANWHILE_SECONDS = 0.5


class ArchivedServer:
    """Archives what is older than a day. No background role: nothing is archived but by `archive`."""

    def __init__(self, database: str, directory: Path, passes: Passes, **environment: str) -> None:
        self.database = database
        self.store = directory / "store"
        self._passes = passes
        self.environment: Mapping[str, str] = {
            "DATABASE_URI": database,
            "SCOUTER_SERVER_HOST": "127.0.0.1",
            "SCOUTER_SERVER_PORT": str(free_port()),
            "SCOUTER_DATA_DIR": str(directory / "data"),
            "SCOUTER_DEFAULT_PASSWORD": "admin",
            "SCOUTER_ROLES": "http",
            "SCOUTER_STORE_SECONDS": "30",  # a busy machine is no reason to spool
            "SCOUTER_STORAGE_URI": str(self.store),
            "SCOUTER_LATE_DAYS": "0",
            "DATA_RETENTION_PERIOD": "1",
            **environment,
        }

    def __enter__(self) -> Self:
        self._server = Server(Settings.from_environment(self.environment))
        self._server.start()
        self.client = HttpClient(self._server.address).login()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        self._server.stop()

    def store_records(self, records: Iterable[Mapping[str, Any]]) -> int:
        """How many of them were accepted."""
        answer = self.client.post("/scouter/message", {"records": list(records)})
        assert answer.status == 200 and not answer.body.get("spooled"), answer
        return int(answer.body["stored"])

    def archive(self, *arguments: str, kill_at: int | None = None) -> Ended:
        """One pass, when the one before is over in the eyes of Postgres too."""
        wait_until_nobody_archives(self.database)
        return self._passes.run(self.environment, *arguments, kill_at=kill_at)

    def archive_meanwhile(self, line: int, action: Callable[[], None]) -> None:
        """A pass that stands still before that line of its code while something happens.

        What has to wait for a lock that the pass holds there goes on when the pass does.
        """
        wait_until_nobody_archives(self.database)
        if self._passes.run_until(self.environment, line) is not None:
            return
        with ThreadPoolExecutor(1, "meanwhile") as threads:
            done = threads.submit(action)
            wait([done], timeout=_MEANWHILE_SECONDS)
            self._passes.go_on()
            done.result()

    def let_time_pass(self) -> None:
        let_time_pass(self.database)

    def archive_everything(self) -> None:
        """All that is old enough, late records too."""
        self.let_time_pass()
        self.archive()

    def hot(self, kind: str) -> Counter[OfProfile]:
        return in_tables(self.database, kind)

    def archived(self, kind: str) -> Counter[OfProfile]:
        """As whoever reads the directory sees it, without a manifest."""
        return in_files(files_of(self.store, kind), kind)

    def parts(self, state: str) -> list[tuple[str, str, int]]:
        """Kind, day and number of those in that state."""
        return parts(self.database, state)

    def begin_anew(self) -> None:
        """An installation that has never stored a record."""
        wait_until_nobody_archives(self.database)
        with connect(self.database) as connection:
            for (name,) in connection.execute(_FROZEN, (SCHEMA,)).fetchall():
                connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
            connection.execute("DELETE FROM archive_part")
            for table in TABLES.values():
                connection.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier(table)))
        shutil.rmtree(self.store, ignore_errors=True)


_FROZEN = r"""
    SELECT relname FROM pg_class
    WHERE relnamespace = %s::regnamespace AND relkind = 'r' AND relname LIKE 'frozen\_%%'"""
