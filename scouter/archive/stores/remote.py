"""What S3, GCS and Azure have in common: files behind fsspec, answers within a deadline, problems as sentences."""

from __future__ import annotations

import io
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

from fsspec.asyn import AsyncFileSystem, sync

from scouter.archive.stores.location import Location
from scouter.archive.stores.read_back import ReadBack
from scouter.errors import StoreAway

if TYPE_CHECKING:
    from datafusion import SessionContext

ANSWER_SECONDS = 5
"""How long a small question to a store may take, with its retries."""
CONNECT_SECONDS = 2
READ_SECONDS = 20
"""The longest silence in the middle of a transfer."""
_SLOWEST_UPLOAD = 256 * 1024
"""Bytes a second; a line that is slower counts as broken."""
_BLOCK = 8 * 2**20

Coroutine = Callable[..., Awaitable[Any]]


class RemoteStore(ABC):
    """Every file system is used through the deadline of `_ask`, for the libraries' own time-outs have gaps.

    (botocore waits for "100 Continue" without one, google-auth refreshes a token inside the event loop.)
    """

    is_remote = True
    _errors: ClassVar[tuple[type[Exception], ...]] = (OSError,)
    """What the library raises; FileNotFoundError, PermissionError and TimeoutError have their usual meaning."""

    def __init__(self, location: Location) -> None:
        self.name = location.name
        self._location = location
        self._lock = threading.Lock()
        self._files: AsyncFileSystem | None = None
        self._process = os.getpid()

    @abstractmethod
    def _connect(self) -> AsyncFileSystem:
        """A new file system, with no caches, that looks up its credentials anew. Does not wait for the store."""

    @abstractmethod
    async def _list_one(self, files: AsyncFileSystem) -> object:
        """The smallest request that only succeeds if the bucket is there and may be read."""

    @abstractmethod
    def _why(self, problem: Exception) -> str:
        """A sentence without a secret about one of `_errors`."""

    @abstractmethod
    def register(self, context: SessionContext) -> None: ...

    def put(self, local: Path, path: str) -> None:
        self.probe()  # whether the store is there shows in seconds; the transfer itself has more time
        with self._problems():
            self._upload(local.stat().st_size, "_put_file", str(local), self._full(path))

    def put_bytes(self, content: bytes, path: str) -> None:
        self.probe()
        with self._problems():
            self._upload(len(content), "_pipe_file", self._full(path), content)

    def open(self, path: str) -> IO[bytes]:
        with self._problems():
            size = self._ask("_info", self._full(path))["size"]
            file = self._fs().open(self._full(path), "rb", block_size=_BLOCK, cache_type="readahead", size=size)
        return io.BufferedReader(ReadBack(file, self._problems), 2**16)

    def size(self, path: str) -> int | None:
        with self._problems():
            found = self._asked_or_missing("_info", self._full(path))
            return found["size"] if found and found["type"] == "file" else None

    def delete(self, path: str) -> None:
        with self._problems():
            self._asked_or_missing("_rm_file", self._full(path))

    def probe(self) -> None:
        with self._problems():
            try:
                self._list()
            except PermissionError:  # the credentials may be new since they were read
                self._forget()
                self._list()

    def url(self, path: str) -> str:
        return self._location.url(path)

    def _full(self, path: str) -> str:
        return f"{self._location.bucket}/{self._location.key(path)}"

    def _list(self) -> None:
        files = self._fs()
        sync(files.loop, self._list_one, files, timeout=ANSWER_SECONDS)

    def _asked_or_missing(self, method: str, *arguments: object) -> Any:
        """None when the file is not there; raises when the whole bucket is not."""
        try:
            return self._ask(method, *arguments)
        except FileNotFoundError:
            self._list()
            return None

    def _ask(self, method: str, *arguments: object) -> Any:
        files = self._fs()
        return sync(files.loop, getattr(files, method), *arguments, timeout=ANSWER_SECONDS)

    def _upload(self, size: int, method: str, *arguments: object) -> None:
        files = self._fs()
        seconds = 2 * READ_SECONDS + size / _SLOWEST_UPLOAD
        sync(files.loop, getattr(files, method), *arguments, timeout=seconds)

    def _fs(self) -> AsyncFileSystem:
        """Made when it is first wanted, and again in a process that was forked: its event loop stayed behind."""
        with self._lock:
            if self._files is None or self._process != os.getpid():
                self._files, self._process = self._connect(), os.getpid()
            return self._files

    def _forget(self) -> None:
        with self._lock:
            self._files = None

    @contextmanager
    def _problems(self) -> Iterator[None]:
        try:
            yield
        except self._errors as problem:
            # The library's own text may quote an address with a signature: it goes no further than this.
            raise StoreAway(self.name, self._why(problem)) from None
