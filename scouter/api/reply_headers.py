"""What every reply tells browsers and proxies, and what pages and downloads tell them besides."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping

import falcon

from scouter.wire.capabilities import API_VERSION

# Tokens, users, records: nothing of it is for a cache, and nothing is to be taken for another type than it says.
ON_EVERY_REPLY = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
ON_API_REPLIES = {**ON_EVERY_REPLY, "X-Scouter-API-Version": API_VERSION}

_FOR_BROWSERS = {
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


class ReplyHeaders:
    """Falcon middleware. They are set first, so that a handler may say otherwise, and are on errors too."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = tuple(headers.items())

    def process_request(self, _: falcon.Request, response: falcon.Response) -> None:
        for name, value in self._headers:
            response.set_header(name, value)


def on_api_replies() -> ReplyHeaders:
    return ReplyHeaders(ON_API_REPLIES)


def for_page(html: str) -> dict[str, str]:
    """Of a page that brings its script and style along: they run, nothing else does, and nobody frames it."""
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, text in _INLINE.findall(html):
        hashes[kind].append(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'")
    sources = {f"{kind}-src": " ".join(found) or "'none'" for kind, found in hashes.items()}
    policy = {
        "default-src": "'none'",
        **sources,
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {**_FOR_BROWSERS, "Content-Security-Policy": "; ".join(f"{name} {of}" for name, of in policy.items())}


def for_download() -> dict[str, str]:
    """Of what is saved and never shown."""
    return {**_FOR_BROWSERS, "Content-Security-Policy": "default-src 'none'; sandbox"}
