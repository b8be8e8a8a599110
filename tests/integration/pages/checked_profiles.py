"""Profiles that were checked: records sent as a service sends them, and checks of the windows that a test names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from scouter.checks.evaluation import evaluate
from scouter.checks.raise_alerts import raise_alerts
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.late_arrivals import profile_for_sweep
from scouter.postgres.tables.profile_standings import NewestCheck
from scouter.postgres.tables.runs import CheckOutcome, add_run
from scouter.postgres.tables.windows import Window
from scouter.profiles.standings import record_standing
from scouter.server import Server
from scouter.settings.settings import Settings
from tests.http_client import HttpClient
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

HOUR = timedelta(hours=1)
_DOCUMENTS = {"Spc": spc_profile, "Psi": psi_profile, "Custom": custom_profile}


class CheckedProfiles:
    """Windows are hours that ended so many hours `ago`. Profiles are switched off, so that nobody else checks them."""

    def __init__(self, server: Server, settings: Settings, admin: HttpClient, pool: Pool) -> None:
        self.server = server
        self.admin = admin
        self.pool = pool
        self._alerting = settings.alerting
        self._now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)

    def register(self, kind: str, name: str, *, space: str = "shop", **changed: Any) -> str:
        document = changed.pop("document", None) or _DOCUMENTS[kind](space=space, name=name, **changed)
        reply = self.admin.post("/scouter/profile", registration(document))
        assert reply.status == 200, reply
        return str(reply.body["uid"])

    def end(self, ago: int) -> datetime:
        return self._now - ago * HOUR

    def send(self, kind: str, uid: str, ago: int, *records: Mapping[str, Any]) -> None:
        """Into the window that ended so many hours ago, one a second."""
        begin = self.end(ago) - HOUR / 2
        sent = [
            {kind: {"created_at": (begin + timedelta(seconds=n)).isoformat(), "uid": uid, **record}}
            for n, record in enumerate(records)
        ]
        answer = self.admin.post("/scouter/message", {"records": sent})
        assert answer.body["stored"] == len(sent), answer

    def check(self, uid: str, ago: int, **changed: Any) -> int:
        """The id of the run."""
        window, now = Window(self.end(ago) - HOUR, self.end(ago)), self.end(ago) + timedelta(seconds=5)
        with self.pool.connection() as connection:
            profile = profile_for_sweep(connection, self.entity_id(uid))
            assert profile is not None
            seen = evaluate(connection, profile, window)
            outcome: CheckOutcome = "alert" if seen.result.alerts else "ok" if seen.row_count else "no_data"
            made: dict[str, Any] = {
                "attempt": 1,
                "outcome": outcome,
                "row_count": seen.row_count,
                "started_at": now,
                "result": msgspec.json.encode(seen.result).decode(),
                **changed,
            }
            run_id = add_run(connection, profile.entity_id, window, **made)
            alerts = seen.result.alerts if made["outcome"] == "alert" else ()
            raise_alerts(connection, profile, alerts, self._alerting, run_id=run_id, now=now)
            newest = NewestCheck(run_id, window.end, made["outcome"], made["row_count"])
            record_standing(connection, profile.entity_id, newest, seen.result if made["result"] else None)
        return run_id

    def spc(self, uid: str, ago: int, **values: float | list[float]) -> int:
        """Send values of features, and check their window."""
        listed = {name: value if isinstance(value, list) else [value] for name, value in values.items()}
        self.send("Spc", uid, ago, *({"feature": name, "value": v} for name, each in listed.items() for v in each))
        return self.check(uid, ago)

    def entity_id(self, uid: str) -> int:
        return int(self.value("SELECT id FROM entity WHERE uid = %s", uid))

    def value(self, statement: str, *parameters: object) -> Any:
        with self.pool.connection() as connection:
            row = connection.execute(statement.encode(), parameters).fetchone()
        assert row is not None
        return row[0]

    def run(self, statement: str, *parameters: object) -> None:
        with self.pool.connection() as connection:
            connection.execute(statement.encode(), parameters)
