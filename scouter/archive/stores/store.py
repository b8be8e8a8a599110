"""What the archive wants of the place where its files lie."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # whoever has nothing in the archive does not load it
    from datafusion import SessionContext


class ObjectStore(Protocol):
    """A place for files. Paths are relative to its root, with slashes.

    Whatever goes wrong with the place itself is raised as `StoreAway`. Safe to use from any thread.
    """

    name: str
    """For people and logs, such as s3://bucket/prefix. No secrets."""

    is_remote: bool

    def put(self, local: Path, path: str) -> None:
        """Copy a local file to `path`, all of it or nothing. Durable when this returns; replaces what was there."""
        ...

    def put_bytes(self, content: bytes, path: str) -> None:
        """The same with a small file's content."""
        ...

    def open(self, path: str) -> IO[bytes]:
        """For reading; it can seek. `StoreAway` also when there is no such file. For one thread at a time."""
        ...

    def size(self, path: str) -> int | None:
        """In bytes; None when there is no such file."""
        ...

    def delete(self, path: str) -> None:
        """Nothing happens when there is no such file."""
        ...

    def probe(self) -> None:
        """Raises `StoreAway` within a few seconds when the store does not answer, or cannot be read."""
        ...

    def register(self, context: SessionContext) -> None:
        """Let DataFusion read `url(path)` natively, with the same credentials.

        Before each query: credentials last an hour or less. See `stores.native.reading` for what is said then.
        """
        ...

    def url(self, path: str) -> str:
        """What DataFusion calls the file."""
        ...
