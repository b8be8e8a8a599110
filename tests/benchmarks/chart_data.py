"""Thirty days of records of many profiles, laid down as a running server would: day by day, message by message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import psycopg

from scouter.postgres.connections.pool import open_pool
from scouter.postgres.connections.session_settings import SCHEMA
from scouter.postgres.schema.partitions import Partitions
from scouter.postgres.tables.features import Features
from scouter.postgres.tables.records import DAY_MICROSECONDS, Integers, Rows, psi_rows, value_rows
from tests.benchmarks.copying import copy_batch
from tests.http_client import HttpClient
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

DAYS = 30
PSI_BINS = 10
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Subject:
    """One profile: its type, its uid, and the ids of its entity and features."""

    kind: str
    uid: str
    entity_id: int
    feature_ids: Integers


FEATURES = {"spc": [f"f{n}" for n in range(10)], "psi": ["f0"], "custom": [f"m{n}" for n in range(5)]}
DOCUMENTS = {
    "spc": lambda name: spc_profile(name=name, features=10),
    "psi": lambda name: psi_profile(name=name, bins=PSI_BINS),
    "custom": lambda name: custom_profile(name=name),
}


def register(client: HttpClient, conninfo: str, profiles: int) -> list[Subject]:
    """Profiles of the three types in turn, each with its features interned."""
    subjects = []
    with open_pool(conninfo, name="bench", smallest=1, largest=2, acquire_seconds=30) as pool:
        features = Features(pool, max_names=1000, max_entities=10_000)
        for n in range(profiles):
            kind = ("spc", "psi", "custom")[n % 3]
            reply = client.post("/scouter/profile", registration(DOCUMENTS[kind](f"model-{n}")))
            with pool.connection() as connection:
                [(entity_id,)] = connection.execute("SELECT id FROM entity WHERE uid = %s", (reply.body["uid"],))
            ids = features.ids(entity_id, FEATURES[kind])
            numbers = np.array([ids[name] for name in FEATURES[kind]], dtype=np.int64)
            subjects.append(Subject(kind, reply.body["uid"], entity_id, numbers))
    return subjects


def load(conninfo: str, subjects: list[Subject], rows: int, seed: int) -> int:
    """Store about `rows` rows, the same number a day for every profile. How many there are."""
    random = np.random.default_rng(seed)
    today = datetime.now(UTC).date()
    days = [today - timedelta(days=n) for n in range(DAYS, 0, -1)]
    a_day = max(rows // (len(subjects) * DAYS), 1)
    with open_pool(conninfo, name="bench", smallest=1, largest=2, acquire_seconds=30) as pool:
        partitions = Partitions(pool)
        tables = {"spc": "spc_record", "psi": "psi_record", "custom": "custom_record"}
        partitions.ensure((table, day) for table in tables.values() for day in days)
        stored = 0
        for day in days:
            for batch in _batches(list(_messages(subjects, day, a_day, random)), random):
                with pool.connection() as connection:
                    copy_batch(connection, batch)
                stored += sum(part.count for part in batch)
    return stored


def settle(conninfo: str) -> None:
    """What autovacuum does to a day soon after it is over."""
    with psycopg.connect(conninfo, autocommit=True, options=f"-c search_path={SCHEMA}") as connection:
        connection.execute("VACUUM (ANALYZE) spc_record, psi_record, custom_record")


def _messages(subjects: list[Subject], day: date, a_day: int, random: np.random.Generator) -> Iterator[Rows]:
    begin = (datetime(day.year, day.month, day.day, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    for subject in subjects:
        size = len(subject.feature_ids) * (PSI_BINS if subject.kind == "psi" else 1)
        for moment in np.sort(random.integers(0, DAY_MICROSECONDS, max(a_day // size, 1))):
            yield _message(subject, begin + int(moment), random)


def _message(subject: Subject, moment: int, random: np.random.Generator) -> Rows:
    ids = subject.feature_ids
    if subject.kind == "psi":
        bins = np.tile(np.arange(1, PSI_BINS + 1), len(ids))
        moments = np.full(len(bins), moment)
        return psi_rows(subject.entity_id, np.repeat(ids, PSI_BINS), moments, bins, random.integers(50, 150, len(bins)))
    table = "spc_record" if subject.kind == "spc" else "custom_record"
    return value_rows(table, subject.entity_id, ids, np.full(len(ids), moment), random.normal(size=len(ids)))


def _batches(messages: list[Rows], random: np.random.Generator) -> Iterator[list[Rows]]:
    """Messages of all profiles mixed, as they arrive, in batches of some ten thousand rows."""
    order = random.permutation(len(messages))
    for begin in range(0, len(order), 1000):
        yield [messages[n] for n in order[begin : begin + 1000]]
