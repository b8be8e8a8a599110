"""What whoever looks while Postgres is away has to know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Outage:
    """`since`: when Postgres last answered; None: it does, or never has. `waiting`: messages on this server's disk."""

    since: datetime | None
    waiting: int
