"""What a message says of one problem: a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from scouter.policy.durations import spoken_duration
from scouter.policy.identity import ProblemKey, Side, Signal
from scouter.policy.problem import Reason
from scouter.policy.telling import Kind, Strength

_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Mention:
    """A problem as a message tells it. `name` and `version` are its profile's."""

    kind: Kind
    key: ProblemKey
    name: str
    version: str
    since: datetime
    strength: Strength
    p_value: float | None = None
    windows_bad: int = 0  # of the windows that are kept
    resolved_at: datetime | None = None
    reason: Reason | None = None
    late: bool = False
    acknowledged_by: str | None = None
    problem_id: int = 0

    @property
    def profile(self) -> str:
        return f"{plain(self.name)} {plain(self.version)}"


def line_of(mention: Mention, now: datetime) -> str:
    """What is wrong, where, since when, and how sure that is."""
    subject = f"{plain(mention.key.subject)} of " if mention.key.subject else ""
    said = [part for part in (_what(mention), _times(mention, now), *_remarks(mention)) if part]
    return f"{subject}{mention.profile}: {', '.join(said)}"


def clock(moment: datetime, now: datetime) -> str:
    """The time of the day alone where it is today's; in UTC."""
    moment, now = moment.astimezone(UTC), now.astimezone(UTC)
    return f"{moment:%H:%M} UTC" if moment.date() == now.date() else f"{moment:%Y-%m-%d %H:%M} UTC"


def plain(name: str) -> str:
    """A name within one line, and not longer than anybody reads: features are called anything."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in name[: _LONGEST_NAME + 1])
    return shown if len(shown) <= _LONGEST_NAME else f"{shown[: _LONGEST_NAME - 1]}…"


def _what(mention: Mention) -> str:
    effect = mention.strength.effect
    if mention.kind in (Kind.resolved, Kind.ended):
        return {Kind.resolved: "resolved", Kind.ended: "ended"}[mention.kind]
    if mention.key.signal is Signal.silent:
        return "no records come any more"
    if mention.key.signal is Signal.blind:
        return "records come, but cannot be checked"
    if mention.key.signal is Signal.failing:
        return "its check failed"
    if mention.key.signal is Signal.psi:
        return "its distribution has moved" if effect is None else f"PSI {effect:.3g}"
    return _moved(mention.key, effect)


def _moved(key: ProblemKey, effect: float | None) -> str:
    """SPC counts in sigma of single values, custom metrics in their own unit."""
    way = {Side.above: "above", Side.below: "below", Side.none: "away from"}[key.direction]
    middle, unit = ("center", " sigma") if key.signal is Signal.spc else ("initial value", "")
    return f"{way} its {middle}" if effect is None else f"{effect:.3g}{unit} {way} its {middle}"


def _times(mention: Mention, now: datetime) -> str:
    if mention.kind not in (Kind.resolved, Kind.ended):
        return f"since {clock(mention.since, now)}"
    return f"after {spoken_duration((mention.resolved_at or now) - mention.since)}"


def _remarks(mention: Mention) -> list[str]:
    is_over = mention.kind in (Kind.resolved, Kind.ended)
    p_value = "" if mention.p_value is None or is_over else f"p = {mention.p_value:.2g}"
    windows = "" if is_over or mention.windows_bad < 2 else f"{mention.windows_bad} bad windows lately"
    worse = "worse than told before" if mention.kind is Kind.worse else ""
    late = "seen in late records" if mention.late and mention.reason is not Reason.late_records else ""
    taken = "" if mention.acknowledged_by is None or is_over else f"taken by {plain(mention.acknowledged_by)}"
    return [p_value, windows, worse, mention.reason or "", late, taken]
