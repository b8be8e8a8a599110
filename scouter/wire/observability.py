"""Request metrics of a model service: the query of either wire and the reply."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from scouter.wire.charts import MAX_DATA_POINTS, ChartQuery, TimeInterval
from scouter.wire.messages import Timestamp

_INTERVALS = {
    "5minute": TimeInterval.FiveMinutes,
    "15minute": TimeInterval.FifteenMinutes,
    "30minute": TimeInterval.ThirtyMinutes,
    "1hour": TimeInterval.OneHour,
    "3hour": TimeInterval.ThreeHours,
    "4hour": TimeInterval.FourHours,
    "6hour": TimeInterval.SixHours,
    "12hour": TimeInterval.TwelveHours,
    "24hour": TimeInterval.TwentyFourHours,
    "2day": TimeInterval.TwoDays,
    "5day": TimeInterval.FiveDays,
    "7day": TimeInterval.SevenDays,
    "custom": TimeInterval.Custom,
    **{interval.value: interval for interval in TimeInterval},
}


class MetricsQuery(Struct, frozen=True):
    """Names a service by the uid of one of its profiles, or by space, name and version.

    `time_interval` is a word such as `15minute`, `1hour` or `7day`, or the name that charts give it. Any other text
    means six hours.
    """

    max_data_points: Annotated[int, Meta(ge=1, le=MAX_DATA_POINTS)]
    time_interval: str = "6hour"
    uid: str | None = None
    space: str | None = None
    name: str | None = None
    version: str | None = None
    start_custom_datetime: Timestamp | None = None
    end_custom_datetime: Timestamp | None = None
    begin_custom_datetime: Timestamp | None = None

    @property
    def as_chart(self) -> ChartQuery:
        """The chart query of the same window and bins."""
        return ChartQuery(
            time_interval=_INTERVALS.get(self.time_interval, TimeInterval.SixHours),
            max_data_points=self.max_data_points,
            start_custom_datetime=self.start_custom_datetime or self.begin_custom_datetime,
            end_custom_datetime=self.end_custom_datetime,
        )


class RouteSeries(Struct, frozen=True):
    """One route per time bin, newest first; the lists are parallel.

    Percentiles are averages of the records' percentiles, weighted by their requests. `error_latency` is the average
    of what the records say. Where no record has a value, it is 0.
    """

    route_name: str
    created_at: list[datetime]
    p5: list[float]
    p25: list[float]
    p50: list[float]
    p95: list[float]
    p99: list[float]
    total_request_count: list[int]
    total_error_count: list[int]
    error_latency: list[float]
    status_counts: list[dict[str, int]]


class MetricsReply(Struct, frozen=True):
    status: str
    data: list[RouteSeries]
