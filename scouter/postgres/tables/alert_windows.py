"""Which windows alerted for which features or metrics, and what checks made of one of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("alert_windows")


@dataclass(frozen=True, slots=True)
class AlertWindow:
    """(window_start, window_end] of a check that alerted for it."""

    feature: str
    window_start: datetime
    window_end: datetime


@dataclass(frozen=True, slots=True)
class AlertingFeatures:
    """What one check raised alerts for: `count` features or metrics, the first of them by name."""

    run_id: int
    count: int
    features: list[str]


@dataclass(frozen=True, slots=True)
class SeenFeature:
    """One feature in one check. The texts are JSON: its observation or the obstacle to one, and its alerts."""

    id: int
    window_start: datetime
    window_end: datetime
    outcome: str
    attempt: int
    late: bool
    asked_by: str | None
    observation: str | None
    obstacle: str | None
    alerts: list[str]


def alert_windows(
    connection: Connection,
    entity_id: int,
    features: Collection[str],
    first: datetime,
    last: datetime,
    *,
    maximum: int = 10_000,
) -> list[AlertWindow]:
    """The newest first; of checks that have not expired."""
    return _sql["alert_windows"].all(
        connection,
        AlertWindow,
        entity_id=entity_id,
        features=list(features),
        first=first,
        last=last,
        maximum=maximum,
    )


def alerting_features(connection: Connection, run_ids: Collection[int], *, maximum: int) -> list[AlertingFeatures]:
    """Of those checks that raised any. A second check of a window raises only what an earlier one did not."""
    return _sql["alerting_features"].all(connection, AlertingFeatures, run_ids=list(run_ids), maximum=maximum)


def feature_history(
    connection: Connection, entity_id: int, feature: str, *, below_id: int | None, maximum: int
) -> list[SeenFeature]:
    """Newest first, whether or not the check knew of it."""
    return _sql["feature_history"].all(
        connection, SeenFeature, entity_id=entity_id, feature=feature, below_id=below_id, maximum=maximum
    )
