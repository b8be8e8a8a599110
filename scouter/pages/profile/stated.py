"""What a stored profile says of its checks, without its features, of which there may be thousands."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from scouter.drift.spc import RuleCounts
from scouter.errors import InvalidInput
from scouter.wire.profiles import AlertCondition, DispatchConfig, PsiThreshold, SpcRule


class AlertSettings(Struct, frozen=True):
    """Of one drift type each: a rule, a threshold, or conditions by metric."""

    schedule: str
    dispatch_config: DispatchConfig
    rule: SpcRule | None = None
    threshold: PsiThreshold | None = None
    alert_conditions: dict[str, AlertCondition] | None = None


class _Config(Struct, frozen=True):
    alert_config: AlertSettings
    sample_size: int | None = None


class StatedProfile(Struct, frozen=True):
    config: _Config
    metrics: dict[str, float] = {}

    @classmethod
    def of(cls, document: str) -> StatedProfile:
        return msgspec.json.decode(document, type=cls)

    @property
    def alerting(self) -> AlertSettings:
        return self.config.alert_config

    @property
    def counts(self) -> RuleCounts | None:
        """Of the rule, where it has one that can be read."""
        if self.alerting.rule is None:
            return None
        try:
            return RuleCounts.parse(self.alerting.rule.rule)
        except InvalidInput:
            return None
