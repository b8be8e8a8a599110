"""The features of a profile as its last check saw them, the furthest first.

The result of a check is one text, which may hold thousands of features. A check never changes, so what was decoded and
ranked once is kept for a while.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from scouter.drift.distance import Distance, RankedFeature, ranked
from scouter.postgres.statements import Connection
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.profiles import document_of
from scouter.postgres.tables.runs import ResultOfRun, newest_result, result_of_run, run_with_result
from scouter.profiles.monitored import monitored_names
from scouter.wire.check_results import CheckResult
from scouter.wire.cursors import cursor_at, position_at
from scouter.wire.profile_features import FeatureItem, FeatureOrder, FeaturePosition, FeaturesPage

_decode = msgspec.json.Decoder(CheckResult).decode
_UNKNOWN = Distance(None)


@dataclass(frozen=True, slots=True)
class FeatureFilter:
    """`outside`: only what alerted. `q`: a part of the name, in upper or lower case."""

    outside: bool = False
    q: str | None = None

    def lets_pass(self, feature: RankedFeature) -> bool:
        is_found = self.q is None or self.q.lower() in feature.name.lower()
        return is_found and (bool(feature.alerts) or not self.outside)


EVERY_FEATURE = FeatureFilter()


class RankedFeatures:
    """One for a server; safe to use from any thread."""

    def __init__(self, maximum: int = 16) -> None:
        """`maximum`: results that are kept."""
        self._maximum = maximum
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, Sequence[RankedFeature]] = OrderedDict()

    def page(
        self,
        connection: Connection,
        entity: Entity,
        wanted: FeatureFilter = EVERY_FEATURE,
        *,
        order: FeatureOrder = "distance",
        cursor: str | None = None,
        limit: int = 24,
    ) -> FeaturesPage:
        """A page goes on in the check that the page before was of. Raises `InvalidInput` for a cursor of no page."""
        after = None if cursor is None else position_at(cursor, FeaturePosition)
        run = (after and run_with_result(connection, entity.id, after.run_id)) or newest_result(connection, entity.id)
        first = after.listed if after and run and run.id == after.run_id else 0
        features = [each for each in self._features(connection, entity, run) if wanted.lets_pass(each)]
        if order == "name":
            features.sort(key=lambda feature: feature.name)
        return _page(run, features, first, limit)

    def feature(self, connection: Connection, entity: Entity, name: str) -> FeatureItem | None:
        """One of them as the last check saw it. None: the profile does not monitor it."""
        run = newest_result(connection, entity.id)
        features = self._features(connection, entity, run)
        return next((_item(each) for each in features if each.name == name), None)

    def _features(self, connection: Connection, entity: Entity, run: ResultOfRun | None) -> Sequence[RankedFeature]:
        if run is None:
            return _of_profile(connection, entity)
        with self._lock:
            if run.id in self._kept:
                self._kept.move_to_end(run.id)
                return self._kept[run.id]
        text = result_of_run(connection, run.id)
        features = [] if text is None else ranked(_decode(text))
        self._keep(run.id, features)
        return features

    def _keep(self, run_id: int, features: Sequence[RankedFeature]) -> None:
        with self._lock:
            self._kept[run_id] = features
            while len(self._kept) > self._maximum:
                self._kept.popitem(last=False)


def _of_profile(connection: Connection, entity: Entity) -> list[RankedFeature]:
    document = document_of(connection, entity.id)
    names = [] if document is None else monitored_names(entity.drift_type, document)
    return [RankedFeature(name, _UNKNOWN, (), None, None) for name in names]


def _page(run: ResultOfRun | None, features: Sequence[RankedFeature], first: int, limit: int) -> FeaturesPage:
    end = first + limit
    has_next = end < len(features)
    return FeaturesPage(
        run_id=run.id if run else None,
        window_start=run.window_start if run else None,
        window_end=run.window_end if run else None,
        total=len(features),
        items=[_item(feature) for feature in features[first:end]],
        has_next=has_next,
        next_cursor=cursor_at(FeaturePosition(run.id if run else 0, end)) if has_next else None,
    )


def _item(feature: RankedFeature) -> FeatureItem:
    return FeatureItem(
        name=feature.name,
        distance=feature.distance.times,
        beyond=feature.distance.beyond,
        outside=bool(feature.alerts),
        alerts=list(feature.alerts),
        observation=feature.observation,
        obstacle=feature.obstacle,
    )
