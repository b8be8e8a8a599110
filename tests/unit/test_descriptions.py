"""What alerts say to people, line by line."""

from __future__ import annotations

from textwrap import dedent

import pytest

from scouter.drift.descriptions import Wording, descriptions
from scouter.wire.alerts import Alert, CustomAlert, PsiAlert, SpcAlert, SpcKind
from scouter.wire.profiles import AlertThreshold, Zone

SPC = [
    Alert(spc=SpcAlert("age", SpcKind.OutOfBounds, Zone.Zone4)),
    Alert(spc=SpcAlert("age", SpcKind.Trend, Zone.NotApplicable)),
    Alert(spc=SpcAlert("wage", SpcKind.Alternating, Zone.Zone2)),
]
PSI = [Alert(psi=PsiAlert("age", 1e21, 1e-7)), Alert(psi=PsiAlert("wage", 0.31, 2.0))]


def custom(direction: AlertThreshold, delta: float | None) -> Alert:
    return Alert(custom=CustomAlert("mae", 1.0, 2.5, delta, direction))


def text(*lines: str) -> str:
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("wording", "header"),
    [
        (Wording.console, "These features have broken a rule of their control charts:"),
        (Wording.ops_genie, "Drift was found in the control charts of these features:"),
    ],
)
def test_control_charts_on_the_console_and_in_opsgenie(wording: Wording, header: str) -> None:
    expected = """\
            age:
                Kind: Out of bounds
                Zone: Zone 4
                Kind: Trend
                Zone: NA
            wage:
                Kind: Alternating
                Zone: Zone 2"""
    assert descriptions(SPC, wording) == [text(header, *dedent_to_four(expected))]


def dedent_to_four(block: str) -> list[str]:
    return [f"    {line}" for line in dedent(block).splitlines()]


def test_control_charts_in_slack() -> None:
    expected = text(
        "Drift was found in the control charts of these features:",
        "age:",
        "    Kind: Out of bounds, Zone: Zone 4",
        "    Kind: Trend, Zone: NA",
        "wage:",
        "    Kind: Alternating, Zone: Zone 2",
    )
    assert descriptions(SPC, Wording.slack) == [expected]


@pytest.mark.parametrize(("wording", "name", "detail"), [("console", 4, 8), ("ops_genie", 4, 8), ("slack", 0, 4)])
def test_psi_names_the_value_and_the_threshold_in_full(wording: str, name: int, detail: int) -> None:
    expected = text(
        "The distributions of these features have moved away from the training data:",
        " " * name + "age:",
        " " * detail + "age has a PSI of 1000000000000000000000, above the threshold of 0.0000001",
        " " * name + "wage:",
        " " * detail + "wage has a PSI of 0.31, above the threshold of 2",
    )
    assert descriptions(PSI, Wording(wording)) == [expected]


@pytest.mark.parametrize("wording", Wording)
@pytest.mark.parametrize(
    ("direction", "delta", "first"),
    [
        (AlertThreshold.Below, 0.5, "The metric mae fell below its initial value - 0.5"),
        (AlertThreshold.Above, 0.0, "The metric mae rose above its initial value + 0"),
        (AlertThreshold.Outside, 2.0, "The metric mae left the range of its initial value ± 2"),
        (AlertThreshold.Above, None, "The metric mae rose above its initial value"),
    ],
)
def test_custom_metrics(wording: Wording, direction: AlertThreshold, delta: float | None, first: str) -> None:
    assert descriptions([custom(direction, delta)], wording) == [
        text(first, "Initial value: 1", "Current value: 2.5"),
    ]


@pytest.mark.parametrize("wording", Wording)
def test_every_custom_metric_has_a_message_of_its_own_and_no_alert_has_none(wording: Wording) -> None:
    assert len(descriptions([custom(AlertThreshold.Above, None)] * 3, wording)) == 3
    assert descriptions([], wording) == []


def test_a_feature_stands_once_with_all_its_alerts_whatever_their_order() -> None:
    (mixed,) = descriptions([SPC[2], SPC[0], SPC[1]], Wording.console)
    assert mixed == descriptions(SPC, Wording.console)[0]
