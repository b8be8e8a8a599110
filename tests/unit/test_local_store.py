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
    for request in (store.probe, lambda: store.put_bytes(b"x", "y")):
        with pytest.raises(StoreAway, match=r"File exists: .*/file$"):
            request()


def test_a_probe_makes_the_directory(tmp_path: Path) -> None:
    LocalStore(tmp_path / "new" / "archive").probe()
    assert (tmp_path / "new" / "archive").is_dir()
