"""Messages about problems on their way into the outbox: where they go, and the form in which channels take them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import UNSET, Raw

from scouter.alerting.channels.routing import destinations_of
from scouter.settings.alerting import AlertingSettings
from scouter.wire.notifications import ChannelName, Destination, Notification
from scouter.wire.problem_messages import ProblemMessage
from scouter.wire.profiles import DispatchConfig
from scouter.wire.recipients import Recipient


def problem_destinations(
    recipients: Iterable[Recipient] | None, own: DispatchConfig, settings: AlertingSettings
) -> list[Destination]:
    """Where messages about a profile's problems go, each destination once. `own` is what its document says."""
    if recipients is None:
        return destinations_of(own, settings)
    found = [each for recipient in recipients for each in _destinations(recipient, own, settings)]
    return list(dict.fromkeys(found or destinations_of(own, settings)[:1]))


def outbox_payload(message: ProblemMessage) -> str:
    """JSON text, as deliveries are read: a notification that tells of the first of its profiles."""
    first = message.problems[0].problem
    alerts = [each for news in message.problems for each in msgspec.json.decode(news.alerts, type=list[Raw])]
    notification = Notification(
        alert_ids=message.alert_ids,
        uid=first.uid,
        space=first.space,
        name=first.name,
        version=first.version,
        drift_type=first.drift_type,
        title=message.heading,
        descriptions=message.descriptions,
        created_at=message.created_at,
        late=message.late,
        alerts=Raw(msgspec.json.encode(alerts)),
    )
    return msgspec.json.encode(notification).decode()


def _destinations(recipient: Recipient, own: DispatchConfig, settings: AlertingSettings) -> list[Destination]:
    if recipient.slack is not UNSET:
        return [Destination(ChannelName.slack, DispatchConfig(slack=recipient.slack))]
    if recipient.opsgenie is not UNSET:
        return [Destination(ChannelName.opsgenie, DispatchConfig(ops_genie=recipient.opsgenie))]
    if recipient.webhook is not UNSET:
        return [Destination(ChannelName.webhook)]
    return destinations_of(own, settings)[:1]
