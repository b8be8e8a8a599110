"""Who may read the archive: so many at once, and each for so long."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from scouter.archive.stores.native import reading
from scouter.archive.stores.store import ObjectStore
from scouter.errors import ArchiveBusy, StoreAway
from scouter.runtime.part import PassivePart

T = TypeVar("T")

_LAST_SECONDS = 1.0  # for reads that nobody waits for any more
_TROUBLE_SECONDS = 3.0  # for whoever only wants to know
_PROBE_SECONDS = 5.0  # for as long a store that answered is taken to be well


class ArchiveReads(PassivePart):
    """Owns the threads `archive reader`. One that a store keeps waiting counts until it comes back."""

    def __init__(self, store: ObjectStore, *, maximum: int, seconds: float) -> None:
        super().__init__("archive readers")
        self.store = store
        self._seconds = seconds
        self._probed_at = -_PROBE_SECONDS
        self._under_way: set[Future[Any]] = set()
        self._threads = ThreadPoolExecutor(maximum, thread_name_prefix="archive reader")

    def run(self, read: Callable[[], T]) -> T:
        """What `read` returns. Raises `StoreAway`, or `ArchiveBusy` when it has not come in time."""
        future = self._threads.submit(self._guarded, read)
        self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        try:
            return future.result(self._seconds)
        except TimeoutError:
            if future.cancel():
                raise ArchiveBusy("as many requests read the archive as may", action=_ADVICE) from None
            raise ArchiveBusy(f"the archive did not answer within {self._seconds:g} s", action=_ADVICE) from None

    def trouble(self, seconds: float = _TROUBLE_SECONDS) -> str | None:
        """Why the archive cannot be read now, in words; None: its store answers."""
        asked = self._threads.submit(self._probe)
        try:
            asked.result(seconds)
        except StoreAway as away:
            return away.message
        except TimeoutError:
            is_busy = asked.cancel()
            return "as many requests read the archive as may" if is_busy else f"no answer within {seconds:g} s"
        return None

    def join(self, deadline: float) -> bool:
        """Nobody waits for an answer any more. A store that hangs is left to itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        patience = min(max(deadline - time.monotonic(), 0.0), _LAST_SECONDS)
        return not wait(tuple(self._under_way), patience).not_done

    def _guarded(self, read: Callable[[], T]) -> T:
        self._probe()
        try:
            with reading(self.store):
                return read()
        except StoreAway:
            self._probed_at = -_PROBE_SECONDS
            raise

    def _probe(self) -> None:
        """A store that is gone is told from one that is slow: DataFusion would try for minutes."""
        if time.monotonic() - self._probed_at > _PROBE_SECONDS:
            self.store.probe()
            self._probed_at = time.monotonic()


_ADVICE = "ask for a shorter window, for the part that is in Postgres (archive=skip), or later"
