"""Keys of a policy in words: what each decides, and what it takes."""

from __future__ import annotations

import json

import msgspec

from scouter.policy.keys import KEYS

WORDS = {
    "messages": "Told by problem, or check by check",
    "to": "Who is told",
    "fire_after": "How many bad windows of the last ones make a problem fire",
    "resolve_after": "How many good windows in a row end it",
    "repeat_every": "After how long it is told again while it goes on",
    "worse": "Told again when it is so many times as bad as it was told",
    "resolved": "Whether its end is told",
    "escalate_after": "After how long without an acknowledgement others are told",
    "escalate_to": "Whom that goes to",
    "mute": "Hours in which nothing is told",
    "judge": "Whose word counts: the second opinion's, or the client's rule alone",
    "false_alarms": "How far apart false messages of a profile may be",
    "min_effect": "PSI that matters at least",
    "min_shift": "Shift of an SPC feature's mean that matters, in sigma",
    "min_spike": "Single SPC value that matters, in sigma",
    "min_samples": "Records that a custom metric needs to be judged",
    "confidence": "How sure a custom metric has to be",
    "group_by": "What one message holds together",
    "group_wait": "How long a message waits for what belongs to it, at most",
    "group_interval": "How long a group is quiet after a message",
    "late_hours": "How old a window may be, in hours, for its late records to be told",
    "silent_after": "After how many usual hours without records a profile is silent",
    "expect_every": "How often records have to come",
    "never_sent_after": "How long a profile may be without its first record",
}
ORIGINS = {
    "default": "as shipped",
    "server": "the server",
    "space": "the space",
    "profile": "the profile",
    "feature": "this feature",
}


def accepted_by(key: str) -> str:
    """What the key takes, as its errors say it."""
    try:
        KEYS[key].read(object())
    except ValueError as refused:
        return str(refused)
    return ""


def typed(value: msgspec.Raw | object) -> str:
    """A value as people type it: words as they are, the rest as JSON."""
    known = msgspec.json.decode(value) if isinstance(value, msgspec.Raw) else value
    return known if isinstance(known, str) else json.dumps(known, ensure_ascii=False)


def read_typed(text: str) -> object:
    """The other way round. What is no JSON is a word."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
