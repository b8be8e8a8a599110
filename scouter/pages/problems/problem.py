"""The page of one problem, where messages lead: since when, how bad, why it counts, and who was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scouter.errors import InvalidInput
from scouter.pages.problems.board import SilenceNote, silence_note, windows_of
from scouter.pages.problems.evidence import Evidence, evidence_of
from scouter.pages.problems.history import event_rows, message_rows
from scouter.pages.site import addresses
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.readable import readable_problem, readable_profile
from scouter.pages.site.visit import Answer, Moved, Shown, Visit
from scouter.pages.text.numbers import number
from scouter.pages.text.time_ranges import sent_moment
from scouter.pages.text.times import TimeText, to_the_minute
from scouter.pages.wording.judgements import effect_in_words
from scouter.pages.wording.problems import (
    SIGNALS,
    bad_windows,
    problem_sentence,
    reason_in_words,
    rule_in_words,
    title_of,
)
from scouter.postgres.statements import Connection
from scouter.postgres.tables.alert_context import ProblemDelivery, deliveries_of_problem
from scouter.profiles.problem_holding import Holding, holding
from scouter.profiles.problems import give_problem_back, take_problem
from scouter.profiles.sightings import Sightings
from scouter.wire.decoding import convert
from scouter.wire.problems import AcknowledgeProblemRequest, ProblemDetail, ProblemItem, ProblemState

_MOST_MESSAGES = 200


@dataclass(frozen=True, slots=True)
class Read:
    """All that the page says, as of one transaction."""

    detail: ProblemDetail
    holding: Holding
    evidence: Evidence
    deliveries: Sequence[ProblemDelivery]


@dataclass(frozen=True, slots=True)
class WindowRow:
    end: TimeText
    looks: str
    words: str


class ProblemPage:
    def __init__(self, reads: QuickReads, sightings: Sightings) -> None:
        self._reads = reads
        self._sightings = sightings

    def pages(self) -> list[Page]:
        actions = {"take": self.take, "give-back": self.give_back}
        summary = "What stays wrong: since when, why it counts, what happened, and every message of it."
        return [Page("/problems/{id}", self.show, actions, summary=summary)]

    def show(self, visit: Visit) -> Answer:
        return self._page(visit)

    def take(self, visit: Visit) -> Answer:
        """What is refused is said on the page, above what was typed."""
        try:
            wanted = _wanted(visit)
        except InvalidInput as refused:
            return self._page(visit, refused)
        with self._reads.connection() as connection:
            problem = readable_problem(connection, visit.caller, visit.parts["id"]).problem
            take_problem(connection, visit.caller, problem.id, until=wanted.until, comment=wanted.comment)
        return Moved(addresses.problem(problem.id), "problem-taken")

    def give_back(self, visit: Visit) -> Answer:
        with self._reads.connection() as connection:
            problem = readable_problem(connection, visit.caller, visit.parts["id"]).problem
            give_problem_back(connection, visit.caller, problem.id)
        return Moved(addresses.problem(problem.id), "problem-given-back")

    def _page(self, visit: Visit, refused: InvalidInput | None = None) -> Answer:
        with self._reads.connection() as connection:
            read = self._read(connection, visit)
        values = {
            "why_refused": refused and refused.message,
            "typed": dict(visit.form) if refused else {},
            **_values(read, visit),
            **_moments(read.detail.problem, visit),
        }
        status, seconds = (200, 30) if refused is None else (400, 0)
        return Shown("problem.html", values, status, seconds)

    def _read(self, connection: Connection, visit: Visit) -> Read:
        detail = readable_problem(connection, visit.caller, visit.parts["id"])
        entity = readable_profile(connection, visit.caller, detail.problem.uid)
        return Read(
            detail=detail,
            holding=holding(connection, entity, detail.problem),
            evidence=evidence_of(connection, self._sightings, detail.problem),
            deliveries=deliveries_of_problem(connection, detail.problem.id, _MOST_MESSAGES),
        )


def _wanted(visit: Visit) -> AcknowledgeProblemRequest:
    """Raises `InvalidInput`."""
    text = visit.form.get("until", "").strip()
    until = sent_moment("until", text, visit.reader.zone_info)
    if until is not None and until <= visit.now:
        raise InvalidInput("until", text, "a date and time that is still to come, or nothing")
    sent = {"until": until, "comment": visit.form.get("comment", "").strip()}
    return convert(sent, AcknowledgeProblemRequest)


def _values(read: Read, visit: Visit) -> dict[str, Any]:
    item, held = read.detail.problem, read.holding
    verdicts = [each.bad for each in read.detail.windows]
    may_write = visit.caller.may("write", item.space)
    return {
        "problem": item,
        "title": title_of(item),
        "signal": SIGNALS[item.signal],
        "looks": _looks(item),
        "sentence": problem_sentence(item),
        "verdicts": windows_of(verdicts),
        "bad_windows": bad_windows(verdicts),
        "windows": _windows(read.detail, visit),
        "rule": rule_in_words(held.rule),
        "judge": held.judge if item.signal.is_drift else None,
        "effect": effect_in_words(item.effect, item.drift_type) if item.effect is not None else None,
        "p_value": None if item.p_value is None else number(item.p_value),
        "evidence": read.evidence,
        "messages": message_rows(read.deliveries, read.detail.events, visit),
        "events": event_rows(read.detail.events, visit),
        "every_alert": held.every_alert,
        "silence": _silence(held, visit),
        "may_write": may_write,
        "may_take": may_write and item.state is ProblemState.firing and item.acknowledged_by is None,
        "of_profile": addresses.profile(item.uid),
        "of_feature": addresses.feature(item.uid, item.subject) if item.subject else None,
        "of_policy": addresses.policy(uid=item.uid, feature=item.subject or None),
        "of_judgement": addresses.judgement(item.uid),
        "of_space": addresses.alerts(space=item.space),
        "to_silence": _to_silence(item),
        "here": addresses.problem(item.id),
        "over_because": reason_in_words(item.reason),
    }


def _moments(item: ProblemItem, visit: Visit) -> dict[str, Any]:
    named = {
        "since": item.since,
        "fired_at": item.fired_at,
        "resolved_at": item.resolved_at,
        "taken_at": item.acknowledged_at,
        "taken_until": item.acknowledged_until,
    }
    return {name: _moment(when, visit) for name, when in named.items()} | {"zone": visit.reader.zone}


def _windows(detail: ProblemDetail, visit: Visit) -> list[WindowRow]:
    """The newest first."""
    now, zone = visit.now, visit.reader.zone_info
    return [
        WindowRow(to_the_minute(each.window_end, now, zone), *(("alert", "bad") if each.bad else ("ok", "good")))
        for each in reversed(detail.windows)
    ]


def _silence(held: Holding, visit: Visit) -> tuple[SilenceNote | None, TimeText | None]:
    """What holds it back now: a silence, and until when it is muted."""
    return silence_note(held.silence, visit), _moment(held.muted_until, visit)


def _to_silence(item: ProblemItem) -> str:
    return addresses.new_silence(
        space=item.space,
        name=item.name,
        version=item.version,
        drift_type=item.drift_type,
        signal=item.signal.value,
        subject=item.subject,
        direction=item.direction,
    )


def _looks(item: ProblemItem) -> str:
    return {ProblemState.firing: "alert", ProblemState.pending: "new", ProblemState.ok: "ok"}[item.state]


def _moment(when: datetime | None, visit: Visit) -> TimeText | None:
    return None if when is None else to_the_minute(when, visit.now, visit.reader.zone_info)
