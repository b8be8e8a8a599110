"""A dry run for people and spreadsheets: the timeline as CSV, and all of it as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import UNSET

from scouter.dry_run.timeline import packed
from scouter.wire.dry_runs import DryRunExpectation, DryRunMessage, DryRunReply, DryRunWindow

_COLUMNS = ("end", "windows", "rows", "outcome", "alerts", "bad", "state", "recorded_outcome", "records_differ")
_FORMULA = ("=", "+", "-", "@", "\t")  # a spreadsheet would reckon what somebody called a feature


def timeline_csv(reply: DryRunReply) -> str:
    """One line for each entry of the timeline. An estimate has none, and is a line of its own."""
    made = io.StringIO()
    lines = csv.writer(made, lineterminator="\n")
    if reply.windows is UNSET:
        found = reply.estimate
        lines.writerow(("windows", "rows", "longest_end"))
        lines.writerow((found.windows, found.rows, "" if found.longest_end is None else _moment(found.longest_end)))
        return made.getvalue()
    lines.writerow(_COLUMNS)
    lines.writerows([_harmless(cell) for cell in _cells(window)] for window in reply.windows)
    return made.getvalue()


def dry_run_text(reply: DryRunReply) -> str:
    """Windows that are alike as one, messages, and the figures."""
    return "\n".join([*_text(reply), ""])


def _text(reply: DryRunReply) -> Iterator[str]:
    found = reply.estimate
    if reply.windows is UNSET or reply.messages is UNSET or reply.summary is UNSET or reply.expected is UNSET:
        fits = "it fits" if found.longest_end is None else f"it fits until {_moment(found.longest_end)}"
        yield f"{found.windows} windows, about {found.rows} records; {fits}"
        return
    yield from _aligned([_COLUMNS, *map(_cells, packed(reply.windows))])
    yield ""
    yield from _aligned([("at", "message", "about", "effect", "p", "why not"), *map(_message, reply.messages)])
    yield ""
    figures, expected = reply.summary, reply.expected
    yield (
        f"{figures.windows} windows, {figures.windows_with_alerts} with alerts; {figures.messages} messages, "
        f"{figures.reminders} of them reminders; {figures.days_firing:.2f} days of firing"
    )
    yield f"alerts: {_beside(expected.alert_rows)}; messages that something began: {_beside(expected.messages)}"
    if reply.compare is not UNSET:
        both = reply.compare
        yield (
            f"alerting now only: {both.only_now}, changed only: {both.only_changed}, both: {both.both}; "
            f"messages now: {both.messages_now}, changed: {both.messages_changed}"
        )
    yield f"{reply.rows_read} records and {reply.files_opened} files read in {reply.seconds} s; archive {reply.archive}"


def _cells(window: DryRunWindow) -> tuple[str, ...]:
    differ = "" if window.records_differ is None else str(window.records_differ).lower()
    return (
        _moment(window.end),
        str(window.windows),
        str(window.rows),
        window.outcome,
        str(window.alerts),
        " ".join(window.bad),
        window.state,
        window.recorded_outcome or "",
        differ,
    )


def _message(message: DryRunMessage) -> tuple[str, ...]:
    about = " ".join(filter(None, (message.subject or message.signal, message.direction)))
    why = message.why_not or ""
    repeated = f"{why} ({message.windows} windows)" if message.windows > 1 else why
    return _moment(message.at), message.kind, about, _number(message.effect), _number(message.p_value), repeated


def _beside(found: DryRunExpectation) -> str:
    if found.expected is None or found.probability is None:
        return f"nobody can say what to expect, observed {found.observed}"
    return f"expected {found.expected:.3g} at most, observed {found.observed} (p = {found.probability:.3g})"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
