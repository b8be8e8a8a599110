"""Days of records for tests of the archive: sent over HTTP, archived by a pass, read as charts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scouter.archive.archiver import Archiver, Pass
from scouter.archive.stores.opening import open_store
from scouter.assembly import archiver
from scouter.postgres.connections.query_deadlines import QueryDeadlines
from scouter.settings.settings import Settings
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
BINS = range(1, 5)


def archiving_settings(database: str, directory: Path, **environment: str) -> Settings:
    """Of a server that archives only at its start, when there is nothing to archive yet."""
    kept = {"DATA_RETENTION_PERIOD": "30", "SCOUTER_STORAGE_URI": str(directory / "store")}
    return settings_for(database, directory, SCOUTER_ARCHIVE_EVERY_SECONDS="604800", **{**kept, **environment})


def register_three(client: HttpClient) -> dict[str, str]:
    """One profile of each kind, not active; uids by kind."""
    profiles = (("spc", spc_profile()), ("psi", psi_profile()), ("custom", custom_profile()))
    return {kind: client.post("/scouter/profile", registration(profile)).body["uid"] for kind, profile in profiles}


def noon(days_ago: int) -> datetime:
    return NOON - timedelta(days=days_ago)


def send(client: HttpClient, uids: dict[str, str], at: datetime, value: float = 1.0) -> None:
    """One record of SPC and of a custom metric, and four bins of PSI."""
    moment = at.isoformat()
    records: list[dict[str, Any]] = [
        {"Spc": {"created_at": moment, "uid": uids["spc"], "feature": "f0", "value": value}},
        {"Custom": {"created_at": moment, "uid": uids["custom"], "metric": "mae", "value": value}},
    ]
    records += [
        {"Psi": {"created_at": moment, "uid": uids["psi"], "feature": "f0", "bin_id": n, "bin_count": 100 * n}}
        for n in BINS
    ]
    reply = client.post("/scouter/message", {"records": records})
    assert reply.body["stored"] == len(records), reply.body


def archiver_of(settings: Settings) -> Archiver:
    assert settings.database.uri is not None
    store = open_store(settings.archive)
    return archiver(settings.database.uri, QueryDeadlines(), settings, store, lambda: datetime.now(UTC))


def archive(settings: Settings) -> Pass:
    return archiver_of(settings).run(patient=False)


def window(days: int = 60) -> dict[str, str]:
    """Whole hours, so that two charts of the same hour have the same bins."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    ends = {"start_custom_datetime": end - timedelta(days=days), "end_custom_datetime": end}
    return {name: moment.isoformat() for name, moment in ends.items()}


def charts(client: HttpClient, uids: dict[str, str], points: int = 7, **more: str) -> dict[str, Any]:
    asked = {"time_interval": "Custom", "max_data_points": points, "space": "s", **window(), **more}
    replies = {kind: client.get(f"/scouter/drift/{kind}", uid=uid, **asked) for kind, uid in uids.items()}
    assert {reply.status for reply in replies.values()} == {200}, replies
    return {kind: reply.body for kind, reply in replies.items()}


def near(value: Any) -> Any:
    """Equal but for the order in which floating-point numbers were added."""
    if isinstance(value, dict):
        return {key: near(each) for key, each in value.items()}
    if isinstance(value, list):
        return [near(each) for each in value]
    return pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
