"""What hands out connections, as far as its users care."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from scouter.postgres.statements import Connection


class ConnectionSource(Protocol):
    """Whatever hands out connections: a pool, or lines."""

    def connection(self) -> AbstractContextManager[Connection]: ...
