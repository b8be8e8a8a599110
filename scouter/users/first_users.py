"""The users of an empty database: somebody must be able to log in."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from typing import Literal

from scouter.auth.passwords import verify_password
from scouter.postgres.statements import Connection
from scouter.postgres.tables import users
from scouter.settings.users import UserSettings
from scouter.users import accounts
from scouter.users.accounts import READ_ALL, WRITE_ALL, NewUser

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


def make_first_users(connection: Connection, settings: UserSettings, *, trying_out: bool) -> FirstUsers | None:
    """Make the admin, and the guest where that is wanted, if there are no users yet. None when there are."""
    with connection.transaction():
        if not users.lock_first_users(connection):
            return None
        made = _make_admin(connection, settings, trying_out=trying_out)
        access: Access = settings.guest_access or ("write" if trying_out else "off")
        if access != "off" and made.admin != "guest":
            _make_guest(connection, access)
    return made


def known_defaults_in_use(connection: Connection) -> list[str]:
    """Active users whose password is the one that everybody knows."""
    found = []
    for username, password in KNOWN_DEFAULTS:
        user = users.user_by_name(connection, username)
        if user is not None and user.active and verify_password(password, user.password_hash):
            found.append(username)
    return found


def _make_admin(connection: Connection, settings: UserSettings, *, trying_out: bool) -> FirstUsers:
    given = settings.default_password or ("admin" if trying_out else None)
    password = given or secrets.token_urlsafe(18)
    name = settings.default_username
    accounts.make_user(connection, accounts.admin(name, password, email=name))
    log.info("made the admin %r", name)
    return FirstUsers(name, None if given else password)


def _make_guest(connection: Connection, access: Literal["read", "write"]) -> None:
    guest = NewUser("guest", "guest", email="guest", role="guest", permissions=_GUEST_PERMISSIONS[access])
    accounts.make_user(connection, guest)
    log.info("made the user 'guest', who may %s", access)
