"""A database, or a network, that stops answering in the very moment of a COMMIT."""

from __future__ import annotations

import time
from collections.abc import Iterator

import psycopg
import pytest

from scouter.postgres.connections.pool import Pool, open_pool
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from tests.freezing import freeze, thaw
from tests.stopping import running_deadlines


@pytest.fixture
def deadlines() -> Iterator[QueryDeadlines]:
    with running_deadlines() as made:
        yield made


@pytest.fixture
def limited(database: str, deadlines: QueryDeadlines) -> Iterator[Pool]:
    with open_pool(database, name="limited", smallest=1, largest=2, acquire_seconds=5.0, deadlines=deadlines) as opened:
        yield opened


def commit_in_vain(pool: Pool, deadlines: QueryDeadlines) -> None:
    with pool.connection() as connection:
        connection.execute("CREATE TABLE never_there ()")
        freeze(connection.info.backend_pid)
        deadlines.end_at(time.monotonic() + 0.2)


def test_a_commit_is_waited_for_no_longer_than_a_query(limited: Pool, deadlines: QueryDeadlines) -> None:
    with limited.connection() as connection:
        backend = connection.info.backend_pid
    begun = time.monotonic()
    try:
        with pytest.raises(psycopg.OperationalError):
            commit_in_vain(limited, deadlines)
        assert time.monotonic() - begun < 5.0
    finally:
        thaw(backend)
    deadlines.end_at(time.monotonic() + 60.0)
    with limited.connection() as connection:  # another one
        assert connection.info.backend_pid != backend
