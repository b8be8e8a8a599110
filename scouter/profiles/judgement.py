"""How a profile's alerts are judged: shown before anything happens, and told how much it was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import UNSET

from scouter.drift.custom import without_boundary
from scouter.drift.judgement.budget import budget_of
from scouter.drift.judgement.expected_alerts import AlertRate
from scouter.drift.judgement.known_rows import KnownRows, rows_in
from scouter.drift.judgement.outlook import (
    Samples,
    alert_rows_a_week,
    false_messages_a_week,
    first_number,
    names_of,
    rates_of,
)
from scouter.drift.judgement.psi_judgement import HOW_TO_STATE
from scouter.drift.judgement.rules import JudgementRules
from scouter.errors import InvalidInput
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_policies import policies_of_profile
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.profile_judgement import SaidOfRows, put_stated_rows, said_of_rows
from scouter.postgres.tables.profile_standings import lock_profile
from scouter.postgres.tables.profiles import document_of
from scouter.profiles.arrivals import arrivals_of
from scouter.profiles.judgement_rules import rules_of
from scouter.profiles.training_rows import rows_said
from scouter.profiles.usual_samples import usual_samples
from scouter.wire.check_results import RowsOrigin
from scouter.wire.judgements import FeatureOutlook, ProfileArrivals, ProfileJudgement, StatedRows, StateRowsRequest
from scouter.wire.profiles import CustomProfile, DriftType, Profile, PsiProfile, SpcProfile

_TYPES: dict[str, type[SpcProfile] | type[PsiProfile] | type[CustomProfile]] = {
    DriftType.Spc: SpcProfile,
    DriftType.Psi: PsiProfile,
    DriftType.Custom: CustomProfile,
}


@dataclass(frozen=True, slots=True)
class JudgementBasis:
    """What is stored of a profile, its policies and its windows. `usual`: samples a window, by feature."""

    entity: Entity
    profile: Profile
    said: SaidOfRows
    rows: KnownRows
    usual: Mapping[str, int]
    rules: JudgementRules
    arrivals: ProfileArrivals

    @property
    def is_custom(self) -> bool:
        return isinstance(self.profile, CustomProfile)


def judgement_basis(connection: Connection, entity: Entity) -> JudgementBasis | None:
    """None: the profile is gone."""
    document = document_of(connection, entity.id)
    if document is None:
        return None
    profile, said = _decoded(entity, document), said_of_rows(connection, entity.id)
    rows = rows_said(said, profile, document)
    rules = rules_of(policies_of_profile(connection, entity.id, entity.space))
    usual, arrivals = usual_samples(connection, entity.id), arrivals_of(connection, entity.id)
    return JudgementBasis(entity, profile, said, rows, usual, rules, arrivals)


def state_rows(
    connection: Connection, entity: Entity, request: StateRowsRequest, username: str
) -> JudgementBasis | None:
    """What the request leaves out stays. As it is then; None: the profile is gone. Raises `InvalidInput`."""
    document = document_of(connection, entity.id) if lock_profile(connection, entity.id) else None
    if document is None:
        return None
    _require_trained(_decoded(entity, document), request)
    if request.training_rows is not UNSET or request.features is not UNSET:
        said = said_of_rows(connection, entity.id)
        table = said.training_rows if request.training_rows is UNSET else request.training_rows
        put_stated_rows(connection, entity.id, table, _features(said, request), username)
    return judgement_basis(connection, entity)


def profile_judgement(basis: JudgementBasis, samples: int | None = None) -> ProfileJudgement:
    """`samples`: as if every window held so many."""
    entity, profile, rules = basis.entity, basis.profile, basis.rules
    known = Samples(basis.usual, samples)
    budget = budget_of(profile.config.alert_config.schedule, rules)
    judge = rules.judge_of(entity.drift_type)
    rates = rates_of(profile, basis.rows, known)
    features = [_feature(name, basis, known, rates[name], budget.windows_a_week) for name in names_of(profile)]
    alone = 1.0 - rules.confidence if basis.is_custom else budget.alpha
    together = _judged_together(profile, features)
    return ProfileJudgement(
        uid=entity.uid,
        space=entity.space,
        name=entity.name,
        version=entity.version,
        drift_type=entity.drift_type,
        judge=judge,
        alpha=budget.alpha,
        fire_after=str(budget.fire_after),
        windows_a_week=budget.windows_a_week,
        usual_samples=known.typical,
        expected_alert_rows_a_week=alert_rows_a_week(rates, budget),
        expected_false_messages_a_week=false_messages_a_week(rates, budget, judge, together=together, alone=alone),
        first_number=first_number(profile, known, budget.alpha),
        stated=_stated(basis.said),
        arrivals=basis.arrivals,
        features=features,
        notes=list(_notes(basis, features, known)),
    )


def _features(said: SaidOfRows, request: StateRowsRequest) -> dict[str, int]:
    if request.features is UNSET:
        return said.by_feature
    asked = {**said.by_feature, **request.features} if request.features is not None else {}
    return {name: rows for name, rows in asked.items() if rows is not None}


def _require_trained(profile: Profile, request: StateRowsRequest) -> None:
    features = {} if request.features is UNSET or request.features is None else request.features
    if isinstance(profile, CustomProfile):
        if features or request.training_rows not in (UNSET, None):
            field = "features" if features else "training_rows"
            sent = features or request.training_rows
            raise InvalidInput(field, sent, "nothing: metrics are held against a baseline, and were trained on no rows")
        return
    for name, rows in features.items():
        if name not in profile.features and rows is not None:
            raise InvalidInput(f"features.{name}", rows, "rows of a feature that the profile has")


def _feature(
    name: str, basis: JudgementBasis, samples: Samples, rate: AlertRate | None, windows_a_week: float
) -> FeatureOutlook:
    number, origin = basis.rows.of(name)
    expected = None if rate is None else rate.rows * windows_a_week
    return FeatureOutlook(name, samples.of(name), number, None if basis.is_custom else origin, expected)


def _judged_together(profile: Profile, features: Sequence[FeatureOutlook]) -> frozenset[str]:
    if isinstance(profile, CustomProfile):
        return frozenset()
    needs_rows = isinstance(profile, PsiProfile)
    return frozenset(each.name for each in features if each.training_rows is not None or not needs_rows)


def _stated(said: SaidOfRows) -> StatedRows | None:
    if said.updated_by is None or said.updated_at is None:
        return None
    return StatedRows(said.training_rows, said.by_feature, said.updated_by, said.updated_at)


def _notes(basis: JudgementBasis, features: Sequence[FeatureOutlook], samples: Samples) -> Iterator[str]:
    unknown = [each.name for each in features if each.training_rows_origin is RowsOrigin.unknown]
    if unknown:
        some = f"{len(unknown)} of {len(features)} features were"
        which = "the profile was" if len(unknown) == len(features) else some
        yield f"nobody knows on how many rows {which} trained: {HOW_TO_STATE}"
    for tag in basis.said.tags:
        if rows_in(tag) is None:
            yield f"the tag training_rows {tag[:50]!r} is no number of rows"
    if samples.typical is None and not basis.is_custom:
        yield "no window has held records yet; ask with samples=1000 what so many would mean"
    if isinstance(basis.profile, CustomProfile) and (lacking := without_boundary(basis.profile)):
        yield lacking


def _decoded(entity: Entity, document: str) -> Profile:
    return msgspec.json.decode(document, type=_TYPES[entity.drift_type])
