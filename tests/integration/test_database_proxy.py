"""The drills' proxy before Postgres does what it is told: a drill that cuts nothing would prove nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from tests.drills.database_proxy import FAIR, DatabaseProxy, Weather
from tests.drills.own_database import OwnDatabase


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnDatabase]:
    with OwnDatabase(tmp_path_factory.mktemp("proxied")) as running:
        with psycopg.connect(running.conninfo, autocommit=True) as connection:
            connection.execute("CREATE TABLE number (value integer)")
        yield running


@pytest.fixture
def proxy(database: OwnDatabase) -> Iterator[DatabaseProxy]:
    with psycopg.connect(database.conninfo, autocommit=True) as connection:
        connection.execute("TRUNCATE number")
    with DatabaseProxy(database.conninfo, seed=1) as made:
        yield made


def store(proxy: DatabaseProxy) -> None:
    with psycopg.connect(proxy.conninfo) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY number FROM STDIN") as copy:
            copy.write_row((1,))
        connection.commit()


def stored(database: OwnDatabase) -> int:
    with psycopg.connect(database.conninfo) as connection:
        row = connection.execute("SELECT count(*) FROM number").fetchone()
    assert row is not None
    return int(row[0])


def test_everything_passes_in_fair_weather(database: OwnDatabase, proxy: DatabaseProxy) -> None:
    store(proxy)
    assert stored(database) == 1


def test_a_cut_before_the_commit_leaves_nothing_and_one_after_it_everything(
    database: OwnDatabase, proxy: DatabaseProxy
) -> None:
    proxy.become(Weather(cut_before_commit=1.0))
    with pytest.raises(psycopg.OperationalError):
        store(proxy)
    assert stored(database) == 0
    proxy.become(Weather(cut_after_commit=1.0))
    with pytest.raises(psycopg.OperationalError):
        store(proxy)
    assert stored(database) == 1
    assert proxy.cuts == {"before": 1, "after": 1}


def test_what_was_frozen_arrives_when_it_thaws(database: OwnDatabase, proxy: DatabaseProxy) -> None:
    proxy.become(Weather(frozen=True))
    storing = threading.Thread(target=store, args=(proxy,), name="storing")
    storing.start()
    time.sleep(0.3)
    assert stored(database) == 0
    proxy.become(FAIR)
    storing.join(10)
    assert stored(database) == 1


def test_on_a_forgotten_connection_nothing_travels_and_a_new_one_is_all_right(
    database: OwnDatabase, proxy: DatabaseProxy
) -> None:
    old = psycopg.connect(proxy.conninfo, autocommit=True)
    proxy.lose_all()
    old.pgconn.send_query(b"INSERT INTO number VALUES (1)")
    store(proxy)
    assert stored(database) == 1
    proxy.cut_all()
    old.close()


def test_who_connects_to_a_mute_one_can_log_in_and_hears_no_more(proxy: DatabaseProxy) -> None:
    proxy.become(Weather(mute=True))
    connection = psycopg.connect(proxy.conninfo, autocommit=True)
    connection.pgconn.send_query(b"SELECT 1")
    time.sleep(0.3)
    connection.pgconn.consume_input()
    assert connection.pgconn.is_busy()
    proxy.cut_all()
    connection.close()


def test_where_connections_are_refused_nobody_gets_in_until_they_are_accepted(proxy: DatabaseProxy) -> None:
    proxy.refuse()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(proxy.conninfo)
    proxy.accept()
    psycopg.connect(proxy.conninfo).close()
