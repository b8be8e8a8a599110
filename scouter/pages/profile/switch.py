"""Switching a profile on and off, and deleting it. Off and deleted ask once more: see the page's `ask`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from scouter.pages.site import addresses
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.readable import writable_profile
from scouter.pages.site.visit import Answer, Moved, Visit
from scouter.profiles.removal import ProfileRemoval
from scouter.profiles.status import set_status
from scouter.wire.names import Uid
from scouter.wire.profiles import DriftType, ProfileStatusRequest


class UidQuery(Struct, frozen=True):
    uid: Uid


class ProfileSwitch:
    def __init__(self, reads: QuickReads, removal: ProfileRemoval) -> None:
        self._reads = reads
        self._removal = removal

    def actions(self) -> Mapping[str, Callable[[Visit], Answer]]:
        """Those of the profile's own address."""
        return {
            "activate": lambda visit: self._switch(visit, active=True),
            "off": lambda visit: self._switch(visit, active=False),
        }

    def pages(self) -> list[Page]:
        """What may take long, and must not keep a place from whoever reads."""
        return [
            Page(
                "/profile/delete",
                back,
                {"delete": self.delete},
                query=UidQuery,
                threads="rest",
                acts_in="rest",
                summary="Deletes a profile; its own page asks first.",
            )
        ]

    def delete(self, visit: Visit) -> Answer:
        with self._reads.connection() as connection:
            entity = writable_profile(connection, visit.caller, visit.query.uid)
        self._removal.remove(entity, visit.caller.username)
        return Moved("/", "profile-deleted")

    def _switch(self, visit: Visit, *, active: bool) -> Answer:
        """That profile alone, not the others of its version."""
        with self._reads.connection() as connection:
            entity = writable_profile(connection, visit.caller, visit.query.uid)
            kind = DriftType(entity.drift_type)
            wanted = ProfileStatusRequest(entity.name, entity.space, entity.version, active, kind)
            set_status(connection, wanted, visit.now)
        return Moved(addresses.profile(entity.uid), "activated" if active else "switched-off")


def back(visit: Visit) -> Answer:
    """For whoever asks by GET for what only a form does: where the form is."""
    return Moved(addresses.profile(visit.query.uid))
