"""A list of alerts in words: how far back it looks, and whether anything needs a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from scouter.pages.text.numbers import count, counted


@dataclass(frozen=True, slots=True)
class AlertSpan:
    words: str
    length: timedelta


SPANS = {
    "24h": AlertSpan("in the last 24 hours", timedelta(hours=24)),
    "7d": AlertSpan("in the last 7 days", timedelta(days=7)),
    "30d": AlertSpan("in the last 30 days", timedelta(days=30)),
}


@dataclass(frozen=True, slots=True)
class OpenVerdict:
    """`bold`, without a full stop, and what stands behind it. `state` has a mark and a colour."""

    state: str
    bold: str
    rest: str


def open_verdict(still: int, profiles: int, ended: int) -> OpenVerdict:
    """`3 features of 2 profiles are outside of their limits in the last check. 6 more were, and are not any more.`

    `still` and `ended` count features, `profiles` those of which something still is.
    """
    if still:
        verb, its = ("is", "its") if still == 1 else ("are", "their")
        things = counted(still, "feature", "features")
        bold = f"{things} of {counted(profiles, 'profile', 'profiles')} {verb} outside of {its} limits"
        more = "" if not ended else f" {count(ended)} more {_was_and_is_not(ended)}."
        return OpenVerdict("alert", bold, f" in the last check.{more}")
    if ended:
        things = counted(ended, "feature", "features")
        return OpenVerdict("ok", "Nothing is outside of its limits any more", f". {things} {_were(ended)}.")
    return OpenVerdict("ok", "Nothing is open", ".")


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _was_and_is_not(number: int) -> str:
    return "was, and is not any more" if number == 1 else "were, and are not any more"
