"""How a profile's alerts are judged: what to expect of it when nothing drifts, and how much it was trained on."""

from __future__ import annotations

from scouter.api.routing import AnyRoute, Request, Route
from scouter.errors import NotFound
from scouter.postgres.connections.pool import Pool
from scouter.postgres.tables.entities import Entities
from scouter.profiles import lookup
from scouter.profiles.judgement import JudgementBasis, judgement_basis, profile_judgement, state_rows
from scouter.profiles.lookup import ProfileRef
from scouter.wire.judgements import JudgementQuery, ProfileJudgement, StateRowsRequest
from scouter.wire.profiles import accepted_by_profiles


class ProfileJudgements:
    def __init__(self, pool: Pool, entities: Entities) -> None:
        self._pool = pool
        self._entities = entities

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "GET",
                "/scouter/profile/judgement",
                self.show,
                "How the alerts of a profile are judged: its usual samples a window, training rows and how they are "
                "known, alpha, and the alerts and messages a week that are to be expected when nothing drifts.",
                ProfileJudgement,
                permission="read on the profile's space",
                query=JudgementQuery,
                accepted=accepted_by_profiles,
                bulkhead="charts",
                errors=(NotFound,),
            ),
            Route(
                "PUT",
                "/scouter/profile/judgement",
                self.state,
                "State on how many rows a profile was trained, as a whole or by feature; null takes it back, what is "
                "left out stays.",
                ProfileJudgement,
                permission="write on the profile's space",
                body=StateRowsRequest,
                accepted=accepted_by_profiles,
                bulkhead="charts",
                errors=(NotFound,),
            ),
        ]

    def show(self, request: Request[JudgementQuery, None]) -> ProfileJudgement:
        query = request.query
        ref = ProfileRef.of(query, drift_type=query.drift_type)
        entity = lookup.find(ref, "read", request.caller, self._entities.find)
        with self._pool.connection() as connection:
            basis = judgement_basis(connection, entity)
        return self._shown(basis, ref, query.samples)

    def state(self, request: Request[None, StateRowsRequest]) -> ProfileJudgement:
        body = request.body
        ref = ProfileRef.of(body, drift_type=body.drift_type)
        entity = lookup.find(ref, "write", request.caller, self._entities.find)
        with self._pool.connection() as connection:
            basis = state_rows(connection, entity, body, request.caller.username)
        return self._shown(basis, ref, None)

    def _shown(self, basis: JudgementBasis | None, ref: ProfileRef, samples: int | None) -> ProfileJudgement:
        if basis is None:
            raise ref.unknown()
        return profile_judgement(basis, samples)  # reckons for a while, and needs no connection
