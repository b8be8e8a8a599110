"""How the alerts of a profile are judged, and what to expect of it when nothing drifts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, Struct, UnsetType

from scouter.wire.check_results import RowsOrigin
from scouter.wire.names import FeatureName, Name, Uid, Version
from scouter.wire.profiles import DriftType

TrainingRows: TypeAlias = Annotated[int, Meta(ge=2, le=10**15)]


class JudgementQuery(Struct, frozen=True):
    """Names one profile, by uid or by the other four together. `samples`: so many a window instead of the usual."""

    uid: Uid | None = None
    space: Name | None = None
    name: Name | None = None
    version: Version | None = None
    drift_type: DriftType | None = None
    samples: Annotated[int, Meta(ge=1, le=10**12)] | None = None


class StateRowsRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The rows that a profile was trained on: of the whole table, and of features that had others.

    What is left out stays as it was, null takes it back: `features: null` all of them.
    """

    uid: Uid | None = None
    space: Name | None = None
    name: Name | None = None
    version: Version | None = None
    drift_type: DriftType | None = None
    training_rows: TrainingRows | UnsetType | None = UNSET
    features: dict[FeatureName, TrainingRows | None] | UnsetType | None = UNSET


class StatedRows(Struct, frozen=True):
    """What somebody stated."""

    training_rows: int | None
    features: dict[str, int]
    updated_by: str
    updated_at: datetime


class FeatureOutlook(Struct, frozen=True):
    """One feature or metric. A metric was trained on no rows.

    `usual_samples`: the median of recent windows that held records; null: there were none.

    `expected_alert_rows_a_week`: of the client's rule, when nothing drifts; null: nobody can say, for want of windows,
    or because it depends on how a metric scatters.
    """

    name: str
    usual_samples: int | None
    training_rows: int | None
    training_rows_origin: RowsOrigin | None
    expected_alert_rows_a_week: float | None


class ProfileArrivals(Struct, frozen=True):
    """When records come, by the database's clock, and how many by those that checks counted.

    `last_at`: when the last ones were stored; null: never. `usual_hours_a_week`: hours in which some are missed when
    none come; 0 in the first week. `usual_records_an_hour`: the median of the last thirty windows, without those that
    held none; `present_records_an_hour`: of the newest window. Null: there was none.
    """

    last_at: datetime | None
    usual_hours_a_week: int
    usual_records_an_hour: float | None
    present_records_an_hour: float | None


class ProfileJudgement(Struct, frozen=True):
    """How a profile's alerts are judged, and what is to be expected while nothing drifts.

    `judge`: `corrected`, or `client`, whose rule is then taken at its word. `alpha`: of one check, for all of its
    features together. `fire_after`: so many bad windows of the last so many make a message. `usual_samples`: the median
    of the features, or what the request said. The expected numbers are upper bounds, as if features were independent;
    null: nobody can say. `first_number`: the smallest first number of the profile's SPC rule with which chance alone
    raises alerts in no more than a share `alpha` of such windows.
    """

    uid: str
    space: str
    name: str
    version: str
    drift_type: str
    judge: Literal["corrected", "client"]
    alpha: float
    fire_after: str
    windows_a_week: float
    usual_samples: int | None
    expected_alert_rows_a_week: float | None
    expected_false_messages_a_week: float | None
    first_number: int | None
    stated: StatedRows | None
    arrivals: ProfileArrivals
    features: list[FeatureOutlook]
    notes: list[str]
