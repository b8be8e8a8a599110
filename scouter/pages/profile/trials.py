"""What somebody asks for now instead of waiting for it: a check, and a message by the way that alerts take."""

from __future__ import annotations

from scouter.alerting.trial import Trials
from scouter.checks.asked_checks import AskedChecks
from scouter.errors import NotFound
from scouter.pages.profile.switch import UidQuery, back
from scouter.pages.site import addresses
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.readable import writable_profile
from scouter.pages.site.visit import Answer, Moved, Shown, Visit
from scouter.pages.wording.channels import TRIALS, channel_in_words
from scouter.postgres.tables.profiles import document_of
from scouter.wire.deliveries import ChannelTest, TrialResult


class ProfileTrials:
    def __init__(self, reads: QuickReads, asked: AskedChecks, trials: Trials) -> None:
        self._reads = reads
        self._asked = asked
        self._trials = trials

    def pages(self) -> list[Page]:
        """A check reads a window, and a message waits for somebody else's service: neither takes a reader's place."""
        return [
            Page(
                "/profile/check",
                back,
                {"check": self.check},
                query=UidQuery,
                threads="rest",
                acts_in="rest",
                summary="Checks the window that closed last.",
            ),
            Page(
                "/profile/test",
                back,
                {"test": self.test},
                query=UidQuery,
                threads="rest",
                acts_in="outside",
                summary="Sends a test alert, and says what each service answered.",
            ),
        ]

    def check(self, visit: Visit) -> Answer:
        with self._reads.connection() as connection:
            entity = writable_profile(connection, visit.caller, visit.query.uid)
        self._asked.now(entity.id, visit.caller.username)
        return Moved(addresses.profile(entity.uid), "checked")

    def test(self, visit: Visit) -> Answer:
        """What each service answered is shown at once, and kept nowhere."""
        with self._reads.connection() as connection:
            entity = writable_profile(connection, visit.caller, visit.query.uid)
            document = document_of(connection, entity.id)
        if document is None:
            raise NotFound("the profile is gone")
        reply = self._trials.send(entity, document)
        values = {
            "entity": entity,
            "rows": [_row(each) for each in reply.channels],
            "all_delivered": reply.delivered,
            "back": addresses.profile(entity.uid),
        }
        return Shown("profile_tested.html", values, seconds=0)


def _row(tried: ChannelTest) -> tuple[str, str, str, str]:
    """A mark, the channel, what became of it, and what the service said."""
    state = "ok" if tried.outcome is TrialResult.delivered else "failed"
    return state, channel_in_words(tried.channel), TRIALS[tried.outcome], tried.detail
