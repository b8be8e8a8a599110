"""Which time a page shows: the last hours or days, or from one moment to another. All of it is in the address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta

from scouter.drift.windows import ChartWindow
from scouter.errors import InvalidInput
from scouter.pages.charts.frame import Size
from scouter.pages.charts.series import Window

Last: TypeAlias = Literal["6h", "24h", "7d", "30d"]
MomentText: TypeAlias = Annotated[str, Meta(max_length=40)]

LENGTHS: Final[Mapping[Last, timedelta]] = {
    "6h": timedelta(hours=6),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
WORDS: Final[Mapping[Last, str]] = {"6h": "6 h", "24h": "24 h", "7d": "7 d", "30d": "30 d"}

_MOMENT = "a date and time such as 2026-11-27T09:00"
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# Widths of time bins that people have names for, in seconds.
_WIDTHS = (
    *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * n for n in (1, 2, 3, 4, 6, 12)),
    *(_DAY * n for n in (1, 2, 7, 14, 28)),
)


@dataclass(frozen=True, slots=True)
class TimeRange:
    """From `start` to `end`, which comes after it. `last` names it where it ends now."""

    start: datetime
    end: datetime
    last: Last | None

    def given(self, default: Last | None = None) -> dict[str, object]:
        """What an address needs to name it, where it is not the one that is shown anyway."""
        if self.last is not None:
            return {} if self.last == default else {"last": self.last}
        return {"from": utc_text(self.start), "to": utc_text(self.end)}

    def drawn(self, zone: tzinfo) -> Window:
        return Window(self.start.timestamp(), self.end.timestamp(), zone)

    def bins(self, size: Size, narrowest: timedelta = timedelta()) -> ChartWindow:
        """As many time bins as a chart of that size shows, of a width that has a name."""
        return ChartWindow(self.start, self.end, self.width(size.most_bins, narrowest))

    def whole(self) -> ChartWindow:
        """One time bin: bins are aligned to 1970, and this is wider than all that came since."""
        return ChartWindow(self.start, self.end, _LATEST - _EPOCH)

    def width(self, most: int, narrowest: timedelta = timedelta()) -> timedelta:
        """The narrowest that has a name and gives no more than `most` bins, one of them cut by the start."""
        wanted = max((self.end - self.start).total_seconds() / (most - 1), narrowest.total_seconds())
        return timedelta(seconds=next((width for width in _WIDTHS if width >= wanted), _WIDTHS[-1] * _times(wanted)))


def time_range(
    last: Last | None, start: str | None, end: str | None, now: datetime, zone: tzinfo, default: Last = "7d"
) -> TimeRange:
    """What a query asks for. A moment goes before a length; one moment alone has the default length beside it.

    Raises `InvalidInput` for what is no moment, and for an end before the start.
    """
    first, final = sent_moment("from", start, zone), sent_moment("to", end, zone)
    if first is None and final is None:
        chosen = last or default
        return TimeRange(now - LENGTHS[chosen], now, chosen)
    final = final or (now if first is None or first < now else first + LENGTHS[default])
    first = first or final - LENGTHS[default]
    if first >= final:
        raise InvalidInput("from", start, f"a moment before the end, {utc_text(final)}")
    return TimeRange(first, final, None)


def sent_moment(field: str, text: str | None, zone: tzinfo) -> datetime | None:
    """A moment that names no zone, as fields of forms send it, is the reader's. None: it is empty.

    Raises `InvalidInput`.
    """
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        known = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(field, text, _MOMENT) from None
    if not _EARLIEST <= known <= _LATEST:
        raise InvalidInput(field, text, f"{_MOMENT}, after 1970")
    return known


def utc_text(moment: datetime) -> str:
    """`2026-11-27T09:00Z`, with seconds only where there are any."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%SZ}".replace(":00Z", "Z") if utc.second else f"{utc:%Y-%m-%dT%H:%MZ}"


def field_text(moment: datetime, zone: tzinfo) -> str:
    """As a field for a date and a time has it: in the reader's zone, which it does not name."""
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}"


def _times(wanted: float) -> int:
    return -(-int(wanted) // _WIDTHS[-1]) + 1
