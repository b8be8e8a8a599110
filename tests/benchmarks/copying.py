"""Rows into a database with nothing around them but the receipt of their batch."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from scouter.postgres.statements import Connection
from scouter.postgres.tables.records import Rows, copy_rows, open_batch


def copy_batch(connection: Connection, batch: Sequence[Rows]) -> None:
    """In a transaction of its own."""
    with connection.transaction():
        open_batch(connection, uuid.uuid4(), frozenset(rows.entity_id for rows in batch))
        copy_rows(connection, batch)
