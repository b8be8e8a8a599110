"""Requests to a model service: how many, how many failed, how long they took, by route."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from markupsafe import Markup
from msgspec import Meta, Struct, field

from scouter.drift.observability import RouteSums, known_percentiles, together
from scouter.errors import NotFound
from scouter.pages.charts.frame import SMALL
from scouter.pages.charts.plain_line import LineChart, line_chart
from scouter.pages.charts.series import Series
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.visit import Answer, Shown, Visit
from scouter.pages.text.time_ranges import LENGTHS, WORDS, Last, MomentText, TimeRange, time_range
from scouter.postgres.tables.entities import ModelVersion, model_versions
from scouter.postgres.tables.observability import BusyRoute, busiest_routes
from scouter.profiles.service_metrics import route_sums

_ADDRESS = "/service"
_ROUTES = 8
_MOST_VERSIONS = 100
_DEFAULT: Last = "24h"
_P50, _P95, _P99 = 2, 3, 4


class ServiceQuery(Struct, frozen=True):
    """A model by its names, the time, and which page of routes."""

    space: str
    name: str
    version: str | None = None
    last: Last | None = None
    start: MomentText | None = field(default=None, name="from")
    end: MomentText | None = field(default=None, name="to")
    page: Annotated[int, Meta(ge=1, le=10_000)] = 1


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One route in the whole time. Percentiles are averages, weighted by requests; None where nobody sent any."""

    name: str
    requests: int
    errors: int
    failed: float
    p50: float | None
    p95: float | None
    p99: float | None
    codes: Sequence[tuple[str, int]]
    charts: Sequence[tuple[str, Markup]]


@dataclass(frozen=True, slots=True)
class Choice:
    """Another version or another time."""

    words: str
    address: str
    is_chosen: bool


class ServicePage:
    def __init__(self, reads: QuickReads) -> None:
        self._reads = reads

    def pages(self) -> list[Page]:
        return [Page(_ADDRESS, self.show, query=ServiceQuery, summary="Requests to a model service, by route.")]

    def show(self, visit: Visit) -> Answer:
        query: ServiceQuery = visit.query
        zone = visit.reader.zone_info
        time = time_range(query.last, query.start, query.end, visit.now, zone, _DEFAULT)
        with self._reads.connection() as connection:
            versions = _readable(visit, model_versions(connection, query.space, query.name, _MOST_VERSIONS))
            version = _chosen(query.version, versions)
            busiest: list[BusyRoute] = []
            sums: dict[str, list[RouteSums]] = {}
            if version.service_id is not None:
                skipped = (query.page - 1) * _ROUTES
                service = (connection, version.service_id)
                busiest = busiest_routes(*service, time.start, time.end, skipped=skipped, maximum=_ROUTES)
                if busiest:
                    sums = route_sums(*service, time.bins(SMALL), [each.route_name for each in busiest])
        rows = [_row(index, each, sums.get(each.route_name, []), time, visit) for index, each in enumerate(busiest)]
        values = {
            "query": query,
            "chosen": version.version,
            "has_sent": version.service_id is not None,
            "rows": rows,
            "totals": busiest[0] if busiest else None,
            "a_minute": _per_minute(busiest[0].requests_of_all, time) if busiest else None,
            "shown_from": (query.page - 1) * _ROUTES + 1,
            "window": time.last and WORDS[time.last],
            "ranges": [_range(each, query, time) for each in LENGTHS],
            "versions": [_version(each, query, time, version) for each in versions],
            "profiles": f"/?{urlencode({'space': query.space, 'q': query.name})}",
            "first": _address(query, time) if query.page > 1 else None,
            "next": _next(query, time, busiest),
        }
        return Shown("service.html", values, seconds=30 if time.last else 0)


def _readable(visit: Visit, versions: list[ModelVersion]) -> list[ModelVersion]:
    """What there is not and what may not be read look alike. Raises `NotFound`."""
    if not versions or not visit.caller.may("read", visit.query.space):
        raise NotFound("there is no such service, or you may not read its space")
    return versions


def _chosen(version: str | None, versions: Sequence[ModelVersion]) -> ModelVersion:
    """The one that is named, else the latest that has sent something. Raises `NotFound`."""
    if version is None:
        return next((each for each in versions if each.service_id is not None), versions[0])
    for each in versions:
        if each.version == version:
            return each
    raise NotFound("there is no such version of this service")


def _row(index: int, route: BusyRoute, sums: Sequence[RouteSums], time: TimeRange, visit: Visit) -> RouteRow:
    whole = together(sums) if sums else None
    percentiles = known_percentiles(whole) if whole else [None] * (_P99 + 1)
    codes = sorted(whole.status_counts.items()) if whole else []
    return RouteRow(
        route.route_name,
        route.request_count,
        route.error_count,
        _share(route.error_count, route.request_count),
        percentiles[_P50],
        percentiles[_P95],
        percentiles[_P99],
        codes,
        _charts(index, route.route_name, sums[::-1], time, visit),
    )


def _charts(
    index: int, name: str, sums: Sequence[RouteSums], time: TimeRange, visit: Visit
) -> list[tuple[str, Markup]]:
    """What each shows, and the picture. `sums` are oldest first."""
    window, width = time.drawn(visit.reader.zone_info), time.bins(SMALL).width.total_seconds()
    starts = [each.bin.timestamp() for each in sums]
    rates = [each.request_count / _minutes_of(start, width, time) for each, start in zip(sums, starts, strict=True)]
    failed = [100 * _share(each.error_count, each.request_count) for each in sums]
    percentiles = [known_percentiles(each) for each in sums]
    p50, p95, p99 = ([each[n] for each in percentiles] for n in (_P50, _P95, _P99))
    drawn = (
        ("Requests a minute", Series(starts, rates, bin_seconds=width)),
        ("Errors, in percent", Series(starts, failed, bin_seconds=width)),
        ("Latency: p95, with p50 to p99 in grey", Series(starts, p95, p50, p99, bin_seconds=width)),
    )
    return [
        (what, line_chart(LineChart(what, name, window, series), SMALL, f"r{index}c{number}"))
        for number, (what, series) in enumerate(drawn)
    ]


def _minutes_of(start: float, width: float, time: TimeRange) -> float:
    """How much of a bin lies within the window: the first and the last are cut by it."""
    first, last = max(start, time.start.timestamp()), min(start + width, time.end.timestamp())
    return max(last - first, 1.0) / 60


def _per_minute(requests: int, time: TimeRange) -> float:
    return requests / max((time.end - time.start).total_seconds() / 60, 1 / 60)


def _share(errors: int, requests: int) -> float:
    return errors / requests if requests else 0.0


def _range(last: Last, query: ServiceQuery, time: TimeRange) -> Choice:
    return Choice(WORDS[last], _named(query, {"last": last}), time.last == last)


def _version(each: ModelVersion, query: ServiceQuery, time: TimeRange, chosen: ModelVersion) -> Choice:
    address = _named(query, {"version": each.version, **time.given(_DEFAULT)})
    return Choice(each.version, address, each == chosen)


def _next(query: ServiceQuery, time: TimeRange, busiest: Sequence[BusyRoute]) -> str | None:
    if not busiest or query.page * _ROUTES >= busiest[0].routes:
        return None
    return _address(query, time, page=query.page + 1)


def _address(query: ServiceQuery, time: TimeRange, **more: object) -> str:
    return _named(query, {**time.given(_DEFAULT), **more})


def _named(query: ServiceQuery, more: dict[str, object]) -> str:
    version = {"version": query.version} if query.version is not None else {}
    return f"{_ADDRESS}?{urlencode({'space': query.space, 'name': query.name, **version, **more})}"
