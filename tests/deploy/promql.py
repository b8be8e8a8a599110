"""Which metrics and labels an expression of Prometheus uses. Enough of the language for what is in deploy/, no more."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_METRIC = re.compile(r"(?<![\w:$.])([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?(?!\w|\s*\()")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_MATCHER = re.compile(r"([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)")
_WORDS = frozenset({"and", "or", "unless", "by", "without", "on", "ignoring", "offset", "bool", "inf", "nan"})


@dataclass(slots=True)
class Uses:
    """`metrics`: the labels that each is matched by. `grouped`: labels that results are grouped by."""

    metrics: dict[str, set[str]] = field(default_factory=dict)
    grouped: set[str] = field(default_factory=set)


def uses_of(expression: str) -> Uses:
    uses = Uses()
    text = _TEXT.sub('""', expression)
    text = re.sub(r"\[[^\]]*\]", "", text)  # ranges
    text = re.sub(r"\boffset\s+\w+", "", text)
    for labels in _GROUPING.findall(text):
        uses.grouped |= {label.strip() for label in labels.split(",") if label.strip()}
    for name, matchers in _METRIC.findall(_GROUPING.sub("", text)):
        if name not in _WORDS:
            uses.metrics.setdefault(name, set()).update(_MATCHER.findall(matchers))
    return uses
