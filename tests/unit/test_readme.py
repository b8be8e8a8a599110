"""The README's table of settings is the table of settings."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from scouter.settings import settings_table

README = Path(__file__).parents[2] / "README.md"


def rendered() -> str:
    lines = []
    for group, rows in itertools.groupby(settings_table(), key=lambda row: row[0]):
        lines += [f"**{group}**", "", "| variable | default | |", "| --- | --- | --- |"]
        lines += [f"| `{variable}` | {default} | {why} |" for _, variable, default, why in rows]
        lines.append("")
    return "\n".join(lines)


def test_the_readme_lists_every_setting() -> None:
    match = re.search(r"<!-- settings -->\n(.*?)<!-- /settings -->", README.read_text(), re.DOTALL)
    assert match is not None
    assert match[1] == rendered(), "put this between the markers:\n" + rendered()
