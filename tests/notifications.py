"""Notifications and messages about problems to send in tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Raw

from scouter.wire.notifications import Descriptions, Notification
from scouter.wire.problem_messages import MessageKind, Problem, ProblemMessage, ProblemNews
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


def problem(**changed: Any) -> Problem:
    made = Problem(
        id=41,
        uid="uid-1",
        space="shop",
        name="churn",
        version="1.0.0",
        drift_type="Psi",
        signal="psi",
        subject="age",
        direction=None,
        episode=2,
        since=NOW - timedelta(hours=3),
        windows_bad=3,
        effect=0.25,
        p_value=0.001,
        judge="two-sample",
    )
    return msgspec.structs.replace(made, **changed)


def news(state: MessageKind = MessageKind.firing, **changed: Any) -> ProblemNews:
    alerts = Raw(b'[{"Psi":{"feature":"age","drift":0.25,"threshold":0.10}}]')
    return ProblemNews(problem(**changed), state, alert_ids=(7, 8), alerts=alerts)


def problem_message(kind: MessageKind = MessageKind.firing, sequence: int = 4, **changed: Any) -> ProblemMessage:
    """The episode's first message has the sequence 4."""
    is_end = kind in (MessageKind.resolved, MessageKind.ended)
    made = ProblemMessage(
        group="shop:7",
        episode=2,
        sequence=sequence,
        opening=4,
        kind=kind,
        heading="1 new problem in shop: age",
        descriptions=Descriptions("on the console\n    age:", "in *Slack*", "at OpsGenie"),
        problems=(news(kind),),
        firing=0 if is_end else 1,
        since=NOW - timedelta(hours=3),
        created_at=NOW,
    )
    return msgspec.structs.replace(made, **changed)
