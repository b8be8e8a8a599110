"""Templates filled in. What people and services sent is escaped by the engine; only charts are markup already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from scouter.pages.charts.small import mark, meter, strip
from scouter.pages.site.isolation import isolated
from scouter.pages.site.static_files import StaticFiles
from scouter.pages.site.visit import PREFIX
from scouter.pages.text.numbers import byte_size, count, number, share, times_the_limit
from scouter.version import VERSION


class Templates:
    """Safe to use from any thread."""

    def __init__(self, static: StaticFiles) -> None:
        made = self._environment = Environment(
            loader=PackageLoader("scouter.pages"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        made.globals.update(prefix=PREFIX, server_version=VERSION, static=lambda name: PREFIX + static.address(name))
        made.globals.update(mark=mark, meter=meter, strip=strip, times_the_limit=times_the_limit)
        self._own = made.globals.keys()
        made.filters.update(name=isolated, number=number, count=count, share=share, bytes=byte_size, sentence=_sentence)

    def render(self, template: str, values: Mapping[str, Any]) -> str:
        """Raises `ValueError` for a value that would take the name of what every template has."""
        if taken := values.keys() & self._own:
            raise ValueError(f"{template} has {', '.join(sorted(taken))} already")
        return self._environment.get_template(template).render(values)


def _sentence(text: str) -> str:
    """Our errors begin in lower case, and end without a full stop."""
    begun = text[:1].upper() + text[1:]
    return begun if begun.endswith((".", "?", "…")) else begun + "."
