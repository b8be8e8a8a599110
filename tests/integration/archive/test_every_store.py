"""An archive's whole life, the same in every kind of store."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pyarrow.parquet as pq
import pytest

from scouter.archive.stores.opening import open_store
from scouter.postgres.connections.pool import Pool
from scouter.settings.settings import Settings
from tests.http_client import HttpClient
from tests.integration.archive.archived_days import (
    archive,
    archiving_settings,
    charts,
    near,
    noon,
    register_three,
    send,
    window,
)
from tests.stores.places import ALL, place_of


@pytest.fixture(params=ALL)
def settings(
    request: pytest.FixtureRequest, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    place = place_of(request.param, request, tmp_path, monkeypatch)
    environment = place.settings(f"team a/{uuid4().hex}", SCOUTER_ARCHIVE_DAYS="45")
    return archiving_settings(database, tmp_path, **environment)


def test_days_go_to_the_store_are_charted_exported_and_expire(
    admin: HttpClient, settings: Settings, tmp_path: Path, pool: Pool
) -> None:
    uids = register_three(admin)
    for days in (44, 40, 2):
        for _ in range(2):
            send(admin, uids, noon(days), value=float(days))
    before = charts(admin, uids)
    done = archive(settings)
    assert len(done.moved) == 6
    assert charts(admin, uids) == near(before)
    send(admin, uids, noon(40), value=40.0)
    assert len(archive(settings).moved) == 3

    exported = admin.get("/scouter/records/custom", uid=uids["custom"], **window()).body
    (tmp_path / "export.parquet").write_bytes(exported)
    rows = pq.read_table(tmp_path / "export.parquet").to_pylist()
    assert sorted(row["value"] for row in rows) == [2.0] * 2 + [40.0] * 3 + [44.0] * 2

    with pool.connection() as connection:
        connection.execute("UPDATE archive_part SET day = day - 10 WHERE day = %s", [noon(44).date()])
    archive(settings)
    with pool.connection() as connection:
        connection.execute("UPDATE archive_part SET expired_at = expired_at - interval '2 hours'")
    assert archive(settings).deleted == 3
    store = open_store(settings.archive)
    paths = {moved.part.day: moved.path for moved in done.moved if moved.part.kind == "spc"}
    assert store.size(paths[noon(44).date()]) is None
    assert store.size(paths[noon(40).date()])
