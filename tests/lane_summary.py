"""What each of the processes that ran tests side by side has done."""

from __future__ import annotations

from collections import Counter

import pytest


def show_lanes(terminal: pytest.TerminalReporter) -> None:
    """A line each; nothing when the tests ran in one process."""
    tests: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for report in (each for several in terminal.stats.values() for each in several):
        if isinstance(report, pytest.TestReport) and (lane := getattr(report, "worker_id", None)):
            tests[lane] += report.when == "call"
            seconds[lane] += round(report.duration)
    for lane in sorted(tests):
        terminal.write_line(f"{lane}: {tests[lane]} tests in {seconds[lane]} s")
