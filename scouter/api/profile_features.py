"""The features of a profile: as its last check saw them, and as they were in training."""

from __future__ import annotations

from scouter.api.routing import AnyRoute, Request, Route
from scouter.errors import NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities
from scouter.postgres.tables.profiles import document_of
from scouter.profiles import lookup
from scouter.profiles.baselines import baselines
from scouter.profiles.lookup import ProfileRef
from scouter.profiles.ranked_features import FeatureFilter, RankedFeatures
from scouter.wire.baselines import BaselineQuery, BaselineReply
from scouter.wire.profile_features import FeaturesPage, FeaturesQuery

_PERMISSION = "read on the profile's space"


class ProfileFeatures:
    def __init__(self, pool: Pool, entities: Entities, features: RankedFeatures) -> None:
        self._pool = pool
        self._entities = entities
        self._features = features

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/profile/features",
                self.page,
                "Features or metrics of a profile as its last check saw them, the furthest from training first, or by "
                "name.",
                FeaturesPage,
                permission=_PERMISSION,
                query=FeaturesQuery,
                errors=(NotFound,),
            ),
            Route(
                "GET",
                "/scouter/profile/baseline",
                self.baseline,
                "What some features or metrics of a profile looked like in training: limits, bins or ranges.",
                BaselineReply,
                permission=_PERMISSION,
                query=BaselineQuery,
                errors=(NotFound,),
            ),
        ]

    def page(self, request: Request[FeaturesQuery, None]) -> FeaturesPage:
        query = request.query
        entity = lookup.find(ProfileRef(query.uid), "read", request.caller, self._entities.find)
        with self._pool.connection() as connection:
            return self._features.page(
                connection,
                entity,
                FeatureFilter(query.outside, query.q),
                order=query.order,
                cursor=query.cursor,
                limit=query.limit,
            )

    def baseline(self, request: Request[BaselineQuery, None]) -> BaselineReply:
        query = request.query
        ref = ProfileRef(query.uid)
        entity = lookup.find(ref, "read", request.caller, self._entities.find)
        with self._pool.connection() as connection:
            document = document_of(connection, entity.id)
        if document is None:
            raise ref.unknown()
        return BaselineReply(dict(baselines(entity.drift_type, document, query.feature)))
