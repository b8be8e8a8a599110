"""Dry runs as they travel: what a profile would have alerted on, and what people would have been told."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from scouter.wire.alerts import Alert
from scouter.wire.charts import ArchiveUse
from scouter.wire.judgements import TrainingRows
from scouter.wire.messages import Timestamp
from scouter.wire.names import FeatureName, Name, Uid, Version
from scouter.wire.profiles import DriftType


class DryRunDetails(StrEnum):
    """`alerts`: each window says which alerts it would have raised."""

    windows = "windows"
    alerts = "alerts"


class DryRunRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Names one profile, by uid or by the other four together, and says what should be other than it is.

    `profile`: a whole document in place of single changes. Without a uid its own names say whose records are meant; of
    which version, where none of that version is registered, is the server's to choose: an active one, else the newest.

    `rule` is of SPC, `threshold` of PSI, `alert_conditions` of custom metrics. `policy` is laid over the one that
    holds. `silences`: silences and mutes hold back here what they held back then. `compare`: with what is so now.
    """

    start: Timestamp
    end: Timestamp
    uid: Uid | None = None
    space: Name | None = None
    name: Name | None = None
    version: Version | None = None
    drift_type: DriftType | None = None
    profile: dict[str, Any] | None = None
    schedule: str | None = None
    rule: str | None = None
    threshold: dict[str, Any] | None = None
    alert_conditions: dict[str, Any] | None = None
    features_to_monitor: list[FeatureName] | None = None
    training_rows: TrainingRows | None = None
    policy: dict[str, Any] | None = None
    silences: bool = False
    compare: bool = False
    estimate: bool = False
    details: DryRunDetails = DryRunDetails.windows
    archive: ArchiveUse = ArchiveUse.read


class DryRunEstimate(Struct, frozen=True):
    """What a dry run has to look at. `rows`: by what checks of the past counted, and the manifest of the archive.

    `longest_end`: the latest end with which it would fit; null: it does.
    """

    windows: int
    rows: int
    longest_end: datetime | None


class DryRunWindow(Struct, frozen=True):
    """One window, or `windows` of them that follow each other and differ in nothing but how many rows they held.

    `end`: of the last of them; `rows`: of all. `bad`: the features and metrics that were. `recorded_outcome`: what the
    real check came to, null where there was none; `records_differ`: it saw other records than there are now.
    `raised`: where details were asked for.
    """

    end: datetime
    windows: int
    rows: int
    outcome: Literal["no_data", "ok", "alert"]
    alerts: int
    bad: list[str]
    state: Literal["ok", "pending", "firing"]
    recorded_outcome: Literal["no_data", "ok", "alert", "failed"] | None
    records_differ: bool | None
    raised: list[Alert] | UnsetType = UNSET


class DryRunMessage(Struct, frozen=True):
    """What would have been said of one problem. `why_not`: what held it back; null: it would have been sent.

    What is held back window after window for the same reason stands here once: `at` first, `windows` times.
    """

    at: datetime
    kind: Literal["firing", "reminder", "worse", "resolved", "ended"]
    signal: str
    subject: str
    direction: str | None
    effect: float | None
    p_value: float | None
    why_not: str | None
    windows: int


class DryRunFeature(Struct, frozen=True):
    """One feature or metric over all windows.

    `alerts_by_kind`: of SPC by kind and zone. `p_values`: how many windows have one from 0 to 0.1, from 0.1 to 0.2, and
    so on: about the same in each when nothing drifts and everything counts; null: nothing has one.
    """

    name: str
    checked_windows: int
    alerts: int
    alerts_by_kind: dict[str, int]
    bad_windows: int
    median_effect: float | None
    highest_effect: float | None
    p_values: list[int] | None


class DryRunSummary(Struct, frozen=True):
    """`messages`: that would have been sent, `reminders` of them. An episode is one problem from its firing on."""

    windows: int
    windows_with_alerts: int
    alerts: int
    messages: int
    reminders: int
    days_firing: float
    longest_episode_days: float
    features: list[DryRunFeature]


class DryRunExpectation(Struct, frozen=True):
    """What chance makes when nothing drifts, at most, beside what there was.

    `probability`: of a Poisson count that is as far off, on either side. Null: nobody can say what is to be expected.
    """

    expected: float | None
    observed: int
    probability: float | None


class DryRunExpectations(Struct, frozen=True):
    """`messages`: of problems that began to fire."""

    alert_rows: DryRunExpectation
    messages: DryRunExpectation


class DryRunDifference(Struct, frozen=True):
    """A window, and the features or metrics that alert in it only now, or only changed."""

    end: datetime
    only_now: list[str]
    only_changed: list[str]


class DryRunComparison(Struct, frozen=True):
    """Features and metrics that alert in a window: as the profile is now, changed, in both; told messages beside."""

    only_now: int
    only_changed: int
    both: int
    messages_now: int
    messages_changed: int
    first_difference: DryRunDifference | None


class DryRunReply(Struct, frozen=True):
    """With `estimate: true`, the estimate alone.

    `archive`: whether archived records were `used`, where there are any, or `skipped` because that was asked for.
    """

    uid: str
    start: datetime
    end: datetime
    estimate: DryRunEstimate
    windows: list[DryRunWindow] | UnsetType = UNSET
    messages: list[DryRunMessage] | UnsetType = UNSET
    summary: DryRunSummary | UnsetType = UNSET
    expected: DryRunExpectations | UnsetType = UNSET
    compare: DryRunComparison | UnsetType = UNSET
    rows_read: int | UnsetType = UNSET
    files_opened: int | UnsetType = UNSET
    seconds: float | UnsetType = UNSET
    archive: Literal["used", "skipped"] | UnsetType = UNSET


def accepted_by_dry_runs(name: str, _: object) -> str | None:
    """What a member of these requests takes, where the type alone does not say it well."""
    choices = {"drift_type": DriftType, "details": DryRunDetails, "archive": ArchiveUse}
    return f"one of {', '.join(each.value for each in choices[name])}" if name in choices else None
