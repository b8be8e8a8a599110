"""What admins are told on every page, while it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from scouter.ingest.pipeline import IngestPipeline
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.remembered import Remembered
from scouter.pages.text.numbers import counted
from scouter.pages.text.plain_text import shortened
from scouter.postgres.tables.quarantine import quarantine_totals
from scouter.runtime.health import Health
from scouter.users.first_users import known_defaults_in_use
from scouter.wire.quarantine import Reason

_USERS_SECONDS = 60.0
_QUARANTINE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence, and where to do something about it: an address below the prefix, and what its link says."""

    text: str
    to: str
    link: str


class Notices:
    def __init__(self, reads: QuickReads, ingest: IngestPipeline, health: Health) -> None:
        self._reads = reads
        self._ingest = ingest
        self._health = health
        self._known = Remembered[Sequence[str]](self._known_passwords, (), seconds=_USERS_SECONDS)
        self._unregistered = Remembered[int](self._of_unregistered, 0, seconds=_QUARANTINE_SECONDS)

    def for_admins(self) -> list[Notice]:
        """What is known of users and of quarantine may be as old as a minute; the rest is of now."""
        return [*self._of_parts(), *self._of_spool(), *self._of_users(), *self._of_quarantine()]

    def _of_parts(self) -> Iterator[Notice]:
        failing = [name for name, state in self._health.readiness().parts.items() if not state.ok]
        if failing:
            yield Notice(f"Not well on this server: {', '.join(failing)}.", "/server", "What they say")

    def _of_spool(self) -> Iterator[Notice]:
        waiting = self._ingest.waiting()
        if waiting:
            said = counted(waiting, "message waits", "messages wait")
            yield Notice(f"{said} on this server's disk until Postgres stores them.", "/messages", "The spool")

    def _of_users(self) -> Iterator[Notice]:
        known = self._known.get()
        names = [shortened(username) for username in known]
        if len(known) == 1:
            text = f"The user {names[0]} has the password that everybody knows."
            yield Notice(text, f"/user?{urlencode({'name': known[0]})}", "Give it another one")
        elif known:
            text = f"The users {', '.join(names[:-1])} and {names[-1]} have the passwords that everybody knows."
            yield Notice(text, "/users", "Give them others")

    def _of_quarantine(self) -> Iterator[Notice]:
        messages = self._unregistered.get()
        if messages:
            said = counted(messages, "message names", "messages name")
            address = f"/messages?{urlencode({'reason': Reason.UNKNOWN_PROFILE.value})}#quarantine"
            them = "it" if messages == 1 else "them"
            yield Notice(f"{said} a profile that is not registered, or not any more.", address, f"Look at {them}")

    def _known_passwords(self) -> Sequence[str]:
        with self._reads.connection() as connection:
            return known_defaults_in_use(connection)

    def _of_unregistered(self) -> int:
        with self._reads.connection() as connection:
            totals = quarantine_totals(connection)
        return sum(each.messages for each in totals if each.reason == Reason.UNKNOWN_PROFILE)
