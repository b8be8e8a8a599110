"""Partitions are taken out of their tables beside those who write and read."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from scouter.postgres.connections.pool import Pool
from scouter.postgres.schema.detaching import detach, due_partitions
from scouter.postgres.schema.partitions import Partitions, partition_name
from scouter.server import Server
from tests.http_client import HttpClient
from tests.metrics_page import sample, samples_at
from tests.profile_documents import registration, spc_profile

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


def test_days_are_detached_while_writers_write_and_every_record_stays(
    server: Server, admin: HttpClient, pool: Pool
) -> None:
    uid = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    day = datetime.now(UTC).replace(hour=12) - timedelta(days=40)
    stopping = threading.Event()
    with ThreadPoolExecutor(4) as writers:
        written = [writers.submit(_write, server.address, uid, day, stopping) for _ in range(4)]
        frozen = [_detach_in_the_end(pool, day.date(), f"frozen_{number}") for number in range(12)]
        stopping.set()
    sent = sum(each.result() for each in written)
    assert sum(len(values(pool, table)) for table in ("spc_record", *frozen)) == sent
    assert sum(1 for table in frozen if values(pool, table)) > 1, "writers went on between the detachings"
    samples = samples_at(server.metrics_address)
    assert sample(samples, "scouter_breaker_openings_total") == 0
    assert sample(samples, "scouter_messages_total", transport="http", outcome="stored") == sent


def _write(address: str, uid: str, day: datetime, stopping: threading.Event) -> int:
    """One record of that day after the other. How many."""
    client = HttpClient(address).login()
    record = {"uid": uid, "feature": "f0", "value": 1.0, "created_at": day.isoformat()}
    sent = 0
    while not stopping.is_set():
        answer = client.post("/scouter/message", {"records": [{"Spc": record}]})
        assert answer.status == 200, answer
        sent += 1
    return sent


def _detach_in_the_end(pool: Pool, day: date, new_name: str) -> str:
    while True:
        time.sleep(0.2)
        try:
            with pool.connection() as connection:
                detach(connection, "spc_record", day, new_name)
        except psycopg.errors.LockNotAvailable:
            continue
        except psycopg.errors.UndefinedTable:  # nobody has written since the last time
            continue
        return new_name


@pytest.mark.quiet
def test_a_writer_behind_a_detaching_behind_a_long_query_stays_in_time(
    server: Server, admin: HttpClient, pool: Pool, partitions: Partitions
) -> None:
    uid = admin.post("/scouter/profile", registration(spc_profile())).body["uid"]
    slowest = 0.0
    with pool.connection() as reader, ThreadPoolExecutor(1) as detaching:
        reader.execute("SELECT count(*) FROM spc_record")
        for _ in range(3):
            tried = detaching.submit(_try_to_detach, pool)
            time.sleep(0.1)
            began = time.monotonic()
            record = {"uid": uid, "feature": "f0", "value": 1.0, "created_at": datetime.now(UTC).isoformat()}
            assert admin.post("/scouter/message", {"records": [{"Spc": record}]}).status == 200
            slowest = max(slowest, time.monotonic() - began)
            assert tried.result() is False
    assert 0.2 < slowest < 1
    assert sample(samples_at(server.metrics_address), "scouter_breaker_openings_total") == 0
    assert _try_to_detach(pool)


def _try_to_detach(pool: Pool) -> bool:
    try:
        with pool.connection() as connection:
            detach(connection, "spc_record", DAY, "frozen_spc")
    except psycopg.errors.LockNotAvailable:
        return False
    return True


@pytest.mark.quiet
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
