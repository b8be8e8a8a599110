"""The second opinion on an alert, in words: whether it counts, and the numbers that say so."""

from __future__ import annotations

from collections.abc import Iterator

from scouter.pages.text.numbers import count, counted, number
from scouter.pages.text.plain_text import shortened
from scouter.wire.check_results import JudgedBy, Judgement, RowsOrigin

# How it is known on how many rows a profile was trained.
ORIGINS = {
    RowsOrigin.stated: "as somebody stated",
    RowsOrigin.tagged: "by the tag training_rows",
    RowsOrigin.recovered: "recovered from its proportions",
    RowsOrigin.unknown: "nobody knows",
}
TESTS = {
    JudgedBy.two_samples: "window against training, as two samples",
    JudgedBy.fixed: "by size: nobody knows the training rows",
    JudgedBy.shift_and_spike: "shift of the mean, and single spikes",
    JudgedBy.standard_error: "mean against its boundary, by its standard error",
    JudgedBy.client: "the client's rule alone",
    JudgedBy.none: "not judged",
}
_OPENINGS = {
    "significant": "More than chance, and it matters",
    "chance": "No more than chance",
    "a trifle": "Too small to matter",
    "not judged": "Not judged",
    "by the client's rule": "The client's rule counts as it is",
}


def judged_in_words(judgement: Judgement) -> str:
    """`significant`, `chance`, `a trifle`, `not judged`, `by the client's rule`."""
    if judgement.significant is None:
        return "by the client's rule" if judgement.judge is JudgedBy.client else "not judged"
    if judgement.significant:
        return "significant"
    return "a trifle" if judgement.material is False and _is_more_than_chance(judgement) else "chance"


def judgement_sentence(judgement: Judgement, drift_type: str) -> str:
    """`More than chance, and it matters: PSI 0.265, p 0.0004, training rows 10 000 (as somebody stated).`"""
    word = judged_in_words(judgement)
    facts = ", ".join(_facts(judgement, drift_type))
    said = f"{_OPENINGS[word]}{f': {facts}' if facts else ''}."
    return f"{said} {_reason(judgement)}" if judgement.reason else said


def effect_in_words(effect: float | None, drift_type: str) -> str:
    """`PSI 0.265`, `1.62 sigma off`, `3.5 from its baseline`; a dash where nobody knows."""
    if effect is None:
        return number(None)
    match drift_type.lower():
        case "psi":
            return f"PSI {number(effect)}"
        case "spc":
            return f"{number(effect)} sigma off"
        case _:
            return f"{number(effect)} from its baseline"


def p_value_in_words(judgement: Judgement) -> str:
    """`p 0.004, among all features 0.02 (up to 0.0155 counts)`; empty where there is none."""
    if judgement.p_value is None:
        return ""
    said = f"p {number(judgement.p_value)}"
    if judgement.adjusted_p_value is not None:
        said += f", among all features {number(judgement.adjusted_p_value)}"
    return said if judgement.alpha is None else f"{said} (up to {number(judgement.alpha)} is more than chance)"


def training_in_words(rows: int | None, origin: RowsOrigin | None) -> str:
    """`10 000 (as somebody stated)`, `nobody knows`; empty for what was trained on no rows."""
    if origin is None:
        return ""
    return ORIGINS[origin] if rows is None else f"{count(rows)} ({ORIGINS[origin]})"


def _is_more_than_chance(judgement: Judgement) -> bool:
    counted_p = judgement.p_value if judgement.adjusted_p_value is None else judgement.adjusted_p_value
    return counted_p is not None and judgement.alpha is not None and counted_p <= judgement.alpha


def _facts(judgement: Judgement, drift_type: str) -> Iterator[str]:
    if judgement.effect is not None:
        yield effect_in_words(judgement.effect, drift_type)
    if judgement.p_value is not None:
        yield p_value_in_words(judgement)
    if judgement.training_rows is not None:
        rows = counted(judgement.training_rows, "training row", "training rows")
        yield rows if judgement.training_rows_origin is None else f"{rows} ({ORIGINS[judgement.training_rows_origin]})"


def _reason(judgement: Judgement) -> str:
    text = shortened(judgement.reason or "", 300)
    begun = text[:1].upper() + text[1:]
    return begun if begun.endswith((".", "…")) else f"{begun}."
