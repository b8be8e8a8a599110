"""Records of a profile, made as the client's messages are: of today and of days that the archive takes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

FEATURE = "age"
AGES = {3: 1.0, 2: 2.0, 0: 6.0}  # days ago and value; with a retention of a day the first two are archived


def moment(days: int) -> datetime:
    now = datetime.now(UTC)
    return (now - timedelta(days=days)).replace(hour=12, minute=0, second=0, microsecond=0) if days else now


def message(profile: Mapping[str, str], moments: Mapping[datetime, float]) -> bytes:
    named = {name: profile[name] for name in ("space", "name", "version")}
    records = [
        {"Spc": {"created_at": moment.isoformat(), "feature": FEATURE, "value": value, **named}}
        for moment, value in moments.items()
    ]
    return json.dumps({"records": records}).encode()
