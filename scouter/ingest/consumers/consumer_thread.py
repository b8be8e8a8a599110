"""The thread of a consumer: it connects again whatever happens to its broker, and says how it is."""

from __future__ import annotations

from collections.abc import Callable

from scouter.ingest.consumers.status import ConsumerStatus
from scouter.runtime.worker_thread import WorkerThread

_FIRST_REST_SECONDS = 0.5
_LONGEST_REST_SECONDS = 10.0


class ConsumerThread(WorkerThread):
    """`consume` connects and reads until it is told to stop, or raises one of `broker_errors`: the broker is away."""

    def __init__(
        self, status: ConsumerStatus, consume: Callable[[], None], broker_errors: tuple[type[Exception], ...]
    ) -> None:
        super().__init__(status.name, self._consume_once)
        self._status = status
        self._consume = consume
        self._broker_errors = broker_errors
        self._rest_seconds = _FIRST_REST_SECONDS

    def _consume_once(self) -> float:
        """Seconds until the next try. They grow while nothing could be read for any length of time in between."""
        try:
            self._consume()
        except self._broker_errors as problem:
            longer = min(2 * self._rest_seconds, _LONGEST_REST_SECONDS)
            is_new = self._status.has_read_for(_LONGEST_REST_SECONDS)
            self._rest_seconds = _FIRST_REST_SECONDS if is_new else longer
            self._status.down(problem)
        except BaseException:
            self._status.down("it failed; the log says why")
            raise
        return self._rest_seconds
