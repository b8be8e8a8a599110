"""The body of a request, as it arrives: kept while there is room for it, and else thrown away as it comes.

What is thrown away leaves the connection as it is: the client sends its body to the end, and is answered.
"""

from __future__ import annotations

from io import BytesIO
from typing import BinaryIO, NoReturn, cast

from scouter.api.port.body_budget import BodyBudget
from scouter.errors import ScouterError, TooLarge, Unavailable
from scouter.metrics import HTTP_BODIES_REFUSED


def too_large(max_bytes: int) -> TooLarge:
    return TooLarge(
        f"the body is larger than {max_bytes} bytes",
        action="send smaller messages, or raise SCOUTER_MAX_MESSAGE_BYTES",
    )


class ArrivingBody:
    """What waitress calls a buffer, as far as its receivers of bodies use one."""

    __slots__ = ("_budget", "_declared", "_file", "_first", "_held", "_is_known", "_max_bytes", "_refused", "_size")

    def __init__(
        self, budget: BodyBudget, declared: int, max_bytes: int, *, is_known: bool, refused: ScouterError | None
    ) -> None:
        """`declared`: the length that was said beforehand, or 0. `refused`: nobody will read it; who tries is told."""
        self._budget = budget
        self._declared = declared
        self._max_bytes = max_bytes
        self._is_known = is_known
        self._refused = refused
        self._size = 0  # of what has arrived
        self._held = 0  # of the budget
        self._first = b""  # most bodies arrive in one piece, which is never copied
        self._file: BytesIO | None = None

    def __len__(self) -> int:
        return self._size

    def append(self, data: bytes) -> None:
        self._size += len(data)
        if self._refused is None:
            self._keep(data)

    def getfile(self) -> BinaryIO:
        """To read it from, once it is there."""
        if self._refused is not None:
            return cast(BinaryIO, _Unread(self._refused))
        file = self._file or BytesIO(self._first)
        file.seek(0)
        return file

    def close(self) -> None:
        """Nobody needs it any more."""
        self._first, self._file = b"", None
        if self._held:
            self._budget.give_back(self._held, is_known=self._is_known)
            self._held = 0

    def __del__(self) -> None:
        # Of connections that break, waitress closes no request that waits its turn.
        self.close()

    def _keep(self, data: bytes) -> None:
        if self._size > self._max_bytes:
            self._refuse(too_large(self._max_bytes), "too_large")
        elif not self._budget.take(len(data), size=max(self._size, self._declared), is_known=self._is_known):
            said = "as many bytes of requests are in memory as may be; nothing of this one was kept"
            self._refuse(Unavailable(said, retry_after_seconds=1), "no_room")
        else:
            self._held += len(data)
            self._add(data)

    def _add(self, data: bytes) -> None:
        if self._file is not None:
            self._file.write(data)
        elif not self._first:
            self._first = bytes(data)
        else:
            self._file = BytesIO()
            self._file.write(self._first)
            self._file.write(data)
            self._first = b""

    def _refuse(self, error: ScouterError, why: str) -> None:
        HTTP_BODIES_REFUSED.labels(why).inc()
        self._refused = error
        self.close()


class _Unread:
    """What a body that was thrown away is read from."""

    def __init__(self, error: ScouterError) -> None:
        self._error = error

    def read(self, _: int = -1) -> NoReturn:
        raise self._error

    readline = readlines = read

    def close(self) -> None:
        """Nothing is open."""
