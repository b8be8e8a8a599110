"""Which entities rows were stored of since it was last written down, by the hour in which they arrived."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime

from scouter.ingest.messages.batch import Batch
from scouter.ingest.messages.outcomes import Outcome
from scouter.ingest.messages.results import Accepted
from scouter.postgres.tables.records import from_microseconds, to_microseconds

_HOUR_MICROSECONDS = 3_600_000_000


class Arrivals:
    """Safe to use from any thread. Nothing of it grows with the number of rows."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By entity and hour, the last moment; hours and moments count from 2000-01-01 UTC, moments in microseconds.
        self._hours: dict[int, dict[int, int]] = {}

    def note(self, batch: Batch, outcomes: Sequence[Outcome], at: int) -> None:
        """After the COMMIT of a batch. `at`: the database's time in its transaction.

        What had to wait arrived when it was received, by the clock of the server that did.
        """
        with self._lock:
            for message, outcome in zip(batch.messages, outcomes, strict=True):
                if outcome.totals.stored and isinstance(message.result, Accepted):
                    moment = min(to_microseconds(message.inbound.received_at), at) if batch.has_waited else at
                    hour = self._hours.setdefault(moment // _HOUR_MICROSECONDS, {})
                    for part in message.result.rows:
                        # What has waited may be stored after what came later.
                        hour[part.entity_id] = max(hour.get(part.entity_id, 0), moment)

    def take(self) -> list[tuple[datetime, dict[int, datetime]]]:
        """What was noted since, as hours and the last moment of each entity in them, the oldest hour first."""
        with self._lock:
            taken, self._hours = self._hours, {}
        return [
            (
                from_microseconds(hour * _HOUR_MICROSECONDS),
                {entity_id: from_microseconds(moment) for entity_id, moment in taken[hour].items()},
            )
            for hour in sorted(taken)
        ]

    def give_back(self, hour: datetime, moments: Mapping[int, datetime]) -> None:
        """What could not be written down. What came since is newer."""
        number = to_microseconds(hour) // _HOUR_MICROSECONDS
        with self._lock:
            newer = self._hours.get(number, {})
            older = {entity_id: to_microseconds(moment) for entity_id, moment in moments.items()}
            self._hours[number] = {**older, **newer}
