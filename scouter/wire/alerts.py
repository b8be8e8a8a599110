"""Alerts, on both wires. The current wire sends the stored form, the legacy wire a flat map of texts."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from scouter.wire.float_text import float_text
from scouter.wire.messages import Timestamp
from scouter.wire.names import PLAIN_TEXT, Name, Version
from scouter.wire.profiles import AlertThreshold, DriftType, Zone

MAX_ALERTS = 1000
MAX_LEGACY_ALERTS = 10_000

Limit = Annotated[int, Meta(ge=1, le=MAX_ALERTS)]
LegacyLimit = Annotated[int, Meta(ge=1, le=MAX_LEGACY_ALERTS)]
AlertId = Annotated[int, Meta(ge=-(2**31), le=2**31 - 1)]
CursorId = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class Direction(StrEnum):
    """Which way to page: to older alerts, or back to newer ones."""

    next = "next"
    previous = "previous"


class SpcKind(StrEnum):
    """Which of the control chart's rules raised an alert."""

    OutOfBounds = "OutOfBounds"
    Consecutive = "Consecutive"
    Alternating = "Alternating"
    AllGood = "AllGood"
    Trend = "Trend"


class SpcAlert(Struct, frozen=True):
    feature: str
    kind: SpcKind
    zone: Zone


class PsiAlert(Struct, frozen=True):
    feature: str
    drift: float
    threshold: float


class CustomAlert(Struct, frozen=True):
    metric_name: str
    baseline_value: float
    observed_value: float
    delta: float | None
    alert_threshold: AlertThreshold


class Alert(Struct, frozen=True):
    """One alert under its drift type; exactly one member is there. This is what the table holds."""

    spc: SpcAlert | UnsetType = field(default=UNSET, name="Spc")
    psi: PsiAlert | UnsetType = field(default=UNSET, name="Psi")
    custom: CustomAlert | UnsetType = field(default=UNSET, name="Custom")

    @property
    def subject(self) -> str:
        """The feature or the metric that it is about."""
        if self.spc is not UNSET:
            return self.spc.feature
        if self.psi is not UNSET:
            return self.psi.feature
        if self.custom is not UNSET:
            return self.custom.metric_name
        raise ValueError("an alert about nothing")


class AlertCursor(Struct, frozen=True):
    """The alert that a page ended at."""

    created_at: datetime
    id: int


class AlertsRequest(Struct, frozen=True):
    """Body of POST /scouter/alerts. The start is inclusive; the end and the cursor are not."""

    uid: str
    active: bool | None = None
    limit: Limit | None = None
    cursor_created_at: Timestamp | None = None
    cursor_id: CursorId | None = None
    direction: Direction | None = None
    start_datetime: Timestamp | None = None
    end_datetime: Timestamp | None = None


class AlertItem(Struct, frozen=True):
    created_at: datetime
    entity_name: str
    alert: Alert
    id: int
    active: bool


class AlertPage(Struct, frozen=True):
    """Alerts of one profile, newest first."""

    items: list[AlertItem]
    has_next: bool
    next_cursor: AlertCursor | None
    has_previous: bool
    previous_cursor: AlertCursor | None


class RecentAlertsQuery(Struct, frozen=True):
    """Query of GET /scouter/alerts/recent. `since` is inclusive; `until` and the cursor are not."""

    space: Name | None = None
    active: bool | None = None
    drift_type: DriftType | None = None
    since: Timestamp | None = None
    until: Timestamp | None = None
    limit: Limit | None = None
    cursor_created_at: Timestamp | None = None
    cursor_id: CursorId | None = None
    direction: Direction | None = None


class RecentAlert(Struct, frozen=True):
    """An alert with the profile that it belongs to."""

    created_at: datetime
    entity_name: str
    alert: Alert
    id: int
    active: bool
    uid: str
    space: str
    name: str
    version: str
    drift_type: DriftType


class RecentAlertPage(Struct, frozen=True):
    """Alerts of many profiles, newest first."""

    items: list[RecentAlert]
    has_next: bool
    next_cursor: AlertCursor | None
    has_previous: bool
    previous_cursor: AlertCursor | None


class AlertStatusRequest(Struct, frozen=True):
    """Body of PUT /scouter/alerts. The space that counts is the alert's own."""

    id: AlertId
    active: bool
    space: str | None = None


class AlertStatusReply(Struct, frozen=True):
    updated: bool


class LegacyAlertsQuery(Struct, frozen=True):
    """Query of GET /scouter/alerts. `active=false`, which the client always sends, means all."""

    space: Name
    name: Name
    version: Version
    active: bool = False
    limit: LegacyLimit | None = None
    limit_datetime: Timestamp | None = None


class LegacyAlert(Struct, frozen=True):
    """All values of `alert` are texts."""

    created_at: datetime
    name: str
    space: str
    version: str
    entity_name: str
    alert: dict[str, str]
    id: int
    drift_type: DriftType
    active: bool


class LegacyAlerts(Struct, frozen=True):
    """Newest first."""

    alerts: list[LegacyAlert]


_KIND_TEXTS = {SpcKind.OutOfBounds: "Out of bounds", SpcKind.AllGood: "All good"}
_ZONE_TEXTS = {
    Zone.Zone1: "Zone 1",
    Zone.Zone2: "Zone 2",
    Zone.Zone3: "Zone 3",
    Zone.Zone4: "Zone 4",
    Zone.NotApplicable: "NA",
}


def legacy_texts(alert: Alert) -> dict[str, str]:
    """An alert as the legacy wire has it."""
    if alert.spc is not UNSET:
        return _spc_texts(alert.spc)
    if alert.psi is not UNSET:
        return _psi_texts(alert.psi)
    return _custom_texts(alert.custom) if alert.custom is not UNSET else {}


def _spc_texts(alert: SpcAlert) -> dict[str, str]:
    kind = _KIND_TEXTS.get(alert.kind, alert.kind.value)
    return {"entity_name": alert.feature, "kind": kind, "zone": _ZONE_TEXTS[alert.zone]}


def _psi_texts(alert: PsiAlert) -> dict[str, str]:
    return {
        "entity_name": alert.feature,
        "psi": float_text(alert.drift),
        "threshold": float_text(alert.threshold),
    }


def _custom_texts(alert: CustomAlert) -> dict[str, str]:
    return {
        "entity_name": alert.metric_name,
        "training_metric_value": float_text(alert.baseline_value),
        "observed_metric_value": float_text(alert.observed_value),
        "alert_threshold_value": "None" if alert.delta is None else float_text(alert.delta),
        "alert_threshold": alert.alert_threshold.value,
    }


def accepted_by_alerts(name: str, _: object) -> str | None:
    """What a member of a request for alerts takes, where the type alone does not say it well."""
    kinds = {"direction": Direction, "drift_type": DriftType}
    if name in kinds:
        return f"one of {', '.join(kinds[name])}"
    return PLAIN_TEXT if name in ("space", "name", "version") else None
