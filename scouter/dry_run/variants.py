"""All that decides what a profile would have alerted on: its document, its policies, its training rows, its windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scouter.drift.check_windows import CheckWindows, windows_between
from scouter.drift.judgement.known_rows import KnownRows
from scouter.drift.judgement.rules import JudgementRules
from scouter.drift.replayed_checks import HowJudged
from scouter.drift.schedule_gaps import shortest_gap
from scouter.drift.schedules import Schedule
from scouter.dry_run.documents import asked_document
from scouter.policy.documents import Level, read_policy
from scouter.policy.merging import PolicyLayers
from scouter.policy.replay import ReplayedProfile
from scouter.policy.silences import Silence
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_policies import policies_of_profile
from scouter.postgres.tables.dry_runs import silences_between
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.profile_judgement import said_of_rows
from scouter.postgres.tables.profiles import document_of
from scouter.profiles.judgement_rules import rules_of
from scouter.profiles.lookup import ProfileRef
from scouter.profiles.training_rows import rows_said
from scouter.wire.dry_runs import DryRunRequest
from scouter.wire.profiles import DriftType, Profile, decode_profile

MOST_WINDOWS = 10_000


@dataclass(frozen=True, slots=True)
class Variant:
    """A profile as it is, or as it might be. `silences` None: nothing is held back."""

    entity: Entity
    profile: Profile
    layers: PolicyLayers
    rows: KnownRows
    windows: CheckWindows
    silences: tuple[Silence, ...] | None

    @property
    def schedule(self) -> str:
        return self.profile.config.alert_config.schedule

    @property
    def rules(self) -> JudgementRules:
        return rules_of(self.layers)

    @property
    def how(self) -> HowJudged:
        return HowJudged(self.profile, self.rules)

    @property
    def replayed(self) -> ReplayedProfile:
        each = self.entity
        return ReplayedProfile(
            each.uid, each.space, each.name, each.version, each.drift_type, shortest_gap(self.schedule)
        )


def asked_variants(connection: Connection, entity: Entity, request: DryRunRequest, now: datetime) -> Sequence[Variant]:
    """The one that is asked for and, to be compared with it, the present one.

    Raises `NotFound` when the profile is gone, and `InvalidInput`, as a registration and a policy do.
    """
    stored = document_of(connection, entity.id)
    if stored is None:
        raise ProfileRef(entity.uid).unknown()
    layers = policies_of_profile(connection, entity.id, entity.space)
    said = said_of_rows(connection, entity.id)
    silences = tuple(silences_between(connection, request.start, request.end)) if request.silences else None
    profile, text = asked_document(request, entity, stored, now)
    known = rows_said(said, profile, text)
    if request.training_rows is not None:
        known = replace(known, said=replace(known.said, table=request.training_rows, features={}))
    asked = layers if request.policy is None else layers.with_profile(read_policy(request.policy, Level.profile))
    changed = Variant(entity, profile, asked, known, _windows(profile, request), silences)
    if not request.compare:
        return [changed]
    present = decode_profile(DriftType(entity.drift_type), stored)
    known = rows_said(said, present, stored)
    return [changed, Variant(entity, present, layers, known, _windows(present, request), silences)]


def _windows(profile: Profile, request: DryRunRequest) -> CheckWindows:
    """One more than may be tells that there are too many."""
    schedule = Schedule.parse(profile.config.alert_config.schedule)
    return windows_between(schedule, request.start, request.end, MOST_WINDOWS)
