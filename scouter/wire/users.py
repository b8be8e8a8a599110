"""Users as they travel."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from scouter.wire.names import CONTROL, END, PLAIN_TEXT, WITHOUT_CONTROL, Name

LONGEST_USERNAME = 200
LONGEST_PASSWORD = 1024
# Names are parts of paths and, like passwords, travel in headers: no control characters, no blanks at the ends.
Username: TypeAlias = Annotated[
    str,
    Meta(min_length=1, max_length=LONGEST_USERNAME, pattern=rf"^[^\s/.{CONTROL}]([^/{CONTROL}]*[^\s/{CONTROL}])?{END}"),
]
_PASSWORD = rf"^[^\s{CONTROL}]([^{CONTROL}]*[^\s{CONTROL}])?{END}"
_HIDDEN = {"format": "password"}
SHORTEST_PASSWORD = 8
# One that there is: those that are made when trying the server out are shorter, and may have been made long ago.
Password: TypeAlias = Annotated[
    str, Meta(min_length=1, max_length=LONGEST_PASSWORD, pattern=_PASSWORD, extra_json_schema=_HIDDEN)
]
NewPassword: TypeAlias = Annotated[
    str, Meta(min_length=SHORTEST_PASSWORD, max_length=LONGEST_PASSWORD, pattern=_PASSWORD, extra_json_schema=_HIDDEN)
]
Email: TypeAlias = Annotated[str, Meta(min_length=1, max_length=320, pattern=WITHOUT_CONTROL)]
Role: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50, pattern=WITHOUT_CONTROL)]
Permission: TypeAlias = Annotated[
    str, Meta(max_length=207, pattern=rf"^(read|write|delete):[^{CONTROL}]{{1,200}}{END}")
]
Group: TypeAlias = Literal["admin", "user"]
Permissions: TypeAlias = Annotated[list[Permission], Meta(max_length=1000)]
Groups: TypeAlias = Annotated[list[Group], Meta(max_length=10)]
Spaces: TypeAlias = Annotated[list[Name], Meta(max_length=1000)]

_ACCEPTED = {
    "username": "a name without slashes or control characters, with no dot at its beginning and no blank at its ends",
    "password": "8 to 1024 characters without control characters, no blank at either end: it travels in a header",
    "current_password": "your present password, beside a new one of your own",
    "email": PLAIN_TEXT,
    "role": PLAIN_TEXT,
    "permissions": "read:SPACE, write:SPACE, delete:SPACE, read:all, write:all or delete:all",
    "group_permissions": "admin or user",
    "favorite_spaces": PLAIN_TEXT,
}


class CreateUserRequest(Struct, frozen=True):
    """Body of POST /scouter/user. What is absent or null gets the default: an active user who may read everything."""

    username: Username
    password: NewPassword
    email: Email
    permissions: Permissions | None = None
    group_permissions: Groups | None = None
    role: Role | None = None
    active: bool | None = None


class UpdateUserRequest(Struct, frozen=True):
    """Body of PUT /scouter/user/{username}. Absent or null changes nothing. Only admins set the last three.

    Whoever changes his own password gives the present one in `current_password`: a token alone is not enough.
    """

    password: NewPassword | None = None
    current_password: Password | None = None
    favorite_spaces: Spaces | None = None
    permissions: Permissions | None = None
    group_permissions: Groups | None = None
    active: bool | None = None


class UserReply(Struct, frozen=True):
    """A user as others may see it."""

    username: str
    email: str
    active: bool
    role: str
    permissions: list[str]
    group_permissions: list[str]
    favorite_spaces: list[str]


class CreateUserReply(Struct, frozen=True):
    """The recovery codes are in this reply and nowhere else."""

    user: UserReply
    recovery_codes: list[str]
    message: str


class UsersReply(Struct, frozen=True):
    users: list[UserReply]


class UserDeletedReply(Struct, frozen=True):
    message: str
    status: str = "success"


def accepted_by_users(name: str, _: object) -> str | None:
    """What a member of these bodies takes, where the type alone does not say it well."""
    return _ACCEPTED.get(name)
