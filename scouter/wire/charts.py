"""Chart requests and replies, on both wires."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from scouter.wire.messages import Timestamp
from scouter.wire.names import FeatureName

MAX_DATA_POINTS = 10_000
MAX_FEATURES = 50


class TimeInterval(Enum):
    """Every interval name of any client version. `Custom` says that the window is given by its ends."""

    FiveMinutes = "FiveMinutes"
    FifteenMinutes = "FifteenMinutes"
    ThirtyMinutes = "ThirtyMinutes"
    OneHour = "OneHour"
    ThreeHours = "ThreeHours"
    FourHours = "FourHours"
    SixHours = "SixHours"
    TwelveHours = "TwelveHours"
    TwentyFourHours = "TwentyFourHours"
    TwoDays = "TwoDays"
    FiveDays = "FiveDays"
    SevenDays = "SevenDays"
    Custom = "Custom"


INTERVAL_LENGTHS = {
    TimeInterval.FiveMinutes: timedelta(minutes=5),
    TimeInterval.FifteenMinutes: timedelta(minutes=15),
    TimeInterval.ThirtyMinutes: timedelta(minutes=30),
    TimeInterval.OneHour: timedelta(hours=1),
    TimeInterval.ThreeHours: timedelta(hours=3),
    TimeInterval.FourHours: timedelta(hours=4),
    TimeInterval.SixHours: timedelta(hours=6),
    TimeInterval.TwelveHours: timedelta(hours=12),
    TimeInterval.TwentyFourHours: timedelta(hours=24),
    TimeInterval.TwoDays: timedelta(days=2),
    TimeInterval.FiveDays: timedelta(days=5),
    TimeInterval.SevenDays: timedelta(days=7),
}


class ArchiveUse(Enum):
    """`read`: archived records count. `skip`: the answer is of what is in Postgres."""

    read = "read"
    skip = "skip"


class WindowQuery(Struct, frozen=True, kw_only=True):
    """A profile and a window. The current wire names the profile by uid, the legacy wire by name and version."""

    time_interval: TimeInterval = TimeInterval.Custom
    uid: str | None = None
    space: str | None = None
    name: str | None = None
    version: str | None = None
    drift_type: str | None = None
    start_custom_datetime: Timestamp | None = None
    end_custom_datetime: Timestamp | None = None
    begin_custom_datetime: Timestamp | None = None
    archive: ArchiveUse = ArchiveUse.read

    @property
    def wants_archive(self) -> bool:
        return self.archive is ArchiveUse.read

    @property
    def custom_start(self) -> datetime | None:
        """The legacy wire says begin, the current one start."""
        return self.start_custom_datetime or self.begin_custom_datetime


class ChartQuery(WindowQuery, frozen=True, kw_only=True):
    """`feature`, as often as need be: of these features or metrics alone. `extremes`: lowest and highest values, too,
    and of PSI the shares of the bins in the newest time bin.
    """

    time_interval: TimeInterval
    max_data_points: Annotated[int, Meta(ge=1, le=MAX_DATA_POINTS)]
    feature: Annotated[list[FeatureName], Meta(max_length=MAX_FEATURES)] | None = None
    extremes: bool = False


class SpcSeries(Struct, frozen=True):
    """Mean per time bin, newest first; the lists are parallel. The lowest and the highest value where asked for."""

    created_at: list[datetime]
    values: list[float]
    lowest: list[float] | UnsetType = UNSET
    highest: list[float] | UnsetType = UNSET


class SpcChart(Struct, frozen=True):
    features: dict[str, SpcSeries]


class PsiSeries(Struct, frozen=True):
    """PSI per time bin, newest first, and over all of them together. `bins` are the overall proportions by bin id,
    `time_bins`, where asked for, those of the newest time bin.
    """

    created_at: list[datetime]
    psi: list[float]
    overall_psi: float
    bins: dict[str, float]
    time_bins: dict[str, float] | UnsetType = UNSET


class PsiChart(Struct, frozen=True):
    features: dict[str, PsiSeries]


class MetricStats(Struct, frozen=True):
    """Mean, and the mean less and plus one sample standard deviation (0 for a single value)."""

    avg: float
    lower_bound: float
    upper_bound: float


class CustomSeries(Struct, frozen=True):
    metric: str
    created_at: list[datetime]
    stats: list[MetricStats]
    lowest: list[float] | UnsetType = UNSET
    highest: list[float] | UnsetType = UNSET


class CustomChart(Struct, frozen=True):
    metrics: dict[str, CustomSeries]


def accepted_by_charts(name: str, _: object) -> str | None:
    """What a member of a chart's query takes, where the type alone does not say it well."""
    choices: dict[str, type[Enum]] = {"time_interval": TimeInterval, "archive": ArchiveUse}
    if name not in choices:
        return None
    return "one of " + ", ".join(choice.value for choice in choices[name])
