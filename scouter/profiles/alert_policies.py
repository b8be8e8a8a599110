"""Policies of messages: shown with where each value comes from, set and taken back."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec import Raw

from scouter.policy.documents import NOTHING_SET, Level, PolicyDocument, read_policy, write_policy
from scouter.policy.merging import PolicyLayers
from scouter.policy.problem import Reason
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_policies import (
    StoredPolicy,
    delete_policy,
    one_policy,
    policies_of_profile,
    policies_of_space,
    put_policy,
    read_stored,
)
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.silences import wake_groups
from scouter.profiles.problem_changes import rejudge_problems, rejudge_space
from scouter.wire.alert_policies import PolicyReply, PolicyValue

# What is bad, and how often it must be: with others of these, windows of before do not count for what is pending.
_JUDGING = frozenset(
    {
        *("fire_after", "resolve_after", "judge", "false_alarms"),
        *("min_effect", "min_shift", "min_spike", "min_samples", "confidence"),
    }
)


def shown_policy(
    connection: Connection, *, entity: Entity | None, space: str | None, feature: str | None = None
) -> PolicyReply:
    """Of a profile, of a space, or of the server where neither is named."""
    if entity is not None:
        layers = policies_of_profile(connection, entity.id, entity.space)
        stored = one_policy(connection, entity_id=entity.id)
    else:
        layers = policies_of_space(connection, space)
        stored = one_policy(connection, space=space)
    return _reply(layers, stored, feature)


def set_policy(
    connection: Connection, sent: Mapping[str, object], by: str, *, entity: Entity | None, space: str | None
) -> None:
    """Instead of the one that is there. Raises `InvalidInput`."""
    level = Level.space if entity is None else Level.profile
    document = read_policy(sent, level)
    before = _before(connection, level, entity, space)
    text = msgspec.json.encode(write_policy(document)).decode()
    put_policy(connection, text, by=by, space=space, entity_id=None if entity is None else entity.id)
    _follow(connection, before, document, entity, space)


def take_policy_back(connection: Connection, *, entity: Entity | None, space: str | None) -> bool:
    """False: there was none."""
    before = _before(connection, Level.space if entity is None else Level.profile, entity, space)
    done = delete_policy(connection, space=space, entity_id=None if entity is None else entity.id)
    if done:
        _follow(connection, before, NOTHING_SET, entity, space)
    return done


def _follow(
    connection: Connection, before: PolicyDocument, after: PolicyDocument, entity: Entity | None, space: str | None
) -> None:
    """What the change means for what is there already."""
    if _judging(before) != _judging(after):
        if entity is not None:
            rejudge_problems(connection, entity.id, Reason.policy_changed)
        elif space is not None:
            rejudge_space(connection, space)
    wake_groups(connection, space if entity is None else entity.space)


def _judging(document: PolicyDocument) -> tuple[Mapping[str, object], Mapping[str, object]]:
    own = {key: value for key, value in document.values.items() if key in _JUDGING}
    features = {
        name: {key: value for key, value in values.items() if key in _JUDGING}
        for name, values in document.features.items()
    }
    return own, {name: values for name, values in features.items() if values}


def _before(connection: Connection, level: Level, entity: Entity | None, space: str | None) -> PolicyDocument:
    stored = one_policy(connection, space=space, entity_id=None if entity is None else entity.id)
    return NOTHING_SET if stored is None else read_stored(stored.document, level)


def _reply(layers: PolicyLayers, stored: StoredPolicy | None, feature: str | None) -> PolicyReply:
    values = {
        key: PolicyValue(Raw(msgspec.json.encode(shown["value"])), str(shown["from"]))
        for key, shown in layers.shown(feature).items()
    }
    document = None if stored is None else Raw(stored.document.encode())
    by, at = (None, None) if stored is None else (stored.updated_by, stored.updated_at)
    return PolicyReply(document, values, by, at)
