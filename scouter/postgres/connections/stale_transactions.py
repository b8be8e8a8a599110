"""Transactions that their owners have given up, and that Postgres still holds open with all their locks."""

from __future__ import annotations

from dataclasses import dataclass

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("abandoned")


@dataclass(frozen=True, slots=True)
class _Ended:
    ended: bool


def end_stale_transactions(connection: Connection, purpose: str, seconds: float) -> int:
    """End sessions for that purpose, of any server, whose transaction is older. How many there were."""
    return len(_sql["end_abandoned"].all(connection, _Ended, purpose=purpose, seconds=seconds))
