"""What reading the archive may cost: how many at once, how long, how much memory; and readers that leave."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scouter.archive.queries import ArchivedRecords
from scouter.archive.reads import ArchiveReads
from scouter.archive.stores.local import LocalStore
from scouter.errors import ArchiveBusy
from scouter.postgres.connections.pool import Pool
from scouter.server import Server
from scouter.settings.settings import Settings
from tests.conditions import eventually
from tests.http_client import HttpClient
from tests.integration.archive.archived_days import archive, archiving_settings, noon, send, window
from tests.stopping import stop


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    return archiving_settings(database, tmp_path, SCOUTER_ARCHIVE_READS="1", SCOUTER_ARCHIVE_SECONDS="1")


@pytest.fixture
def reads(tmp_path: Path) -> Iterator[ArchiveReads]:
    made = ArchiveReads(LocalStore(tmp_path), maximum=1, seconds=0.3)
    yield made
    stop(made)


@pytest.mark.quiet
def test_a_read_that_takes_too_long_is_given_up(reads: ArchiveReads) -> None:
    release = threading.Event()
    begun = time.monotonic()
    with pytest.raises(ArchiveBusy, match="did not answer within"):
        reads.run(lambda: release.wait(10))
    assert time.monotonic() - begun < 2
    with pytest.raises(ArchiveBusy, match="as many requests"):
        reads.run(lambda: None)
    release.set()
    eventually(lambda: _answers(reads))


def _answers(reads: ArchiveReads) -> bool:
    try:
        return reads.run(lambda: True)
    except ArchiveBusy:
        return False


def test_a_chart_that_the_archive_keeps_waiting_is_answered(
    admin: HttpClient, uids: dict[str, str], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(admin, uids, noon(40))
    archive(settings)
    release = threading.Event()

    def wait(*_: Any) -> Any:
        release.wait(20)
        return []

    monkeypatch.setattr(ArchivedRecords, "value_bins", wait)
    asked = {"uid": uids["spc"], "space": "s", "time_interval": "Custom", "max_data_points": 7, **window()}
    reply = admin.get("/scouter/drift/spc", **asked)
    assert (reply.status, reply.body["code"]) == (503, "ARCHIVE_BUSY")
    assert "archive=skip" in reply.body["suggested_action"]
    assert admin.get("/scouter/drift/spc", archive="skip", **asked).status == 200
    release.set()


def test_a_client_that_leaves_in_the_middle_of_an_export_frees_its_place(
    admin: HttpClient, uids: dict[str, str], settings: Settings, pool: Pool, server: Server
) -> None:
    many_records(pool, uids["custom"], 1_000_000)
    asked = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in window().items())
    port = int(server.address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        request = f"GET /scouter/records/custom?uid={uids['custom']}&{asked} HTTP/1.1\r\nHost: x\r\n"
        connection.sendall(f"{request}Authorization: Bearer {admin.token}\r\n\r\n".encode())
        assert connection.recv(15) == b"HTTP/1.1 200 OK"
    free = lambda: admin.get("/scouter/records/spc", uid=uids["spc"], **window()).status == 200  # noqa: E731
    eventually(free, seconds=20)


def test_an_export_of_any_size_takes_no_more_memory(
    admin: HttpClient, uids: dict[str, str], settings: Settings, pool: Pool
) -> None:
    many_records(pool, uids["custom"], 200_000)
    assert len(admin.get("/scouter/records/custom", uid=uids["custom"], **window()).body) > 200_000
    before = resident_bytes()
    many_records(pool, uids["custom"], 2_000_000)
    exported = 0
    for chunk in streamed(admin, f"/scouter/records/custom?uid={uids['custom']}"):
        exported += len(chunk)
    assert exported > 2_000_000
    assert resident_bytes() - before < 80 * 2**20


def many_records(pool: Pool, uid: str, count: int) -> None:
    """Within the last hour."""
    with pool.connection() as connection:
        connection.execute(
            "INSERT INTO feature (entity_id, name) SELECT id, 'many' FROM entity WHERE uid = %s ON CONFLICT DO NOTHING",
            [uid],
        )
        connection.execute(
            "INSERT INTO custom_record (entity_id, feature_id, created_at, value) "
            "SELECT feature.entity_id, feature.id, now() - interval '1 hour' + n * interval '1 ms', random() "
            "FROM feature JOIN entity ON entity.id = feature.entity_id, generate_series(1, %s) AS n "
            "WHERE entity.uid = %s AND feature.name = 'many'",
            [count, uid],
        )


def streamed(client: HttpClient, path: str) -> Iterator[bytes]:
    import urllib.request

    asked = "&".join(f"{name}={value.replace('+', '%2B')}" for name, value in window().items())
    request = urllib.request.Request(f"{client.url}{path}&{asked}", headers={"Authorization": f"Bearer {client.token}"})
    with urllib.request.urlopen(request, timeout=60) as reply:
        while chunk := reply.read(2**16):
            yield chunk


def resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def test_hours_of_the_window_are_as_exact_as_asked(admin: HttpClient, uids: dict[str, str], settings: Settings) -> None:
    at = noon(40)
    send(admin, uids, at)
    archive(settings)
    for start, end, rows in (
        (at, at + timedelta(microseconds=1), 1),
        (at - timedelta(days=1), at, 0),
        (at + timedelta(microseconds=1), datetime.now(UTC), 0),
    ):
        ends = {"start_custom_datetime": start.isoformat(), "end_custom_datetime": end.isoformat()}
        chart = admin.get(
            "/scouter/drift/spc", uid=uids["spc"], space="s", time_interval="Custom", max_data_points=1, **ends
        )
        assert len(chart.body["features"]) == rows
