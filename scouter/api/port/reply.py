"""What is answered, on its way to the connection: a head, and a body in as few pieces as possible."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from waitress.task import WSGITask
from waitress.utilities import build_http_date

BULKHEAD = "scouter.bulkhead"  # in the WSGI environment: whose threads it is handled by
_BODILESS = ("1", "204", "304")
_IDENT = "scouter"


class Reply(WSGITask):
    """The answer to one request. `service` has it made and sends it, in the thread that calls it."""

    channel: Any
    request: Any
    response_headers: Any

    @property
    def has_body(self) -> bool:
        return self.request.command != "HEAD" and not self.status.startswith(_BODILESS)

    def get_environment(self) -> Any:
        environment = super().get_environment()
        environment[BULKHEAD] = self.channel.bulkhead
        return environment

    def build_response_header(self) -> bytes:
        """Not waitress' own: it knows no HEAD, and costs as much as everything else that is done to a reply."""
        length = self._name_headers()
        is_endless = length is None and self.has_body
        if is_endless and self.version == "1.1":
            self.response_headers.append(("Transfer-Encoding", "chunked"))
            self.chunked_response = True
        if is_endless or not self._may_stay():
            self.set_close_on_finish()
        elif self.version == "1.0":
            self.response_headers.append(("Connection", "Keep-Alive"))
        lines = "".join([f"{name}: {value}\r\n" for name, value in self.response_headers])
        date = _date(int(self.start_time))
        return f"HTTP/{self.version} {self.status}\r\n{lines}Server: {_IDENT}\r\nDate: {date}\r\n\r\n".encode("latin-1")

    def write(self, data: bytes) -> None:
        if self.wrote_header or not data:
            super().write(data)
            return
        header = self.build_response_header()
        self.wrote_header = True
        if self.chunked_response or not self.has_body or self.content_length != len(data):
            self.channel.write_soon(header)
            super().write(data)
            return
        # Waitress would send the head and the body apart: twice the system calls, twice the packets.
        self.channel.write_soon(header + data)
        self.content_bytes_written += len(data)

    def _name_headers(self) -> str | None:
        """Write the names as they are usually written. The length of the body, when it is known."""
        length: str | None = None
        named = []
        for name, value in self.response_headers:
            shown = _as_usual(name)
            if shown == "Content-Length":
                length = value
            else:
                named.append((shown, value))
        if length is None and self.content_length is not None:
            length = str(self.content_length)
        if length is not None and not self.status.startswith(_BODILESS):
            named.append(("Content-Length", length))
        self.response_headers = named
        return length

    def _may_stay(self) -> bool:
        """Whether the connection is kept."""
        asked = self.request.headers.get("CONNECTION", "").lower()
        wanted = asked != "close" if self.version == "1.1" else asked == "keep-alive"
        return wanted and not self.channel.server.draining


@lru_cache(256)
def _as_usual(name: str) -> str:
    return "-".join(word.capitalize() for word in name.split("-"))


@lru_cache(4)
def _date(second: int) -> str:
    return str(build_http_date(second))
