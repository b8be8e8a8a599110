"""Names and texts that services sent, as elements of a page: cut, and in a direction of their own."""

from __future__ import annotations

from markupsafe import Markup, escape

from scouter.pages.text.plain_text import shortened

LONGEST = 120


def isolated(text: object, longest: int = LONGEST) -> Markup:
    """What their direction does stays within them."""
    return Markup("<bdi>{}</bdi>").format(escape(shortened(str(text), longest)))
