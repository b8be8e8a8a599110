"""Alerts for a service of PagerDuty's: events of its Events API v2.

https://developer.pagerduty.com/docs/send-alert-event (1 024 characters of summary, 255 of dedup_key). Events with the
same `dedup_key` are one alert there, so another try does no harm, and the last event of an episode resolves it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from scouter.alerting.channels.aliases import alias_of
from scouter.alerting.channels.http_post import Answer, Post, Poster
from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome
from scouter.alerting.channels.plain_text import one_line
from scouter.alerting.channels.truncation import truncate
from scouter.wire.notifications import Notification
from scouter.wire.problem_messages import MessageKind, ProblemMessage, ProblemNews

MAX_SUMMARY = 1024
MAX_DEDUP_KEY = 255
MAX_TEXT = 12_000
MAX_PROBLEMS = 50
_CLIENT = "Scouter"
_LINK = "What was seen, and why it counts"


class PagerDuty:
    """Sends events to one service. `url` is used exactly as given."""

    def __init__(self, poster: Poster, url: str, routing_key: str) -> None:
        self._poster = poster
        self._url = url
        self._routing_key = routing_key

    def send(self, notification: Notification, now: datetime) -> DeliveryOutcome:
        return self._send(trigger_of(notification), now)

    def send_problems(self, message: ProblemMessage, now: datetime) -> DeliveryOutcome:
        return self._send(resolve_of(message) if message.is_over else problem_trigger_of(message), now)

    def _send(self, event: dict[str, Any], now: datetime) -> DeliveryOutcome:
        body = msgspec.json.encode({"routing_key": self._routing_key, **event})
        post = Post(self._url, body, {"Content-Type": "application/json"}, (self._routing_key,))
        answer = self._poster.post(post, now)
        return Delivered(answer.shown) if isinstance(answer, Answer) else answer


def trigger_of(notification: Notification) -> dict[str, Any]:
    """The event of one check's alerts, without the routing key."""
    payload = {
        "summary": truncate(one_line(f"{notification.title}: {notification.profile}"), MAX_SUMMARY),
        "source": notification.profile,
        "severity": "info" if notification.test else "warning",
        "timestamp": notification.created_at.isoformat(),
        "group": notification.space,
        "class": notification.drift_type,
        "custom_details": {"description": truncate(notification.descriptions.console, MAX_TEXT)},
    }
    return _trigger(alias_of(notification.key, MAX_DEDUP_KEY), payload, notification.url)


def problem_trigger_of(message: ProblemMessage) -> dict[str, Any]:
    """The event that opens the episode's alert, or says once more and what is new."""
    spaces = dict.fromkeys(news.problem.space for news in message.problems)
    payload = {
        "summary": truncate(one_line(message.heading), MAX_SUMMARY),
        "source": truncate(", ".join(message.profiles), MAX_SUMMARY) or message.group,
        "severity": "error" if message.kind is MessageKind.worse else "warning",
        "timestamp": message.created_at.isoformat(),
        "group": ", ".join(spaces),
        "class": message.kind.value,
        "custom_details": {
            "description": truncate(message.descriptions.console, MAX_TEXT),
            "late": message.late,
            "problems": [_details(news) for news in message.problems[:MAX_PROBLEMS]],
        },
    }
    return _trigger(alias_of(message.episode_key, MAX_DEDUP_KEY), payload, message.url)


def resolve_of(message: ProblemMessage) -> dict[str, Any]:
    return {"event_action": "resolve", "dedup_key": alias_of(message.episode_key, MAX_DEDUP_KEY)}


def _trigger(dedup_key: str, payload: dict[str, Any], url: str | None) -> dict[str, Any]:
    link = {"client_url": url, "links": [{"href": url, "text": _LINK}]} if url else {}
    return {"event_action": "trigger", "dedup_key": dedup_key, "payload": payload, "client": _CLIENT, **link}


def _details(news: ProblemNews) -> dict[str, Any]:
    url = {"url": news.url} if news.url else {}
    return {"state": news.state, **msgspec.to_builtins(news.problem), **url}
