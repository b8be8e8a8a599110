"""Keeping where a profile stands, in the transaction that writes its run."""

from __future__ import annotations

import msgspec

from scouter.drift.standing import standing_of
from scouter.postgres.statements import Connection
from scouter.postgres.tables.profile_standings import NewestCheck, advance_standing, newest_run, put_standing
from scouter.wire.check_results import CheckResult

_decode = msgspec.json.Decoder(CheckResult).decode


def record_standing(connection: Connection, entity_id: int, newest: NewestCheck, result: CheckResult | None) -> None:
    """Of a check of a window that is newer than all. `result` is None when it failed."""
    advance_standing(connection, entity_id, newest, standing_of(result))


def refresh_standing(connection: Connection, entity_id: int) -> None:
    """From the runs as they are: a window may have been checked again."""
    newest = newest_run(connection, entity_id)
    if newest is not None:
        result = None if newest.result is None else _decode(newest.result)
        put_standing(connection, entity_id, standing_of(result))
