"""One row of the table of settings: a field of a group, with the variable that it is read from."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

from scouter.settings.parsers import SECRET_PARSERS

T = TypeVar("T")


def setting(
    variable: str,
    default: T,
    parse: Callable[[str], T],
    why: str,
    *,
    shown_default: str | None = None,
) -> T:
    """A field of a group. A secret is left out of the group's `repr`."""
    metadata = {"variable": variable, "parse": parse, "why": why, "shown_default": shown_default}
    field: Any = dataclasses.field(default=default, metadata=metadata, repr=parse not in SECRET_PARSERS)
    return field  # type: ignore[no-any-return]
