"""The embedded database that has died, and does not start at the first try."""

from __future__ import annotations

from typing import cast

import psycopg
import pytest

from scouter.errors import StartRefused
from scouter.postgres import database_server
from scouter.postgres.database import Database
from scouter.postgres.database_server import DatabaseServer
from scouter.postgres.embedded.server import EmbeddedPostgres
from scouter.settings.settings import Settings


class Dead:
    """Starts when there is nothing more to go wrong."""

    def __init__(self, *problems: Exception, address: str = "here") -> None:
        self._problems = list(problems)
        self._address = address
        self.running = False
        self.starts = 0

    def start(self) -> str:
        self.starts += 1
        if self._problems:
            raise self._problems.pop(0)
        self.running = True
        return self._address


def supervising(dead: Dead) -> DatabaseServer:
    server = DatabaseServer("embedded", Settings().database)
    server._database = Database("here", cast(EmbeddedPostgres, dead))
    return server


@pytest.mark.parametrize(
    "problem",
    [StartRefused(["no room"]), psycopg.OperationalError("died again"), OSError(24, "too many"), MemoryError()],
    ids=lambda problem: type(problem).__name__,
)
def test_whatever_keeps_it_from_starting_is_no_end_of_the_server(
    problem: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    dead = Dead(problem)
    server = supervising(dead)
    server.supervise()
    server.supervise()
    assert dead.starts == 1, "it is not tried at every look"
    assert "it did not start" in caplog.text
    monkeypatch.setattr(database_server, "_RESTART_SECONDS", 0.0)
    server._supervise_from = 0.0
    server.supervise()
    assert dead.running


def test_one_that_comes_back_elsewhere_is_for_a_new_start_to_find() -> None:
    with pytest.raises(StartRefused, match="another address"):
        supervising(Dead(address="elsewhere")).supervise()
