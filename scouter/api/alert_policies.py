"""Policies: what is told of problems, to whom and when, for a space or a profile."""

from __future__ import annotations

import msgspec
from msgspec import structs

from scouter.alerting.channels.recipients import missing_destinations
from scouter.api.routing import AnyRoute, Request, Route
from scouter.auth.permissions import Caller, Verb
from scouter.errors import InvalidInput, NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities, Entity
from scouter.profiles import lookup
from scouter.profiles.alert_policies import set_policy, shown_policy, take_policy_back
from scouter.profiles.lookup import ProfileRef
from scouter.settings.alerting import AlertingSettings
from scouter.wire.alert_policies import NamedPolicyQuery, PolicyQuery, PolicyReply, PutPolicyRequest
from scouter.wire.recipients import Recipient


class AlertPolicies:
    def __init__(self, pool: Pool, entities: Entities, alerting: AlertingSettings) -> None:
        self._pool = pool
        self._entities = entities
        self._alerting = alerting

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/alerts/policy",
                self.shown,
                "What is told, to whom and when, each value with where it comes from: for a profile, one of its "
                "features, a space, or the server.",
                PolicyReply,
                permission="read on the space of the profile, or on the space that is named",
                query=PolicyQuery,
                errors=(NotFound,),
            ),
            Route(
                "PUT",
                "/scouter/alerts/policy",
                self.put,
                "Set the policy of a profile or of a space, instead of the one that is there. The server's own is in "
                "its settings.",
                PolicyReply,
                permission="write on the space of the profile, or on the space that is named",
                body=PutPolicyRequest,
                errors=(NotFound,),
            ),
            Route(
                "DELETE",
                "/scouter/alerts/policy",
                self.take_back,
                "Take the policy of a profile or of a space back: what is more general holds again.",
                PolicyReply,
                permission="write on the space of the profile, or on the space that is named",
                query=NamedPolicyQuery,
                errors=(NotFound,),
            ),
        ]

    def shown(self, request: Request[PolicyQuery, None]) -> PolicyReply:
        query = request.query
        entity = self._named(query.uid, query.space, "read", request.caller)
        if entity is None and query.space is None:
            request.caller.require_any("read")
        if entity is None and query.feature is not None:
            raise InvalidInput("feature", query.feature, "nothing, without the uid of a profile")
        with self._pool.connection() as connection:
            shown = shown_policy(connection, entity=entity, space=query.space, feature=query.feature)
        return self._with_notes(shown)

    def put(self, request: Request[None, PutPolicyRequest]) -> PolicyReply:
        body = request.body
        entity, space = self._one(body.uid, body.space, request.caller)
        with self._pool.connection() as connection:
            set_policy(connection, body.policy, request.caller.username, entity=entity, space=space)
            shown = shown_policy(connection, entity=entity, space=space)
        return self._with_notes(shown)

    def take_back(self, request: Request[NamedPolicyQuery, None]) -> PolicyReply:
        query = request.query
        entity, space = self._one(query.uid, query.space, request.caller)
        with self._pool.connection() as connection:
            if not take_policy_back(connection, entity=entity, space=space):
                raise NotFound("it has no policy of its own")
            shown = shown_policy(connection, entity=entity, space=space)
        return self._with_notes(shown)

    def _with_notes(self, shown: PolicyReply) -> PolicyReply:
        named = [
            recipient
            for key in ("to", "escalate_to")
            for recipient in msgspec.json.decode(shown.values[key].value, type=tuple[Recipient, ...])
        ]
        return structs.replace(shown, notes=missing_destinations(named, None, self._alerting))

    def _one(self, uid: str | None, space: str | None, caller: Caller) -> tuple[Entity | None, str | None]:
        """The profile, or else the space, that is named to be changed."""
        entity = self._named(uid, space, "write", caller)
        if entity is None and space is None:
            raise InvalidInput("uid", None, "the uid of a profile, or a space; the server's own policy is its settings")
        return entity, None if entity is not None else space

    def _named(self, uid: str | None, space: str | None, verb: Verb, caller: Caller) -> Entity | None:
        """The profile that is named; None: a space is, or nothing."""
        if uid is None:
            lookup.authorise(space, verb, caller)
            return None
        return lookup.find(ProfileRef(uid, space), verb, caller, self._entities.find)
