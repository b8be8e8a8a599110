"""A test message through a profile's channels, at once and past the outbox."""

from __future__ import annotations

from scouter.alerting.trial import Trials
from scouter.api.routing import AnyRoute, Request, Route
from scouter.errors import NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities
from scouter.postgres.tables.profiles import document_of
from scouter.profiles import lookup
from scouter.profiles.lookup import ProfileRef
from scouter.wire.deliveries import AlertTestReply, AlertTestRequest, accepted_by_deliveries


class AlertTrial:
    def __init__(self, pool: Pool, entities: Entities, trials: Trials) -> None:
        self._pool = pool
        self._entities = entities
        self._trials = trials

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
                bulkhead="outside",
                errors=(NotFound,),
            )
        ]

    def send(self, request: Request[None, AlertTestRequest]) -> AlertTestReply:
        ref = ProfileRef.of(request.body, drift_type=request.body.drift_type)
        entity = lookup.find(ref, "write", request.caller, self._entities.find)
        with self._pool.connection() as connection:
            document = document_of(connection, entity.id)
        if document is None:
            raise ProfileRef(entity.uid).unknown()
        return self._trials.send(entity, document)
