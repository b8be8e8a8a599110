"""The users of an empty database: somebody must be able to log in."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from scouter.auth.passwords import verify_password
from scouter.errors import StartRefused
from scouter.postgres.statements import Connection
from scouter.postgres.tables import users
from scouter.settings.users import UserSettings
from scouter.users import accounts
from scouter.users.accounts import READ_ALL, WRITE_ALL, NewUser
from scouter.wire.users import SHORTEST_PASSWORD

log = logging.getLogger(__name__)

Access = Literal["off", "read", "write"]

# What the published client tries when it is not configured.
KNOWN_DEFAULTS = (("admin", "admin"), ("guest", "guest"))
_GUEST_PERMISSIONS = {"read": (READ_ALL,), "write": (READ_ALL, WRITE_ALL)}


@dataclass(frozen=True, slots=True)
class FirstUsers:
    """What was made. `generated_password` is to be shown once and kept nowhere."""

    admin: str
    generated_password: str | None
    is_known: bool = False
    """The admin's password is the one that everybody knows."""
    guest: Access = "off"


def make_first_users(
    connection: Connection, settings: UserSettings, *, trying_out: bool, is_private: bool = True
) -> FirstUsers | None:
    """Make the admin, and the guest where that is wanted, if there are no users yet. None when there are.

    `is_private`: nobody else reaches the server. Raises `StartRefused` for a password too short for anything else.
    """
    with connection.transaction():
        if not users.lock_first_users(connection):
            return None
        if not is_private:
            _require_long_password(settings, trying_out=trying_out)
        made = _make_admin(connection, settings, trying_out=trying_out)
        access: Access = settings.guest_access or ("write" if trying_out else "off")
        if access != "off" and made.admin != "guest":
            _make_guest(connection, access)
            made = replace(made, guest=access)
    return made


def known_defaults_in_use(connection: Connection) -> list[str]:
    """Active users whose password is the one that everybody knows."""
    found = []
    for username, password in KNOWN_DEFAULTS:
        user = users.user_by_name(connection, username)
        if user is not None and user.active and _verifies(password, user.password_hash):
            found.append(username)
    return found


@lru_cache(16)
def _verifies(known: str, password_hash: str) -> bool:
    """It is asked again and again, and costs as much as a login."""
    return verify_password(known, password_hash)


def _require_long_password(settings: UserSettings, *, trying_out: bool) -> None:
    """The known one may stay where the server is tried out: its start warns of it."""
    given = settings.default_password
    is_known = trying_out and (settings.default_username, given) in KNOWN_DEFAULTS
    if given is not None and len(given) < SHORTEST_PASSWORD and not is_known:
        raise StartRefused(
            [
                f"SCOUTER_DEFAULT_PASSWORD has fewer than {SHORTEST_PASSWORD} characters, and others can reach this "
                "server: choose a longer one, or leave it out and one is generated"
            ]
        )


def _make_admin(connection: Connection, settings: UserSettings, *, trying_out: bool) -> FirstUsers:
    given = settings.default_password or ("admin" if trying_out else None)
    password = given or secrets.token_urlsafe(18)
    name = settings.default_username
    accounts.make_user(connection, accounts.admin(name, password, email=name))
    log.debug("made the admin %r", name)
    return FirstUsers(name, None if given else password, is_known=(name, password) in KNOWN_DEFAULTS)


def _make_guest(connection: Connection, access: Literal["read", "write"]) -> None:
    guest = NewUser("guest", "guest", email="guest", role="guest", permissions=_GUEST_PERMISSIONS[access])
    accounts.make_user(connection, guest)
    log.debug("made the user 'guest', who may %s", access)
