"""What admins do with messages in quarantine. Who did what stands in the log."""

from __future__ import annotations

import logging
from uuid import UUID

from scouter.errors import NotQuarantined
from scouter.ingest.messages.outcomes import Outcome
from scouter.ingest.quarantine.removal import Removed, delete, delete_selected
from scouter.ingest.quarantine.replay import Replay, ReplayProgress
from scouter.postgres.connections.connection_source import ConnectionSource
from scouter.postgres.tables.quarantine import QuarantineFilter, WholeEntry, quarantined_message

log = logging.getLogger(__name__)


class QuarantineHandling:
    """`by` is the admin's name. Whoever calls has made sure that it is one."""

    def __init__(self, connections: ConnectionSource, replays: Replay) -> None:
        self._connections = connections
        self._replays = replays

    def whole(self, entry_id: UUID) -> WholeEntry:
        """The message as it came. Raises `NotQuarantined`."""
        with self._connections.connection() as connection:
            entry = quarantined_message(connection, entry_id)
        if entry is None:
            raise NotQuarantined(entry_id)
        return entry

    def replay(self, entry_id: UUID, *, by: str) -> Outcome:
        """Raises `NotQuarantined`, and `ReplayFailed` for a message that is still bad and stays."""
        outcome = self._replays.one(entry_id)
        log.info("%r replayed message %s from quarantine", by, entry_id)
        return outcome

    def replay_selected(
        self, selection: QuarantineFilter, *, after: UUID | None, seconds: float, by: str
    ) -> ReplayProgress:
        """Oldest first, behind `after`, until the time is up."""
        done = self._replays.several(selection, after=after, seconds=seconds)
        log.info("%r replayed %s from quarantine: %s", by, selection, done)
        return done

    def delete(self, entry_id: UUID, *, by: str) -> None:
        """For good. Raises `NotQuarantined`."""
        with self._connections.connection() as connection:
            if not delete(connection, [entry_id]):
                raise NotQuarantined(entry_id)
        log.info("%r deleted message %s from quarantine", by, entry_id)

    def delete_selected(self, selection: QuarantineFilter, *, seconds: float, by: str) -> Removed:
        """For good, oldest first, until the time is up."""
        done = delete_selected(self._connections, selection, seconds=seconds)
        log.info("%r deleted %s from quarantine: %s", by, selection, done)
        return done


def entry_id_of(text: str) -> UUID:
    """Raises `NotQuarantined` for what is no id."""
    try:
        return UUID(text)
    except ValueError:
        raise NotQuarantined(text[:100]) from None
