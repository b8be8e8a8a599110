"""The published clients ask for charts of windows that reach into the archive, and see no difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.client.client_session import ClientSession
from tests.conditions import eventually
from tests.http_client import HttpClient
from tests.server_process import PreparedServer

SPACE = "archived"
TRAINING = {"age": [float(n % 7) for n in range(100)]}
NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
AGES = {3: 1.0, 2: 2.0, 0: 6.0}  # days ago and value; with a retention of a day the first two are archived


@pytest.mark.timeout(300)
def test_a_chart_of_every_version_is_of_hot_and_archived_records(
    clients: Mapping[str, ClientSession], tmp_path: Path
) -> None:
    environment = {
        **{"DATA_RETENTION_PERIOD": "1", "SCOUTER_ARCHIVE_EVERY_SECONDS": "1"},
        "SCOUTER_STORAGE_URI": str(tmp_path / "store"),
    }
    with PreparedServer(tmp_path / "server", environment) as server:
        admin = HttpClient(server.url).login()
        profiles = []
        for version, client in clients.items():
            client.ask("log_in", url=server.url, username="admin", password="admin")
            named = {"space": SPACE, "name": version.replace(".", "-"), "sample_size": 5}
            made = client.ask("register", profile="spc", type="Spc", columns=TRAINING, **named)
            profiles.append({name: made[name] for name in ("space", "name", "version")})
        send(admin, profiles)
        eventually(lambda: archived_rows(admin) == len(clients) * 2, seconds=30)
        for client in clients.values():
            start, end = NOON - timedelta(days=5), datetime.now(UTC)
            asked = {"profile": "spc", "type": "Spc", "interval": "OneHour", "points": 1}
            [series] = client.ask("binned_drift", **asked, start=start.isoformat(), end=end.isoformat()).values()
            assert sum(series["values"]) == pytest.approx(expected(start, end))
        admin.close()


def send(admin: HttpClient, profiles: Sequence[Mapping[str, str]]) -> None:
    """All at once: what comes later for a day that is archived waits for another day."""
    moments = {NOON - timedelta(days=days) if days else datetime.now(UTC): value for days, value in AGES.items()}
    records = [
        {"Spc": {"created_at": moment.isoformat(), "feature": "age", "value": value, **names}}
        for moment, value in moments.items()
        for names in profiles
    ]
    assert admin.post("/scouter/drift", {"records": records}).body["stored"] == len(records)


def archived_rows(admin: HttpClient) -> int:
    return sum(each["rows"] for each in admin.get("/scouter/archive").body["totals"] if each["state"] == "archived")


def expected(start: datetime, end: datetime) -> float:
    """One point makes one bin, or two, for bins are aligned to 1970."""
    width = (end - start) / timedelta(microseconds=1)
    bins: dict[float, list[float]] = {}
    for days, value in AGES.items():
        moment = NOON - timedelta(days=days) if days else end
        bins.setdefault(moment.timestamp() * 1e6 // width, []).append(value)
    return sum(sum(values) / len(values) for values in bins.values())
