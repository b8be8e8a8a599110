"""How the alerts of a profile are judged, what to expect while nothing drifts, and how much it was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta, Struct

from scouter.errors import InvalidInput, NotFound
from scouter.pages.profile.page import crumbs
from scouter.pages.site import addresses
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.readable import readable_profile, writable_profile
from scouter.pages.site.visit import Answer, Moved, Shown, Visit
from scouter.pages.text.numbers import count, number
from scouter.pages.text.times import TimeText, to_the_minute
from scouter.pages.wording.judgements import training_in_words
from scouter.pages.wording.outcomes import kind_in_words
from scouter.postgres.tables.entities import Entity
from scouter.profiles.judgement import JudgementBasis, judgement_basis, profile_judgement, state_rows
from scouter.wire.decoding import convert
from scouter.wire.judgements import FeatureOutlook, ProfileJudgement, StateRowsRequest
from scouter.wire.names import FeatureName, Uid
from scouter.wire.profiles import accepted_by_profiles

MOST_FEATURES = 500
_MOST_CHOICES = 2000  # of a field that offers names


class JudgementPageQuery(Struct, frozen=True):
    """`feature`: a part of the names to be shown. `samples`: as if every window held so many."""

    uid: Uid
    feature: FeatureName | None = None
    samples: Annotated[int, Meta(ge=1, le=10**12)] | None = None


@dataclass(frozen=True, slots=True)
class OutlookRow:
    """`stated`: somebody stated its own rows, which can be taken back."""

    name: str
    address: str
    samples: str
    training: str
    expected: str
    stated: bool


class JudgementPage:
    def __init__(self, reads: QuickReads) -> None:
        self._reads = reads

    def pages(self) -> list[Page]:
        return [
            Page(
                "/profile/judgement",
                self.show,
                {"state": self.state},
                query=JudgementPageQuery,
                acts_in="rest",
                summary="How the alerts of a profile are judged, and the rows of its training.",
            )
        ]

    def show(self, visit: Visit) -> Answer:
        with self._reads.connection() as connection:
            entity = readable_profile(connection, visit.caller, visit.query.uid)
            basis = judgement_basis(connection, entity)
        return _page(entity, basis, visit)

    def state(self, visit: Visit) -> Answer:
        """What is refused is said on the page, above what was to be stated."""
        with self._reads.connection() as connection:
            entity = writable_profile(connection, visit.caller, visit.query.uid)
            try:
                request = _request(visit.form)
                basis = state_rows(connection, entity, request, visit.caller.username)
            except InvalidInput as refused:
                return _page(entity, judgement_basis(connection, entity), visit, refused)
        if basis is None:
            raise NotFound("the profile is gone")
        return Moved(_address(entity.uid), "rows-stated")


def _request(form: Mapping[str, str]) -> StateRowsRequest:
    """Of the whole table, or of one feature; an empty number takes it back. Raises `InvalidInput`."""
    rows = _rows(form.get("rows", ""))
    if "feature" in form:
        sent: dict[str, Any] = {"features": {form["feature"]: rows}}
    else:
        sent = {"training_rows": rows}
    return convert(sent, StateRowsRequest, accepted=accepted_by_profiles)


def _rows(text: str) -> object:
    """Digits as a number, with whatever people put between thousands; anything else stays, to be refused."""
    plain = "".join(text.split())
    if not plain:
        return None
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 18 else text.strip()


def _page(entity: Entity, basis: JudgementBasis | None, visit: Visit, refused: InvalidInput | None = None) -> Shown:
    if basis is None:
        raise NotFound("the profile is gone")
    outlook = profile_judgement(basis, visit.query.samples)
    values = {
        "entity": entity,
        "crumbs": [*crumbs(entity), (f"{entity.name} {entity.version}", addresses.profile(entity.uid))],
        "kind": kind_in_words(entity.drift_type),
        "is_custom": basis.is_custom,
        "may_write": visit.caller.may("write", entity.space),
        "here": _address(entity.uid),
        "policy": addresses.policy(uid=entity.uid),
        "query": visit.query,
        "why": refused and refused.message,
        "typed": dict(visit.form) if refused else {},
        "outlook": outlook,
        **_said(outlook),
        "stated_at": _stated_at(outlook, visit),
        **_features(outlook, visit.query),
    }
    return Shown("profile_judgement.html", values, 200 if refused is None else 400, seconds=0)


def _said(outlook: ProfileJudgement) -> dict[str, Any]:
    bad, _, windows = outlook.fire_after.partition(" of ")
    return {
        "alpha": number(outlook.alpha),
        "bad": bad,
        "windows": windows or bad,
        "windows_a_week": number(outlook.windows_a_week),
        "usual": "nobody knows yet" if outlook.usual_samples is None else count(outlook.usual_samples),
        "rows_a_week": _at_most(outlook.expected_alert_rows_a_week),
        "messages_a_week": _at_most(outlook.expected_false_messages_a_week),
    }


def _features(outlook: ProfileJudgement, query: JudgementPageQuery) -> dict[str, Any]:
    part = (query.feature or "").lower()
    found = [each for each in outlook.features if part in each.name.lower()]
    stated = {} if outlook.stated is None else outlook.stated.features
    return {
        "rows": [_row(outlook.uid, each, stated) for each in found[:MOST_FEATURES]],
        "matching": len(found),
        "total": len(outlook.features),
        "names": [each.name for each in outlook.features[:_MOST_CHOICES]],
    }


def _row(uid: str, outlook: FeatureOutlook, stated: Mapping[str, int]) -> OutlookRow:
    return OutlookRow(
        name=outlook.name,
        address=addresses.feature(uid, outlook.name),
        samples="none yet" if outlook.usual_samples is None else count(outlook.usual_samples),
        training=training_in_words(outlook.training_rows, outlook.training_rows_origin),
        expected=_at_most(outlook.expected_alert_rows_a_week),
        stated=outlook.name in stated,
    )


def _at_most(rate: float | None) -> str:
    return "nobody can say" if rate is None else number(rate)


def _stated_at(outlook: ProfileJudgement, visit: Visit) -> TimeText | None:
    if outlook.stated is None:
        return None
    return to_the_minute(outlook.stated.updated_at, visit.now, visit.reader.zone_info)


def _address(uid: str) -> str:
    return addresses.judgement(uid)
