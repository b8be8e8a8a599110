"""Processes of the way in that end with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.ingest_process import IngestProcess
from tests.unit.listed_database import ListedDatabase

MakeProcess = Callable[..., IngestProcess]


@pytest.fixture
def listed() -> ListedDatabase:
    return ListedDatabase()


@pytest.fixture
def make_process(tmp_path: Path, listed: ListedDatabase) -> Iterator[MakeProcess]:
    """Takes a directory for its spool, or one of its own, and the limits of an `IngestProcess`."""
    made: list[IngestProcess] = []

    def make(directory: Path | None = None, **limits: Any) -> IngestProcess:
        made.append(IngestProcess(directory or tmp_path / "spool", listed, **limits))
        return made[-1]

    yield make
    for process in made:
        process.end()


@pytest.fixture
def process(make_process: MakeProcess) -> IngestProcess:
    return make_process()
