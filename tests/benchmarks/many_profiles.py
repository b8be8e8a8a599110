"""Thousands of profiles with months of runs, open alerts and two days of records, made inside the database."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import msgspec
import psycopg

from scouter.postgres.connections.pool import open_pool
from scouter.postgres.schema.partitions import Partitions
from scouter.wire.check_results import CheckResult, SpcObservation
from tests.profile_documents import spc_profile

FEATURES = 10
RECORD_DAYS = 3
SPACES = 20
_HOURLY_EVERY = 10  # one profile in so many is checked every hour, the others every day
_DRIFTED_EVERY = 20  # one in so many alerts for three features, in every check, and nobody acknowledges


@dataclass(frozen=True)
class Sizes:
    profiles: int
    days: int
    records: int

    @property
    def runs(self) -> int:
        hourly = self.profiles // _HOURLY_EVERY
        return self.days * (self.profiles - hourly + 24 * hourly)


def fill(conninfo: str, sizes: Sizes) -> None:
    """Everything but where the profiles stand: for that there is maintenance."""
    today = datetime.now(UTC).date()
    with open_pool(conninfo, name="bench", smallest=1, largest=1, acquire_seconds=30) as pool:
        Partitions(pool).ensure(("spc_record", today - timedelta(days=n)) for n in range(RECORD_DAYS))
    with psycopg.connect(
        conninfo, autocommit=True, options="-c search_path=scouter_py -c synchronous_commit=off"
    ) as to:
        to.execute(_ENTITIES.encode(), {"profiles": sizes.profiles, "spaces": SPACES})
        to.execute(_FEATURES.encode(), {"features": FEATURES})
        document = json.dumps(spc_profile(features=FEATURES))
        to.execute(_PROFILES.encode(), {"document": document, "hourly_every": _HOURLY_EVERY})
        _fill_runs(to, sizes)
        to.execute(_ALERTS.encode())
        _fill_records(to, sizes, today)
        to.execute("VACUUM (ANALYZE) entity, feature, profile, check_run, alert, spc_record")


def _fill_runs(to: psycopg.Connection, sizes: Sizes) -> None:
    """Window by window, as they are over: the runs of one profile lie among those of all others."""
    results = {"ok": _result(drifted=False), "alert": _result(drifted=True)}
    for day in range(sizes.days, 0, -1):
        parameters = {"day": day, "hourly_every": _HOURLY_EVERY, "drifted_every": _DRIFTED_EVERY, **results}
        to.execute(_RUNS.encode(), parameters)


def _fill_records(to: psycopg.Connection, sizes: Sizes, today: date) -> None:
    messages = max(sizes.records // (sizes.profiles * FEATURES * RECORD_DAYS), 1)
    for day in range(RECORD_DAYS):
        parameters = {"day": today - timedelta(days=day), "messages": messages}
        to.execute(_RECORDS.encode(), parameters)


def _result(*, drifted: bool) -> str:
    """Ten observations; the text ends open where a run's own number goes."""
    observations = tuple(
        SpcObservation(
            f"f{n}",
            samples=50,
            skipped=0,
            mean=0.123456789,
            lowest=-2.3456789,
            highest=4.56789 if drifted and n < 3 else 2.56789 + n / 100,
            center=0.0,
            three_lcl=-3.0,
            three_ucl=3.0,
            code_counts=(0, 1, 4, 12, 10, 12, 9, 1, 1),
        )
        for n in range(FEATURES)
    )
    names = [f"f{n}" for n in range(3 if drifted else 0)]
    alerts = [{"Spc": {"feature": name, "kind": "OutOfBounds", "zone": "Zone4"}} for name in names]
    whole = msgspec.to_builtins(CheckResult((), observations, ()))
    return json.dumps({**whole, "alerts": alerts})


_ENTITIES = """
INSERT INTO entity (uid, space, name, version, drift_type)
SELECT 'uid-' || n, 'space-' || n %% %(spaces)s, 'model-' || n, '1.0.0', 'Spc'
FROM generate_series(1, %(profiles)s) AS n
"""
_FEATURES = """
INSERT INTO feature (entity_id, name) SELECT id, 'f' || n FROM entity, generate_series(0, %(features)s - 1) AS n
"""
_PROFILES = """
INSERT INTO profile (entity_id, document, active, schedule, schedule_gap, previous_run, next_run, activated_at)
SELECT id, %(document)s::json, id %% 50 > 0,
       CASE WHEN id %% %(hourly_every)s = 0 THEN '0 0 * * * *' ELSE '0 0 0 * * *' END,
       CASE WHEN id %% %(hourly_every)s = 0 THEN interval '1 hour' ELSE interval '1 day' END,
       now(), now() + interval '1 year', now()
FROM entity
"""
_RUNS = """
INSERT INTO check_run (entity_id, window_start, window_end, attempt, outcome, row_count, result,
                       started_at, finished_at)
SELECT id, window_end - width, window_end, 1, outcome, 1000,
       (CASE outcome WHEN 'alert' THEN %(alert)s ELSE %(ok)s END)::json, window_end, window_end
FROM (
    SELECT id, (CASE WHEN id %% %(hourly_every)s = 0 THEN 1 ELSE 24 END) * interval '1 hour' AS width,
           CASE WHEN id %% %(drifted_every)s IN (0, 1) THEN 'alert' ELSE 'ok' END AS outcome
    FROM entity
) AS checked
CROSS JOIN LATERAL generate_series(
    date_trunc('day', now()) - (%(day)s - 1) * interval '1 day' - interval '1 day' + width,
    date_trunc('day', now()) - (%(day)s - 1) * interval '1 day', width) AS window_end
ORDER BY window_end
"""
_ALERTS = """
INSERT INTO alert (entity_id, entity_name, created_at, alert, run_id)
SELECT run.entity_id, 'f' || n, run.finished_at,
       json_build_object('Spc', json_build_object('feature', 'f' || n, 'kind', 'OutOfBounds', 'zone', 'Zone4')), run.id
FROM check_run AS run, generate_series(0, 2) AS n
WHERE run.outcome = 'alert' AND run.entity_id % 2 = 0
ORDER BY run.id
"""
_RECORDS = """
INSERT INTO spc_record (entity_id, feature_id, created_at, value)
SELECT feature.entity_id, feature.id,
       %(day)s::date::timestamp AT TIME ZONE 'UTC' + message * interval '1 day' / %(messages)s, random()
FROM generate_series(0, %(messages)s - 1) AS message, feature
"""
