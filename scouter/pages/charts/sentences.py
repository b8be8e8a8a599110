"""What charts of all kinds say in words: how many bins, which are missing, how many checks alerted."""

from __future__ import annotations

from datetime import datetime

from scouter.pages.charts.series import Bins, Window
from scouter.pages.text.numbers import counted, number
from scouter.pages.text.times import MONTHS, clock, duration


def window_words(window: Window) -> str:
    """`20 Nov 16:00 to 27 Nov 16:00`, in the window's zone."""
    return f"{_words(window.start, window)} to {_words(window.end, window)}"


def last_value(bins: Bins, what: str) -> str:
    """`Last mean 48 300.`"""
    return f"Last {what} {number(bins.items[-1].value)}." if bins.items else ""


def gap_sentence(bins: Bins) -> str:
    """`Nothing in 3 stretches between the first and the last.` Empty where there is no gap."""
    gaps = len(bins.runs) - 1
    return f"Without values in {counted(gaps, 'stretch', 'stretches')} of it." if gaps > 0 else ""


def bin_sentence(bins: Bins) -> str:
    """`Each value is of 1 h.`"""
    return f"Each value is of {duration(bins.width)}." if bins.items else ""


def alert_sentence(alerts: int) -> str:
    return f"{counted(alerts, 'check', 'checks')} alerted." if alerts else "No check alerted."


def nothing_sentence(window: Window, what: str = "values") -> str:
    return f"No {what} from {window_words(window)}"


def _words(instant: float, window: Window) -> str:
    local = datetime.fromtimestamp(instant, window.zone)
    return f"{local.day} {MONTHS[local.month - 1]} {clock(local)}"
