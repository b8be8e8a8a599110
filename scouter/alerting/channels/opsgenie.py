"""Alerts for an OpsGenie team: its Alert API creates and closes them.

Limits: https://docs.opsgenie.com/docs/alert-api (130 characters of message, 15 000 of description, 512 of alias, 25 000
of note).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from scouter.alerting.channels.aliases import alias_of
from scouter.alerting.channels.endings import ending_in_words
from scouter.alerting.channels.http_post import Answer, Post, Poster
from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome
from scouter.alerting.channels.plain_text import one_line
from scouter.alerting.channels.truncation import truncate
from scouter.wire.notifications import Notification
from scouter.wire.problem_messages import ProblemMessage
from scouter.wire.profiles import OpsGenieDispatch

MAX_MESSAGE = 130
MAX_DESCRIPTION = 15_000
MAX_ALIAS = 512
MAX_NOTE = 25_000
_SOURCE = "Scouter"
_CLOSED_BEFORE = frozenset({404})  # by a person, or by an earlier try whose answer was lost


class OpsGenie:
    """Creates alerts for one team. `api_url` is used exactly as given."""

    def __init__(self, poster: Poster, api_url: str, key: str, dispatch: OpsGenieDispatch) -> None:
        self._poster = poster
        self._url = api_url
        self._key = key
        self._dispatch = dispatch

    def send(self, notification: Notification, now: datetime) -> DeliveryOutcome:
        return self._post(self._url, alert_of(notification, self._dispatch), now)

    def send_problems(self, message: ProblemMessage, now: datetime) -> DeliveryOutcome:
        """While the episode lasts, what is sent counts up one alert; the last message closes it."""
        if message.is_over:
            note = {"source": _SOURCE, "note": truncate(f"{ending_in_words(message)}\n{message.heading}", MAX_NOTE)}
            return self._post(close_address(self._url, message), note, now, also_good=_CLOSED_BEFORE)
        return self._post(self._url, problem_alert_of(message, self._dispatch), now)

    def _post(
        self, url: str, body: dict[str, Any], now: datetime, also_good: frozenset[int] = frozenset()
    ) -> DeliveryOutcome:
        headers = {"Authorization": f"GenieKey {self._key}", "Content-Type": "application/json"}
        post = Post(url, msgspec.json.encode(body), headers, (self._key,), also_good)
        answer = self._poster.post(post, now)
        return Delivered(answer.shown) if isinstance(answer, Answer) else answer


def alert_of(notification: Notification, dispatch: OpsGenieDispatch) -> dict[str, Any]:
    """The request's body. Requests with the same `alias` are one alert at OpsGenie, so another try does no harm."""
    heading = f"{notification.title}: {notification.profile}"
    description = _description(heading, notification.descriptions.opsgenie, late=notification.late)
    alias = alias_of(notification.key, MAX_ALIAS)
    return _alert(dispatch, heading, alias, description, notification.url)


def problem_alert_of(message: ProblemMessage, dispatch: OpsGenieDispatch) -> dict[str, Any]:
    """The same for all messages of an episode."""
    heading = one_line(message.heading)
    description = _description(heading, message.descriptions.opsgenie, late=message.late)
    return _alert(dispatch, heading, alias_of(message.episode_key, MAX_ALIAS), description, message.url)


def close_address(url: str, message: ProblemMessage) -> str:
    """That of the alert of its episode, under the address that alerts are created at."""
    parts = urlsplit(url)
    path = f"{parts.path.rstrip('/')}/{quote(alias_of(message.episode_key, MAX_ALIAS), safe='')}/close"
    query = "&".join(filter(None, (parts.query, "identifierType=alias")))
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def _alert(dispatch: OpsGenieDispatch, heading: str, alias: str, description: str, url: str | None) -> dict[str, Any]:
    team = [{"name": dispatch.team, "type": "team"}]
    return {
        "message": truncate(heading, MAX_MESSAGE),
        "alias": alias,
        "description": truncate(description, MAX_DESCRIPTION),
        "responders": team,
        "visibleTo": team,
        "tags": ["Model Drift", "Scouter"],
        "priority": dispatch.priority,
        **({"details": {"url": url}} if url else {}),
    }


def _description(heading: str, text: str, *, late: bool) -> str:
    before = [heading] if len(heading) > MAX_MESSAGE else []
    return "\n".join([*before, *(["Late records."] if late else []), text])
