"""A local archive: whole files or none, and problems in sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from scouter.archive.stores.local import LocalStore
from scouter.errors import StoreAway


def test_a_copy_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "archive")
    store.put_bytes(b"before", "day/file")
    with pytest.raises(StoreAway):
        store.put(tmp_path / "not there", "day/file")
    assert store.open("day/file").read() == b"before"
    assert [file.name for file in (tmp_path / "archive" / "day").iterdir()] == ["file"]


def test_a_directory_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = LocalStore(tmp_path / "file" / "archive")
    with pytest.raises(StoreAway, match=r"File exists: .*/file$"):
        store.put_bytes(b"x", "y")


def test_a_probe_makes_no_directory_where_a_volume_may_be_missing(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "new" / "archive")
    with pytest.raises(StoreAway, match="there is no such directory"):
        store.probe()
    assert not (tmp_path / "new").exists()
    store.put_bytes(b"x", "y")
    store.probe()
