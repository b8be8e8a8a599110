"""Alerts: listed on either wire, over many profiles, and switched off and on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from scouter.api.routing import AnyRoute, Request, Route
from scouter.errors import NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables import alerts
from scouter.postgres.tables.alerts import StoredAlert
from scouter.postgres.tables.entities import Entities
from scouter.profiles import lookup
from scouter.profiles.acknowledgement import set_active
from scouter.profiles.alert_pages import alert_page, recent_alert_page
from scouter.profiles.lookup import ProfileRef
from scouter.wire.alerts import (
    Alert,
    AlertPage,
    AlertsRequest,
    AlertStatusReply,
    AlertStatusRequest,
    LegacyAlert,
    LegacyAlerts,
    LegacyAlertsQuery,
    RecentAlertPage,
    RecentAlertsQuery,
    accepted_by_alerts,
    legacy_texts,
)
from scouter.wire.profiles import DriftType

DEFAULT_LEGACY_LIMIT = 1000

_decode_alert = msgspec.json.Decoder(Alert).decode


class Alerts:
    def __init__(self, pool: Pool, entities: Entities, now: Callable[[], datetime]) -> None:
        self._pool = pool
        self._entities = entities
        self._now = now

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "POST",
                "/scouter/alerts",
                self.page,
                "Alerts of one profile, newest first, in pages of 50 or `limit`.",
                AlertPage,
                permission="read on the profile's space",
                body=AlertsRequest,
                accepted=accepted_by_alerts,
                errors=(NotFound,),
            ),
            Route(
                "GET",
                "/scouter/alerts",
                self.legacy,
                "The newest alerts of one version, over all its drift types: 1000 of them, or `limit`.",
                LegacyAlerts,
                permission="read on the space",
                query=LegacyAlertsQuery,
                accepted=accepted_by_alerts,
            ),
            Route(
                "PUT",
                "/scouter/alerts",
                self.set_status,
                "Switch an alert off, or on again.",
                AlertStatusReply,
                permission="write on the space of the alert, and on the space that is named",
                body=AlertStatusRequest,
                errors=(NotFound,),
            ),
            Route(
                "GET",
                "/scouter/alerts/recent",
                self.recent,
                "Alerts of all profiles that the caller may read, newest first, in pages of 50 or `limit`.",
                RecentAlertPage,
                permission="read on a space that is named; without one, the alerts of all readable spaces are listed",
                query=RecentAlertsQuery,
                accepted=accepted_by_alerts,
            ),
        ]

    def page(self, request: Request[None, AlertsRequest]) -> AlertPage:
        body = request.body
        entity = lookup.find(ProfileRef(body.uid), "read", request.caller, self._entities.find)
        with self._pool.connection() as connection:
            return alert_page(connection, entity, body)

    def recent(self, request: Request[RecentAlertsQuery, None]) -> RecentAlertPage:
        query = request.query
        spaces = lookup.spaces(query.space, "read", request.caller)
        with self._pool.connection() as connection:
            return recent_alert_page(connection, spaces, query)

    def legacy(self, request: Request[LegacyAlertsQuery, None]) -> LegacyAlerts:
        query = request.query
        lookup.authorise(query.space, "read", request.caller)
        with self._pool.connection() as connection:
            listed = alerts.alerts_of_version(
                connection,
                query.space,
                query.name,
                query.version,
                only_active=query.active,
                start=query.limit_datetime,
                maximum=query.limit or DEFAULT_LEGACY_LIMIT,
            )
        return LegacyAlerts([_legacy_item(alert) for alert in listed])

    def set_status(self, request: Request[None, AlertStatusRequest]) -> AlertStatusReply:
        body = request.body
        lookup.authorise(body.space, "write", request.caller)
        with self._pool.connection() as connection:
            space = alerts.space_of_alert(connection, body.id)
            if space is None:
                raise NotFound(f"there is no alert {body.id}")
            lookup.authorise(space, "write", request.caller)
            done = set_active(connection, body.id, request.caller, self._now(), active=body.active)
        return AlertStatusReply(updated=done)


def _legacy_item(stored: StoredAlert) -> LegacyAlert:
    return LegacyAlert(
        created_at=stored.created_at,
        name=stored.name,
        space=stored.space,
        version=stored.version,
        entity_name=stored.entity_name,
        alert=legacy_texts(_decode_alert(stored.alert)),
        id=stored.id,
        drift_type=DriftType(stored.drift_type),
        active=stored.active,
    )
