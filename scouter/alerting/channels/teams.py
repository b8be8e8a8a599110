"""Alerts in Microsoft Teams: an adaptive card for a workflow that takes webhook requests.

https://adaptivecards.io/explorer (version 1.4) and https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors
(28 kB a message). Texts are runs, which Teams shows as they are; in blocks of text it would read names as Markdown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from scouter.alerting.channels.endings import ending_in_words
from scouter.alerting.channels.http_post import Answer, Post, Poster
from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome
from scouter.alerting.channels.plain_text import one_line
from scouter.alerting.channels.truncation import truncate
from scouter.wire.notifications import Notification
from scouter.wire.problem_messages import MessageKind, ProblemMessage

MAX_BYTES = 24_000  # of what stands below the heading; the card around it needs the rest
MAX_LINE = 1000
MAX_HEADING = 300
_MORE = "… and more: see the address below, or GET /scouter/alerts."
_LINK = "What was seen, and why it counts"
_CARD = "application/vnd.microsoft.card.adaptive"
_COLORS = {MessageKind.resolved: "Good", MessageKind.ended: "Default", MessageKind.reminder: "Warning"}


class Teams:
    """Posts cards to one workflow, whose address is secret as a whole."""

    def __init__(self, poster: Poster, url: str) -> None:
        self._poster = poster
        self._url = url

    def send(self, notification: Notification, now: datetime) -> DeliveryOutcome:
        return self._send(card_of(notification), now)

    def send_problems(self, message: ProblemMessage, now: datetime) -> DeliveryOutcome:
        """A card each time: a workflow says nothing of the card that it posted."""
        return self._send(problem_card_of(message), now)

    def _send(self, card: dict[str, Any], now: datetime) -> DeliveryOutcome:
        attachment = {"contentType": _CARD, "contentUrl": None, "content": card}
        body = msgspec.json.encode({"type": "message", "attachments": [attachment]})
        answer = self._poster.post(Post(self._url, body, {"Content-Type": "application/json"}), now)
        return Delivered(answer.shown) if isinstance(answer, Answer) else answer


def card_of(notification: Notification) -> dict[str, Any]:
    heading = f"{notification.title}: {notification.profile} ({notification.drift_type})"
    color = "Default" if notification.test else "Attention"
    late = ["Late records."] if notification.late else []
    return _card(heading, color, [*late, *notification.descriptions.console.split("\n")], notification.url)


def problem_card_of(message: ProblemMessage) -> dict[str, Any]:
    over = [f"{ending_in_words(message)}."] if message.is_over else []
    late = ["Late records."] if message.late else []
    lines = [*over, *late, *message.descriptions.console.split("\n")]
    return _card(message.heading, _COLORS.get(message.kind, "Attention"), lines, message.url)


def _card(heading: str, color: str, lines: list[str], url: str | None) -> dict[str, Any]:
    title = _line(truncate(one_line(heading), MAX_HEADING), weight="Bolder", size="Medium", color=color)
    actions = {"actions": [{"type": "Action.OpenUrl", "title": _LINK, "url": url}]} if url else {}
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [title, *(_line(line) for line in _fitting(lines))],
        **actions,
    }


def _fitting(lines: list[str]) -> Iterator[str]:
    """As many lines as a message may hold, each as it is sent: with what surrounds it."""
    left = MAX_BYTES
    for line in lines:
        text = truncate(line.rstrip(), MAX_LINE)
        left -= len(msgspec.json.encode(_line(text)))
        if left < 0:
            yield _MORE
            return
        if text:
            yield text


def _line(text: str, **style: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "spacing": "None", "inlines": [{"type": "TextRun", "text": text, **style}]}
