"""Users: make, list, show, change, delete."""

from __future__ import annotations

from scouter.api.routing import AnyRoute, Request, Route
from scouter.errors import Conflict, LastAdmin
from scouter.users.administration import Administration
from scouter.wire.users import (
    CreateUserReply,
    CreateUserRequest,
    UpdateUserRequest,
    UserDeletedReply,
    UserReply,
    UsersReply,
    accepted_by_users,
)

_ONE = "/scouter/user/{username}"
_SECRETS = frozenset({"password", "current_password"})


class Users:
    def __init__(self, administration: Administration) -> None:
        self._administration = administration

    def routes(self) -> list[AnyRoute]:
        return [
            Route(
                "POST",
                "/scouter/user",
                self.create,
                "Make a user. The recovery codes are shown this once.",
                CreateUserReply,
                permission="admin, or the bootstrap key in the header `x-bootstrap-token`",
                body=CreateUserRequest,
                bootstrap=True,
                secrets=_SECRETS,
                accepted=accepted_by_users,
                errors=(Conflict,),
            ),
            Route("GET", "/scouter/user", self.show_all, "All users.", UsersReply, permission="admin"),
            Route("GET", _ONE, self.show, "One user.", UserReply, permission="that user, or admin"),
            Route(
                "PUT",
                _ONE,
                self.change,
                "Change what is given and nothing else. A new password of one's own wants the present one in "
                "`current_password`, and ends all tokens. Permissions, groups and `active` are ignored unless an admin "
                "sends them. The last active admin stays one.",
                UserReply,
                permission="that user, or admin",
                body=UpdateUserRequest,
                secrets=_SECRETS,
                accepted=accepted_by_users,
                errors=(LastAdmin,),
            ),
            Route(
                "DELETE",
                _ONE,
                self.delete,
                "Delete a user, but not the last active admin.",
                UserDeletedReply,
                permission="admin",
                errors=(LastAdmin,),
            ),
        ]

    def create(self, request: Request[None, CreateUserRequest]) -> CreateUserReply:
        made = self._administration.make(request.caller, request.body)
        said = f"made user {made.user.username!r}; keep the recovery codes"
        return CreateUserReply(made.user, made.recovery_codes, said)

    def show_all(self, request: Request[None, None]) -> UsersReply:
        return UsersReply(self._administration.everybody(request.caller))

    def show(self, request: Request[None, None]) -> UserReply:
        return self._administration.one(request.caller, request.parts["username"])

    def change(self, request: Request[None, UpdateUserRequest]) -> UserReply:
        username, address = request.parts["username"], request.credentials.address
        return self._administration.change(request.caller, username, request.body, address=address)

    def delete(self, request: Request[None, None]) -> UserDeletedReply:
        username = request.parts["username"]
        self._administration.remove(request.caller, username)
        return UserDeletedReply(f"deleted user {username!r}")
