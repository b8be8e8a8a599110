"""What a silence matches, in words."""

from __future__ import annotations

from collections.abc import Iterable

from scouter.pages.text.plain_text import shortened
from scouter.wire.silences import MatcherItem

FIELDS = {
    "space": "Space",
    "name": "Profile",
    "version": "Version",
    "drift_type": "Drift type",
    "signal": "Signal",
    "subject": "Feature or metric",
    "direction": "Direction",
}
COMPARISONS = {"=": "is", "!=": "is not", "glob": "is like (* and ?)"}
_SHORT = {"=": "is", "!=": "is not", "glob": "is like"}


def matchers_in_words(matchers: Iterable[MatcherItem]) -> str:
    """`space is shop, feature or metric is like inc*`"""
    return ", ".join(
        f"{FIELDS[each.field].lower()} {_SHORT[each.comparison]} {shortened(each.value, 80)}" for each in matchers
    )
