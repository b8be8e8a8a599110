"""The cache of recent values: what is dropped is not brought back by a load that began before."""

from __future__ import annotations

import psycopg

from scouter.postgres.connections.stale_on_error_cache import StaleOnErrorCache


def test_a_value_is_loaded_once_until_it_is_dropped() -> None:
    values = iter(["first", "second"])
    recent: StaleOnErrorCache[str, str] = StaleOnErrorCache(lambda _: next(values), seconds=60, maximum=10)
    assert [recent.get("a"), recent.get("a")] == ["first", "first"]
    recent.drop("a")
    assert [recent.get("a"), recent.get("a")] == ["second", "second"]


def test_what_was_loaded_before_a_drop_is_not_kept() -> None:
    stored = "before the change"

    def load(_: str) -> str:
        nonlocal stored
        loaded = stored
        if loaded == "before the change":  # the change and its drop happen while the load is under way
            stored = "after the change"
            recent.drop("a")
        return loaded

    recent: StaleOnErrorCache[str, str] = StaleOnErrorCache(load, seconds=60, maximum=10)
    recent.get("a")
    assert recent.get("a") == "after the change"


def test_the_last_known_value_stands_in_while_the_database_is_away() -> None:
    away = False

    def load(_: str) -> str:
        if away:
            raise psycopg.OperationalError
        return "known"

    recent: StaleOnErrorCache[str, str] = StaleOnErrorCache(load, seconds=0, maximum=10)
    recent.get("a")
    away = True
    assert recent.get("a") == "known"
