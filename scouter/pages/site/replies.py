"""Answers of pages as HTTP."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

import falcon

from scouter.pages.site.compression import compressed
from scouter.pages.site.frame import Frame
from scouter.pages.site.rendering import Templates
from scouter.pages.site.site_headers import FOR_DOWNLOADS, FOR_EVERY_PAGE
from scouter.pages.site.visit import PREFIX, Answer, Cookie, Drawn, Moved, Saved, Shown, Visit

_SVG = "image/svg+xml"
_BYTES = "application/octet-stream"


class Replies:
    def __init__(self, templates: Templates, frame: Frame, *, has_tls: bool) -> None:
        self._templates = templates
        self._frame = frame
        self._has_tls = has_tls

    def give(self, answer: Answer, visit: Visit, request: falcon.Request, response: falcon.Response) -> None:
        response.set_headers(FOR_EVERY_PAGE)
        if isinstance(answer, Shown):
            response.status = falcon.code_to_http_status(answer.status)
            self._send(self.html(answer, visit), falcon.MEDIA_HTML, request, response)
        elif isinstance(answer, Moved):
            self._move(answer, response)
        elif isinstance(answer, Drawn):
            self._send(answer.svg, _SVG, request, response)
        else:
            self._save(answer, response)

    def html(self, shown: Shown, visit: Visit | None) -> str:
        """`visit` is None where nobody was admitted."""
        return self._templates.render(shown.template, {**self._frame.values(visit, shown), **shown.values})

    @staticmethod
    def dress(response: falcon.Response) -> None:
        """With what every page has beside it."""
        response.set_headers(FOR_EVERY_PAGE)

    def set_cookie(self, response: falcon.Response, cookie: Cookie) -> None:
        if not cookie.seconds:
            response.unset_cookie(cookie.name, same_site="Lax", path=PREFIX)
            return
        response.set_cookie(
            cookie.name,
            cookie.value,
            max_age=cookie.seconds,
            path=PREFIX,
            secure=self._has_tls,
            http_only=True,
            same_site="Lax",
        )

    @staticmethod
    def _send(text: str, media_type: str, request: falcon.Request, response: falcon.Response) -> None:
        """Whoever has it already, as a page that looks again every half minute, is told so."""
        data = text.encode("utf-8", "replace")
        tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
        response.content_type = media_type
        response.set_header("ETag", f"W/{tag}")
        if response.status == falcon.HTTP_200 and tag in (request.get_header("If-None-Match") or ""):
            response.status = falcon.HTTP_304
            return
        packed = compressed(data, request.get_header("Accept-Encoding"))
        if packed is not None:
            response.set_header("Content-Encoding", "gzip")
        response.data = data if packed is None else packed

    def _move(self, answer: Moved, response: falcon.Response) -> None:
        to, _, anchor = answer.to.partition("#")
        said = "" if answer.said is None else f"{'&' if '?' in to else '?'}said={quote(answer.said)}"
        response.status = falcon.HTTP_303
        response.set_header("Location", f"{PREFIX}{to}{said}" + (f"#{anchor}" if anchor else ""))
        for cookie in answer.cookies:
            self.set_cookie(response, cookie)

    @staticmethod
    def _save(answer: Saved, response: falcon.Response) -> None:
        response.set_headers(FOR_DOWNLOADS)
        response.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(answer.file_name, safe='')}")
        response.content_type = _BYTES
        response.data = answer.data
