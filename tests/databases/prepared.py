"""The data of an embedded database that is made and migrated: to copy them costs a fifth of what making them does.

    python -m tests.databases.prepared DIRECTORY

makes them, for tests to which TEST_PREPARED_DATA then names that directory. Without it, and where a start on nothing is
what a test is about, the server makes its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from scouter.postgres.embedded.server import EmbeddedPostgres
from scouter.postgres.schema.migrations import migrate
from tests.server_process import let_others_enter

_KEPT = ("postgres", "password")  # what else lies there belongs to a server that runs


def lay_out_prepared_data(data: Path) -> None:
    """In a directory that is not there yet; another one is left alone."""
    prepared = os.environ.get("TEST_PREPARED_DATA")
    if prepared and not data.exists():
        let_others_enter(data)
        _copy(Path(prepared), data)


def make_prepared_data(directory: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="scouter-prepared-") as temporary:
        made = let_others_enter(Path(temporary) / "data")
        with EmbeddedPostgres(made) as postgres:
            migrate(postgres.start())
        half = directory.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(parents=True)
        _copy(made, half)
    half.rename(directory)  # last: what bears the name is whole


def _copy(source: Path, target: Path) -> None:
    """With owners and modes: Postgres insists on them."""
    subprocess.run(["cp", "-a", *(str(source / name) for name in _KEPT), str(target)], check=True)


if __name__ == "__main__":
    make_prepared_data(Path(sys.argv[1]))
