"""A browser without a face: it keeps cookies, follows nothing, and sends forms as browsers do."""

from __future__ import annotations

import gzip
import html
import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

UI = "/scouter/ui"


@dataclass(frozen=True)
class PageAnswer:
    status: int
    html: str
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    data: bytes

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    @property
    def text(self) -> str:
        """What is there to read: without tags, with one space where there are several."""
        within = re.sub(r"<(head|script|style|title|desc)\b.*?</\1>", " ", self.html, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", within)).split())


class PageClient:
    """One connection. `own` is what a browser says of where a form was sent from."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.url = url
        self.cookies: dict[str, str] = {}
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)

    def sign_in(self, username: str = "admin", password: str = "admin") -> PageClient:
        answer = self.post("/sign-in", do="sign-in", username=username, password=password)
        assert answer.status == 303, answer.text
        return self

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: object) -> PageAnswer:
        given = {name: value for name, value in query.items() if value is not None}
        return self.send("GET", path + ("?" + urlencode(given) if given else ""), None, headers or {})

    def post(self, path: str, headers: Mapping[str, str] | None = None, **form: object) -> PageAnswer:
        body = urlencode(form).encode()
        sent = {"Sec-Fetch-Site": "same-origin"} if headers is None else headers
        return self.send("POST", path, body, {"Content-Type": "application/x-www-form-urlencoded", **sent})

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> PageAnswer:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        target = path if path.startswith(("/scouter/", "http")) else UI + path
        self._connection.request(method, target, body, {**({"Cookie": cookie} if cookie else {}), **headers})
        reply = self._connection.getresponse()
        data = reply.read()
        set_cookies = tuple(value for name, value in reply.getheaders() if name.lower() == "set-cookie")
        self._keep(set_cookies)
        plain = gzip.decompress(data) if reply.headers.get("Content-Encoding") == "gzip" else data
        shown = plain.decode() if (reply.headers.get_content_maintype() in ("text", "image")) else ""
        return PageAnswer(reply.status, shown, dict(reply.getheaders()), set_cookies, plain)

    def close(self) -> None:
        self._connection.close()

    def _keep(self, set_cookies: tuple[str, ...]) -> None:
        for each in set_cookies:
            for name, morsel in SimpleCookie(each).items():
                if not morsel.value:  # with a date that has passed
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
