"""When profiles are checked, and for how long the history of it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from scouter.settings import parsers as values
from scouter.settings.setting import setting


@dataclass(frozen=True, slots=True)
class CheckSettings:
    title: ClassVar[str] = "Checks and alerts"

    workers: int = setting(
        "POLLING_WORKER_COUNT", 4, values.integer(0, 1000), "Workers that check profiles; 0: this server checks none."
    )
    attempts: int = setting(
        "MAX_RETRIES",
        3,
        values.integer(1, 1000),
        "Tries of a failing check, after which its window is written down as failed.",
    )
    window_grace_seconds: float = setting(
        "SCOUTER_WINDOW_GRACE_SECONDS",
        60.0,
        values.seconds(0, 86_400),
        "How long a check waits for the last records of its window; no longer than its schedule takes to fire again.",
    )
    late_days: int = setting(
        "SCOUTER_LATE_DAYS",
        7,
        values.integer(0, 365),
        "Windows this recent are checked again when records arrive late.",
    )
    lease_seconds: float = setting(
        "SCOUTER_CHECK_LEASE_SECONDS",
        60.0,
        values.seconds(1, 86_400),
        "After this a profile that a killed server was at work on is taken over.",
    )
    dry_run_rows: int = setting(
        "SCOUTER_DRY_RUN_ROWS",
        5_000_000,
        values.integer(1000, 1_000_000_000),
        "Records that a dry run reads at most; one of more is refused with an estimate.",
    )
    dry_run_seconds: float = setting(
        "SCOUTER_DRY_RUN_SECONDS", 30.0, values.seconds(1, 250), "How long a dry run may take."
    )
    run_days: int = setting(
        "SCOUTER_RUN_DAYS",
        90,
        values.integer(1, 36_500),
        "Days for which the history of checks and of deliveries is kept.",
    )
