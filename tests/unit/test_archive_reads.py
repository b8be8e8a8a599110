"""Reads of the archive at the end of a server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scouter.archive.reads import ArchiveReads
from scouter.archive.stores.opening import open_store
from scouter.errors import ArchiveBusy
from scouter.settings.settings import Settings


@pytest.fixture
def reads(tmp_path: Path) -> ArchiveReads:
    store = open_store(Settings.from_environment({"SCOUTER_STORAGE_URI": str(tmp_path)}).archive)
    return ArchiveReads(store, maximum=2, seconds=0.1)


@pytest.fixture
def release() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_one_that_hangs_is_left_after_a_moment_and_said(reads: ArchiveReads, release: threading.Event) -> None:
    with pytest.raises(ArchiveBusy):
        reads.run(lambda: release.wait(30))
    reads.request_stop()
    began = time.monotonic()
    assert not reads.join(began + 60)
    assert time.monotonic() - began < 5


def test_a_deadline_that_has_passed_is_none_to_wait_for(reads: ArchiveReads, release: threading.Event) -> None:
    with pytest.raises(ArchiveBusy):
        reads.run(lambda: release.wait(30))
    began = time.monotonic()
    assert not reads.join(began - 1)
    assert time.monotonic() - began < 0.5


def test_nothing_is_left_of_those_that_have_ended(reads: ArchiveReads) -> None:
    assert reads.run(lambda: 7) == 7
    assert reads.join(time.monotonic() + 5)
