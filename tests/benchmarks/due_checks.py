"""Profiles of 20 features that are due, with records in their windows: mostly SPC, some PSI, some custom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg

from scouter.postgres.connections.pool import open_pool
from scouter.postgres.schema.partitions import Partitions
from scouter.postgres.tables.features import Features
from scouter.postgres.tables.records import Integers, Rows, psi_rows, to_microseconds, value_rows
from tests.benchmarks.copying import copy_batch
from tests.http_client import HttpClient
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

FEATURES = 20
PSI_BINS = 10
WINDOW = timedelta(hours=1)
_KINDS = ("spc", "spc", "spc", "psi", "custom")
_TABLES = {"spc": "spc_record", "psi": "psi_record", "custom": "custom_record"}
_NAMES = [f"f{n}" for n in range(FEATURES)]
_SPREAD = 0.8  # in sigmas: a value in some 5 500 is out of bounds, so that some profiles have something to tell


@dataclass(frozen=True)
class DueProfile:
    kind: str
    entity_id: int
    feature_ids: Integers


def register(client: HttpClient, conninfo: str, profiles: int) -> list[DueProfile]:
    """Not active yet: nothing is checked before `make_due`."""
    made = []
    with open_pool(conninfo, name="bench", smallest=1, largest=2, acquire_seconds=30) as pool:
        features = Features(pool, max_names=1000, max_entities=10_000)
        for n in range(profiles):
            kind = _KINDS[n % len(_KINDS)]
            reply = client.post("/scouter/profile", registration(document(kind, f"model-{n}")))
            with pool.connection() as connection:
                [(entity_id,)] = connection.execute("SELECT id FROM entity WHERE uid = %s", (reply.body["uid"],))
            ids = features.ids(entity_id, _NAMES)
            made.append(DueProfile(kind, entity_id, np.array([ids[name] for name in _NAMES], dtype=np.int64)))
    return made


def document(kind: str, name: str) -> dict[str, Any]:
    made = {"spc": spc_document, "psi": psi_document, "custom": custom_document}[kind](name)
    made["config"]["alert_config"]["schedule"] = "0 0 * * * *"
    return made


def spc_document(name: str) -> dict[str, Any]:
    made = spc_profile(name=name, features=FEATURES)
    made["config"]["alert_config"]["rule"]["zones_to_monitor"] = ["Zone3", "Zone4"]
    return made


def psi_document(name: str) -> dict[str, Any]:
    made = psi_profile(name=name, bins=PSI_BINS)
    made["features"] = {feature: {**made["features"]["f0"], "id": feature} for feature in _NAMES}
    made["config"]["alert_config"]["features_to_monitor"] = _NAMES
    return made


def custom_document(name: str) -> dict[str, Any]:
    made = custom_profile(name=name)
    made["metrics"] = dict.fromkeys(_NAMES, 0.0)
    conditions = {
        feature: {"baseline_value": 0.0, "alert_threshold": "Above", "delta": 0.5 * _SPREAD} for feature in _NAMES
    }
    made["config"]["alert_config"]["alert_conditions"] = conditions
    return made


def last_hour() -> datetime:
    """The end of the windows: a full hour, the grace period long over."""
    return (datetime.now(UTC) - timedelta(minutes=10)).replace(minute=0, second=0, microsecond=0)


def load(conninfo: str, profiles: list[DueProfile], rows: int, end: datetime, seed: int) -> int:
    """Store about `rows` rows in the windows that end at `end`, messages of all profiles mixed. How many there are."""
    generator = np.random.default_rng(seed)
    messages = [
        message for profile in profiles for message in _messages(profile, rows // len(profiles), end, generator)
    ]
    order = generator.permutation(len(messages))
    with open_pool(conninfo, name="bench", smallest=1, largest=2, acquire_seconds=30) as pool:
        days = {end.date(), (end - WINDOW).date()}
        Partitions(pool).ensure((table, day) for table in _TABLES.values() for day in days)
        for begin in range(0, len(order), 1000):
            with pool.connection() as connection:
                copy_batch(connection, [messages[n] for n in order[begin : begin + 1000]])
    with psycopg.connect(conninfo, autocommit=True, options="-c search_path=scouter_py") as connection:
        connection.execute("VACUUM (ANALYZE) spc_record, psi_record, custom_record, feature, entity, profile")
    return sum(message.count for message in messages)


def make_due(conninfo: str, profiles: list[DueProfile], end: datetime) -> None:
    """All at once, as after an hour without a server, with no run of theirs on record."""
    with psycopg.connect(conninfo, options="-c search_path=scouter_py") as connection:
        ids = [profile.entity_id for profile in profiles]
        connection.execute("DELETE FROM check_run WHERE entity_id = ANY (%s)", (ids,))
        connection.execute(
            "UPDATE profile SET active = true, previous_run = %s, next_run = %s WHERE entity_id = ANY (%s)",
            (end - WINDOW, end, ids),
        )


def _messages(profile: DueProfile, rows: int, end: datetime, generator: np.random.Generator) -> Iterator[Rows]:
    size = FEATURES * (PSI_BINS if profile.kind == "psi" else 1)
    begin, length = to_microseconds(end - WINDOW), int(WINDOW.total_seconds() * 1e6)
    for offset in np.sort(generator.integers(1, length, max(rows // size, 1))):
        moments = np.full(size, begin + int(offset))
        if profile.kind == "psi":
            bins = np.tile(np.arange(1, PSI_BINS + 1), FEATURES)
            counts = generator.multinomial(1000, [1 / PSI_BINS] * PSI_BINS, FEATURES).ravel()
            yield psi_rows(profile.entity_id, np.repeat(profile.feature_ids, PSI_BINS), moments, bins, counts)
        else:
            values = generator.normal(scale=_SPREAD, size=size)
            yield value_rows(_TABLES[profile.kind], profile.entity_id, profile.feature_ids, moments, values)
