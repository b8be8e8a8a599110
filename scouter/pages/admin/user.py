"""One user: what may be done, a new password, the end of all sessions, the end of the user."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from scouter.auth.permissions import ADMIN_GROUP
from scouter.errors import InvalidInput, LastAdmin, PermissionDenied
from scouter.pages.admin.users import SECRETS, groups_of, new_password, permissions_of, user_address
from scouter.pages.site.page import Page
from scouter.pages.site.visit import Answer, Moved, Shown, Visit
from scouter.pages.wording.permissions import rights_in_words
from scouter.users.administration import Administration
from scouter.wire.decoding import convert
from scouter.wire.users import UpdateUserRequest, accepted_by_users


class UserQuery(Struct, frozen=True):
    name: str
    ask: Literal["delete"] | None = None


class UserPage:
    def __init__(self, administration: Administration) -> None:
        self._administration = administration

    def pages(self) -> list[Page]:
        actions = {
            "change": self.change,
            "password": self.set_password,
            "sign-out-everywhere": self.sign_out_everywhere,
            "delete": self.delete,
        }
        return [
            Page(
                "/user",
                self.show,
                actions,
                "admin",
                query=UserQuery,
                acts_in="rest",
                summary="One user: permissions, password, sessions.",
            )
        ]

    def show(self, visit: Visit) -> Answer:
        if visit.query.ask == "delete":
            user = self._administration.one(visit.caller, visit.query.name)
            values = {"user": user, "address": user_address(user.username)}
            return Shown("user_delete.html", values, seconds=0)
        return self._page(visit)

    def change(self, visit: Visit) -> Answer:
        sent = {
            "permissions": permissions_of(visit.form),
            "group_permissions": groups_of(visit.form),
            "active": "active" in visit.form,
        }
        return self._changed(visit, sent, "user-changed")

    def set_password(self, visit: Visit) -> Answer:
        given = visit.field("password")
        password = given or new_password()
        sent = {"password": password, "current_password": visit.form.get("current_password") or None}
        answer = self._changed(visit, sent, "password-set")
        if given or not isinstance(answer, Moved):
            return answer
        name = visit.query.name
        values = {"username": name, "password": password, "recovery_codes": [], "address": user_address(name)}
        return Shown("user_secrets.html", values, seconds=0)

    def sign_out_everywhere(self, visit: Visit) -> Answer:
        self._administration.end_sessions(visit.caller, visit.query.name)
        return Moved(user_address(visit.query.name), "signed-out-everywhere")

    def delete(self, visit: Visit) -> Answer:
        try:
            self._administration.remove(visit.caller, visit.query.name)
        except LastAdmin as refused:
            return self._page(visit, refused.message, refused.action, 403)
        return Moved("/users", "user-deleted")

    def _changed(self, visit: Visit, sent: Mapping[str, Any], said: str) -> Answer:
        """What is refused is said on the page, above what was to be changed."""
        try:
            request = convert(sent, UpdateUserRequest, accepted=accepted_by_users, secrets=SECRETS)
            self._administration.change(visit.caller, visit.query.name, request, address=visit.address)
        except InvalidInput as refused:
            return self._page(visit, refused.message, None, 400)
        except (LastAdmin, PermissionDenied) as refused:
            return self._page(visit, refused.message, _advice(refused), 403)
        return Moved(user_address(visit.query.name), said)

    def _page(self, visit: Visit, why: str | None = None, advice: str | None = None, status: int = 200) -> Shown:
        """Raises `NotFound`."""
        user = self._administration.one(visit.caller, visit.query.name)
        form = visit.form if why is not None and "permissions" in visit.form else None
        values = {
            "user": user,
            "rights": rights_in_words(user.permissions, user.group_permissions),
            "address": user_address(user.username),
            "is_oneself": user.username == visit.caller.username,
            "permissions": "\n".join(user.permissions) if form is None else form["permissions"],
            "is_admin": ADMIN_GROUP in user.group_permissions if form is None else "admin" in form,
            "is_active": user.active if form is None else "active" in form,
            "why": why,
            "advice": advice,
        }
        return Shown("user.html", values, status, seconds=0)


def _advice(refused: LastAdmin | PermissionDenied) -> str | None:
    """A wrong present password is typed again."""
    return refused.action if isinstance(refused, LastAdmin) else None
