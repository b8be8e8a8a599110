"""Why a message is in quarantine, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from scouter.pages.text.plain_text import shortened
from scouter.wire.quarantine import Reason


@dataclass(frozen=True, slots=True)
class ReasonInWords:
    """`wrong` says what is wrong, `remedy` what to do: both sentences."""

    wrong: str
    remedy: str


_REASONS = {
    Reason.UNDECODABLE: ReasonInWords("They are no JSON.", "Correct the sender, then delete them."),
    Reason.INVALID: ReasonInWords(
        "They are JSON, but no message of either wire.", "Correct the sender, then delete them."
    ),
    Reason.UNKNOWN_PROFILE: ReasonInWords(
        "They name a profile that is not registered, or not any more.", "Register it, then replay them."
    ),
    Reason.UNSUPPORTED: ReasonInWords("They hold what this server does not keep, such as spans.", "Delete them."),
    Reason.PERMISSION_DENIED: ReasonInWords(
        "Their sender may not write there, which was found out too late to say so.", "Replay them, if it is right."
    ),
    Reason.REFUSED_BY_DATABASE: ReasonInWords(
        "Postgres does not take them, for a name that is too long or the like.", "See the detail of each."
    ),
    Reason.KEY_REUSED: ReasonInWords(
        "Another message had come under the same Idempotency-Key.", "Replay them after two days, or delete them."
    ),
    Reason.OUTCOME_UNKNOWN: ReasonInWords(
        "They may have been stored before, too long ago to know.",
        "Compare. A replay stores them, perhaps for the second time.",
    ),
    Reason.FAILED: ReasonInWords(
        "The server failed on them; its log says why.", "Replay them with a version that is corrected."
    ),
}


def reason_in_words(reason: str) -> ReasonInWords:
    """Of a reason that is not known, its name."""
    known = next((each for each in Reason if each == reason), None)
    return (
        ReasonInWords(f"The reason is {shortened(reason)}.", "See the detail of each.")
        if known is None
        else _REASONS[known]
    )
