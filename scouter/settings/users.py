"""Who may do what at the first start, and how tokens are signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from scouter.settings import parsers as values
from scouter.settings.setting import setting


@dataclass(frozen=True, slots=True)
class UserSettings:
    title: ClassVar[str] = "Users"

    default_username: str = setting(
        "SCOUTER_DEFAULT_USERNAME", "admin", values.username, "Name of the admin made at the first start."
    )
    default_password: str | None = setting(
        "SCOUTER_DEFAULT_PASSWORD",
        None,
        values.secret,
        "That admin's password.",
        shown_default="`admin` with the embedded database, else generated and shown once",
    )
    known_users: bool = setting(
        "SCOUTER_KNOWN_USERS",
        True,
        values.boolean,
        "Whether an embedded database begins with the users that clients try, admin/admin and guest/guest. Images: no.",
    )
    guest_access: Literal["off", "read", "write"] | None = setting(
        "SCOUTER_GUEST_ACCESS",
        None,
        values.guest_access,
        "Make the user guest/guest at the first start: off, read or write.",
        shown_default="write with the embedded database, else off",
    )
    encrypt_secret: str | None = setting(
        "SCOUTER_ENCRYPT_SECRET",
        None,
        values.signing_secret,
        "The HS256 key of access tokens, 32 bytes or more.",
        shown_default="generated once and kept in the database",
    )
    refresh_secret: str | None = setting(
        "SCOUTER_REFRESH_SECRET",
        None,
        values.signing_secret,
        "Accepted for compatibility; there are no refresh tokens.",
    )
    bootstrap_key: str | None = setting(
        "SCOUTER_BOOTSTRAP_KEY",
        None,
        values.bootstrap_key,
        "Key of the bootstrap header that may create users, 16 bytes or more; unset: that way in is off.",
    )
