"""The published clients 0.6.4, 0.9.0 and 0.25.0, unmodified, side by side against one server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.client.application import (
    CUSTOM_SAMPLE,
    DRIFT_TYPES,
    PSI_BATCH,
    SPACE,
    SPC_SAMPLE,
    Application,
    custom_items,
    expected_counts,
    expected_values,
    psi_items,
    spc_items,
)
from tests.client.client_session import ClientRaised, ClientSession
from tests.client.conftest import started_clients
from tests.client.environments import VERSIONS
from tests.client.expected_charts import INTERVALS, alike, bin_width, custom_chart, psi_chart, spc_chart
from tests.client.stored_records import ProfileRow, profile_rows
from tests.server_process import ROOT, PreparedServer, ServerProcess

CURRENT_INTERVALS = set(INTERVALS) - {"FiveMinutes", "ThreeHours", "TwoDays", "FiveDays"}
LEGACY_INTERVALS = set(INTERVALS) - {"FourHours", "SevenDays"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with PreparedServer(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def applications(
    server: ServerProcess, client_pythons: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Application]]:
    """One of each version; they all play at the same time."""
    with started_clients(client_pythons, tmp_path_factory.mktemp("clients")) as clients:
        playing = {version: Application(version, client, server) for version, client in clients.items()}
        with ThreadPoolExecutor(len(playing)) as threads:
            for ended in [threads.submit(application.play) for application in playing.values()]:
                ended.result()
        yield playing


@pytest.fixture
def application(applications: Mapping[str, Application], version: str) -> Application:
    return applications[version]


def test_every_version_logs_in_and_a_wrong_password_raises(
    server: ServerProcess, client: ClientSession, version: str
) -> None:
    client.ask("log_in", url=server.url, username="guest", password="guest")
    client.ask("log_in", url=server.url + "/", username="admin", password="admin")
    for username, password in (("admin", "wrong"), ("nobody", "admin"), ("admin", "")):
        with pytest.raises(ClientRaised, match="Unauthorized"):
            client.ask("log_in", url=server.url, username=username, password=password)


def test_a_user_with_a_non_ascii_password_is_held_to_the_permitted_spaces(
    server: ServerProcess, client: ClientSession, version: str
) -> None:
    username, password, own = f"usér {version}", "päss wörd ✓", f"own {version}"
    _create_user(server, username, password, f"read:{own}", f"write:{own}")
    client.ask("log_in", url=server.url, username=username, password=password)
    registered = {"profile": "p", "type": "Custom", "name": "p", "columns": {"mae": 1.0}, "sample_size": 2}
    client.ask("register", **registered, space=own)
    assert client.ask("binned_drift", profile="p", type="Custom", interval="OneHour", points=1) == {}
    with pytest.raises(ClientRaised):
        client.ask("register", **registered, space=SPACE)


def test_registered_profiles_are_active_under_the_name_and_version_that_the_client_holds(
    application: Application,
) -> None:
    for drift_type in DRIFT_TYPES:
        registered = application.registered[drift_type]
        (row,) = profile_rows(application.server.conninfo(), drift_type, SPACE, application.name)
        assert row == ProfileRow(registered["version"], registered["uid"] or row.uid, True)
        assert (registered["space"], registered["name"]) == (SPACE, application.name)


@pytest.mark.parametrize(
    ("drift_type", "expected"),
    [
        ("Spc", expected_values(spc_items(), SPC_SAMPLE, partial=False)),
        ("Custom", expected_values(custom_items(), CUSTOM_SAMPLE, partial=True)),
    ],
)
def test_every_mean_that_the_queue_sent_is_stored_once(
    application: Application, drift_type: str, expected: dict[str, list[float]]
) -> None:
    rows = application.values(drift_type)
    stored = {name: [row.value for row in rows if row.feature == name] for name in {row.feature for row in rows}}
    assert alike(stored, expected), stored
    assert len(rows) == sum(map(len, expected.values()))


def test_every_bin_count_that_the_queue_sent_is_stored_once(application: Application) -> None:
    profile = application.registered["Psi"]["document"]
    at_once, at_shutdown = (
        expected_counts(part, profile) for part in (psi_items()[:PSI_BATCH], psi_items()[PSI_BATCH:])
    )
    rows = application.counts()
    for place, count in at_once.items():
        stored = [row.bin_count for row in rows if (row.feature, row.bin_id) == place]
        assert stored == [count, at_shutdown[place]], place
    assert len(rows) == len(at_once) + len(at_shutdown)


def test_records_of_one_microsecond_are_all_kept(applications: Mapping[str, Application]) -> None:
    rows = [row for application in applications.values() for row in application.values("Custom")]
    assert len({row.created_at for row in rows}) < len(rows), "the clients sent no equal timestamps this time"


@pytest.mark.parametrize("drift_type", DRIFT_TYPES)
@pytest.mark.parametrize("points", [1, 7, 10_000])
def test_named_intervals_show_what_was_inserted(application: Application, drift_type: str, points: int) -> None:
    names = CURRENT_INTERVALS if application.client_version == "0.25.0" else LEGACY_INTERVALS
    for interval in sorted(names):
        found = application.chart(drift_type, interval, points)
        expected = expected_chart(application, drift_type, bin_width(INTERVALS[interval], points))
        assert expected
        assert alike(found, expected), f"{interval}: {found}, not {expected}"


@pytest.mark.parametrize("drift_type", DRIFT_TYPES)
@pytest.mark.parametrize("points", [1, 60])
def test_custom_windows_hold_what_was_inserted_within_them(
    application: Application, drift_type: str, points: int
) -> None:
    interval = "Custom" if application.client_version == "0.25.0" else "FifteenMinutes"
    middle = application.halfway
    hour = timedelta(hours=1)
    for start, end in ((middle - hour, middle), (middle, middle + 2 * hour), (middle - hour, middle + hour)):
        found = application.chart(drift_type, interval, points, start, end)
        expected = expected_chart(application, drift_type, bin_width(end - start, points), start, end)
        assert expected
        assert alike(found, expected), f"{start} to {end}: {found}, not {expected}"


@pytest.mark.parametrize("drift_type", DRIFT_TYPES)
def test_a_window_without_records_is_empty(application: Application, drift_type: str) -> None:
    end = application.halfway - timedelta(hours=2)
    assert application.chart(drift_type, "OneHour", 10, end - timedelta(days=2), end) == {}


@pytest.mark.parametrize("drift_type", DRIFT_TYPES)
@pytest.mark.parametrize("owner", VERSIONS)
def test_every_version_downloads_the_profiles_of_every_version(
    applications: Mapping[str, Application], application: Application, owner: str, drift_type: str
) -> None:
    registered = applications[owner].registered[drift_type]
    named = {name: registered[name] for name in ("space", "name", "version")}
    ((kind, profile),) = application.client.ask("download", type=drift_type, **named).items()
    assert kind == drift_type
    part = "metrics" if drift_type == "Custom" else "features"
    assert alike(profile[part], registered["document"][part])
    assert {name: profile["config"][name] for name in named} == named
    if application.client_version == "0.25.0":
        (row,) = profile_rows(application.server.conninfo(), drift_type, SPACE, registered["name"])
        assert profile["config"]["uid"] == row.uid


def test_a_profile_that_does_not_exist_cannot_be_downloaded(application: Application) -> None:
    with pytest.raises(ClientRaised):
        application.client.ask("download", type="Spc", space=SPACE, name="no such model", version="0.1.0")


def test_status_goes_off_and_on_and_a_later_version_puts_earlier_ones_off(
    server: ServerProcess, client: ClientSession, version: str
) -> None:
    client.ask("log_in", url=server.url, username="admin", password="admin")
    name = f"switched {version}"
    first = _register_metric(client, name, "1.2.0")
    assert _active(server.conninfo(), name) == {"1.2.0": False}
    for wanted in (True, False, True):
        client.ask("set_status", type="Custom", space=SPACE, name=name, version=first, active=wanted)
        assert _active(server.conninfo(), name) == {"1.2.0": wanted}
    _register_metric(client, name, "2.0.0", set_active=True, deactivate_others=True)
    assert _active(server.conninfo(), name) == {"1.2.0": False, "2.0.0": True}
    client.ask("set_status", type="Custom", space=SPACE, name=name, version=first, active=True, deactivate_others=True)
    assert _active(server.conninfo(), name) == {"1.2.0": True, "2.0.0": False}


def test_registering_again_replaces_for_the_oldest_client_and_makes_a_new_version_for_the_others(
    server: ServerProcess, client: ClientSession, version: str
) -> None:
    client.ask("log_in", url=server.url, username="admin", password="admin")
    name = f"again {version}"
    versions = [_register_metric(client, name, "1.0.0") for _ in range(3)]
    assert versions == (["1.0.0"] * 3 if version == "0.6.4" else ["1.0.0", "1.1.0", "1.2.0"])
    assert list(_active(server.conninfo(), name)) == sorted(set(versions))


def expected_chart(
    application: Application,
    drift_type: str,
    width: timedelta,
    start: datetime | None = None,
    end: datetime | None = None,
) -> dict[str, Any]:
    """From the stored times; that the stored values are those that were inserted is a test of its own."""

    def within(moment: datetime) -> bool:
        return (start is None or start <= moment) and (end is None or moment < end)

    if drift_type == "Psi":
        counts = [row for row in application.counts() if within(row.created_at)]
        return psi_chart(counts, width, application.registered["Psi"]["document"])
    values = [row for row in application.values(drift_type) if within(row.created_at)]
    return spc_chart(values, width) if drift_type == "Spc" else custom_chart(values, width)


def _create_user(server: ServerProcess, username: str, password: str, *permissions: str) -> None:
    arguments = [word for permission in permissions for word in ("--permission", permission)]
    subprocess.run(
        [sys.executable, str(ROOT / "scouter.py"), "user", "create", username, "--password-stdin", *arguments],
        env={**os.environ, "DATABASE_URI": "embedded", "SCOUTER_DATA_DIR": str(server.directory / "data")},
        input=password.encode(),
        check=True,
        timeout=30,
    )


def _register_metric(client: ClientSession, name: str, version: str, **flags: bool) -> str:
    named = {"profile": name, "type": "Custom", "space": SPACE, "name": name, "version": version}
    registered: str = client.ask("register", **named, columns={"mae": 1.0}, sample_size=2, **flags)["version"]
    return registered


def _active(conninfo: str, name: str) -> dict[str, bool]:
    return {row.version: row.active for row in profile_rows(conninfo, "Custom", SPACE, name)}
