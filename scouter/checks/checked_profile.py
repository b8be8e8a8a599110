"""The profile that a check is about."""

from __future__ import annotations

from typing import Protocol


class CheckedProfile(Protocol):
    """What a check has to know of it. `document` is JSON text."""

    @property
    def entity_id(self) -> int: ...
    @property
    def uid(self) -> str: ...
    @property
    def space(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def drift_type(self) -> str: ...
    @property
    def document(self) -> str: ...
