"""Which Postgres the tests ask: that of the Python package, or the one whose programs TEST_POSTGRES names."""

from __future__ import annotations

import os
from pathlib import Path

from scouter.postgres.embedded.binaries import Binaries, Candidate, find_binaries


def chosen_binaries() -> Binaries | None:
    """Of `/usr/lib/postgresql/14/bin`, for one. None: whichever the server would take. Raises `StartRefused`."""
    named = os.environ.get("TEST_POSTGRES")
    return find_binaries([lambda: iter([Candidate(Path(named), "TEST_POSTGRES")])]) if named else None
