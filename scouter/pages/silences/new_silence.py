"""The form of a new silence: what it matches, with what it would hold back, until when and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta, Struct

from scouter.errors import InvalidInput, PermissionDenied
from scouter.pages.site import addresses
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.visit import Answer, Moved, Shown, Visit
from scouter.pages.text.time_ranges import MomentText, field_text, sent_moment
from scouter.pages.wording.problems import SIGNALS
from scouter.pages.wording.silences import COMPARISONS, FIELDS
from scouter.policy.silences import SilenceSubject
from scouter.postgres.statements import Connection
from scouter.profiles.silences import make_silence, matched
from scouter.wire.decoding import convert
from scouter.wire.profiles import DriftType
from scouter.wire.silences import MatchedValue, PreviewRequest, SilenceRequest

_USUALLY = timedelta(hours=24)
_SHOWN = 20  # profiles and problems of the preview
# What people choose from; in other fields anything may stand.
_CHOICES: Mapping[str, Sequence[str]] = {
    "drift_type": [each.value for each in DriftType],
    "signal": [each.value for each in SIGNALS],
    "direction": ["above", "below"],
}

_Is: TypeAlias = Annotated[str, Meta(max_length=4)]


class NewSilenceQuery(Struct, frozen=True):
    """A value and how it is compared for each field; what is left out matches anything."""

    space: MatchedValue | None = None
    name: MatchedValue | None = None
    version: MatchedValue | None = None
    drift_type: MatchedValue | None = None
    signal: MatchedValue | None = None
    subject: MatchedValue | None = None
    direction: MatchedValue | None = None
    space_is: _Is | None = None
    name_is: _Is | None = None
    version_is: _Is | None = None
    drift_type_is: _Is | None = None
    signal_is: _Is | None = None
    subject_is: _Is | None = None
    direction_is: _Is | None = None
    start: MomentText | None = msgspec.field(name="from", default=None)
    until: MomentText | None = None
    comment: Annotated[str, Meta(max_length=2000)] | None = None


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One condition of the form."""

    name: str
    words: str
    comparison: str
    value: str
    choices: Sequence[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """What it would hold back now: the first of them, and how many there are. `firing` are problems with addresses."""

    profiles: Sequence[SilenceSubject]
    profile_count: int
    firing: Sequence[tuple[str, SilenceSubject]]
    firing_count: int


class NewSilence:
    def __init__(self, reads: QuickReads) -> None:
        self._reads = reads

    def pages(self) -> list[Page]:
        return [
            Page(
                "/silences/new",
                self.show,
                {"make": self.make},
                "reads some space",
                query=NewSilenceQuery,
                acts_in="rest",
                summary="A new silence, with what it would hold back.",
            )
        ]

    def show(self, visit: Visit) -> Answer:
        return self._page(visit, _texts(msgspec.to_builtins(visit.query)))

    def make(self, visit: Visit) -> Answer:
        """What is refused is said above the form, and what was typed stays."""
        sent = _texts(visit.form)
        try:
            with self._reads.connection() as connection:
                make_silence(connection, visit.caller, _wanted(sent, visit))
        except (InvalidInput, PermissionDenied) as refused:
            return self._page(visit, sent, refused)
        return Moved(addresses.silences(), "silence-made")

    def _page(
        self, visit: Visit, sent: Mapping[str, str], refused: InvalidInput | PermissionDenied | None = None
    ) -> Answer:
        why, shown = refused and refused.message, None
        with self._reads.connection() as connection:
            try:
                shown = _preview(connection, visit, sent)
            except (InvalidInput, PermissionDenied) as problem:
                why = why or problem.message
        zone = visit.reader.zone_info
        values = {
            "fields": [_field(name, sent) for name in FIELDS],
            "comparisons": COMPARISONS,
            "sent": {
                "from": sent.get("from", ""),
                "until": sent.get("until") or field_text(visit.now + _USUALLY, zone),
                "comment": sent.get("comment", ""),
            },
            "why": why,
            "preview": shown,
            "zone": visit.reader.zone,
            "everywhere": _is_everywhere(sent) and not visit.caller.is_admin,
        }
        return Shown("silence_new.html", values, _status(refused), seconds=0)


def _status(refused: InvalidInput | PermissionDenied | None) -> int:
    if refused is None:
        return 200
    return 400 if isinstance(refused, InvalidInput) else 403


def _texts(sent: Mapping[str, object]) -> dict[str, str]:
    return {name: value for name, value in sent.items() if isinstance(value, str) and value != ""}


def _matchers(sent: Mapping[str, str]) -> list[dict[str, str]]:
    """Those that have a value."""
    return [{"field": name, "is": sent.get(f"{name}_is", "="), "value": sent[name]} for name in FIELDS if name in sent]


def _wanted(sent: Mapping[str, str], visit: Visit) -> SilenceRequest:
    """Raises `InvalidInput`."""
    zone = visit.reader.zone_info
    ends_at = sent_moment("until", sent.get("until"), zone)
    if ends_at is None:
        raise InvalidInput("until", sent.get("until"), "a date and time at most 90 days ahead")
    request = {
        "matchers": _matchers(sent),
        "starts_at": sent_moment("from", sent.get("from"), zone),
        "ends_at": ends_at,
        "comment": sent.get("comment", "").strip(),
    }
    return convert(request, SilenceRequest)


def _preview(connection: Connection, visit: Visit, sent: Mapping[str, str]) -> Preview | None:
    """None: nothing is to be matched yet. Raises `InvalidInput` and `PermissionDenied`."""
    matchers = _matchers(sent)
    if not matchers:
        return None
    found = matched(connection, visit.caller, convert({"matchers": matchers}, PreviewRequest).matchers)
    firing = [(addresses.problem(number), each) for number, each in found.problems[:_SHOWN]]
    return Preview(found.profiles[:_SHOWN], len(found.profiles), firing, len(found.problems))


def _is_everywhere(sent: Mapping[str, str]) -> bool:
    """Something is to be matched, and not in one space alone."""
    matchers = _matchers(sent)
    return bool(matchers) and not any(each["field"] == "space" and each["is"] == "=" for each in matchers)


def _field(name: str, sent: Mapping[str, str]) -> FieldRow:
    return FieldRow(name, FIELDS[name], sent.get(f"{name}_is", "="), sent.get(name, ""), _CHOICES.get(name, ()))
