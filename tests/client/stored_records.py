"""What a server's database holds, read behind its back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString, TypeVar

import psycopg
from psycopg.rows import class_row

_POLL_SECONDS = 0.02
_Stored = TypeVar("_Stored")


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A row of spc_record or custom_record, of one profile."""

    feature: str
    created_at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class StoredCount:
    """A row of psi_record, of one profile."""

    feature: str
    created_at: datetime
    bin_id: int
    bin_count: int


@dataclass(frozen=True, slots=True)
class ProfileRow:
    version: str
    uid: str
    active: bool


_OF_PROFILE: LiteralString = """
    JOIN entity ON entity.id = record.entity_id JOIN feature ON feature.id = record.feature_id
    WHERE entity.space = %(space)s AND entity.name = %(name)s AND entity.version = %(version)s
    ORDER BY feature.name, record.created_at"""
_SPC: LiteralString = f"SELECT feature.name AS feature, record.created_at, value FROM spc_record record {_OF_PROFILE}"
_CUSTOM: LiteralString = (
    f"SELECT feature.name AS feature, record.created_at, value FROM custom_record record {_OF_PROFILE}"
)
_PSI: LiteralString = f"""
    SELECT feature.name AS feature, record.created_at, bin_id, bin_count FROM psi_record record {_OF_PROFILE}, bin_id"""
_PROFILES: LiteralString = """
    SELECT version, uid, active FROM profile JOIN entity ON entity.id = profile.entity_id
    WHERE space = %(space)s AND name = %(name)s AND drift_type = %(drift_type)s ORDER BY entity.id"""


def stored_values(conninfo: str, drift_type: str, space: str, name: str, version: str) -> list[StoredValue]:
    """By feature, oldest first."""
    query = {"Spc": _SPC, "Custom": _CUSTOM}[drift_type]
    with psycopg.connect(conninfo) as connection, connection.cursor(row_factory=class_row(StoredValue)) as cursor:
        return cursor.execute(query, {"space": space, "name": name, "version": version}).fetchall()


def stored_counts(conninfo: str, space: str, name: str, version: str) -> list[StoredCount]:
    """By feature, oldest first."""
    with psycopg.connect(conninfo) as connection, connection.cursor(row_factory=class_row(StoredCount)) as cursor:
        return cursor.execute(_PSI, {"space": space, "name": name, "version": version}).fetchall()


def profile_rows(conninfo: str, drift_type: str, space: str, name: str) -> list[ProfileRow]:
    """Every version, in the order of registration."""
    with psycopg.connect(conninfo) as connection, connection.cursor(row_factory=class_row(ProfileRow)) as cursor:
        return cursor.execute(_PROFILES, {"space": space, "name": name, "drift_type": drift_type}).fetchall()


def wait_for(read: Callable[[], _Stored], expected: _Stored, log: Callable[[], str], *, seconds: float = 15) -> None:
    """Reads until it is as expected."""
    deadline = time.monotonic() + seconds
    while (found := read()) != expected:
        assert time.monotonic() < deadline, f"stored after {seconds} s: {found}, not {expected}\n{log()[-4000:]}"
        time.sleep(_POLL_SECONDS)
