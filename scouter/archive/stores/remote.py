"""What S3, GCS and Azure have in common: files behind fsspec, answers within a deadline, problems as sentences."""

from __future__ import annotations

import io
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

from fsspec.asyn import AsyncFileSystem, sync

from scouter.archive.stores.location import Location
from scouter.archive.stores.read_back import BLOCK_BYTES, ReadBack
from scouter.archive.stores.trouble import Trouble
from scouter.errors import StoreAway

if TYPE_CHECKING:
    from datafusion import SessionContext

ANSWER_SECONDS = 5
"""How long a small question to a store may take, with its retries."""
CONNECT_SECONDS = 2
READ_SECONDS = 20
"""The longest silence in the middle of a transfer."""
CHUNK_BYTES = 16 * 2**20
"""Of an upload in parts, so that its memory does not grow with the file."""
_SLOWEST_TRANSFER = 256 * 1024
"""Bytes a second; a line that is slower counts as broken."""


class RemoteStore(ABC):
    """Every request runs under a deadline of ours, for the libraries' own time-outs have gaps.

    (aiohttp waits for "100 Continue" without one; Azure's first pause before a retry is 15 s.)
    """

    is_remote = True
    _errors: ClassVar[tuple[type[Exception], ...]]
    """What the library raises."""
    _put_options: ClassVar[dict[str, Any]] = {}
    """Of the library's upload."""

    def __init__(self, location: Location) -> None:
        self.name = location.name
        self._location = location
        self._lock = threading.Lock()
        self._files: AsyncFileSystem | None = None
        self._process = os.getpid()

    @abstractmethod
    def _connect(self) -> AsyncFileSystem:
        """A new file system, without caches, that looks up its credentials anew. Does not ask the store."""

    @abstractmethod
    async def _list_one(self, files: AsyncFileSystem) -> object:
        """The smallest request that succeeds only if the bucket is there and may be read."""

    @abstractmethod
    def _trouble(self, problem: Exception) -> Trouble:
        """What one of `_errors` means."""

    @abstractmethod
    def _code(self, problem: Exception) -> str:
        """How the store calls it, a word. Its sentences are left out: they may quote a signed address."""

    @abstractmethod
    def register(self, context: SessionContext) -> None: ...

    def put(self, local: Path, path: str) -> None:
        size = local.stat().st_size
        self.probe()  # whether the store is there shows in seconds; the transfer itself has more time
        with self._problems():
            self._transfer(size, "_put_file", str(local), self._full(path), **self._put_options)

    def put_bytes(self, content: bytes, path: str) -> None:
        self.probe()
        with self._problems():
            self._transfer(len(content), "_pipe_file", self._full(path), content)

    def open(self, path: str) -> IO[bytes]:
        size = self.size(path)
        if size is None:
            raise StoreAway(self.name, f"there is no file {path}")
        return io.BufferedReader(ReadBack(lambda start, end: self._part(path, start, end), size), BLOCK_BYTES)

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
            except self._errors as problem:
                if self._trouble(problem) is not Trouble.REFUSED:
                    raise
                self._forget()  # the credentials may have changed since they were looked up
                self._list()

    def url(self, path: str) -> str:
        return self._location.url(path)

    def _full(self, path: str) -> str:
        return f"{self._location.bucket}/{self._location.key(path)}"

    def _part(self, path: str, start: int, end: int) -> bytes:
        with self._problems():
            content: bytes = self._transfer(end - start, "_cat_file", self._full(path), start=start, end=end)
            return content

    def _list(self) -> None:
        files = self._fs()
        try:
            sync(files.loop, self._list_one, files, timeout=ANSWER_SECONDS)
        except self._errors as problem:
            if self._trouble(problem) is not Trouble.MISSING:
                raise
            raise StoreAway(self.name, f"there is no {self._location.bucket_word} of that name") from None

    def _asked_or_missing(self, method: str, *arguments: object) -> Any:
        """None when the file is not there; raises when the whole bucket is not."""
        files = self._fs()
        try:
            return sync(files.loop, getattr(files, method), *arguments, timeout=ANSWER_SECONDS)
        except self._errors as problem:
            if self._trouble(problem) is not Trouble.MISSING:
                raise
            self._list()
            return None

    def _transfer(self, size: int, method: str, *arguments: object, **named: object) -> Any:
        files = self._fs()
        seconds = READ_SECONDS + size // _SLOWEST_TRANSFER
        return sync(files.loop, getattr(files, method), *arguments, **named, timeout=seconds)

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
            why = f"{self._trouble(problem).value} ({self._code(problem)})"
            # Without its cause: a traceback in the log would show the library's own text.
            raise StoreAway(self.name, why) from None
