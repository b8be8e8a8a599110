"""A week of a month ago: records of all drift types whose windows were really checked, on a server with an archive."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from scouter.alerting.group_clock import GroupClock
from scouter.checks.asked_checks import AskedChecks
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.windows import Window
from scouter.server import Server
from scouter.settings.settings import Settings
from tests.http_client import Answer, HttpClient
from tests.integration.archive.archived_days import archive, archiving_settings
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
KINDS = ("spc", "psi", "custom")
STRICT = "3 16 4 8 2 4 1 1"
MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
FIRST = MIDNIGHT - 36 * DAY + 6 * HOUR  # an instant of the schedule; days older than 30 are archived first
DAYS = 9
LAST = FIRST + DAYS * DAY
SHIFTED = FIRST + 4 * DAY  # from then on everything drifts, for two days
BACK = SHIFTED + 2 * DAY


@dataclass(frozen=True)
class PastChecks:
    server: Server
    settings: Settings
    database: str
    pool: Pool
    client: HttpClient
    uids: dict[str, str]
    told: dict[str, list[str]]

    def dry_run(self, kind: str, **changes: Any) -> Answer:
        """Of the whole week, unless told otherwise."""
        return self.client.post("/scouter/alerts/dry-run", {**self.asked(kind), **changes})

    def asked(self, kind: str) -> dict[str, str]:
        return {"uid": self.uids[kind], "start": FIRST.isoformat(), "end": LAST.isoformat()}

    def archive(self, hot_days: int) -> None:
        """What is older than so many days."""
        assert not archive(archiving_settings_of(self.settings, hot_days)).failed

    def query(self, statement: str, *parameters: Any) -> list[Any]:
        with self.pool.connection() as connection:
            return connection.execute(statement.encode(), parameters).fetchall()

    def recorded(self, kind: str) -> list[tuple[datetime, str, int, list[Any]]]:
        """Window by window: its end, outcome, rows and alerts."""
        rows = self.query(
            "SELECT window_end, outcome, row_count, result ->> 'alerts' FROM check_run "
            "JOIN entity ON entity.id = entity_id WHERE uid = %s ORDER BY window_end",
            self.uids[kind],
        )
        return [(end, outcome, count, msgspec.json.decode(alerts)) for end, outcome, count, alerts in rows]

    def steps(self, kind: str) -> list[tuple[datetime, str, str, int]]:
        """The history of its problems, without what was told of them."""
        return self.query(
            "SELECT run.window_end, event.kind, problem.subject, event.episode FROM problem_event AS event "
            "JOIN problem ON problem.id = problem_id JOIN entity ON entity.id = problem.entity_id "
            "JOIN check_run AS run ON run.id = event.run_id WHERE uid = %s ORDER BY run.window_end, problem.subject",
            self.uids[kind],
        )


def archiving_settings_of(settings: Settings, hot_days: int) -> Settings:
    assert settings.database.uri is not None
    return archiving_settings(settings.database.uri, settings.database.data_dir, DATA_RETENTION_PERIOD=str(hot_days))


@contextmanager
def past_checks(database: str, pool: Pool, directory: Path) -> Iterator[PastChecks]:
    with pool.connection() as connection:
        connection.execute('UPDATE alert_policy SET document = \'{"judge": "corrected", "false_alarms": "30d"}\'')
    settings = archiving_settings(database, directory, SCOUTER_ROLES="http", SCOUTER_DRY_RUN_ROWS="100000")
    server = Server(settings)
    server.start()
    try:
        with HttpClient(server.address).login() as client:
            uids = {kind: _register(client, document) for kind, document in _documents().items()}
            _send(client, uids)
            told = {kind: _check(pool, settings, uid) for kind, uid in uids.items() if kind != "huge"}
            yield PastChecks(server, settings, database, pool, client, uids, told)
    finally:
        server.stop()


def _documents() -> dict[str, dict[str, Any]]:
    """Each in a space of its own, so that groups tell of one profile. `strict` has the records of `spc`,
    `huge` values that cannot be added up, and no checks.
    """
    made = {
        "spc": spc_profile(space="spc"),
        "strict": spc_profile(space="strict"),
        "psi": psi_profile(space="psi"),
        "custom": custom_profile(space="custom"),
        "huge": custom_profile(space="huge"),
    }
    made["strict"]["config"]["alert_config"]["rule"]["rule"] = STRICT
    for document in made.values():
        document["config"]["alert_config"]["schedule"] = "0 0 6 * * *"
    return made


def _register(client: HttpClient, document: dict[str, Any]) -> str:
    answer = client.post("/scouter/profile", registration(document))
    assert answer.status == 200, answer
    return str(answer.body["uid"])


def _send(client: HttpClient, uids: dict[str, str]) -> None:
    """Every twenty minutes, but nothing on one day; also on the edges of windows, and of a feature that is not
    monitored.
    """
    at = (FIRST + HOUR).isoformat()
    huge = [{"Custom": {"created_at": at, "uid": uids["huge"], "metric": "mae", "value": 1.5e308}}] * 3
    assert client.post("/scouter/message", {"records": huge}).body["stored"] == 3
    chooser = random.Random(5)
    moment = FIRST - HOUR
    while moment <= LAST + HOUR:
        records = [] if FIRST + DAY < moment <= FIRST + 2 * DAY else _records(uids, moment, chooser)
        if records:
            reply = client.post("/scouter/message", {"records": records})
            assert reply.body["stored"] == len(records), reply
        moment += timedelta(minutes=20)


def _records(uids: dict[str, str], moment: datetime, chooser: random.Random) -> list[dict[str, Any]]:
    drifts, at = SHIFTED < moment <= BACK, moment.isoformat()
    values = {"f0": chooser.gauss(0.6 * drifts, 0.2), "f1": chooser.gauss(0.0, 0.2), "other": 9.0}
    found: list[dict[str, Any]] = [
        {"Spc": {"created_at": at, "uid": uids[owner], "feature": name, "value": value}}
        for owner in ("spc", "strict")
        for name, value in values.items()
    ]
    shares = (10, 10, 10, 40) if drifts else (15, 15, 15, 15)
    found += [
        {
            "Psi": {
                "created_at": at,
                "uid": uids["psi"],
                "feature": "f0",
                "bin_id": n,
                "bin_count": chooser.randint(1, 4) + c,
            }
        }
        for n, c in enumerate(shares, 1)
    ]
    value = chooser.gauss(4.0 if drifts else 1.0, 0.5)
    return [*found, {"Custom": {"created_at": at, "uid": uids["custom"], "metric": "mae", "value": value}}]


def _check(pool: Pool, settings: Settings, uid: str) -> list[str]:
    """Every window, the oldest first; what its group said."""
    checks, clock = AskedChecks(pool, settings.checks, settings.alerting), GroupClock(pool)
    with pool.connection() as connection:
        row = connection.execute("SELECT id, space FROM entity WHERE uid = %s", (uid,)).fetchone()
    assert row is not None
    told = []
    for day in range(DAYS):
        checks.of_window(row[0], Window(FIRST + day * DAY, FIRST + (day + 1) * DAY), at=datetime.now(UTC))
        with pool.connection() as connection:
            connection.execute("UPDATE message_group SET notify_at = now() WHERE notify_at IS NOT NULL")
        clock.tick()
        with pool.connection() as connection:
            told += connection.execute(
                "UPDATE alert_delivery SET state = 'delivered', delivered_at = now() "
                "WHERE state = 'pending' RETURNING kind"
            ).fetchall()
    return [kind for (kind,) in told]
