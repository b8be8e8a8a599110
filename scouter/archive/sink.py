"""Where a Parquet writer writes to while somebody takes away what is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_CHUNK_BYTES = 2**18


class Sink:
    """A file for the writer, and for the reader what was written since it last took something."""

    closed = False

    def __init__(self, file: Any) -> None:
        self._file = file
        self._written = 0

    def write(self, content: Any) -> int:
        self._file.write(content)
        self._written += len(content)
        return len(content)

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """The reader takes the rest."""

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def taken(self) -> Iterator[bytes]:
        self._file.seek(0)
        while chunk := self._file.read(_CHUNK_BYTES):
            yield chunk
        self._file.seek(0)
        self._file.truncate()
