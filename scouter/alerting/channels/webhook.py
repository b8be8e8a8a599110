"""Alerts as JSON for a program: a POST, signed when there is a secret.

The header `X-Scouter-Signature` is `sha256=` and the hexadecimal HMAC-SHA256, keyed with the secret, of the header
`X-Scouter-Timestamp` (Unix seconds), a full stop and the body as it was sent.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from scouter.alerting.channels.http_post import Answer, Post, Poster
from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome
from scouter.wire.notifications import Notification
from scouter.wire.problem_messages import MessageKind, Problem, ProblemMessage, ProblemNews

SIGNATURE_HEADER = "X-Scouter-Signature"
TIMESTAMP_HEADER = "X-Scouter-Timestamp"


class WebhookBody(Struct, frozen=True):
    """What a webhook receives. `key` is the same at every try: a message that was seen before may be dropped."""

    key: str
    test: bool
    late: bool
    created_at: datetime
    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    title: str
    description: str
    alert_ids: tuple[int, ...]
    alerts: Raw
    url: str | UnsetType  # where people can look at it; left out: the server does not know its own address


class ProblemBody(Struct, frozen=True):
    """What a webhook receives of one problem, told apart from alerts by `event`.

    `key` is the same at every try. `alerts` are those of its newest window.
    """

    event: Literal["problem"]
    key: str
    state: MessageKind
    reason: str | None
    problem: Problem
    alert_ids: tuple[int, ...]
    alerts: Raw
    url: str | UnsetType  # as in `WebhookBody`


class Webhook:
    def __init__(self, poster: Poster, url: str, secret: str | None) -> None:
        self._poster = poster
        self._url = url
        self._secret = secret

    def send(self, notification: Notification, now: datetime) -> DeliveryOutcome:
        return self._post(body_of(notification), now)

    def send_problems(self, message: ProblemMessage, now: datetime) -> DeliveryOutcome:
        """One request a problem. When one fails, all are made again: their keys are the same."""
        outcome: DeliveryOutcome = Delivered("there was nothing to tell")
        for news in message.problems:
            outcome = self._post(problem_body_of(news, message), now)
            if not isinstance(outcome, Delivered):
                break
        return outcome

    def _post(self, content: WebhookBody | ProblemBody, now: datetime) -> DeliveryOutcome:
        body = msgspec.json.encode(content)
        headers = {"Content-Type": "application/json", **self._signature(body, now)}
        answer = self._poster.post(Post(self._url, body, headers, (self._secret or "",)), now)
        return Delivered(answer.shown) if isinstance(answer, Answer) else answer

    def _signature(self, body: bytes, now: datetime) -> dict[str, str]:
        timestamp = str(int(now.timestamp()))
        if self._secret is None:
            return {TIMESTAMP_HEADER: timestamp}
        return {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: signature_of(self._secret, timestamp, body)}


def signature_of(secret: str, timestamp: str, body: bytes) -> str:
    """Signing the time too keeps an old message from being sent again by somebody else."""
    signed = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def body_of(notification: Notification) -> WebhookBody:
    return WebhookBody(
        key=notification.key,
        test=notification.test,
        late=notification.late,
        created_at=notification.created_at,
        uid=notification.uid,
        space=notification.space,
        name=notification.name,
        version=notification.version,
        drift_type=notification.drift_type,
        title=notification.title,
        description=notification.descriptions.console,
        alert_ids=notification.alert_ids,
        alerts=notification.alerts,
        url=UNSET if notification.url is None else notification.url,
    )


def problem_body_of(news: ProblemNews, message: ProblemMessage) -> ProblemBody:
    problem = news.problem
    return ProblemBody(
        event="problem",
        key=f"{problem.id}:{problem.episode}:{message.sequence}",
        state=news.state,
        reason=news.reason,
        problem=problem,
        alert_ids=news.alert_ids,
        alerts=news.alerts,
        url=UNSET if news.url is None else news.url,
    )
