"""A connection of ours: its transactions run with the settings that we state, also behind a pooler.

A pooler in transaction mode lends sessions of Postgres' to one client after the other, so nothing that is set for a
session is there in the next transaction, or it is there for somebody else. There the settings travel with the BEGIN of
each transaction, in the same round trip. Straight to Postgres they are set once, which costs nothing later.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import psycopg
from psycopg.pq import TransactionStatus

from scouter.postgres.connections.session_settings import SessionSettings


class Session(psycopg.Connection[Any]):
    """Use it after `settle`. As a context it is one transaction, as with psycopg and its pools."""

    is_pooled = False
    _settings = ""  # of a transaction, when it is pooled

    def __enter__(self) -> Self:
        super().__enter__()
        return self.begin()

    def settle(self, settings: SessionSettings) -> None:
        """State the settings. It finds out whether there is a pooler in between: the process at the other end of a
        straight connection has the number that it was introduced with.
        """
        version = self.info.server_version
        as_it_was, self.autocommit = self.autocommit, True
        statement = settings.for_session(version, self.info.backend_pid)
        self.is_pooled = self.execute(statement.encode()).fetchone() is None
        if self.is_pooled:  # stays so that psycopg begins nothing by itself
            self._settings = settings.for_transaction(version)
            self.prepare_threshold = None  # what is prepared in one session is not known to the next one
        else:
            self.autocommit = as_it_was

    def begin(self) -> Self:
        """Before anything else of a transaction. Straight to Postgres psycopg begins it, with the first statement."""
        if self.is_pooled and self.info.transaction_status == TransactionStatus.IDLE:
            mode = "READ COMMITTED READ ONLY" if self.read_only else "READ COMMITTED"
            self.execute(f"BEGIN ISOLATION LEVEL {mode}; {self._settings}".encode())
        return self

    @contextmanager
    def one_transaction(self) -> Iterator[None]:
        """Committed at the end of the block, on a connection that otherwise commits every statement by itself."""
        if not self.is_pooled:
            with self.transaction():
                yield
            return
        try:
            self.begin()
            yield
            self.commit()
        except BaseException:
            self._give_up()
            raise

    def _give_up(self) -> None:
        if not self.closed:
            self.rollback()
