"""What alerts say to people: the text that the console prints and that Slack and OpsGenie receive.

The structure of the lines is that of the published clients (`drift.md` 5.5), the words are ours. The texts are plain:
whoever sends them to Slack replaces its three control characters first, since names are anything that a client sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import groupby

from msgspec import UNSET

from scouter.wire.alerts import Alert, CustomAlert, PsiAlert, SpcAlert, legacy_texts
from scouter.wire.float_text import float_text
from scouter.wire.profiles import AlertThreshold


class Wording(StrEnum):
    """For whom a description is written."""

    console = "console"
    ops_genie = "ops_genie"
    slack = "slack"


_SPC_HEADERS = {
    Wording.console: "These features have broken a rule of their control charts:",
    Wording.ops_genie: "Drift was found in the control charts of these features:",
    Wording.slack: "Drift was found in the control charts of these features:",
}
_PSI_HEADER = "The distributions of these features have moved away from the training data:"
# Where the name of a feature stands, and what is said about it.
_INDENTS = {Wording.console: (4, 8), Wording.ops_genie: (4, 8), Wording.slack: (0, 4)}
_MOVES = {
    AlertThreshold.Below: ("fell below", "-"),
    AlertThreshold.Above: ("rose above", "+"),
    AlertThreshold.Outside: ("left the range of", "±"),
}


def descriptions(alerts: Sequence[Alert], wording: Wording) -> list[str]:
    """One text for each message that a check sends: one for all features of SPC or PSI, one a custom metric.

    `alerts` are those of one check, features together as `CheckResult` has them. No alerts, no texts.
    """
    spc = [alert.spc for alert in alerts if alert.spc is not UNSET]
    psi = [alert.psi for alert in alerts if alert.psi is not UNSET]
    custom = [alert.custom for alert in alerts if alert.custom is not UNSET]
    texts = [describe_spc(spc, wording)] if spc else []
    texts += [describe_psi(psi, wording)] if psi else []
    return texts + [describe_custom(alert) for alert in custom]


def describe_spc(alerts: Sequence[SpcAlert], wording: Wording) -> str:
    """A header, then each feature with the kind and the zone of its alerts."""
    lines = [_SPC_HEADERS[wording]]
    for feature, own in groupby(sorted(alerts, key=lambda alert: alert.feature), key=lambda alert: alert.feature):
        lines.append(_feature_line(feature, wording))
        lines.extend(line for alert in own for line in _spc_lines(alert, wording))
    return "\n".join(lines)


def describe_psi(alerts: Sequence[PsiAlert], wording: Wording) -> str:
    """A header, then each feature with its PSI and the threshold that this exceeds."""
    lines = [_PSI_HEADER]
    for alert in sorted(alerts, key=lambda alert: alert.feature):
        drift, threshold = float_text(alert.drift), float_text(alert.threshold)
        lines.append(_feature_line(alert.feature, wording))
        lines.append(_detail(f"{alert.feature} has a PSI of {drift}, above the threshold of {threshold}", wording))
    return "\n".join(lines)


def describe_custom(alert: CustomAlert) -> str:
    """Where the metric went, its initial value, its current value: three lines, the same for everybody."""
    move, sign = _MOVES[alert.alert_threshold]
    boundary = "" if alert.delta is None else f" {sign} {float_text(alert.delta)}"
    return (
        f"The metric {alert.metric_name} {move} its initial value{boundary}\n"
        f"Initial value: {float_text(alert.baseline_value)}\n"
        f"Current value: {float_text(alert.observed_value)}"
    )


def _feature_line(feature: str, wording: Wording) -> str:
    return f"{' ' * _INDENTS[wording][0]}{feature}:"


def _detail(text: str, wording: Wording) -> str:
    return f"{' ' * _INDENTS[wording][1]}{text}"


def _spc_lines(alert: SpcAlert, wording: Wording) -> Iterator[str]:
    texts = legacy_texts(Alert(spc=alert))
    parts = [f"Kind: {texts['kind']}", f"Zone: {texts['zone']}"]
    details = [", ".join(parts)] if wording is Wording.slack else parts
    return (_detail(detail, wording) for detail in details)
