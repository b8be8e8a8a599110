"""One feature or metric as a chart: its series, and what its profile says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from markupsafe import Markup
from msgspec import UNSET

from scouter.pages.charts.custom import MetricChart, custom_chart
from scouter.pages.charts.frame import Size
from scouter.pages.charts.psi import PsiChart, psi_chart
from scouter.pages.charts.series import CheckSpan, Series, Window
from scouter.pages.charts.spc import ControlChart, spc_chart
from scouter.pages.text.times import duration
from scouter.profiles.baselines import Baseline
from scouter.wire.baselines import CustomBaseline, PsiBaseline, SpcBaseline
from scouter.wire.charts import CustomSeries, PsiSeries, SpcSeries
from scouter.wire.check_results import Observation, PsiObservation
from scouter.wire.profile_states import ProfileStateItem

_FEWEST_BINS = 4  # of a PSI, however seldom it is checked

WireSeries: TypeAlias = SpcSeries | PsiSeries | CustomSeries


@dataclass(frozen=True, slots=True)
class FeatureChart:
    """What is drawn. `seen`: by the last check; its threshold counts where the profile has no fixed one."""

    name: str
    drift_type: str
    series: WireSeries | None
    width: timedelta
    baseline: Baseline | None
    seen: Observation | None
    alerts: Sequence[CheckSpan]

    def drawn(self, window: Window, size: Size, ident: str) -> Markup:
        draw: dict[str, Callable[[Window, Size, str], Markup]] = {
            "Spc": self._spc,
            "Psi": self._psi,
            "Custom": self._custom,
        }
        return draw[self.drift_type](window, size, ident)

    def _spc(self, window: Window, size: Size, ident: str) -> Markup:
        known = self.baseline if isinstance(self.baseline, SpcBaseline) else None
        limits = [*known.limits[:3], known.center, *known.limits[3:]] if known else None
        return spc_chart(ControlChart(self.name, window, self._values(), limits, self.alerts), size, ident)

    def _psi(self, window: Window, size: Size, ident: str) -> Markup:
        chart = PsiChart(self.name, window, self._values(), threshold_of(self.baseline, self.seen), self.alerts)
        return psi_chart(chart, size, ident)

    def _custom(self, window: Window, size: Size, ident: str) -> Markup:
        known = self.baseline if isinstance(self.baseline, CustomBaseline) else None
        chart = MetricChart(
            name=self.name,
            window=window,
            series=self._values(),
            baseline=known.baseline if known else None,
            lowest=known.lowest if known else None,
            highest=known.highest if known else None,
            alerts=self.alerts,
        )
        return custom_chart(chart, size, ident)

    def _values(self) -> Series:
        """Replies begin with the newest."""
        if self.series is None:
            return Series((), ())
        times = [moment.timestamp() for moment in reversed(self.series.created_at)]
        lowest, highest = extremes_of(self.series)
        return Series(times, values_of(self.series)[::-1], lowest[::-1], highest[::-1], self.width.total_seconds())


def values_of(series: WireSeries) -> list[float]:
    """The newest first."""
    if isinstance(series, SpcSeries):
        return series.values
    return series.psi if isinstance(series, PsiSeries) else [each.avg for each in series.stats]


def extremes_of(series: WireSeries) -> tuple[Sequence[float], Sequence[float]]:
    """Lowest and highest values, the newest first; empty where they are not known."""
    if isinstance(series, PsiSeries) or series.lowest is UNSET or series.highest is UNSET:
        return (), ()
    return series.lowest, series.highest


def threshold_of(baseline: Baseline | None, seen: Observation | None) -> float | None:
    """The profile's, or that of the last check where it depends on how many values there are."""
    if isinstance(baseline, PsiBaseline) and baseline.threshold is not None:
        return baseline.threshold
    return seen.threshold if isinstance(seen, PsiObservation) else None


def span_of(start: datetime, end: datetime) -> CheckSpan:
    return CheckSpan(start.timestamp(), end.timestamp())


def legend(drift_type: str, width: timedelta) -> str:
    """What the shapes of such a chart mean."""
    each = duration(width.total_seconds())
    match drift_type:
        case "Spc":
            return (
                f"Line: mean of {each}. Grey: lowest and highest value in it. Bands: one, two and three sigma of the "
                "training data. Red: checks that alerted."
            )
        case "Psi":
            return (
                f"Line: PSI of {each}, where there are values enough for one. Dashed: the threshold. "
                "Red: checks that alerted."
            )
        case _:
            return (
                f"Line: mean of {each}. Grey: lowest and highest value in it. Band: the range that is allowed. "
                "Dotted: the baseline. Red: checks that alerted."
            )


def narrowest(item: ProfileStateItem, length: timedelta) -> timedelta:
    """A PSI needs as many values as a check has, or it is none; every other series may be looked at more closely."""
    if item.drift_type != "Psi":
        return timedelta()
    return min(item.next_run - item.previous_run, length / _FEWEST_BINS)
