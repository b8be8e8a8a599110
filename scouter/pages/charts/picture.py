"""A chart as one SVG element: its words, what the script reads values from, and the form that stands alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from markupsafe import Markup

from scouter.pages.charts.frame import Frame, Size
from scouter.pages.charts.series import Bin, Bins
from scouter.pages.text.plain_text import plain, shortened

_LONGEST_NAME = 60
_LONGEST_DESCRIPTION = 2000

# How the shapes look where no stylesheet reaches them, as in a downloaded file. A stylesheet goes before.
_OWN_LOOKS = {
    "paper": 'fill="#fff"',
    "band1": 'fill="#dcebf9"',
    "band2": 'fill="#eaf3fb"',
    "band3": 'fill="#f4f9fd"',
    "allowed": 'fill="#eaf3fb"',
    "grid": 'fill="none" stroke="#dfe4e9"',
    "line": 'fill="none" stroke="#0b5cad" stroke-width="1.5"',
    "lone": 'fill="#0b5cad"',
    "wash": 'fill="#c9d1d9" fill-opacity=".55"',
    "center": 'fill="none" stroke="#59636e" stroke-dasharray="2 3"',
    "limit": 'fill="none" stroke="#b4231a" stroke-dasharray="5 3"',
    "alert-dot": 'fill="#b4231a" stroke="#fff"',
    "alert-bar": 'fill="#b4231a"',
    "alert-span": 'fill="#b4231a" fill-opacity=".07"',
    "beyond": 'fill="#59636e"',
    "bar-base": 'fill="#9aa4ae"',
    "bar-now": 'fill="#0b5cad"',
    "tick": 'fill="#59636e" font-family="sans-serif" font-size="10.5"',
    "label": 'fill="#59636e" font-family="sans-serif" font-size="10.5"',
    "empty": 'fill="#59636e" font-family="sans-serif" font-size="13"',
}
_CLASS = re.compile(r'class="([a-z0-9-]+)"')


def picture(
    size: Size,
    ident: str,
    title: str,
    sentences: Iterable[str],
    shapes: str,
    data: Mapping[str, str] | None = None,
    looks: str = "",
) -> Markup:
    """The element. `ident` is its id on the page, `shapes` is markup, all else is text and is escaped here."""
    own, classes = escape(ident), " ".join(["chart", *(["large"] if size.is_large else []), *looks.split()])
    description = shortened(" ".join(sentence for sentence in sentences if sentence), _LONGEST_DESCRIPTION)
    members = "".join(f' data-{name}="{escape(text)}"' for name, text in (data or {}).items())
    return Markup(  # noqa: S704 - every text in it went through `escape`
        f'<svg class="{classes}" viewBox="0 0 {size.width} {size.height}" role="img" '
        f'tabindex="0" aria-labelledby="{own}-t {own}-d"{members}>'
        f'<title id="{own}-t">{escape(plain(title))}</title><desc id="{own}-d">{escape(description)}</desc>'
        f"{shapes}</svg>"
    )


def stand_alone(chart: Markup, stylesheet: str) -> str:
    """The document behind an address that ends with .svg: it names the stylesheet, and is readable without it."""
    element = str(chart)  # what replaces in Markup escapes
    width, height = re.findall(r'viewBox="0 0 (\d+) (\d+)"', element)[0]
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
    looks = _CLASS.sub(_with_own_look, element.replace("<svg", opening, 1))
    paper = f'<rect class="paper" {_OWN_LOOKS["paper"]} width="{width}" height="{height}"/>'
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<?xml-stylesheet type="text/css" href="{escape(stylesheet)}"?>\n'
        f"{looks.replace('</desc>', f'</desc>{paper}', 1)}\n"
    )


def chart_name(name: str) -> str:
    """A feature's name, plain and cut."""
    return shortened(name, _LONGEST_NAME)


def empty_text(frame: Frame, sentence: str) -> str:
    """A sentence in the middle of a chart that has nothing to draw."""
    x, y = frame.left / 2 + frame.right / 2, frame.scale.ceiling / 2 + frame.scale.floor / 2 + 4
    return f'<text class="empty" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(plain(sentence))}</text>'


def reading(frame: Frame, bins: Bins) -> dict[str, str]:
    """What the script needs to say the time and the value under the pointer; large charts say lows and highs too.

    `at` are the starts of the bins, counted in bins from the first one, and left out where they are 0, 1, 2 ...
    """
    if not bins.items:
        return _where(frame)
    first = bins.items[0].start
    steps = [(each.start - first) / bins.width for each in bins.items]
    data = {"first": f"{first:.10g}", "step": f"{bins.width:.10g}", "values": _texts(bins.items, "value")}
    if any(step != index for index, step in enumerate(steps)):
        data["at"] = " ".join(f"{step:.6g}" for step in steps)
    if frame.size.is_large and any(each.highest is not None for each in bins.items):
        data |= {name: _texts(bins.items, name) for name in ("lowest", "highest")}
    return _where(frame) | data


def _where(frame: Frame) -> dict[str, str]:
    return {
        "start": f"{frame.window.start:.10g}",
        "end": f"{frame.window.end:.10g}",
        "left": f"{frame.left:.1f}",
        "right": f"{frame.right:.1f}",
        "top": f"{frame.scale.ceiling:.0f}",
        "floor": f"{frame.scale.floor:.0f}",
        "low": f"{frame.scale.low:.6g}",
        "high": f"{frame.scale.high:.6g}",
    }


def _texts(bins: Sequence[Bin], name: str) -> str:
    numbers: list[float | None] = [getattr(each, name) for each in bins]
    return " ".join("-" if value is None else f"{value:.5g}" for value in numbers)


def _with_own_look(found: re.Match[str]) -> str:
    look = _OWN_LOOKS.get(found.group(1))
    return f"{found.group()} {look}" if look else found.group()
