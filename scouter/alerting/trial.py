"""A test message through a profile's channels, at once and past the outbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome, Retry
from scouter.alerting.channels.routing import Channels, destinations_of
from scouter.postgres.tables.entities import Entity
from scouter.settings.alerting import AlertingSettings
from scouter.wire.deliveries import AlertTestReply, ChannelTest, TrialResult
from scouter.wire.notifications import Descriptions, Destination, Notification, dispatch_of

_TITLE = "Test message"
_TEXT = "This is a test of the way that alerts of this profile take. Nothing has drifted."


class Trials:
    """Sends at once, and waits for what each service says: up to its timeout."""

    def __init__(self, channels: Channels, settings: AlertingSettings, now: Callable[[], datetime]) -> None:
        self._channels = channels
        self._settings = settings
        self._now = now

    def send(self, entity: Entity, document: str) -> AlertTestReply:
        """`document` is that of the profile: it says where its alerts go."""
        notification = test_notification(entity, self._now())
        tests = [
            self._try(destination, notification)
            for destination in destinations_of(dispatch_of(document), self._settings)
        ]
        return AlertTestReply(entity.uid, all(test.outcome is TrialResult.delivered for test in tests), tests)

    def _try(self, destination: Destination, notification: Notification) -> ChannelTest:
        begun = time.monotonic()
        outcome = self._channels.send(destination, notification, self._now())
        return _told(destination, outcome, time.monotonic() - begun)


def test_notification(entity: Entity, now: datetime) -> Notification:
    return Notification(
        alert_ids=(),
        uid=entity.uid,
        space=entity.space,
        name=entity.name,
        version=entity.version,
        drift_type=entity.drift_type,
        title=_TITLE,
        descriptions=Descriptions(_TEXT, _TEXT, _TEXT),
        created_at=now,
        test=True,
    )


def _told(destination: Destination, outcome: DeliveryOutcome, seconds: float) -> ChannelTest:
    if isinstance(outcome, Delivered):
        return ChannelTest(destination.channel, TrialResult.delivered, outcome.receipt, None, round(seconds, 3))
    wait = outcome.retry_after_seconds if isinstance(outcome, Retry) else None
    result = TrialResult[type(outcome).__name__.lower()]
    return ChannelTest(destination.channel, result, outcome.reason, wait, round(seconds, 3))
