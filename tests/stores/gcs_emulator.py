"""python -m tests.stores.gcs_emulator PORT BUCKET: gcp-storage-emulator, with what DataFusion's client needs besides.

That client speaks Google's XML interface. It asks for a file's size with HEAD, and for a list when a file is missing;
the emulator knows neither. It also wants to be told when a file changed and its tag, which Google always says.
"""

from __future__ import annotations

import io
import signal
import sys
from functools import partial
from http.server import ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from gcp_storage_emulator.handlers.buckets import create_bucket
from gcp_storage_emulator.server import RequestHandler, Router
from gcp_storage_emulator.storage import Storage

_ALWAYS = {"Last-Modified": "Thu, 01 Oct 2026 00:00:00 GMT", "ETag": '"unchanged"'}


class Handler(RequestHandler):  # type: ignore[misc]  # it has no types
    def do_GET(self) -> None:  # noqa: N802  # the name is http.server's
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        if query.get("list-type") == ["2"]:
            self._list(address.path.strip("/"), query.get("prefix", [""])[0])
        else:
            super().do_GET()

    def do_HEAD(self) -> None:  # noqa: N802  # the name is http.server's
        Router(self).handle("GET")

    def end_headers(self) -> None:
        for name, value in _ALWAYS.items():
            self.send_header(name, value)
        super().end_headers()
        if self.command == "HEAD":
            self.wfile = io.BytesIO()  # the content goes nowhere

    def _list(self, bucket: str, prefix: str) -> None:
        objects, _ = self.storage.get_file_list(bucket, prefix)
        content = f"<ListBucketResult>{''.join(map(_listed, objects))}</ListBucketResult>".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _listed(found: dict[str, object]) -> str:
    when = "<LastModified>2026-10-01T00:00:00.000Z</LastModified>"
    return f"<Contents><Key>{escape(str(found['name']))}</Key>{when}<Size>{found['size']}</Size></Contents>"


def serve(port: int, bucket: str) -> None:
    storage = Storage(use_memory_fs=True)
    create_bucket(bucket, storage)
    with ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, storage)) as server:
        print("serving", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve(int(sys.argv[1]), sys.argv[2])
