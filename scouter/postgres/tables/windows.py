"""The records of one window, as the checks take them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from scouter.postgres.huge_values import SCALES, TooHuge
from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("windows")


@dataclass(frozen=True, slots=True)
class Window:
    """Records with start < created_at <= end."""

    start: datetime
    end: datetime


def spc_window(connection: Connection, entity_id: int, window: Window) -> list[tuple[str, datetime, float]]:
    """Feature, moment and value of every record, in no order."""
    return connection.execute(_sql["spc_window"].text, _parameters(entity_id, window)).fetchall()


def psi_window(connection: Connection, entity_id: int, window: Window) -> list[tuple[str, int, Decimal, int]]:
    """Feature, bin id, observations and number of records."""
    return connection.execute(_sql["psi_window"].text, _parameters(entity_id, window)).fetchall()


def custom_window(connection: Connection, entity_id: int, window: Window) -> list[tuple[str, int, float, float | None]]:
    """Metric, number of records, their mean, whatever the values are, and sample deviation, if there is one."""
    asked = _parameters(entity_id, window)
    try:
        with connection.transaction():  # if one metric's values cannot be added up, the others' are not lost
            return connection.execute(_sql["custom_window"].text, asked).fetchall()
    except TooHuge:
        return connection.execute(_sql["huge_custom_window"].text, {**asked, **SCALES}).fetchall()


def _parameters(entity_id: int, window: Window) -> dict[str, object]:
    return {"entity_id": entity_id, "start": window.start, "end": window.end}
