"""Roles in which a process could do nothing, or harm."""

from __future__ import annotations

import logging

from scouter.errors import StartRefused
from scouter.ingest.consumer_set import configured_transports
from scouter.postgres.database import EMBEDDED
from scouter.settings.settings import Settings

log = logging.getLogger(__name__)


def require_useful_roles(settings: Settings, database_uri: str) -> None:
    """Raises `StartRefused` for roles that make no sense, or for which a library is missing."""
    roles = settings.processes.roles
    if "consumers" in roles and not configured_transports(settings) and roles == ("consumers",):
        log.warning("SCOUTER_ROLES is consumers alone, and no broker is configured: this process does nothing")
    if database_uri == EMBEDDED and "http" not in roles:
        raise StartRefused(
            [
                f"SCOUTER_ROLES={','.join(roles)} is for one of several processes on one database, and the embedded "
                "database belongs to a single process: set DATABASE_URI, or add http to SCOUTER_ROLES"
            ]
        )
    if database_uri == EMBEDDED and "background" not in roles:
        log.warning("SCOUTER_ROLES is without background: nobody looks after the embedded database")
