"""What the server writes to a local disk is for its own account, whatever the umask says."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from scouter.archive.stores.local import LocalStore
from scouter.runtime.private_files import make_private, make_private_directory, open_private
from scouter.server import Server
from scouter.settings.settings import Settings
from tests.http_client import HttpClient
from tests.integration.archive.archived_days import archive, noon, register_three, send
from tests.integration.test_program import program


@pytest.fixture(autouse=True)
def generous_umask() -> Iterator[None]:
    """As some images and shells have it: everybody may read, and write."""
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(*roots: Path) -> list[str]:
    below = [path for root in roots for path in (root, *root.rglob("*"))]
    return [str(path) for path in below if stat.S_IMODE(path.stat().st_mode) & 0o077 and not path.is_socket()]


def test_the_archive_and_what_is_on_its_way_to_it(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_the_way: list[Path] = []
    put = LocalStore.put

    def seen(self: LocalStore, local: Path, path: str) -> None:
        on_the_way.append(local)
        assert open_to_others(local.parent) == []
        put(self, local, path)

    monkeypatch.setattr(LocalStore, "put", seen)
    server = Server(settings)
    server.start()
    try:
        client = HttpClient(server.address).login()
        uids = register_three(client)
        send(client, uids, noon(40))
        assert len(archive(settings).moved) == 3
        exported = client.get("/scouter/records/spc", uid=uids["spc"], time_interval="OneHour", max_data_points=1)
        assert exported.status == 200
        assert len(on_the_way) == 3
        store = Path(settings.archive.storage_uri)
        assert len(list(store.rglob("*.parquet"))) == 3
        spools = [path for path in tmp_path.rglob("*.sqlite*") if path.is_file()]
        assert spools, "SQLite makes its files itself"
        assert open_to_others(store, *spools, *{path.parent for path in spools}) == []
    finally:
        server.stop()
    assert open_to_others(*tmp_path.iterdir()) == []


def test_a_message_that_is_taken_out_of_quarantine(
    server: Server, admin: HttpClient, database: str, tmp_path: Path
) -> None:
    kept = admin.send("POST", "/scouter/message", b"no json").body["quarantine_id"]
    file = tmp_path / "message.json"
    done = program("quarantine", "download", kept, str(file), DATABASE_URI=database)
    assert done.returncode == 0, done.stderr
    assert file.read_bytes() == b"no json"
    assert open_to_others(file) == []


def test_what_is_there_keeps_the_mode_that_somebody_gave_it(tmp_path: Path) -> None:
    shared, file = tmp_path / "shared", tmp_path / "shared" / "file"
    shared.mkdir(mode=0o750)
    make_private_directory(shared / "a" / "b")
    assert stat.S_IMODE(shared.stat().st_mode) == 0o750
    assert open_to_others(shared / "a") == []
    file.touch(0o640)
    make_private(file)
    with open_private(file, "wb") as opened:
        opened.write(b"x")
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    with pytest.raises(FileExistsError):
        open_private(file, "xb")
