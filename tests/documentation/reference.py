"""The generated parts of the reference: which page has which, and what has to stand there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tests.documentation import (
    archive_reference,
    cli_reference,
    errors_reference,
    http_reference,
    http_types_reference,
    metrics_reference,
    settings_reference,
)
from tests.documentation.pages import DOCS

REFERENCE = DOCS / "reference"
_PARTS: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "settings.md": {"settings": settings_reference.rendered},
    "metrics.md": {"metrics": metrics_reference.rendered},
    "http.md": {"routes": http_reference.rendered},
    "http-types.md": {"types": http_types_reference.rendered},
    "cli.md": {"commands": cli_reference.rendered},
    "errors.md": {"errors": errors_reference.rendered, "reasons": errors_reference.rendered_reasons},
    "archive-format.md": {"columns": archive_reference.rendered},
}
PAGES = [REFERENCE / name for name in _PARTS]


class NoMarkers(Exception):
    """A page without the markers of a part that it has to have."""


def renewed(page: object) -> str:
    """The text of a page of `PAGES` as it has to be."""
    path = next(each for each in PAGES if each == page)
    text = path.read_text()
    for name, render in _PARTS[path.name].items():
        text = _with_part(text, name, render())
    return text


def _with_part(text: str, name: str, part: str) -> str:
    markers = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if len(markers.findall(text)) != 1:
        raise NoMarkers(f"the page needs one <!-- {name} --> and one <!-- /{name} --> behind it")
    return markers.sub(lambda found: f"{found[1]}\n{part.strip()}\n\n{found[2]}", text)
