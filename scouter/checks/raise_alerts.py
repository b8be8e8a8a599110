"""Raising alerts: stored with the run that saw them, and put in for delivery, all in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import UNSET, Raw

from scouter.alerting.channels.routing import destinations_of
from scouter.checks.checked_profile import CheckedProfile
from scouter.drift.descriptions import Wording, descriptions
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alerts import add_alert
from scouter.postgres.tables.deliveries import enqueue
from scouter.settings.alerting import AlertingSettings
from scouter.wire.alerts import Alert
from scouter.wire.notifications import ChannelName, Descriptions, Notification, dispatch_of


def raise_alerts(
    connection: Connection,
    profile: CheckedProfile,
    alerts: Sequence[Alert],
    settings: AlertingSettings,
    *,
    run_id: int,
    now: datetime,
    late: bool = False,
    told: bool = True,
) -> dict[str, list[int]]:
    """The ids of the stored alerts, by feature or metric.

    `told`: with a message for this check, for else only the webhook gets one, whose programs want every alert. SPC and
    PSI tell of all features in one, custom metrics of each metric in one of its own.
    """
    raised: dict[str, list[int]] = {}
    if not alerts:
        return raised
    # Read once: there may be as many alerts as the document has metrics.
    destinations = [
        each
        for each in destinations_of(dispatch_of(profile.document), settings)
        if told or each.channel is ChannelName.webhook
    ]
    for told_together in _messages(alerts):
        ids = [
            add_alert(
                connection,
                profile.entity_id,
                alert.subject,
                msgspec.json.encode(alert).decode(),
                created_at=now,
                run_id=run_id,
                late=late,
            )
            for alert in told_together
        ]
        for alert, alert_id in zip(told_together, ids, strict=True):
            raised.setdefault(alert.subject, []).append(alert_id)
        if destinations:
            notification = _notification(profile, told_together, ids, now, late=late)
            enqueue(connection, profile.entity_id, notification, destinations, now)
    return raised


def identity_of(alert: Alert) -> tuple[str, ...]:
    """What makes two alerts of one window the same: the numbers may differ when more records are there."""
    if alert.spc is not UNSET:
        return alert.spc.feature, alert.spc.kind.value, alert.spc.zone.value
    return (alert.subject,)


def _messages(alerts: Sequence[Alert]) -> list[Sequence[Alert]]:
    return [[alert] for alert in alerts] if alerts[0].custom is not UNSET else [alerts]


def _notification(
    profile: CheckedProfile, alerts: Sequence[Alert], ids: Sequence[int], now: datetime, *, late: bool
) -> Notification:
    texts = {wording: "\n".join(descriptions(alerts, wording)) for wording in Wording}
    stored = [
        {"id": alert_id, "entity_name": alert.subject, "created_at": now, "alert": alert}
        for alert_id, alert in zip(ids, alerts, strict=True)
    ]
    return Notification(
        alert_ids=tuple(ids),
        uid=profile.uid,
        space=profile.space,
        name=profile.name,
        version=profile.version,
        drift_type=profile.drift_type,
        title="Drift detected",
        descriptions=Descriptions(texts[Wording.console], texts[Wording.slack], texts[Wording.ops_genie]),
        created_at=now,
        late=late,
        alerts=Raw(msgspec.json.encode(stored)),
    )
