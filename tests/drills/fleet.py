"""Several servers on one database, any of which may be killed and started again."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.server_process import ServerProcess


class Fleet:
    """Starts with all of them up; leaves with SIGTERM to each."""

    def __init__(
        self,
        directory: Path,
        conninfo: str,
        size: int,
        environment: Mapping[str, str],
        own: Callable[[int], Mapping[str, str]] = lambda _: {},
    ) -> None:
        """`own`: what is set for one of them alone, by its place."""
        on_database = {"DATABASE_URI": conninfo, "SCOUTER_SERVER_HOST": "127.0.0.1", **environment}
        self.servers = [ServerProcess(directory / f"server-{n + 1}", {**on_database, **own(n)}) for n in range(size)]
        self.kills = 0
        self.died: list[str] = []  # how servers ended that nobody had killed
        self._last_victim: ServerProcess | None = None

    @property
    def urls(self) -> list[str]:
        return [server.url for server in self.servers]

    def kill_another(self, chooser: random.Random) -> None:
        """SIGKILL to one that was not the last victim; it is up again on return."""
        self.kill(chooser.choice([server for server in self.servers if server is not self._last_victim]))

    def kill(self, victim: ServerProcess) -> None:
        """SIGKILL; it is up again on return."""
        if victim.is_running:
            victim.kill()
            self.kills += 1
        else:
            self.died.append(f"{victim.directory.name} had ended by itself")
        self._last_victim = victim
        self._start_again(victim)

    def _start_again(self, server: ServerProcess) -> None:
        """A start that fails is a finding; the next one may not."""
        try:
            server.start()
        except AssertionError as problem:
            self.died.append(f"{server.directory.name}: {str(problem).splitlines()[0]}")
            if server.is_running:
                server.kill()
            server.start()

    def stop(self) -> None:
        for server in self.servers:
            if server.is_running:
                server.terminate()
        for server in self.servers:
            server.stop()

    def __enter__(self) -> Self:
        try:
            for server in self.servers:  # the first migrates
                server.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
