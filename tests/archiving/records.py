"""Records of the three kinds, as they are sent and as they are stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Any

from tests.client.stored_records import StoredCount, StoredValue
from tests.http_client import HttpClient
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

Row = StoredValue | StoredCount

KINDS = ("spc", "psi", "custom")
TABLES = {"spc": "spc_record", "psi": "psi_record", "custom": "custom_record"}
FEATURE_COLUMNS = {"spc": "feature", "psi": "feature", "custom": "metric"}
PSI_BINS = 10
DOCUMENTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "spc": lambda name: spc_profile(name=name),
    "psi": lambda name: psi_profile(name=name, bins=PSI_BINS),
    "custom": lambda name: custom_profile(name=name),
}


def register(client: HttpClient, kind: str, name: str) -> str:
    """The uid of a new profile. It is not active: no check of it needs its records."""
    reply = client.post("/scouter/profile", registration(DOCUMENTS[kind](name)))
    assert reply.status == 200, reply
    return str(reply.body["uid"])


def as_sent(kind: str, uid: str, row: Row, zone: tzinfo = UTC) -> dict[str, Any]:
    """An entry of a message. The time is written in that zone."""
    record = {"uid": uid, "created_at": row.created_at.astimezone(zone).isoformat(), FEATURE_COLUMNS[kind]: row.feature}
    if isinstance(row, StoredCount):
        return {"Psi": {**record, "bin_id": row.bin_id, "bin_count": row.bin_count}}
    return {kind.capitalize(): {**record, "value": row.value}}


def as_stored(kind: str, feature: str, created_at: datetime, *values: Any) -> Row:
    """From the columns of a table or of a file, in their order."""
    if kind == "psi":
        bin_id, bin_count = values
        return StoredCount(feature, created_at, bin_id, bin_count)
    (value,) = values
    return StoredValue(feature, created_at, value)
