"""Which Postgres, and the pool of connections for requests."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from scouter.settings import parsers as values
from scouter.settings.setting import setting

DOCUMENTED_DATABASE_URI = "postgresql://postgres:postgres@localhost:5432/postgres"


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    title: ClassVar[str] = "Database"

    uri: str | None = setting(
        "DATABASE_URI",
        None,
        values.secret,
        "A Postgres URI: that server and only that. `embedded`: a Postgres of our own. "
        "Unset: the documented default URI if it lets us in, else embedded.",
        shown_default=DOCUMENTED_DATABASE_URI,
    )
    data_dir: Path = setting(
        "SCOUTER_DATA_DIR", Path("scouter_data"), values.path, "Where the embedded database lives."
    )
    min_free_bytes: int = setting(
        "SCOUTER_MIN_FREE_BYTES",
        256 * 2**20,
        values.integer(0, 2**50),
        "Free space of the embedded database below which records are answered 503, before Postgres hits the wall.",
    )
    wait_seconds: float = setting(
        "SCOUTER_DATABASE_WAIT_SECONDS",
        30.0,
        values.seconds(0, 3600),
        "How long a start waits for the database of DATABASE_URI.",
    )
    max_pool_size: int = setting("MAX_POOL_SIZE", 30, values.integer(4, 1000), "Most connections to Postgres.")
    min_pool_size: int = setting("MIN_POOL_SIZE", 4, values.integer(0, 1000), "Connections kept open.")
    acquire_seconds: float = setting(
        "DB_ACQUIRE_TIMEOUT_SECONDS", 10.0, values.seconds(0.1, 3600), "How long a request waits for a free connection."
    )
    idle_seconds: float = setting(
        "DB_IDLE_TIMEOUT_SECONDS",
        300.0,
        values.seconds(1, 86_400),
        "An idle connection above MIN_POOL_SIZE is closed after this.",
    )
    lifetime_seconds: float = setting(
        "DB_MAX_LIFETIME_SECONDS", 1800.0, values.seconds(1, 86_400), "A connection is replaced after this."
    )
    test_before_acquire: bool = setting(
        "DB_TEST_BEFORE_ACQUIRE",
        True,
        values.boolean,
        "Test a connection before a request uses it (not the writer's, which retries).",
    )
