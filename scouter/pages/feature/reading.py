"""Everything about one feature that is read for its page, as of one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from scouter.errors import NotFound
from scouter.pages.alerts.acknowledging import Undo, undo_of
from scouter.pages.alerts.alert_rows import AlertRows, OpenRow
from scouter.pages.feature.query import FeatureQuery
from scouter.pages.profile.stated import StatedProfile
from scouter.pages.site.visit import Visit
from scouter.pages.text.time_ranges import TimeRange
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_windows import AlertWindow, SeenFeature, alert_windows, feature_history
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.open_alerts import AlertFilter
from scouter.postgres.tables.profiles import document_of
from scouter.profiles.baselines import Baseline, baselines
from scouter.profiles.open_alerts import open_alerts
from scouter.profiles.ranked_features import RankedFeatures
from scouter.profiles.states import profile_state
from scouter.wire.open_alerts import OpenAlertGroup
from scouter.wire.profile_features import FeatureItem
from scouter.wire.profile_states import ProfileStateItem

CHECKS = 12
_MOST_GROUPS = 200
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class FeatureRead:
    """`item`: of the last check with a result, made in `window`; None: that check did not know it."""

    entity: Entity
    state: ProfileStateItem
    stated: StatedProfile
    item: FeatureItem | None
    window: TimeRange | None
    baseline: Baseline | None
    windows: Sequence[AlertWindow]
    group: OpenAlertGroup | None
    alert: OpenRow | None
    undo: Undo | None
    checks: Sequence[SeenFeature]


def read_feature(
    connection: Connection,
    ranked: RankedFeatures,
    rows: AlertRows,
    entity: Entity,
    chosen: TimeRange,
    visit: Visit,
) -> FeatureRead:
    """Raises `NotFound` for what the profile neither has nor watches."""
    query: FeatureQuery = visit.query
    state, document = profile_state(connection, entity.id), document_of(connection, entity.id)
    if state is None or document is None:
        raise NotFound("the profile is gone")
    item = ranked.feature(connection, entity, query.name)
    baseline = baselines(entity.drift_type, document, [query.name]).get(query.name)
    if item is None and baseline is None:
        raise NotFound("this profile has nothing of that name")
    groups = [each for each in _groups(connection, entity) if each.feature == query.name]
    return FeatureRead(
        entity=entity,
        state=state,
        stated=StatedProfile.of(document),
        item=item,
        window=_window(connection, ranked, entity),
        baseline=baseline,
        windows=alert_windows(connection, entity.id, [query.name], chosen.start, chosen.end),
        group=groups[0] if groups else None,
        alert=next(iter(rows.open(connection, groups, visit)), None),
        undo=undo_of(connection, visit.caller, query.acknowledged),
        checks=feature_history(connection, entity.id, query.name, below_id=query.checks, maximum=CHECKS + 1),
    )


def _groups(connection: Connection, entity: Entity) -> Sequence[OpenAlertGroup]:
    return open_alerts(connection, AlertFilter(None, entity.id), limit=_MOST_GROUPS).items


def _window(connection: Connection, ranked: RankedFeatures, entity: Entity) -> TimeRange | None:
    """The window of the check that the features are shown by. Checks look at (start, end], charts at [start, end)."""
    page = ranked.page(connection, entity, limit=1)
    if page.window_start is None or page.window_end is None:
        return None
    return TimeRange(page.window_start + _MICROSECOND, page.window_end + _MICROSECOND, None)
