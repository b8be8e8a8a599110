"""The message that is sent again and again."""

from __future__ import annotations

import json
from datetime import UTC, datetime

FEATURES = 10


def message(uid: str, records: int) -> bytes:
    """A message as the published client sends it."""
    stamp = datetime.now(UTC).isoformat().replace("+00:00", "123Z")
    batch = [
        {"Spc": {"created_at": stamp, "uid": uid, "feature": f"f{n % FEATURES}", "value": n * 1.5, "entity_id": 0}}
        for n in range(records)
    ]
    return json.dumps({"records": batch}).encode()
