"""What is to be expected of a profile while nothing drifts: alerts of its client's rule, and messages by chance.

Features are taken as independent. They are not, so all of it says "at most".
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from statistics import median_low

from scouter.drift.judgement.budget import Budget
from scouter.drift.judgement.expected_alerts import AlertRate, custom_rate, psi_rate, spc_rates
from scouter.drift.judgement.known_rows import KnownRows
from scouter.drift.judgement.rules import Judge
from scouter.drift.judgement.run_lengths import smallest_run
from scouter.drift.monitored import monitored_features
from scouter.wire.profiles import CustomProfile, Profile, PsiProfile, SpcProfile

Rates = Mapping[str, AlertRate | None]


@dataclass(frozen=True, slots=True)
class Samples:
    """How many a feature usually has in a window. `everywhere`: whatever it usually has."""

    usual: Mapping[str, int]
    everywhere: int | None = None

    def of(self, name: str) -> int | None:
        return self.usual.get(name) if self.everywhere is None else self.everywhere

    @property
    def typical(self) -> int | None:
        """The median of all features."""
        return median_low(self.usual.values()) if self.everywhere is None and self.usual else self.everywhere


def names_of(profile: Profile) -> list[str]:
    """The features or metrics that are checked, by name, as far as the profile has them."""
    if isinstance(profile, CustomProfile):
        return sorted(profile.config.alert_config.alert_conditions or {})
    monitored = monitored_features(profile.config.alert_config.features_to_monitor, profile.features)
    return [name for name in monitored if name in profile.features]


def rates_of(profile: Profile, rows: KnownRows, samples: Samples) -> Rates:
    """How often each of `names_of` alerts by chance; None: nobody can say."""
    match profile:
        case SpcProfile():
            return _spc(profile, rows, samples)
        case PsiProfile():
            return _psi(profile, rows, samples)
        case CustomProfile():
            conditions = profile.config.alert_config.alert_conditions or {}
            return {name: custom_rate(conditions[name]) for name in names_of(profile)}


def alert_rows_a_week(rates: Rates, budget: Budget) -> float | None:
    """None: nobody can say of a single one."""
    known = [rate.rows for rate in rates.values() if rate is not None]
    return math.fsum(known) * budget.windows_a_week if known else None


def false_messages_a_week(
    rates: Rates, budget: Budget, judge: Judge, *, together: Collection[str], alone: float
) -> float | None:
    """Of alerts that count. A window is bad only where the client's rule alerts; judged, in no more than alpha of all.

    `together`: what is judged together, so that the alpha of the budget is for all of it. `alone`: that of the others,
    each for itself.
    """
    known = {name: rate.share for name, rate in rates.items() if rate is not None}
    if not known:
        return None
    if judge == "client":
        return math.fsum(budget.messages_a_week(share) for share in known.values())
    of_all = min(any_of([share for name, share in known.items() if name in together]), budget.alpha)
    apart = [min(share, alone) for name, share in known.items() if name not in together]
    return math.fsum(budget.messages_a_week(bad) for bad in (of_all, *apart))


def any_of(shares: Collection[float]) -> float:
    """The probability that at least one of these comes about, each by itself."""
    return 1.0 - math.prod(1.0 - share for share in shares)


def first_number(profile: Profile, samples: Samples, alpha: float) -> int | None:
    """That fits the rule of an SPC profile: each feature may speak up in its share of alpha."""
    names, typical = names_of(profile), samples.typical
    if not isinstance(profile, SpcProfile) or not names or typical is None:
        return None
    return smallest_run(typical, -math.expm1(math.log1p(-alpha) / len(names)))


def _spc(profile: SpcProfile, rows: KnownRows, samples: Samples) -> Rates:
    """Windows as large as is typical, for all: every size of its own would have to be simulated."""
    names, typical = names_of(profile), samples.typical
    if typical is None:
        return dict.fromkeys(names)
    known = [number for number, _ in map(rows.of, names) if number is not None]
    rates = spc_rates(
        [profile.features[name] for name in names],
        profile.config.alert_config.rule,
        batch=max(profile.config.sample_size, 1),
        samples=typical,
        training_rows=min(known, default=None),
    )
    return dict(zip(names, rates, strict=True))


def _psi(profile: PsiProfile, rows: KnownRows, samples: Samples) -> Rates:
    threshold = profile.config.alert_config.threshold
    found: dict[str, AlertRate | None] = {}
    for name in names_of(profile):
        count = samples.of(name)
        found[name] = (
            None if count is None else psi_rate(profile.features[name], threshold, rows.of(name).number, count)
        )
    return found
