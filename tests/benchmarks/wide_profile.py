"""One profile with thousands of features, a week of records of them, and a check that saw them all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

from scouter.checks.asked_checks import AskedChecks
from scouter.postgres.connections.pool import open_pool
from scouter.postgres.schema.partitions import Partitions
from scouter.postgres.tables.windows import Window
from scouter.settings.alerting import AlertingSettings
from scouter.settings.checks import CheckSettings
from tests.http_client import HttpClient
from tests.profile_documents import registration, spc_profile
from tests.server_process import ServerProcess

DAYS = 7
_DAY = timedelta(days=1)


def register_and_fill(server: ServerProcess, features: int) -> str:
    """The uid. A record an hour of each feature; one in ten is out of its limits."""
    with HttpClient(server.url) as client:
        body = registration(spc_profile("bench", "wide", features=features))
        uid: str = client.login().post("/scouter/profile", body).body["uid"]
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with open_pool(server.conninfo(), name="bench", smallest=1, largest=1, acquire_seconds=30) as pool:
        Partitions(pool).ensure(("spc_record", (today - n * _DAY).date()) for n in range(DAYS + 1))
        with psycopg.connect(server.conninfo(), autocommit=True) as to:
            row = to.execute("SELECT id FROM entity WHERE uid = %s", [uid]).fetchone()
            assert row is not None
            to.execute(_NAMES, {"id": row[0], "features": features})
            to.execute(_RECORDS, {"id": row[0], "start": today - DAYS * _DAY, "end": datetime.now(UTC)})
            to.execute("VACUUM (ANALYZE) feature, spc_record")
        checks = AskedChecks(pool, CheckSettings(), AlertingSettings())
        checks.of_window(row[0], Window(today - _DAY, today), at=datetime.now(UTC))
    return uid


_NAMES = b"""
INSERT INTO feature (entity_id, name) SELECT %(id)s, 'f' || n FROM generate_series(0, %(features)s - 1) AS n
ON CONFLICT DO NOTHING
"""
_RECORDS = b"""
INSERT INTO spc_record (entity_id, feature_id, created_at, value)
SELECT entity_id, id, hour, random() - 0.5 + CASE WHEN mod(id, 10) = 0 THEN 3.2 ELSE 0 END
FROM feature, generate_series(%(start)s::timestamptz, %(end)s::timestamptz, interval '1 hour') AS hour
WHERE entity_id = %(id)s
"""
