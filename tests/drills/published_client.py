"""The published client as a sender: numbers go in as custom metrics, and a recording proxy notes what comes of each."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from pathlib import Path

from tests.client.client_session import ClientSession
from tests.client.environments import client_python
from tests.drills import sent_messages
from tests.drills.recording_proxy import RecordingProxy
from tests.drills.sent_messages import SentMessage

VERSION = "0.25.0"
_METRIC = "mae"
_AT_ONCE = 5
_LAST_SECONDS = 1.5  # what was inserted is on its way; a queue that is shut down at once may skip some of it
_SHUTDOWN_SECONDS = 20.0


class PublishedClient:
    """Owns the thread `published client`, which inserts numbers from `first_number` on until `stop`."""

    def __init__(
        self, name: str, server_port: int, directory: Path, *, first_number: int, rows_a_second: float
    ) -> None:
        self.name = name
        self._ledger = directory / f"{name}.csv"
        self._first_number = first_number
        self._pause = _AT_ONCE / rows_a_second
        self._stopping = threading.Event()
        self.inserted = 0
        with ExitStack() as opened:
            self._proxy = opened.enter_context(RecordingProxy(server_port))
            self._client = opened.enter_context(ClientSession(client_python(VERSION), directory / name))
            self._open_queue()
            self._ends = opened.pop_all()
        self._thread = threading.Thread(target=self._insert_on, name="published client")
        self._thread.start()

    @property
    def messages(self) -> list[SentMessage]:
        return list(self._proxy.messages)

    def stop(self) -> None:
        if not self._stopping.is_set():
            self._stopping.set()
            self._thread.join()
            time.sleep(_LAST_SECONDS)
            self._client.ask("shut_down_queue")
            self._settle()
            self._write_down()
        self._ends.close()

    def kill(self) -> None:
        self._stopping.set()
        self._ends.close()
        self._thread.join()

    def _open_queue(self) -> None:
        self._client.ask("log_in", url=self._proxy.url, username="admin", password="admin")
        named = {"profile": "Custom", "type": "Custom", "space": "drill", "name": "published client"}
        self._client.ask("register", **named, columns={_METRIC: 1.0}, sample_size=1)
        self._client.ask("open_queue", profiles=["Custom"])

    def _insert_on(self) -> None:
        while not self._stopping.wait(self._pause):
            begin = self._first_number + self.inserted
            self._client.ask("insert", profile="Custom", metrics=[{_METRIC: begin + n} for n in range(_AT_ONCE)])
            self.inserted += _AT_ONCE

    def _write_down(self) -> None:
        with self._ledger.open("w") as file:
            for message in self._proxy.messages:
                sent_messages.write(message, file)

    def _settle(self) -> None:
        """Until nothing more comes through the proxy."""
        deadline = time.monotonic() + _SHUTDOWN_SECONDS
        before = -1
        while len(self._proxy.messages) != before and time.monotonic() < deadline:
            before = len(self._proxy.messages)
            time.sleep(0.5)
