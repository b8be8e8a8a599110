"""One request to a service outside, and what its answer means: sent, try again, or never.

Addresses are secret, for webhooks carry their key in the path: texts show the host alone. Exceptions of the library
quote addresses and headers, so none of their texts is passed on.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException, InvalidURL
from typing import Any, Literal
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from scouter.alerting.channels.deadline import DeadlineHttp, DeadlineHttps
from scouter.alerting.channels.outcome import Refused, Retry
from scouter.alerting.channels.plain_text import one_line
from scouter.alerting.channels.truncation import truncate

_MAX_ANSWER_BYTES = 65_536
_MAX_SHOWN = 500
_REQUEST_TIMEOUT, _TOO_MANY_REQUESTS = 408, 429


@dataclass(frozen=True, slots=True)
class Post:
    """What to send where. `secrets` are texts that a service may repeat in its answer and nobody may read there.

    The parts of the address are among them anyway. `also_good` are answers beside 2xx that are as good. A GET has no
    body.
    """

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    also_good: frozenset[int] = frozenset()
    method: Literal["POST", "GET"] = "POST"

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or "the service"

    @property
    def hidden(self) -> tuple[str, ...]:
        """Everything secret, the longest first."""
        parts = urlsplit(self.url)
        path = parts.path if len(parts.path) > 1 else ""
        found = {*self.secrets, self.url, path, parts.query, parts.password or ""} - {""}
        return tuple(sorted(found, key=len, reverse=True))


@dataclass(frozen=True, slots=True)
class Answer:
    """A service's answer. `text` is its body as far as it was read; `said` what may be shown of it."""

    host: str
    status: int
    text: str
    said: str
    retry_after_seconds: float | None
    redirects_to: str | None

    @property
    def shown(self) -> str:
        return f"{self.host} answered {self.status}" + (f": {self.said}" if self.said else "")


class Poster:
    """Sends requests. `seconds` is for a whole exchange: connecting, sending, reading.

    Proxies are taken from the environment. Redirects are not followed: an alert goes where the settings say.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._opener: OpenerDirector = build_opener(DeadlineHttp(), DeadlineHttps(), _NoRedirects())

    def post(self, post: Post, now: datetime) -> Answer | Retry | Refused:
        """The answer if it is a good one, else what follows from it."""
        try:
            answer = self._exchange(post, now)
        except URLError as error:
            return unreachable(post.host, error.reason)
        except (InvalidURL, UnicodeError):
            return _unusable(post.host)
        except (OSError, HTTPException) as error:
            return unreachable(post.host, error)
        except ValueError:  # headers that are none; after OSError, for errors of certificates are both
            return _unusable(post.host)
        return answer if 200 <= answer.status <= 299 or answer.status in post.also_good else _failure(answer)

    def _exchange(self, post: Post, now: datetime) -> Answer:
        try:
            reply = self._opener.open(_request(post), timeout=self._seconds)
        except HTTPError as error:
            reply = error  # an answer all the same
        with reply:
            return _answer(post, reply.status, reply.headers, _read(reply), now)


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _request(post: Post) -> Request:
    parts = urlsplit(post.url)
    headers = {"User-Agent": "scouter", **post.headers}
    if parts.username is not None:
        headers.setdefault("Authorization", _basic(parts))
        post_url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    else:
        post_url = post.url
    body = post.body if post.method == "POST" else None
    return Request(post_url, body, headers, method=post.method)  # noqa: S310  # settings take http and https only


def _basic(parts: SplitResult) -> str:
    pair = f"{unquote(parts.username or '')}:{unquote(parts.password or '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _read(reply: Any) -> bytes:
    try:
        body: bytes = reply.read(_MAX_ANSWER_BYTES)
    except (OSError, HTTPException):
        return b""  # the status has arrived, and it decides
    return body


def _answer(post: Post, status: int, headers: Message, body: bytes, now: datetime) -> Answer:
    text = body.decode("utf-8", "replace")
    location = headers.get("Location")
    return Answer(
        host=post.host,
        status=status,
        text=text,
        said=shown(text, post.hidden),
        retry_after_seconds=retry_after(headers.get("Retry-After"), now),
        redirects_to=urlsplit(location).hostname if location else None,
    )


def _failure(answer: Answer) -> Retry | Refused:
    if answer.status >= 500 or answer.status in (_REQUEST_TIMEOUT, _TOO_MANY_REQUESTS):
        return Retry(answer.shown, answer.retry_after_seconds)
    if answer.status <= 399:
        where = answer.redirects_to or answer.host
        return Refused(f"{answer.host} answered {answer.status}, a redirect to {where}; redirects are not followed")
    return Refused(answer.shown)


def unreachable(host: str, cause: object) -> Retry | Refused:
    """For a service with which no exchange came about; of the cause nothing is said but what the system calls it."""
    if isinstance(cause, str):  # what urllib says when it did not even try
        return _unusable(host)
    if isinstance(cause, TimeoutError):
        return Retry(f"{host} did not answer in time")
    said = cause.strerror if isinstance(cause, OSError) and cause.strerror else type(cause).__name__
    return Retry(f"{host} could not be reached: {said}")


def _unusable(host: str) -> Refused:
    return Refused(f"no request to {host} can be made: its address or key holds characters that do not belong there")


def retry_after(header: str | None, now: datetime) -> float | None:
    """The header's seconds from `now` on. It holds a number of seconds or a date (RFC 9110, 10.2.3)."""
    if header is None:
        return None
    if header.strip().isdecimal():
        return float(header.strip()[:12])
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max((moment - now).total_seconds(), 0.0)


def shown(text: str, secrets: tuple[str, ...]) -> str:
    """One line without control characters and without what is secret; the longest secrets first."""
    for secret in secrets:
        text = text.replace(secret, "(hidden)")
    return truncate(one_line(text), _MAX_SHOWN)
