"""Hours in which nothing is said: days of the week, and times of the day that may run over midnight, in any zone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scouter.policy.identity import Signal

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXEMPT = (Signal.failing, Signal.silent)
ACCEPTED = (
    'off, or a list such as [{"days": ["sat", "sun"]}, {"from": "20:00", "to": "07:00", "zone": "Europe/Berlin", '
    '"except": ["failing", "silent"]}]'
)
MOST = 20
_LONGEST = timedelta(days=8)  # a mute that covers the whole week never ends

_KEYS = {"days", "from", "to", "zone", "except"}
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Mute:
    """On each of `days` from `start` to `end`, local times of `zone`; what runs over midnight belongs to the day that
    it began on. The same start and end: the whole day. `exempt`: signals that are told all the same.
    """

    days: frozenset[int] = frozenset(range(7))  # 0 is Monday
    start: time = time(0)
    end: time = time(0)
    zone: str = "UTC"
    exempt: frozenset[Signal] = frozenset()

    def end_of_span(self, moment: datetime) -> datetime | None:
        """When the span ends that this moment is in, in UTC; None: it is in none."""
        today = moment.astimezone(ZoneInfo(self.zone)).date()
        ends = [self._end(day, moment) for day in (today - timedelta(days=1), today)]
        return max((end for end in ends if end is not None), default=None)

    def _end(self, day: date, moment: datetime) -> datetime | None:
        if day.weekday() not in self.days:
            return None
        zone = ZoneInfo(self.zone)
        last = day + timedelta(days=1) if self.end <= self.start else day
        # Compared in UTC: two local times of one zone are compared without its changes to summer time and back.
        begins = datetime.combine(day, self.start, zone).astimezone(UTC)
        ends = datetime.combine(last, self.end, zone).astimezone(UTC)
        return ends if begins <= moment < ends else None


def muted_until(mutes: Sequence[Mute], signal: Signal, moment: datetime) -> datetime | None:
    """When the mutes that hold now, and those that take over from them, end. None: nothing is muted."""
    holding = [mute for mute in mutes if signal not in mute.exempt]
    end = moment
    while end - moment < _LONGEST:
        later = max((found for mute in holding if (found := mute.end_of_span(end)) is not None), default=None)
        if later is None:
            break
        end = later
    return end if end > moment else None


def read_mutes(sent: object) -> tuple[Mute, ...]:
    """Raises `ValueError` with what is accepted."""
    if sent == "off":
        return ()
    if not isinstance(sent, list) or len(sent) > MOST:
        raise ValueError(ACCEPTED)
    return tuple(_read(each) for each in sent)


def write_mutes(mutes: Iterable[Mute]) -> list[dict[str, object]]:
    return [_written(mute) for mute in mutes]


def _read(sent: object) -> Mute:
    if not isinstance(sent, Mapping) or not sent or not set(sent) <= _KEYS or ("from" in sent) != ("to" in sent):
        raise ValueError(ACCEPTED)
    mute = Mute(
        days=_days(sent.get("days", list(DAYS))),
        start=_clock(sent.get("from", "00:00")),
        end=_clock(sent.get("to", "00:00")),
        zone=_zone(sent.get("zone", "UTC")),
        exempt=_exempt(sent.get("except", [])),
    )
    if "days" not in sent and "from" not in sent:
        raise ValueError(f"{ACCEPTED}; days, or from and to, or all three")
    return mute


def _days(said: object) -> frozenset[int]:
    if not isinstance(said, list) or not said or not all(day in DAYS for day in said):
        raise ValueError(f"days: a list of {', '.join(DAYS)}")
    return frozenset(DAYS.index(day) for day in said)


def _clock(said: object) -> time:
    written = _CLOCK.fullmatch(said) if isinstance(said, str) else None
    if written is None:
        raise ValueError("from and to: times such as 07:00 and 20:30")
    return time(int(written[1]), int(written[2]))


def _zone(said: object) -> str:
    words = "zone: an IANA time zone such as Europe/Berlin"
    if not isinstance(said, str):
        raise ValueError(words)
    try:
        ZoneInfo(said)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError; a folder of zones is an OSError
        raise ValueError(words) from None
    return said


def _exempt(said: object) -> frozenset[Signal]:
    if not isinstance(said, list) or not all(each in list(EXEMPT) for each in said):
        raise ValueError(f"except: a list of {' and '.join(EXEMPT)}")
    return frozenset(Signal(each) for each in said)


def _written(mute: Mute) -> dict[str, object]:
    return {
        "days": [DAYS[day] for day in sorted(mute.days)],
        "from": f"{mute.start:%H:%M}",
        "to": f"{mute.end:%H:%M}",
        "zone": mute.zone,
        "except": sorted(mute.exempt),
    }
