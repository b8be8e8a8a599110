"""The policy that holds for a profile or a feature: the most specific document that sets a key has its say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from scouter.policy.documents import NOTHING_SET, PolicyDocument
from scouter.policy.keys import KEYS
from scouter.policy.policy import DEFAULTS, Policy


class Origin(StrEnum):
    """Where a value comes from, the most general first."""

    default = "default"
    server = "server"
    space = "space"
    profile = "profile"
    feature = "feature"


@dataclass(frozen=True, slots=True)
class PolicyLayers:
    """The documents that hold for one profile."""

    server: PolicyDocument = NOTHING_SET
    space: PolicyDocument = NOTHING_SET
    profile: PolicyDocument = NOTHING_SET

    def policy(self, feature: str | None = None) -> Policy:
        """Of the profile, or of one of its features or metrics."""
        values: dict[str, Any] = {}
        for _, layer in self._layers(feature):
            values |= layer
        return replace(DEFAULTS, **values)

    def origins(self, feature: str | None = None) -> dict[str, Origin]:
        """Where the value of each key comes from."""
        found = dict.fromkeys(KEYS, Origin.default)
        for origin, layer in self._layers(feature):
            found |= dict.fromkeys(layer, origin)
        return found

    def shown(self, feature: str | None = None) -> dict[str, dict[str, object]]:
        """Each key with its value as it is written, and where that comes from."""
        policy, origins = self.policy(feature), self.origins(feature)
        return {
            name: {"value": key.write(getattr(policy, name)), "from": origins[name].value} for name, key in KEYS.items()
        }

    def with_profile(self, document: PolicyDocument) -> PolicyLayers:
        """The same with what that document sets laid over the profile's own."""
        own = self.profile
        features = {
            name: {**own.features.get(name, {}), **document.features.get(name, {})}
            for name in {*own.features, *document.features}
        }
        return replace(self, profile=PolicyDocument({**own.values, **document.values}, features))

    def _layers(self, feature: str | None) -> list[tuple[Origin, Mapping[str, object]]]:
        own = {} if feature is None else self.profile.features.get(feature, {})
        return [
            (Origin.server, self.server.values),
            (Origin.space, self.space.values),
            (Origin.profile, self.profile.values),
            (Origin.feature, own),
        ]
