"""What is told of problems, to whom and when: for the server, a space, a profile or one of its features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Struct

from scouter.errors import InvalidInput, NotFound
from scouter.pages.profile.page import crumbs
from scouter.pages.site import addresses
from scouter.pages.site.page import Page
from scouter.pages.site.quick_reads import QuickReads
from scouter.pages.site.readable import readable_profile
from scouter.pages.site.visit import Answer, Moved, Shown, Visit
from scouter.pages.text.times import TimeText, to_the_minute
from scouter.pages.wording.policies import ORIGINS, WORDS, accepted_by, read_typed, typed
from scouter.policy.documents import FEATURES
from scouter.policy.keys import KEYS
from scouter.postgres.statements import Connection
from scouter.postgres.tables.entities import Entity
from scouter.postgres.tables.profile_listing import profiles_by_space
from scouter.profiles.alert_policies import set_policy, shown_policy, take_policy_back
from scouter.wire.alert_policies import PolicyReply
from scouter.wire.names import FeatureName, Name, Uid

_MOST_SPACES = 500  # to choose from
_FIELD = "key."


class PolicyPageQuery(Struct, frozen=True):
    """A profile, with `feature` one of its features or metrics; a space; or the server where nothing is named."""

    uid: Uid | None = None
    feature: FeatureName | None = None
    space: Name | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose policy it is. None of them: the server's."""

    entity: Entity | None = None
    space: str | None = None
    feature: str | None = None

    @property
    def address(self) -> str:
        uid = None if self.entity is None else self.entity.uid
        return addresses.policy(uid=uid, feature=self.feature, space=None if uid else self.space)

    @property
    def where(self) -> str | None:
        """The space to write to."""
        return self.space if self.entity is None else self.entity.space


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """`own` is what is set here, as it is typed; `editable`: it can be."""

    key: str
    words: str
    value: str
    origin: str
    is_own: bool
    own: str
    accepted: str
    editable: bool


class PolicyPage:
    def __init__(self, reads: QuickReads) -> None:
        self._reads = reads

    def pages(self) -> list[Page]:
        return [
            Page(
                "/policy",
                self.show,
                {"set": self.set},
                "reads some space",
                query=PolicyPageQuery,
                acts_in="rest",
                summary="What is told of problems, to whom and when, each value with where it comes from.",
            )
        ]

    def show(self, visit: Visit) -> Answer:
        with self._reads.connection() as connection:
            return _page(connection, _owner(connection, visit), visit)

    def set(self, visit: Visit) -> Answer:
        """What is refused is said above the form, and what was typed stays. Nothing typed: it is taken back."""
        with self._reads.connection() as connection:
            owner = _owner(connection, visit)
            if owner.where is None:
                raise InvalidInput("space", None, "a space, or a profile; the server's own policy is its settings")
            visit.caller.require("write", owner.where)
            before = _document(shown_policy(connection, entity=owner.entity, space=owner.space))
            document = _with_typed(before, owner, visit.form)
            try:
                done = _put(connection, document, owner, visit)
            except InvalidInput as refused:
                return _page(connection, owner, visit, refused)
        if not done:
            return Moved(owner.address, "nothing")
        return Moved(owner.address, "policy-set" if document else "policy-taken-back")


def _put(connection: Connection, document: dict[str, Any], owner: Owner, visit: Visit) -> bool:
    if not document:
        return take_policy_back(connection, entity=owner.entity, space=owner.space)
    set_policy(connection, document, visit.caller.username, entity=owner.entity, space=owner.space)
    return True


def _owner(connection: Connection, visit: Visit) -> Owner:
    """Raises `NotFound` for what may not be read, as for what there is not."""
    query: PolicyPageQuery = visit.query
    if query.uid is not None:
        return Owner(readable_profile(connection, visit.caller, query.uid), None, query.feature)
    if query.space is not None and not visit.caller.may("read", query.space):
        raise NotFound("there is no such space, or you may not read it")
    return Owner(space=query.space)


def _with_typed(before: dict[str, Any], owner: Owner, form: Mapping[str, str]) -> dict[str, Any]:
    """What was set, with the values of the form instead of those of its level."""
    said = {
        name.removeprefix(_FIELD): read_typed(text.strip())
        for name, text in form.items()
        if name.startswith(_FIELD) and text.strip()
    }
    features = dict(before.get(FEATURES, {}))
    if owner.feature is None:
        own = said
    else:
        own = {key: value for key, value in before.items() if key != FEATURES}
        features = {name: value for name, value in features.items() if name != owner.feature}
        features |= {owner.feature: said} if said else {}
    return {**own, **({FEATURES: features} if features else {})}


def _document(reply: PolicyReply) -> dict[str, Any]:
    return {} if reply.document is None else msgspec.json.decode(reply.document, type=dict[str, Any])


def _page(connection: Connection, owner: Owner, visit: Visit, refused: InvalidInput | None = None) -> Shown:
    reply = shown_policy(connection, entity=owner.entity, space=owner.space, feature=owner.feature)
    readable = visit.caller.spaces("read")
    document = _document(reply)
    may_write = owner.where is not None and visit.caller.may("write", owner.where)
    values = {
        "owner": owner,
        "crumbs": _crumbs(owner),
        "rows": _rows(reply, document, owner, visit.form if refused else None),
        "may_write": may_write,
        "why": refused and refused.message,
        "features": _features(document, owner),
        "spaces": [each.space for each in profiles_by_space(connection, readable)][:_MOST_SPACES],
        "here": owner.address,
        "updated_by": reply.updated_by,
        "updated_at": _moment(reply, visit),
        "of_profile": None if owner.entity is None else addresses.policy(uid=owner.entity.uid),
        "of_space": None if owner.entity is None else addresses.policy(space=owner.entity.space),
    }
    return Shown("policy.html", values, 200 if refused is None else 400, seconds=0)


def _crumbs(owner: Owner) -> list[tuple[str, str]]:
    if owner.entity is None:
        return [("Alerts", addresses.alerts(space=owner.space))]
    return [*crumbs(owner.entity), (f"{owner.entity.name} {owner.entity.version}", addresses.profile(owner.entity.uid))]


def _rows(
    reply: PolicyReply, document: dict[str, Any], owner: Owner, form: Mapping[str, str] | None
) -> Sequence[PolicyRow]:
    """In the order in which they are explained; a key that has no words yet comes last."""
    own = document if owner.feature is None else document.get(FEATURES, {}).get(owner.feature, {})
    keys = [*(key for key in WORDS if key in reply.values), *(key for key in reply.values if key not in WORDS)]
    return [_row(key, reply, own, owner, form) for key in keys]


def _row(
    key: str, reply: PolicyReply, own: Mapping[str, Any], owner: Owner, form: Mapping[str, str] | None
) -> PolicyRow:
    shown = reply.values[key]
    kept = typed(own[key]) if key in own else ""
    return PolicyRow(
        key=key,
        words=WORDS.get(key, ""),
        value=typed(shown.value),
        origin=ORIGINS.get(shown.origin, shown.origin),
        is_own=key in own,
        own=kept if form is None else form.get(_FIELD + key, ""),
        accepted=accepted_by(key),
        editable=owner.feature is None or KEYS[key].by_feature,
    )


def _features(document: dict[str, Any], owner: Owner) -> list[tuple[str, str]]:
    """Those with values of their own."""
    if owner.entity is None:
        return []
    uid = owner.entity.uid
    return [(name, addresses.policy(uid=uid, feature=name)) for name in document.get(FEATURES, {})]


def _moment(reply: PolicyReply, visit: Visit) -> TimeText | None:
    if reply.updated_at is None:
        return None
    return to_the_minute(reply.updated_at, visit.now, visit.reader.zone_info)
