"""A test message through a profile's channels, at once and past the outbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome, Retry
from scouter.alerting.channels.routing import Channels, destinations_of
from scouter.api.routing import AnyRoute, Request, Route
from scouter.auth.permissions import Caller
from scouter.errors import InvalidInput, NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities, Entity, EntityName
from scouter.postgres.tables.profiles import document_of
from scouter.settings.settings import Settings
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
        self, pool: Pool, entities: Entities, channels: Channels, settings: Settings, now: Callable[[], datetime]
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
        entity = find_writable(request.body, request.caller, self._entities)
        notification = test_notification(entity, self._now())
        tests = [self._try(destination, notification) for destination in self._destinations(entity)]
        return AlertTestReply(entity.uid, all(test.outcome is TrialResult.delivered for test in tests), tests)

    def _destinations(self, entity: Entity) -> list[Destination]:
        with self._pool.connection() as connection:
            document = document_of(connection, entity.id)
        if document is None:
            raise _no_profile(entity.uid)
        return destinations_of(dispatch_of(document), self._settings)

    def _try(self, destination: Destination, notification: Notification) -> ChannelTest:
        begun = time.monotonic()
        outcome = self._channels.send(destination, notification, self._now())
        return _told(destination, outcome, time.monotonic() - begun)


def find_writable(request: AlertTestRequest, caller: Caller, entities: Entities) -> Entity:
    """The profile that is named. A named space is authorised before anything is looked up."""
    if request.space is not None:
        caller.require("write", request.space)
    entity = entities.find(request.uid if request.uid is not None else _name_in(request))
    if entity is None:
        raise _no_profile(request.uid or f"{request.space}/{request.name} {request.version}")
    caller.require("write", entity.space)
    return entity


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


def _name_in(request: AlertTestRequest) -> EntityName:
    if request.space is None or request.name is None or request.version is None or request.drift_type is None:
        raise InvalidInput("uid", None, "a profile's uid, or space, name, version and drift_type together")
    return EntityName(request.space, request.name, request.version, request.drift_type.value)


def _no_profile(named: str) -> NotFound:
    return NotFound(f"there is no profile {named!r}")


def _told(destination: Destination, outcome: DeliveryOutcome, seconds: float) -> ChannelTest:
    if isinstance(outcome, Delivered):
        return ChannelTest(destination.channel, TrialResult.delivered, outcome.receipt, None, round(seconds, 3))
    wait = outcome.retry_after_seconds if isinstance(outcome, Retry) else None
    result = TrialResult[type(outcome).__name__.lower()]
    return ChannelTest(destination.channel, result, outcome.reason, wait, round(seconds, 3))
