"""The README's tables of settings and metrics are what the program declares."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

from scouter.metrics import declared
from scouter.settings.settings import settings_table

README = Path(__file__).parents[2] / "README.md"


def rendered() -> str:
    lines = []
    for group, rows in itertools.groupby(settings_table(), key=lambda row: row[0]):
        lines += [f"**{group}**", "", "| variable | default | |", "| --- | --- | --- |"]
        lines += [f"| `{variable}` | {default} | {why} |" for _, variable, default, why in rows]
        lines.append("")
    return "\n".join(lines)


def rendered_metrics() -> str:
    lines = ["| metric | kind | labels | |", "| --- | --- | --- | --- |"]
    for metric in declared():
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        lines.append(f"| `{metric.name}` | {metric.kind} | {labels} | {metric.text} |")
    return "\n".join([*lines, ""])


def between_markers(name: str) -> str:
    match = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", README.read_text(), re.DOTALL)
    assert match is not None
    return match[1]


def test_the_readme_lists_every_setting() -> None:
    assert between_markers("settings") == rendered(), "put this between the markers:\n" + rendered()


def test_the_readme_lists_every_metric() -> None:
    assert between_markers("metrics") == rendered_metrics(), "put this between the markers:\n" + rendered_metrics()
