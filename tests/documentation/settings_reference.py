"""Every setting, in the groups in which people read them."""

from __future__ import annotations

import itertools

from scouter.settings.settings import settings_table
from tests.documentation.tables import code, table


def rendered() -> str:
    parts = []
    for group, rows in itertools.groupby(settings_table(), key=lambda row: row[0]):
        cells = [(code(variable), default, why) for _, variable, default, why in rows]
        parts.append(f"## {group}\n\n" + table(("variable", "default", ""), cells))
    return "\n".join(parts)
