"""Hours that pass at once: what a database remembers moves into the past, while its own clock stays right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from scouter.alerting.group_clock import GroupClock
from scouter.checks.checker import Checker
from scouter.postgres.connections.pool import Pool, open_pool
from scouter.postgres.tables.checks import claim_check
from scouter.settings.settings import Settings
from tests.drills.subjects import Subject
from tests.http_client import HttpClient
from tests.integration.conftest import running_server, settings_for
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

HOUR, MOMENT = timedelta(hours=1), timedelta(seconds=6)
HOURLY = "0 0 * * * *"
_LEASE = timedelta(seconds=60)
_MAKERS = {"Spc": spc_profile, "Psi": psi_profile, "Custom": custom_profile}
_RECORDS = ("spc_record", "psi_record", "custom_record")
_WITH_TIMES = (
    *("profile", "check_run", "alert", "problem", "problem_event", "message_group", "message_group_problem"),
    *("alert_delivery", "silence", "late_arrival"),
)
_COLUMNS = """
    SELECT table_name, column_name, data_type = 'ARRAY' FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = ANY (%s) AND udt_name IN ('timestamptz', '_timestamptz')"""
# Unique windows would meet each other halfway: they are moved far away first.
_FAR = timedelta(days=36_500)


class SimulatedHours:
    """A server without checks of its own, and profiles that are checked by the hour when the test says so."""

    def __init__(self, admin: HttpClient, pool: Pool, settings: Settings) -> None:
        self.admin = admin
        self._pool = pool
        self._checker = Checker(pool, settings.checks, settings.alerting)
        self._clock = GroupClock(pool)

    def register(self, kind: str, name: str = "model", **alert_config: Any) -> Subject:
        document = _MAKERS[kind](name=name)
        document["config"]["alert_config"] |= {"schedule": HOURLY, **alert_config}
        reply = self.admin.post("/scouter/profile", registration(document, active=True))
        assert reply.status == 200, reply
        return Subject(kind, str(reply.body["uid"]), drifts=True)

    def begin_window(self) -> datetime:
        """An hour passes; the end of the window that is due by then."""
        self.pass_by(HOUR)
        ((end,),) = self.query("SELECT date_trunc('hour', clock_timestamp(), 'UTC')")
        assert isinstance(end, datetime)
        return end

    def send(self, subject: Subject, at: datetime) -> None:
        records = subject.records(at.isoformat())
        assert self.admin.post("/scouter/message", {"records": records}).body["stored"] == len(records)

    def check(self, most: int = 1000) -> int:
        """What is due, and how many that were."""
        for done in range(most):
            with self._pool.connection() as connection:
                claimed = claim_check(connection, grace=timedelta(0), lease=_LEASE)
            if claimed is None:
                return done
            self._checker.run(claimed)
        return most

    def speak(self) -> list[tuple[str, str]]:
        """What groups say when they have waited a moment: the kind of each message and its text. It is delivered."""
        self.pass_by(MOMENT)
        self._clock.tick()
        return self.query(
            "WITH said AS (UPDATE alert_delivery SET state = 'delivered', delivered_at = now() "
            "WHERE state = 'pending' AND group_id IS NOT NULL RETURNING id, kind, payload) "
            "SELECT kind, payload -> 'descriptions' ->> 'console' FROM said ORDER BY id"
        )

    def pass_by(self, length: timedelta) -> None:
        """What was recorded lies so much further back. Records are gone: their windows have been checked."""
        with self._pool.connection() as connection:
            for table in _RECORDS:
                connection.execute(f"DELETE FROM {table}".encode())
            columns = connection.execute(_COLUMNS, (list(_WITH_TIMES),)).fetchall()
            for by in (_FAR, length - _FAR):
                for table, column, is_array in columns:
                    moved = _moved_array(column) if is_array else f"{column} - %(by)s"
                    connection.execute(f"UPDATE {table} SET {column} = {moved}".encode(), {"by": by})

    def query(self, statement: str, *parameters: Any) -> list[Any]:
        with self._pool.connection() as connection:
            cursor = connection.execute(statement.encode(), parameters)
            return cursor.fetchall() if cursor.description else []


def _moved_array(column: str) -> str:
    return f"ARRAY(SELECT moment - %(by)s FROM unnest({column}) WITH ORDINALITY AS at (moment, place) ORDER BY place)"


@contextmanager
def simulated_hours(database: str, directory: Path, **environment: str) -> Iterator[SimulatedHours]:
    """Over a server of its own on that database."""
    own = {"SCOUTER_ROLES": "http", "SCOUTER_WINDOW_GRACE_SECONDS": "0", **environment}
    settings = settings_for(database, directory, **own)
    with (
        running_server(settings) as server,
        HttpClient(server.address) as admin,
        open_pool(database, name="tests", smallest=1, largest=4, acquire_seconds=5) as pool,
    ):
        yield SimulatedHours(admin.login(), pool, settings)
