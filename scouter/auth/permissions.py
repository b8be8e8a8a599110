"""Permissions: `read:<space>`, `write:<space>`, `read:all`, `write:all`; the group `admin` may do everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scouter.errors import PermissionDenied

Verb = Literal["read", "write"]
ADMIN_GROUP = "admin"
EVERY_SPACE = "all"  # so no space may be called that


@dataclass(frozen=True, slots=True)
class Caller:
    """The user behind a request, with the permissions of this moment."""

    username: str
    permissions: frozenset[str]
    groups: frozenset[str]

    @property
    def is_admin(self) -> bool:
        return ADMIN_GROUP in self.groups

    def may(self, verb: Verb, space: str) -> bool:
        return self.is_admin or f"{verb}:{EVERY_SPACE}" in self.permissions or f"{verb}:{space}" in self.permissions

    def spaces(self, verb: Verb) -> frozenset[str] | None:
        """The spaces that may be read or written to. None: every one."""
        if self.may(verb, EVERY_SPACE):
            return None
        begins = f"{verb}:"
        return frozenset(named.removeprefix(begins) for named in self.permissions if named.startswith(begins))

    def require_any(self, verb: Verb) -> None:
        """Raises `PermissionDenied` for one who may do that nowhere."""
        if not self.is_admin and not any(named.startswith(f"{verb}:") for named in self.permissions):
            raise PermissionDenied(
                f"user {self.username!r} may not {verb} in any space",
                action=f"ask an admin for the permission {verb}:SPACE",
            )

    def require(self, verb: Verb, space: str) -> None:
        """Raises `PermissionDenied` naming what is missing."""
        if not self.may(verb, space):
            raise PermissionDenied(
                f"user {self.username!r} may not {verb} in space {space!r}",
                action=f"ask an admin for the permission {verb}:{space}",
            )

    def require_admin(self) -> None:
        if not self.is_admin:
            raise PermissionDenied(f"user {self.username!r} is not an admin", action="ask an admin")
