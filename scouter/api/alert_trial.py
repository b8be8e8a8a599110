"""A test message through a profile's channels, at once and past the outbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome, Retry
from scouter.alerting.channels.routing import Channels, destinations_of
from scouter.api.routing import AnyRoute, Request, Route
from scouter.errors import NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities, Entity
from scouter.postgres.tables.profiles import document_of
from scouter.profiles import lookup
from scouter.profiles.lookup import ProfileRef
from scouter.settings.alerting import AlertingSettings
from scouter.wire.deliveries import (
    AlertTestReply,
    AlertTestRequest,
    ChannelTest,
    TrialResult,
    accepted_by_deliveries,
)
from scouter.wire.notifications import Descriptions, Destination, Notification, dispatch_of

_TITLE = "Test message"
_TEXT = "This is a test of the way that alerts of this profile take. Nothing has drifted."


class AlertTrial:
    def __init__(
        self,
        pool: Pool,
        entities: Entities,
        channels: Channels,
        settings: AlertingSettings,
        now: Callable[[], datetime],
    ) -> None:
        self._pool = pool
        self._entities = entities
        self._channels = channels
        self._settings = settings
        self._now = now

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "POST",
                "/scouter/alerts/test",
                self.send,
                "Send a test message through a profile's channel, and to the webhook if there is one, and say what "
                "each service answered. The profile is named by uid, or by space, name, version and drift type.",
                AlertTestReply,
                permission="write on the profile's space",
                body=AlertTestRequest,
                accepted=accepted_by_deliveries,
                errors=(NotFound,),
            )
        ]

    def send(self, request: Request[None, AlertTestRequest]) -> AlertTestReply:
        ref = ProfileRef.of(request.body, drift_type=request.body.drift_type)
        entity = lookup.find(ref, "write", request.caller, self._entities.find)
        notification = test_notification(entity, self._now())
        tests = [self._try(destination, notification) for destination in self._destinations(entity)]
        return AlertTestReply(entity.uid, all(test.outcome is TrialResult.delivered for test in tests), tests)

    def _destinations(self, entity: Entity) -> list[Destination]:
        with self._pool.connection() as connection:
            document = document_of(connection, entity.id)
        if document is None:
            raise ProfileRef(entity.uid).unknown()
        return destinations_of(dispatch_of(document), self._settings)

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
