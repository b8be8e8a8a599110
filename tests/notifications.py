"""A notification to send in tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Raw

from scouter.wire.notifications import Descriptions, Notification
from scouter.wire.profiles import DispatchConfig

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CONSOLE = msgspec.convert({"Console": {"enabled": True}}, DispatchConfig)
SLACK = msgspec.convert({"Slack": {"channel": "#drift"}}, DispatchConfig)
OPSGENIE = msgspec.convert({"OpsGenie": {"team": "ml", "priority": "P2"}}, DispatchConfig)


def notification(*alert_ids: int, **changed: Any) -> Notification:
    made = Notification(
        alert_ids=alert_ids or (7, 8),
        uid="uid-1",
        space="shop",
        name="churn",
        version="1.0.0",
        drift_type="Spc",
        title="Drift detected",
        descriptions=Descriptions("on the console\n    age:", "in *Slack*", "at OpsGenie"),
        created_at=NOW,
        alerts=Raw(b'[{"Spc":{"feature":"age","kind":"OutOfBounds","zone":"Zone4"}}]'),
    )
    return msgspec.structs.replace(made, **changed)
