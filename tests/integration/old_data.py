"""Rows and partitions of any age, for tests of what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from scouter.postgres.connections.pool import Pool
from scouter.postgres.schema.partitions import Partitions
from scouter.postgres.tables.entities import EntityName, add_entity

TABLES: Mapping[str, str] = {
    "alerts": "alert",
    "alert_deliveries": "alert_delivery",
    "check_runs": "check_run",
    "problems": "problem WHERE state = 'ok'",
    "problem_events": "problem_event",
    "silences": "silence",
    "late_arrivals": "late_arrival",
    "batch_receipts": "batch_receipt",
    "idempotency_keys": "idempotency_key",
    "rabbitmq_deliveries": "rabbitmq_delivery",
    "ended_sessions": "ended_session",
}

_ROWS: Mapping[str, str] = {
    "alerts": "alert (entity_id, entity_name, alert, created_at, updated_at) "
    "SELECT %(entity)s, 'f', '{}', %(at)s, %(at)s",
    "alert_deliveries": "alert_delivery (entity_id, alert_ids, channel, destination, payload, state, created_at, "
    "next_attempt_at) SELECT %(entity)s, '{1}', 'console', '{}', '{}', 'delivered', %(at)s, %(at)s",
    "check_runs": "check_run (entity_id, window_start, window_end, attempt, outcome, row_count, started_at, "
    "finished_at) SELECT %(entity)s, %(at)s, %(at)s, number, 'ok', 0, %(at)s, %(at)s",
    "problems": "problem (entity_id, signal, subject, direction, state, episode, followed, changed_at) "
    "SELECT %(entity)s, 'psi', gen_random_uuid()::text, '', 'ok', 1, false, %(at)s",
    "problem_events": "problem_event (problem_id, episode, kind, at) "
    "SELECT (SELECT max(id) FROM problem), 1, 'firing', %(at)s",
    "silences": "silence (id, matchers, starts_at, ends_at, comment, created_by) "
    "SELECT gen_random_uuid(), '[]', %(at)s, %(at)s, 'why', 'u'",
    "late_arrivals": "late_arrival (entity_id, first_created_at, last_created_at, stored_at) "
    "SELECT %(entity)s, %(at)s, %(at)s, %(at)s",
    "batch_receipts": "batch_receipt (id, stored_at) SELECT gen_random_uuid(), %(at)s",
    "idempotency_keys": "idempotency_key (username, key, digest, stored, skipped, stored_at) "
    "SELECT 'u', gen_random_uuid()::text, '', 1, '{}', %(at)s",
    "rabbitmq_deliveries": "rabbitmq_delivery (session, number, digest, stored_at) "
    "SELECT gen_random_uuid(), number, '', %(at)s",
    "ended_sessions": "ended_session (jti, until) SELECT gen_random_uuid()::text, %(at)s",
}

_THEIR_PROBLEM = (
    "INSERT INTO problem (entity_id, signal, subject, direction, state, episode, followed) "
    "VALUES (%s, 'psi', 'f', '', 'firing', 1, true) ON CONFLICT DO NOTHING"
)


def add_rows(pool: Pool, task: str, at: datetime, count: int) -> None:
    """So many rows that a task of maintenance is about, as old as if they had been written then."""
    insert = f"INSERT INTO {_ROWS[task]} FROM generate_series(1, %(count)s) AS series (number)"
    with pool.connection() as connection:
        if task == "problem_events":
            connection.execute(_THEIR_PROBLEM.encode(), [_entity_id(pool)])
        connection.execute(insert.encode(), {"entity": _entity_id(pool), "at": at, "count": count})


def count_rows(pool: Pool, task: str) -> int:
    with pool.connection() as connection:
        row = connection.execute(f"SELECT count(*) FROM {TABLES[task]}".encode()).fetchone()
    return int(row[0]) if row else 0


def counts(pool: Pool) -> dict[str, int]:
    return {task: count_rows(pool, task) for task in TABLES}


def add_days(pool: Pool, table: str, *days: date) -> None:
    Partitions(pool).ensure((table, day) for day in days)


def attached(pool: Pool) -> set[str]:
    """All partitions of all tables."""
    with pool.connection() as connection:
        rows = connection.execute("SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class ON oid = inhrelid")
        return {row[0] for row in rows.fetchall() if not row[0].endswith("idx")}


def ago(now: datetime, days: int) -> date:
    return (now - timedelta(days=days)).date()


def _entity_id(pool: Pool) -> int:
    name = EntityName("s", "old", "1.0.0", "Spc")
    with pool.connection() as connection:
        found = connection.execute("SELECT id FROM entity WHERE name = 'old'").fetchone()
        if found:
            return int(found[0])
        made = add_entity(connection, name)
    assert made is not None
    return made.id
