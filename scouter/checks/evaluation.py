"""What a window holds and what the mathematics makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np

from scouter.checks.checked_profile import CheckedProfile
from scouter.checks.judging import Judging
from scouter.drift.custom import ObservedMean
from scouter.drift.custom_check import check_custom
from scouter.drift.psi_check import check_psi
from scouter.drift.spc_check import TimedValues, check_spc
from scouter.postgres.statements import Connection
from scouter.postgres.tables.runs import CheckOutcome
from scouter.postgres.tables.windows import Window, custom_window, psi_window, spc_window
from scouter.wire.check_results import CheckResult
from scouter.wire.profiles import CustomProfile, PsiProfile, SpcProfile


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The result of a check, and how many records it is about."""

    result: CheckResult
    row_count: int

    @property
    def outcome(self) -> CheckOutcome:
        if self.result.alerts:
            return "alert"
        return "ok" if self.row_count else "no_data"


def evaluate(connection: Connection, profile: CheckedProfile, window: Window) -> Evaluation:
    """Read the window of a profile, check it, and judge the check when something alerts.

    Raises whatever an unusable profile makes the check raise.
    """
    look = {"Spc": _spc, "Psi": _psi, "Custom": _custom}[profile.drift_type]
    return look(connection, profile, window, Judging(connection, profile))


def _spc(connection: Connection, checked: CheckedProfile, window: Window, judging: Judging) -> Evaluation:
    series: dict[str, tuple[list[float], list[float]]] = {}
    rows = spc_window(connection, checked.entity_id, window)
    for name, created_at, value in rows:
        moments, values = series.setdefault(name, ([], []))
        moments.append(created_at.timestamp())
        values.append(value)
    timed = {name: TimedValues(np.array(moments), np.array(values)) for name, (moments, values) in series.items()}
    profile = msgspec.json.decode(checked.document, type=SpcProfile)
    return Evaluation(judging.spc(profile, timed, check_spc(profile, timed)), len(rows))


def _psi(connection: Connection, checked: CheckedProfile, window: Window, judging: Judging) -> Evaluation:
    counts: dict[str, dict[int, int]] = {}
    rows = psi_window(connection, checked.entity_id, window)
    for name, bin_id, bin_count, _ in rows:
        counts.setdefault(name, {})[bin_id] = int(bin_count)
    profile = msgspec.json.decode(checked.document, type=PsiProfile)
    return Evaluation(judging.psi(profile, counts, check_psi(profile, counts)), sum(row[3] for row in rows))


def _custom(connection: Connection, checked: CheckedProfile, window: Window, judging: Judging) -> Evaluation:
    rows = custom_window(connection, checked.entity_id, window)
    means = {name: ObservedMean(count, mean) for name, count, mean, _ in rows}
    deviations = {name: deviation for name, _, _, deviation in rows}
    result = check_custom(msgspec.json.decode(checked.document, type=CustomProfile), means)
    return Evaluation(judging.custom(deviations, result), sum(count for _, count, _, _ in rows))
