"""Drift profiles as they travel: the three documents in the shapes of the clients 0.6.4, 0.9.0 and 0.25.0.

`decode_profile` reads what a client sends, `superset_document` writes the one stored form that all three clients can
download (`http.md` section 5). Whether a profile makes sense is another question: `scouter.drift.acceptance`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import UNSET, Meta, UnsetType

from scouter.errors import InvalidInput
from scouter.wire.decoding import convert
from scouter.wire.names import Name, Version
from scouter.wire.versions import VersionRequest, VersionType

# Wider integers cannot be read back by any client.
Integer: TypeAlias = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Limit: TypeAlias = float | Literal["-inf", "inf"] | None


class DriftType(StrEnum):
    """The three kinds of drift profile."""

    Spc = "Spc"
    Psi = "Psi"
    Custom = "Custom"


class Zone(StrEnum):
    """Zones of an SPC control chart, by distance from the center in sigma."""

    Zone1 = "Zone1"
    Zone2 = "Zone2"
    Zone3 = "Zone3"
    Zone4 = "Zone4"
    NotApplicable = "NotApplicable"


class BinType(StrEnum):
    """Numeric bins are intervals, category bins are single codes."""

    Numeric = "Numeric"
    Category = "Category"


class AlertThreshold(StrEnum):
    """On which side of its baseline a custom metric alerts."""

    Above = "Above"
    Below = "Below"
    Outside = "Outside"


class _Document(msgspec.Struct, frozen=True):
    """An ordinary object: unknown keys are harmless, here and in the clients."""


class _OneKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An object whose single key names a variant. The clients fail on any other key."""

    def __post_init__(self) -> None:
        if sum(getattr(self, name) is not UNSET for name in self.__struct_fields__) != 1:
            raise ValueError(f"exactly one of {', '.join(self.__struct_encode_fields__)}")

    def _chosen(self) -> Any:
        values = (getattr(self, name) for name in self.__struct_fields__)
        return next(value for value in values if value is not UNSET)


class ConsoleDispatch(_Document, frozen=True):
    """Alerts are printed."""

    enabled: bool


class SlackDispatch(_Document, frozen=True):
    """Alerts go to a Slack channel."""

    channel: str


class OpsGenieDispatch(_Document, frozen=True):
    """Alerts go to an OpsGenie team."""

    team: str
    priority: Literal["P1", "P2", "P3", "P4", "P5"]


Dispatch: TypeAlias = ConsoleDispatch | SlackDispatch | OpsGenieDispatch


class DispatchConfig(_OneKey, frozen=True):
    """Where the alerts of a profile go."""

    console: ConsoleDispatch | UnsetType = msgspec.field(name="Console", default=UNSET)
    slack: SlackDispatch | UnsetType = msgspec.field(name="Slack", default=UNSET)
    ops_genie: OpsGenieDispatch | UnsetType = msgspec.field(name="OpsGenie", default=UNSET)

    @property
    def chosen(self) -> Dispatch:
        """The one channel that is set."""
        chosen: Dispatch = self._chosen()
        return chosen


class FeatureMap(_Document, frozen=True):
    """Codes of string features: feature -> string -> code. `missing` is the code of unknown strings."""

    features: dict[str, dict[str, Integer]] = {}


class SpcFeature(_Document, frozen=True):
    """Center and control limits of one feature, for single values."""

    id: str
    center: float
    one_ucl: float
    one_lcl: float
    two_ucl: float
    two_lcl: float
    three_ucl: float
    three_lcl: float
    timestamp: str


class SpcRule(_Document, frozen=True):
    """`rule`: eight integers, consecutive and alternating count for each of the zones 1 to 4."""

    rule: str
    zones_to_monitor: tuple[Zone, ...]


class SpcAlertConfig(_Document, frozen=True):
    """When and how an SPC profile is checked. No features to monitor means all."""

    rule: SpcRule
    schedule: str
    features_to_monitor: tuple[str, ...]
    dispatch_config: DispatchConfig


class SpcConfig(_Document, frozen=True):
    """Identity and settings of an SPC profile. `uid` is absent before 0.25.0."""

    sample_size: Integer
    sample: bool
    space: str
    name: str
    version: str
    alert_config: SpcAlertConfig
    uid: str | None = None
    feature_map: FeatureMap = FeatureMap()
    drift_type: DriftType = DriftType.Spc


class SpcProfile(_Document, frozen=True):
    """A control chart per feature."""

    features: dict[str, SpcFeature]
    config: SpcConfig
    scouter_version: str


class PsiBin(_Document, frozen=True, forbid_unknown_fields=True):
    """One bin: the interval (lower, upper], or a category: code `id`, no limits. The clients refuse other keys."""

    id: Integer
    lower_limit: Limit
    upper_limit: Limit
    proportion: float

    @property
    def lower(self) -> float | None:
        """The lower limit as a number, -inf included; None for a category."""
        return None if self.lower_limit is None else float(self.lower_limit)

    @property
    def upper(self) -> float | None:
        """The upper limit as a number, inf included; None for a category."""
        return None if self.upper_limit is None else float(self.upper_limit)


class PsiFeature(_Document, frozen=True):
    """The bins of one feature. Categorical bins come in any order."""

    id: str
    bins: tuple[PsiBin, ...]
    timestamp: str
    bin_type: BinType


class ChiSquareThreshold(_Document, frozen=True):
    """Alert above the (1 - alpha) quantile of chi-square, over the sample count."""

    alpha: float


class NormalThreshold(_Document, frozen=True):
    """Alert above the (1 - alpha) quantile of a normal approximation."""

    alpha: float


class FixedThreshold(_Document, frozen=True):
    """Alert above a fixed PSI."""

    threshold: float


Threshold: TypeAlias = ChiSquareThreshold | NormalThreshold | FixedThreshold


class PsiThreshold(_OneKey, frozen=True):
    """The PSI above which a feature alerts."""

    chi_square: ChiSquareThreshold | UnsetType = msgspec.field(name="ChiSquare", default=UNSET)
    normal: NormalThreshold | UnsetType = msgspec.field(name="Normal", default=UNSET)
    fixed: FixedThreshold | UnsetType = msgspec.field(name="Fixed", default=UNSET)

    @property
    def chosen(self) -> Threshold:
        """The one kind that is set."""
        chosen: Threshold = self._chosen()
        return chosen


class BinCount(_Document, frozen=True):
    """A number of bins given by hand."""

    num_bins: Integer


class EqualWidthMethod(_OneKey, frozen=True):
    """How many bins of equal width; all but Manual are named and carry null."""

    manual: BinCount | UnsetType = msgspec.field(name="Manual", default=UNSET)
    square_root: UnsetType | None = msgspec.field(name="SquareRoot", default=UNSET)
    sturges: UnsetType | None = msgspec.field(name="Sturges", default=UNSET)
    rice: UnsetType | None = msgspec.field(name="Rice", default=UNSET)
    doane: UnsetType | None = msgspec.field(name="Doane", default=UNSET)
    scott: UnsetType | None = msgspec.field(name="Scott", default=UNSET)
    terrell_scott: UnsetType | None = msgspec.field(name="TerrellScott", default=UNSET)
    freedman_diaconis: UnsetType | None = msgspec.field(name="FreedmanDiaconis", default=UNSET)


class EqualWidthBinning(_Document, frozen=True):
    """Bins of equal width."""

    method: EqualWidthMethod


class BinningStrategy(_OneKey, frozen=True):
    """How the client made the bins. 0.6.4 and 0.9.0 know deciles only and leave it out."""

    quantile: BinCount | UnsetType = msgspec.field(name="QuantileBinning", default=UNSET)
    equal_width: EqualWidthBinning | UnsetType = msgspec.field(name="EqualWidthBinning", default=UNSET)


class PsiAlertConfig(_Document, frozen=True):
    """When and how a PSI profile is checked. No features to monitor means all."""

    schedule: str
    features_to_monitor: tuple[str, ...]
    dispatch_config: DispatchConfig
    threshold: PsiThreshold


class PsiConfig(_Document, frozen=True):
    """Identity and settings of a PSI profile. `uid` and `binning_strategy` are absent before 0.25.0."""

    space: str
    name: str
    version: str
    alert_config: PsiAlertConfig
    uid: str | None = None
    feature_map: FeatureMap = FeatureMap()
    drift_type: DriftType = DriftType.Psi
    categorical_features: tuple[str, ...] | None = None
    binning_strategy: BinningStrategy = BinningStrategy(quantile=BinCount(num_bins=10))


class PsiProfile(_Document, frozen=True):
    """The training distribution of each feature, in bins."""

    features: dict[str, PsiFeature]
    config: PsiConfig
    scouter_version: str


class AlertCondition(_Document, frozen=True):
    """When a custom metric alerts. 0.25.0 sends `delta` and `baseline_value`, the others `alert_threshold_value`."""

    alert_threshold: AlertThreshold
    alert_threshold_value: float | None = None
    baseline_value: float | None = None
    delta: float | None = None

    @property
    def boundary(self) -> float | None:
        """The distance from the baseline at which the metric alerts, by either name; None is no distance."""
        return self.alert_threshold_value if self.delta is None else self.delta


class CustomAlertConfig(_Document, frozen=True):
    """When and how custom metrics are checked. A metric without a condition is stored and charted, never checked."""

    dispatch_config: DispatchConfig
    schedule: str
    alert_conditions: dict[str, AlertCondition] | None = None


class CustomConfig(_Document, frozen=True):
    """Identity and settings of a custom profile. `uid` is absent before 0.25.0."""

    sample_size: Integer
    space: str
    name: str
    version: str
    alert_config: CustomAlertConfig
    uid: str | None = None
    drift_type: DriftType = DriftType.Custom


class CustomProfile(_Document, frozen=True):
    """Metrics and their baselines."""

    config: CustomConfig
    metrics: dict[str, float]
    scouter_version: str


Profile: TypeAlias = SpcProfile | PsiProfile | CustomProfile
_PROFILE_CLASSES: dict[DriftType, type[SpcProfile] | type[PsiProfile] | type[CustomProfile]] = {
    DriftType.Spc: SpcProfile,
    DriftType.Psi: PsiProfile,
    DriftType.Custom: CustomProfile,
}


class RegisterProfileRequest(_Document, frozen=True):
    """Body of POST and PUT /scouter/profile. No `version_request` on POST means the legacy wire."""

    space: str
    drift_type: DriftType
    profile: str
    version_request: VersionRequest | None = None
    active: bool = False
    deactivate_others: bool = False


class RegisterProfileReply(_Document, frozen=True):
    """The one registration reply that all clients accept."""

    space: str
    name: str
    version: str
    uid: str
    active: bool
    message: str
    status: str = "success"


class ProfileStatusRequest(_Document, frozen=True):
    """Body of PUT /scouter/profile/status. No `drift_type` means every type."""

    name: Name
    space: Name
    version: Version
    active: bool
    drift_type: DriftType | None = None
    deactivate_others: bool = False


def decode_profile(drift_type: DriftType, text: str | bytes) -> Profile:
    """The profile in `text`, of the type that its envelope names.

    `InvalidInput` names the field (`profile.features.f0.center`), what it held and what it takes.
    """
    return _typed(drift_type, _profile_json(text))


def superset_document(
    drift_type: DriftType, text: str | bytes, *, uid: str, space: str, name: str, version: str
) -> str:
    """The stored form of a profile, as JSON text: every client can read it, and it says what was registered.

    Identity is written in, what only some clients send is filled in, unknown keys of ordinary objects are kept. Inside
    a PSI bin and beside a variant's key they are refused: the clients fail on them. Errors as in `decode_profile`.
    """
    sent = _profile_json(text)
    profile = _typed(drift_type, sent)
    document = _overlaid(sent, msgspec.to_builtins(profile))
    document["config"].update(uid=uid, space=space, name=name, version=version)
    if isinstance(profile, CustomProfile):
        _complete_conditions(document["config"]["alert_config"], profile)
    return msgspec.json.encode(document).decode()


def accepted_by_profiles(name: str, value: object) -> str | None:
    """What a field of a profile or of its envelope takes, where the type alone does not say it well."""
    if value is None:
        return _NULL_LIMITS if name in _LIMIT_NAMES else None
    return _ACCEPTED.get(name)


def _complete_conditions(alert_config: dict[str, Any], profile: CustomProfile) -> None:
    conditions = profile.config.alert_config.alert_conditions
    if conditions is None:
        # Absent is what all three clients were seen to read; null is not.
        del alert_config["alert_conditions"]
        return
    for metric, condition in conditions.items():
        baseline = profile.metrics.get(metric) if condition.baseline_value is None else condition.baseline_value
        if baseline is None:
            field = f"profile.config.alert_config.alert_conditions.{metric}"
            raise InvalidInput(field, metric, f"one of the metrics: {_listed(list(profile.metrics))}")
        alert_config["alert_conditions"][metric].update(
            alert_threshold_value=condition.boundary, delta=condition.boundary, baseline_value=baseline
        )


def _overlaid(sent: Any, typed: Any) -> Any:
    """What was sent, with every known field as we read it: defaults appear, unknown keys stay."""
    if isinstance(sent, dict) and isinstance(typed, dict):
        return {**sent, **{key: _overlaid(sent.get(key), value) for key, value in typed.items()}}
    if isinstance(sent, list) and isinstance(typed, list | tuple):
        return [_overlaid(old, new) for old, new in zip(sent, typed, strict=True)]
    return typed


def _typed(drift_type: DriftType, sent: Any) -> Profile:
    config = sent.get("config") if isinstance(sent, dict) else None
    claimed = config.get("drift_type", drift_type) if isinstance(config, dict) else drift_type
    # Asked first: a PSI profile read as SPC would only complain about a missing center.
    if claimed != drift_type:
        accepted = f"{drift_type}, the drift_type of the request"
        raise InvalidInput("profile.config.drift_type", claimed, accepted)
    return convert(sent, _PROFILE_CLASSES[drift_type], root="profile", accepted=accepted_by_profiles)


def _profile_json(text: str | bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InvalidInput("profile", text, f"a profile as JSON text ({error})") from None


_LIMIT_NAMES = frozenset(SpcFeature.__struct_fields__) - {"id", "timestamp"}
_NULL_LIMITS = (
    "a finite number (a training table whose last chunk has a single row yields null limits: add or drop a row)"
)


def _one_of(choices: type[StrEnum]) -> str:
    *others, last = (choice.value for choice in choices)
    return f"{', '.join(others)} or {last}"


_ACCEPTED = {
    "drift_type": _one_of(DriftType),
    "version_type": _one_of(VersionType),
    "zones_to_monitor": _one_of(Zone),
    "bin_type": _one_of(BinType),
    "alert_threshold": _one_of(AlertThreshold),
    "priority": "P1 to P5",
    "lower_limit": "a number, '-inf', 'inf' or null",
    "upper_limit": "a number, '-inf', 'inf' or null",
}


def _listed(names: list[str], limit: int = 10) -> str:
    shown = ", ".join(sorted(names)[:limit])
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown or "(none)"
