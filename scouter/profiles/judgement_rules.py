"""How the alerts of a profile are judged: what the policies that hold for it say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from scouter.drift.judgement.rules import FireAfter, Judge, JudgementRules
from scouter.policy.merging import PolicyLayers
from scouter.policy.policy import Policy

_JUDGES: dict[str | None, Judge | None] = {None: None, "corrected": "corrected", "client": "client"}


def rules_of(layers: PolicyLayers) -> JudgementRules:
    of_features = {name: _rules(layers.policy(name)) for name in layers.profile.features}
    return replace(_rules(layers.policy()), features=of_features)


def _rules(policy: Policy) -> JudgementRules:
    count = policy.fire_after
    return JudgementRules(
        judge=_JUDGES[policy.judge],
        false_alarms=policy.false_alarms / timedelta(days=1),
        min_effect=policy.min_effect,
        min_shift=policy.min_shift,
        min_spike=policy.min_spike,
        min_samples=policy.min_samples,
        confidence=policy.confidence,
        fire_after=None if count is None else FireAfter(count.bad, count.windows),
        resolve_after=policy.resolve_after,
    )
