"""Roles in which a process could do nothing, or harm."""

from __future__ import annotations

from scouter.errors import StartRefused
from scouter.ingest.consumer_set import configured_transports
from scouter.postgres.database import EMBEDDED
from scouter.settings.settings import Settings


def require_useful_roles(settings: Settings, database_uri: str) -> list[str]:
    """A sentence for each that works, but perhaps not as was meant.

    Raises `StartRefused` for roles that make no sense, or for which a library is missing.
    """
    roles, said = settings.processes.roles, []
    if "consumers" in roles and not configured_transports(settings) and roles == ("consumers",):
        said.append("SCOUTER_ROLES is consumers alone, and no broker is configured: this process does nothing")
    if database_uri == EMBEDDED and "http" not in roles:
        raise StartRefused(
            [
                f"SCOUTER_ROLES={','.join(roles)} is for one of several processes on one database, and the embedded "
                "database belongs to a single process: set DATABASE_URI, or add http to SCOUTER_ROLES"
            ]
        )
    if database_uri == EMBEDDED and "background" not in roles:
        said.append("SCOUTER_ROLES is without background: nobody looks after the embedded database")
    return said
