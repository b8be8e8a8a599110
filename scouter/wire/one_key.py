"""Objects whose single key names a variant."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct


class OneKey(Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly one of the fields of a subclass is set; all of them default to `UNSET`."""

    def __post_init__(self) -> None:
        if sum(getattr(self, name) is not UNSET for name in self.__struct_fields__) != 1:
            raise ValueError(f"exactly one of {', '.join(self.__struct_encode_fields__)}")

    def _chosen(self) -> Any:
        values = (getattr(self, name) for name in self.__struct_fields__)
        return next(value for value in values if value is not UNSET)
