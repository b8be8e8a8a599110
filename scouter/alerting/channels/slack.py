"""Alerts in a Slack channel: `chat.postMessage` of the Slack Web API.

Limits: https://api.slack.com/reference/block-kit/blocks (50 blocks, 150 characters of header, 3 000 of section).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from scouter.alerting.channels.http_post import Answer, Post, Poster
from scouter.alerting.channels.outcome import Delivered, DeliveryOutcome, Refused, Retry
from scouter.alerting.channels.truncation import pieces, truncate
from scouter.wire.notifications import Notification

MAX_BLOCKS = 50
MAX_HEADER = 150
MAX_SECTION = 3000
_LONGEST_NAME = 200
_SECTIONS_OF_SHORT_MESSAGE = 3

_MORE = "… and more: GET /scouter/alerts lists every alert."
# Everything else that Slack answers with `ok: false` will be answered again.
_TOO_LONG_ERRORS = frozenset({"msg_too_long", "msg_blocks_too_long"})  # a limit that Slack does not document
_PASSING_ERRORS = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)


class _SlackAnswer(msgspec.Struct, frozen=True):
    ok: bool
    error: str = "no reason given"
    channel: str | None = None
    ts: str | None = None


class Slack:
    """Posts to one channel. `api_url` is the address that `/chat.postMessage` is appended to."""

    def __init__(self, poster: Poster, api_url: str, token: str, channel: str) -> None:
        self._poster = poster
        self._url = api_url.rstrip("/") + "/chat.postMessage"
        self._token = token
        self._channel = channel

    def send(self, notification: Notification, now: datetime) -> DeliveryOutcome:
        outcome = self._post(notification, blocks_of(notification), now)
        if isinstance(outcome, Refused) and outcome.reason.endswith(tuple(_TOO_LONG_ERRORS)):
            return self._post(notification, blocks_of(notification, _SECTIONS_OF_SHORT_MESSAGE), now)
        return outcome

    def _post(self, notification: Notification, blocks: list[dict[str, Any]], now: datetime) -> DeliveryOutcome:
        """`text` is what Slack shows where there is no room for blocks, such as on a phone's lock screen."""
        heading = escaped(f"{notification.title}: {notification.profile}")
        message = {"channel": self._channel, "text": truncate(heading, MAX_SECTION), "blocks": blocks}
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json; charset=utf-8"}
        answer = self._poster.post(Post(self._url, msgspec.json.encode(message), headers, (self._token,)), now)
        return _judged(answer) if isinstance(answer, Answer) else answer


def blocks_of(notification: Notification, max_sections: int = MAX_BLOCKS - 1) -> list[dict[str, Any]]:
    """A header, a section about the profile, and as many sections of description as fit."""
    sections = [_profile_lines(notification), *pieces(escaped(notification.descriptions.slack), MAX_SECTION)]
    if len(sections) > max_sections:
        sections = [*sections[: max_sections - 1], _MORE]
    return [_header(notification.title), *map(_section, sections)]


def escaped(text: str) -> str:
    """As Slack wants it. Otherwise a feature called `<!channel>` would call everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _header(title: str) -> dict[str, Any]:
    siren = ":rotating_light:"
    text = f"{siren} {truncate(title, MAX_HEADER - 2 * len(siren) - 2)} {siren}"
    return {"type": "header", "text": {"type": "plain_text", "text": text, "emoji": True}}


def _profile_lines(notification: Notification) -> str:
    named = {"Name": notification.name, "Space": notification.space, "Version": notification.version}
    lines = [f"*{label}:* {escaped(truncate(value, _LONGEST_NAME))}" for label, value in named.items()]
    late = ["*Late records*"] if notification.late else []
    link = [f"<{escaped(notification.url)}|What was seen, and why it counts>"] if notification.url else []
    return "\n".join([*lines, *late, *link])


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _judged(answer: Answer) -> DeliveryOutcome:
    """Slack answers 200 whatever became of the message; `ok` says it."""
    try:
        said = msgspec.json.decode(answer.text, type=_SlackAnswer)
    except msgspec.MsgspecError:
        return Retry(f"{answer.shown}: not what Slack answers", answer.retry_after_seconds)
    if said.ok:
        return Delivered(f"{answer.host} posted it to {said.channel} as {said.ts}")
    reason = f"{answer.host} answered {truncate(said.error, 200)}"
    return Retry(reason, answer.retry_after_seconds) if said.error in _PASSING_ERRORS else Refused(reason)
