"""A small file in the store that says whose archive it is. Without it, this is not the place where the files are."""

from __future__ import annotations

import json
from uuid import UUID

from scouter.archive.stores.store import ObjectStore
from scouter.errors import StoreAway

_LAYOUT = 1


def owner_of(installation: UUID) -> str:
    """What names of files tell a database by."""
    return installation.hex[:12]


def require_marker(store: ObjectStore, installation: UUID, *, has_files: bool) -> None:
    """Write the marker the first time. Raises `StoreAway` when it should be there and is not."""
    path = f"scouter-archive-{owner_of(installation)}.json"
    if store.size(path) is not None:
        return
    if has_files:
        raise StoreAway(
            store.name, f"it does not hold the archive of this database (no {path}): is the right place mounted?"
        )
    content = {"installation": str(installation), "layout": _LAYOUT, "made_by": "Scouter for Python"}
    store.put_bytes(json.dumps(content).encode(), path)
