"""Partitions are taken out of their tables beside those who write and read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from scouter.postgres.detaching import detach, due_partitions
from scouter.postgres.partitions import Partitions, partition_name
from scouter.postgres.pool import Pool

DAY = date(2026, 1, 31)


@pytest.fixture
def partitions(pool: Pool) -> Partitions:
    made = Partitions(pool)
    made.ensure(("spc_record", DAY + timedelta(days=n)) for n in range(-1, 2))
    return made


def add_record(pool: Pool, day: date, value: float) -> None:
    with pool.connection() as connection:
        moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        connection.execute("INSERT INTO spc_record VALUES (1, 1, %s, %s)", (moment, value))


def values(pool: Pool, table: str) -> list[float]:
    with pool.connection() as connection:
        return [row[0] for row in connection.execute(f"SELECT value FROM {table} ORDER BY value".encode()).fetchall()]


def test_a_detached_day_is_a_table_of_its_own(pool: Pool, partitions: Partitions) -> None:
    add_record(pool, DAY, 1.0)
    with pool.connection() as connection:
        detach(connection, "spc_record", DAY, "frozen_spc")
    assert (values(pool, "frozen_spc"), values(pool, "spc_record")) == ([1.0], [])


def test_a_detached_day_may_have_a_partition_again_and_be_detached_again(pool: Pool, partitions: Partitions) -> None:
    for number in range(3):
        partitions.forget()
        partitions.ensure([("spc_record", DAY)])
        add_record(pool, DAY, float(number))
        with pool.connection() as connection:
            detach(connection, "spc_record", DAY, f"frozen_{number}")
    assert [values(pool, f"frozen_{number}") for number in range(3)] == [[0.0], [1.0], [2.0]]


def test_due_are_the_days_that_were_over_before(pool: Pool, partitions: Partitions) -> None:
    with pool.connection() as connection:
        assert due_partitions(connection, "spc_record", DAY + timedelta(days=1))[-2:] == [DAY - timedelta(days=1), DAY]
        assert due_partitions(connection, "spc_record", DAY) == [DAY - timedelta(days=1)]
        assert due_partitions(connection, "psi_record", DAY) == []


def test_a_partition_that_somebody_else_made_is_never_due(pool: Pool, partitions: Partitions) -> None:
    with pool.connection() as connection:
        connection.execute(
            "CREATE TABLE spc_record_of_old PARTITION OF spc_record FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')"
        )
        assert due_partitions(connection, "spc_record", DAY) == [DAY - timedelta(days=1)]


@pytest.mark.parametrize("in_the_way", ["spc_record", partition_name("spc_record", DAY)])
def test_a_long_reader_is_waited_for_half_a_second_and_no_longer(
    pool: Pool, partitions: Partitions, in_the_way: str
) -> None:
    with pool.connection() as reader:
        reader.execute(f"LOCK TABLE ONLY {in_the_way} IN ACCESS SHARE MODE".encode())
        began = datetime.now(UTC)
        with pytest.raises(psycopg.errors.LockNotAvailable), pool.connection() as connection:
            detach(connection, "spc_record", DAY, "frozen_spc")
        assert datetime.now(UTC) - began < timedelta(seconds=0.8)
    with pool.connection() as connection:
        detach(connection, "spc_record", DAY, "frozen_spc")
