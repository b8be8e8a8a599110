"""One call of the Slack Web API, and what its answer means."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from scouter.alerting.channels.http_post import Answer, Post, Poster
from scouter.alerting.channels.outcome import Refused, Retry
from scouter.alerting.channels.truncation import truncate

# Everything else that Slack answers with `ok: false` will be answered again.
_PASSING_ERRORS = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)


class _Answer(msgspec.Struct, frozen=True):
    ok: bool
    error: str = "no reason given"
    channel: str | None = None
    ts: str | None = None


class Posted(msgspec.Struct, frozen=True):
    """Where the message is that Slack took."""

    host: str
    channel: str | None
    ts: str | None


SlackOutcome: TypeAlias = Posted | Retry | Refused


class SlackApi:
    """`url` is the address that `/chat.postMessage` and the like are appended to."""

    def __init__(self, poster: Poster, url: str, token: str) -> None:
        self._poster = poster
        self._url = url.rstrip("/")
        self._token = token

    def call(self, method: str, arguments: Mapping[str, Any], now: datetime) -> SlackOutcome:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json; charset=utf-8"}
        post = Post(f"{self._url}/{method}", msgspec.json.encode(arguments), headers, (self._token,))
        answer = self._poster.post(post, now)
        return _judged(answer) if isinstance(answer, Answer) else answer


def is_refused_with(outcome: SlackOutcome, errors: Collection[str]) -> bool:
    return isinstance(outcome, Refused) and outcome.reason.endswith(tuple(f" {error}" for error in errors))


def _judged(answer: Answer) -> SlackOutcome:
    """Slack answers 200 whatever became of the message; `ok` says it."""
    try:
        said = msgspec.json.decode(answer.text, type=_Answer)
    except msgspec.MsgspecError:
        return Retry(f"{answer.shown}: not what Slack answers", answer.retry_after_seconds)
    if said.ok:
        return Posted(answer.host, said.channel, said.ts)
    reason = f"{answer.host} answered {truncate(said.error, 200)}"
    return Retry(reason, answer.retry_after_seconds) if said.error in _PASSING_ERRORS else Refused(reason)
