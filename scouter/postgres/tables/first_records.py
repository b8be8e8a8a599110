"""What has come for a profile that was not checked yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("first_records")
_TABLES = {"Spc": "spc_record", "Psi": "psi_record", "Custom": "custom_record"}


@dataclass(frozen=True, slots=True)
class FirstRecords:
    """`since`: when the first of them came; None: none did."""

    count: int
    since: datetime | None


def first_records(
    connection: Connection, entity_id: int, drift_type: str, after: datetime, *, maximum: int
) -> FirstRecords:
    """Of records after that moment. No more than `maximum` are counted: there may be millions."""
    statement = _sql["first_records"].on(_TABLES[drift_type])
    found = statement.one(connection, FirstRecords, entity_id=entity_id, after=after, maximum=maximum)
    return found or FirstRecords(0, None)
