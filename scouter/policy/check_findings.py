"""What one check of a profile says about all of its problems, under the policies that hold for it."""

from __future__ import annotations

from scouter.policy.check_verdicts import GOOD, Finding, blind_findings, findings_of
from scouter.policy.identity import ProblemKey, Signal, signal_of
from scouter.policy.merging import PolicyLayers
from scouter.policy.opinions import opinions_of
from scouter.wire.check_results import CheckResult


def findings_of_check(
    uid: str, drift_type: str, result: CheckResult | None, layers: PolicyLayers
) -> dict[ProblemKey, Finding]:
    """By problem. `result` None: the check failed."""
    failing = ProblemKey(uid, Signal.failing)
    if result is None:
        return {failing: Finding(bad=True)}
    signal = signal_of(drift_type)
    judges = {name: layers.policy(name).judge_of(signal) for name in layers.profile.features}
    default = layers.policy().judge_of(signal)
    drift = findings_of(uid, drift_type, result, opinions_of(result), judges, default)
    return {failing: GOOD, **blind_findings(uid, result), **drift}
