"""How many profiles have alerts that nobody has acknowledged."""

from __future__ import annotations

from collections.abc import Collection

from scouter.postgres.statements import Connection, named_statements

_sql = named_statements("open_alert_count")


def count_profiles_with_open_alerts(connection: Connection, spaces: Collection[str] | None) -> int:
    """In these spaces; None: in every one."""
    listed = None if spaces is None else list(spaces)
    return int(_sql["count_profiles_with_open_alerts"].values(connection, spaces=listed)[0])
