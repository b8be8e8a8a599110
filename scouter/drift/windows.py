"""The window of a chart and the width of its time bins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scouter.errors import InvalidInput
from scouter.wire.charts import INTERVAL_LENGTHS, ChartQuery, TimeInterval, WindowQuery

_NARROWEST = timedelta(seconds=1)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ChartWindow:
    """Records with start <= created_at < end, in bins of `width` that are aligned to 1970-01-01 UTC."""

    start: datetime
    end: datetime
    width: timedelta


def chart_window(query: ChartQuery, now: datetime) -> ChartWindow:
    """The window that a query asks for. Two given ends win over the named interval.

    Raises `InvalidInput` for one end without the other, a reversed window, or `Custom` without ends.
    """
    start, end = window_ends(query, now)
    return ChartWindow(start, end, bin_width(start, end, query.max_data_points))


def window_ends(query: WindowQuery, now: datetime) -> tuple[datetime, datetime]:
    """Records with start <= created_at < end are asked for. Raises `InvalidInput` as `chart_window` does."""
    start, end = _ends(query, now)
    if start >= end:
        raise InvalidInput("start_custom_datetime", start.isoformat(), f"a moment before the end, {end.isoformat()}")
    return start, end


def bin_width(start: datetime, end: datetime, max_data_points: int) -> timedelta:
    """The window divided by the points, rounded to microseconds, at least a second."""
    return max((end - start) / max_data_points, _NARROWEST)


def _ends(query: WindowQuery, now: datetime) -> tuple[datetime, datetime]:
    start, end = query.custom_start, query.end_custom_datetime
    if start is not None and end is not None:
        return in_utc(start), in_utc(end)
    if start is not None or end is not None:
        missing = "end_custom_datetime" if end is None else "start_custom_datetime"
        raise InvalidInput(missing, None, "both ends of the window, or neither")
    if query.time_interval is TimeInterval.Custom:
        others = ", ".join(interval.value for interval in INTERVAL_LENGTHS)
        accepted = f"start_custom_datetime and end_custom_datetime beside Custom, or one of {others}"
        raise InvalidInput("time_interval", "Custom", accepted)
    return now - INTERVAL_LENGTHS[query.time_interval], now


def in_utc(moment: datetime) -> datetime:
    """The first and the last day of the calendar in another zone may lie outside of it in UTC."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _FIRST if moment.year == _FIRST.year else _LAST
