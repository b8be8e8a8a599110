"""The second opinions that the result of a check holds, by feature or metric, in the words of policy."""

from __future__ import annotations

from scouter.policy.check_verdicts import Opinion
from scouter.wire.check_results import CheckResult


def opinions_of(result: CheckResult) -> dict[str, Opinion]:
    """A result that was never judged has none."""
    judgements = getattr(result, "judgements", ())
    return {
        each.name: Opinion(
            judged=each.significant is not None,
            significant=bool(each.significant),
            effect=each.effect,
            p_value=each.p_value if each.adjusted_p_value is None else each.adjusted_p_value,
        )
        for each in judgements
    }
