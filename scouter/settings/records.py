"""The way in: what may wait where, what is accepted, what is kept hot."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from scouter.settings import parsers as values
from scouter.settings.setting import setting


@dataclass(frozen=True, slots=True)
class RecordSettings:
    title: ClassVar[str] = "Records"

    queue_messages: int = setting(
        "SCOUTER_QUEUE_MESSAGES",
        2000,
        values.integer(1, 1_000_000),
        "Messages that may wait for the writer; requests beyond that wait their turn.",
    )
    batch_rows: int = setting(
        "SCOUTER_BATCH_ROWS",
        50_000,
        values.integer(1, 1_000_000),
        "Rows that the writer puts in one transaction at most.",
    )
    store_seconds: float = setting(
        "SCOUTER_STORE_SECONDS",
        1.0,
        values.seconds(0.1, 3600),
        "How long Postgres may take to store what was sent; then it goes to the spool and is stored later.",
    )
    spool_dir: Path | None = setting(
        "SCOUTER_SPOOL_DIR",
        None,
        values.path,
        "Where messages wait while Postgres is away. A disk that outlives the process.",
        shown_default="`spool` in SCOUTER_DATA_DIR",
    )
    spool_max_bytes: int = setting(
        "SCOUTER_SPOOL_MAX_BYTES",
        4 * 2**30,
        values.integer(2**20, 2**50),
        "Size of the spool; when it is full, messages are answered 503.",
    )
    quarantine_max_bytes: int = setting(
        "SCOUTER_QUARANTINE_MAX_BYTES",
        2**30,
        values.integer(2**20, 2**50),
        "Bytes of messages in quarantine; beyond it the oldest of who takes most room go, and are counted.",
    )
    quarantine_unsupported_max_bytes: int = setting(
        "SCOUTER_QUARANTINE_UNSUPPORTED_MAX_BYTES",
        100 * 2**20,
        values.integer(2**20, 2**50),
        "Of these, bytes of messages of kinds that this server does not keep, such as spans; the oldest go, and are "
        "counted.",
    )
    quarantine_days: int = setting(
        "SCOUTER_QUARANTINE_DAYS",
        30,
        values.integer(1, 36_500),
        "Days after which a message leaves quarantine, and is counted.",
    )
    max_past_days: int = setting(
        "SCOUTER_MAX_PAST_DAYS", 365, values.integer(1, 36_500), "Records older than this are skipped, and counted."
    )
    max_features: int = setting(
        "SCOUTER_MAX_FEATURES",
        1000,
        values.integer(1, 1_000_000),
        "Feature or metric names that one profile may have beside those that its document names; records under further "
        "names are skipped, and counted.",
    )
    unused_name_days: int = setting(
        "SCOUTER_UNUSED_NAME_DAYS",
        30,
        values.integer(1, 36_500),
        "Days without a record after which a name that the document does not name gives way to others.",
    )
    partition_days_ahead: int = setting(
        "SCOUTER_PARTITION_DAYS_AHEAD", 3, values.integer(1, 60), "Daily partitions made ahead of time."
    )
    max_cached_entities: int = setting(
        "ENTITY_CACHE_MAX_SIZE", 10_000, values.integer(1, 10_000_000), "Profiles whose identity is kept in memory."
    )
    retention_days: int = setting(
        "DATA_RETENTION_PERIOD",
        30,
        values.integer(1, 36_500),
        "Days after which records leave Postgres for the archive.",
    )
