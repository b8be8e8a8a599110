"""The archive without the server: what docs/guides/archive.md says about its files, done by other engines."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.archive.archived_days import archive, archiving_settings, noon, register_three, send
from tests.server_process import ROOT


@pytest.fixture
def store(database: str, tmp_path: Path) -> Iterator[Path]:
    """An archive with two SPC records of one day."""
    settings = archiving_settings(database, tmp_path)
    server = Server(settings)
    server.start()
    client = HttpClient(server.address).login()
    uids = register_three(client)
    for value in (2.0, 4.0):
        send(client, uids, noon(40), value=value)
    archive(settings)
    client.close()
    yield tmp_path / "store"
    server.stop()


def test_the_example_with_pyarrow_reads_it(store: Path) -> None:
    day = noon(40).date()
    example = _fenced("<!-- example: archive -->\n```python")
    example = example.replace("scouter_storage", "store").replace('"churn"', '"m"')
    example = example.replace("2026-10-01", str(day)).replace("2026-11-01", str(day + timedelta(days=1)))
    ended = subprocess.run(
        [sys.executable, "-c", example], cwd=store.parent, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == str([{"day": str(day), "feature": "f0", "value_mean": 3.0, "value_count": 2}])


def test_the_example_with_duckdb_reads_it(store: Path) -> None:
    query = _fenced("```sql").replace("scouter_storage", str(store)).replace("'churn'", "'m'")
    assert duckdb.connect().execute(query).fetchall() == [(noon(40).date(), "f0", 3.0)]


def _fenced(begin: str) -> str:
    match = re.search(
        rf"{re.escape(begin)}\n(.*?)```", (ROOT / "docs" / "guides" / "archive.md").read_text(), re.DOTALL
    )
    assert match is not None
    return match[1]
