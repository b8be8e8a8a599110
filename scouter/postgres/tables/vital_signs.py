"""How punctual the servers of a database are: checks, groups and messages that are due and not done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("vital_signs")


@dataclass(frozen=True, slots=True)
class VitalSigns:
    """Seconds for which the oldest of each kind has been due; None: there is none, negative: it is not yet.

    `given_up`: messages of the last day that nobody got.
    """

    check_seconds: float | None
    group_seconds: float | None
    message_seconds: float | None
    given_up: int


def vital_signs(connection: Connection, grace: timedelta) -> VitalSigns:
    """`grace`: how long a check waits for the last records of its window."""
    row = _sql["vital_signs"].one(connection, VitalSigns, grace=grace)
    assert row is not None  # noqa: S101  # a row of aggregates
    return row
