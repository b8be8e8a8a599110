"""The keys of a policy document: what each takes, how it is read and written, and where it may stand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from scouter.policy.durations import OFF, read_duration, write_duration
from scouter.policy.firing_rule import read_fire_after, write_fire_after
from scouter.policy.mutes import read_mutes, write_mutes
from scouter.policy.recipients import PROFILE, read_escalate_to, read_recipients, write_recipients


@dataclass(frozen=True, slots=True)
class Key:
    """`read` raises `ValueError` with what is accepted. `by_feature`: a feature may have a value of its own."""

    read: Callable[[Any], object]
    write: Callable[[Any], object]
    by_feature: bool = False


def _same(value: object) -> object:
    return value


def _duration(low: str, high: str) -> Key:
    lowest, highest = read_duration(low), read_duration(high)

    def read(sent: object) -> timedelta:
        words = f"a length of time from {low} to {high}, such as 30s, 5m, 24h or 7d"
        try:
            length = read_duration(sent)
        except ValueError:
            raise ValueError(words) from None
        if not lowest <= length <= highest:
            raise ValueError(words)
        return length

    return Key(read, write_duration)


def _or_off(key: Key, *, by_feature: bool = False) -> Key:
    def read(sent: object) -> object:
        if sent == OFF:
            return None
        try:
            return key.read(sent)
        except ValueError as problem:
            raise ValueError(f"{problem}; or off") from None

    def write(value: object) -> object:
        return OFF if value is None else key.write(value)

    return Key(read, write, by_feature)


def _number(low: float, high: float, *, by_feature: bool = False) -> Key:
    def read(sent: object) -> float:
        is_number = isinstance(sent, int | float) and not isinstance(sent, bool)
        if not is_number or not math.isfinite(sent) or not low <= sent <= high:  # type: ignore[arg-type,operator]
            raise ValueError(f"a number from {low:g} to {high:g}")
        return float(sent)  # type: ignore[arg-type]

    return Key(read, _same, by_feature)


def _whole(low: int, high: int, *, by_feature: bool = False) -> Key:
    def read(sent: object) -> int:
        if not isinstance(sent, int) or isinstance(sent, bool) or not low <= sent <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return sent

    return Key(read, _same, by_feature)


def _word(*words: str, auto: str | None = None, by_feature: bool = False) -> Key:
    """`auto` is the word for None."""
    choices = [*words, *([] if auto is None else [auto])]

    def read(sent: object) -> str | None:
        if sent not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return None if sent == auto else str(sent)

    return Key(read, lambda value: auto if value is None else value, by_feature)


def _read_resolved(sent: object) -> bool:
    if sent not in ("sent", OFF):
        raise ValueError("sent or off")
    return sent == "sent"


KEYS: dict[str, Key] = {
    "fire_after": Key(read_fire_after, write_fire_after, by_feature=True),
    "resolve_after": _whole(1, 30, by_feature=True),
    "repeat_every": _or_off(_duration("1m", "365d"), by_feature=True),
    "worse": _or_off(_number(1.1, 1000), by_feature=True),
    "resolved": Key(_read_resolved, lambda value: "sent" if value else OFF, by_feature=True),
    "judge": _word("corrected", "client", auto="auto", by_feature=True),
    "false_alarms": _duration("1d", "3650d"),
    "min_effect": _number(0, 100, by_feature=True),
    "min_shift": _number(0, 100, by_feature=True),
    "min_spike": _number(0, 100, by_feature=True),
    "min_samples": _whole(2, 1_000_000, by_feature=True),
    "confidence": _number(0.5, 0.999999, by_feature=True),
    "group_by": _word("space", "profile", auto="auto"),
    "group_wait": _duration("0s", "5m"),
    "group_interval": _duration("1s", "24h"),
    "late_hours": _whole(0, 8760),
    "silent_after": _or_off(_whole(1, 168)),
    "expect_every": _or_off(_duration("1m", "365d")),
    "never_sent_after": _or_off(_duration("1m", "365d")),
    "escalate_after": _or_off(_duration("1m", "365d"), by_feature=True),
    "escalate_to": Key(read_escalate_to, write_recipients, by_feature=True),
    "mute": Key(read_mutes, write_mutes, by_feature=True),
    "messages": _word("problems", "every_alert"),
    "to": Key(read_recipients, lambda value: write_recipients(PROFILE if value is None else value)),
}
