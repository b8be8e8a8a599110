"""Alerts for an OpsGenie team: the create-alert request of its Alert API.

Limits: https://docs.opsgenie.com/docs/alert-api (130 characters of message, 15 000 of description, 512 of alias).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import msgspec

from scouter.alerting.channels.http_post import Answer, Post, Poster
from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome
from scouter.alerting.channels.truncation import truncate
from scouter.wire.notifications import Notification
from scouter.wire.profiles import OpsGenieDispatch

MAX_MESSAGE = 130
MAX_DESCRIPTION = 15_000
MAX_ALIAS = 512


class OpsGenie:
    """Creates alerts for one team. `api_url` is used exactly as given."""

    def __init__(self, poster: Poster, api_url: str, key: str, dispatch: OpsGenieDispatch) -> None:
        self._poster = poster
        self._url = api_url
        self._key = key
        self._dispatch = dispatch

    def send(self, notification: Notification, now: datetime) -> DeliveryOutcome:
        body = msgspec.json.encode(alert_of(notification, self._dispatch))
        headers = {"Authorization": f"GenieKey {self._key}", "Content-Type": "application/json"}
        answer = self._poster.post(Post(self._url, body, headers, (self._key,)), now)
        return Delivered(answer.shown) if isinstance(answer, Answer) else answer


def alert_of(notification: Notification, dispatch: OpsGenieDispatch) -> dict[str, Any]:
    """The request's body. Requests with the same `alias` are one alert at OpsGenie, so another try does no harm."""
    team = [{"name": dispatch.team, "type": "team"}]
    heading = f"{notification.title}: {notification.profile}"
    return {
        "message": truncate(heading, MAX_MESSAGE),
        "alias": alias_of(notification.key),
        "description": truncate(_description(notification, heading), MAX_DESCRIPTION),
        "responders": team,
        "visibleTo": team,
        "tags": ["Model Drift", "Scouter"],
        "priority": dispatch.priority,
        **({"details": {"url": notification.url}} if notification.url else {}),
    }


def alias_of(key: str) -> str:
    """The key itself, or its digest when it is too long."""
    return key if len(key) <= MAX_ALIAS else hashlib.sha256(key.encode()).hexdigest()


def _description(notification: Notification, heading: str) -> str:
    before = [heading] if len(heading) > MAX_MESSAGE else []
    late = ["Late records."] if notification.late else []
    return "\n".join([*before, *late, notification.descriptions.opsgenie])
