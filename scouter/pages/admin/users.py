"""Who may do what: all users, and a new one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from msgspec import Meta, Struct

from scouter.auth.permissions import ADMIN_GROUP
from scouter.errors import Conflict, InvalidInput
from scouter.pages.site.page import Page
from scouter.pages.site.visit import Answer, Shown, Visit
from scouter.pages.wording.permissions import rights_in_words
from scouter.users.administration import Administration
from scouter.wire.decoding import convert
from scouter.wire.users import LONGEST_USERNAME, CreateUserRequest, UserReply, accepted_by_users

_ADDRESS = "/users"
_ROWS = 100
_DEFAULT_PERMISSIONS = ("read:all",)
_EVERYBODY = "user"  # the group that all are in

SECRETS = frozenset({"password", "current_password"})


class UsersQuery(Struct, frozen=True):
    """`q`: a part of name or e-mail. `after`: the last name of the page before."""

    q: Annotated[str, Meta(max_length=LONGEST_USERNAME)] | None = None
    after: Annotated[str, Meta(max_length=LONGEST_USERNAME)] | None = None
    ask: Literal["new"] | None = None


@dataclass(frozen=True, slots=True)
class UserRow:
    user: UserReply
    rights: str
    address: str
    is_oneself: bool


class Users:
    def __init__(self, administration: Administration) -> None:
        self._administration = administration

    def pages(self) -> list[Page]:
        return [
            Page(
                _ADDRESS,
                self.show,
                {"make": self.make},
                "admin",
                query=UsersQuery,
                acts_in="rest",
                summary="Who may do what: all users.",
            )
        ]

    def show(self, visit: Visit) -> Answer:
        query = visit.query
        if query.ask == "new":
            return _form({"permissions": "\n".join(_DEFAULT_PERMISSIONS)})
        page = self._administration.page(visit.caller, q=query.q, after=query.after, limit=_ROWS)
        after = page.next_cursor(lambda user: user.username)
        searched = {"q": query.q} if query.q else {}
        values = {
            "rows": [_row(user, visit) for user in page.rows],
            "query": query,
            "first": _address(searched) if query.after else None,
            "next": _address({**searched, "after": after}) if after is not None else None,
        }
        return Shown("users.html", values)

    def make(self, visit: Visit) -> Answer:
        """What is generated is on this answer and nowhere else."""
        form = visit.form
        given = form.get("password", "")
        password = given or new_password()
        try:
            made = self._administration.make(visit.caller, _request(form, password))
        except (InvalidInput, Conflict) as refused:
            return _form(form, refused)
        values = {
            "username": made.user.username,
            "password": None if given else password,
            "recovery_codes": made.recovery_codes,
            "address": user_address(made.user.username),
        }
        return Shown("user_secrets.html", values, seconds=0)


def user_address(username: str) -> str:
    """Names can be anything: they are values of a query."""
    return f"/user?{urlencode({'name': username})}"


def new_password() -> str:
    return secrets.token_urlsafe(18)


def permissions_of(form: Mapping[str, str]) -> list[str]:
    """One a line."""
    return [line.strip() for line in form.get("permissions", "").splitlines() if line.strip()]


def groups_of(form: Mapping[str, str]) -> list[str]:
    return [_EVERYBODY, ADMIN_GROUP] if "admin" in form else [_EVERYBODY]


def _request(form: Mapping[str, str], password: str) -> CreateUserRequest:
    """Raises `InvalidInput`."""
    username = form.get("username", "").strip()
    sent = {
        "username": username,
        "password": password,
        "email": form.get("email", "").strip() or username,
        "permissions": permissions_of(form),
        "group_permissions": groups_of(form),
        "role": "admin" if "admin" in form else None,
    }
    return convert(sent, CreateUserRequest, accepted=accepted_by_users, secrets=SECRETS)


def _form(filled_in: Mapping[str, str], refused: InvalidInput | Conflict | None = None) -> Shown:
    """What was typed stays, but for the password."""
    names = ("username", "email", "permissions")
    values = {
        "filled_in": {name: filled_in.get(name, "") for name in names},
        "is_admin": "admin" in filled_in,
        "why": refused and refused.message,
    }
    status = 200 if refused is None else 409 if isinstance(refused, Conflict) else 400
    return Shown("user_new.html", values, status, seconds=0)


def _row(user: UserReply, visit: Visit) -> UserRow:
    rights = rights_in_words(user.permissions, user.group_permissions)
    return UserRow(user, rights, user_address(user.username), user.username == visit.caller.username)


def _address(parameters: Mapping[str, str]) -> str:
    return f"{_ADDRESS}?{urlencode(parameters)}" if parameters else _ADDRESS
