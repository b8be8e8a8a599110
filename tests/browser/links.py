"""Where a page leads to: its links, what it loads, and its forms that only ask, with what they hold at first."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin

_ADDRESSES = {"a": "href", "link": "href", "script": "src", "img": "src"}


def links_of(html: str, here: str) -> list[str]:
    """Addresses of this server, without fragments. Asking for them changes nothing."""
    reader = _Links()
    reader.feed(html)
    found = [urljoin(here, address) for address in reader.found]
    return [each.partition("#")[0] for each in found if each.startswith("/")]


@dataclass
class _Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    select: str = ""
    is_sendable: bool = True
    """Nothing that it requires is empty."""

    @property
    def address(self) -> str:
        return self.action.partition("#")[0] + "?" + urlencode(self.fields)


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._form: _Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if (name := _ADDRESSES.get(tag)) and given.get(name):
            self.found.append(given[name])
        elif tag == "form":
            self._form = _Form(given.get("action", "")) if given.get("method", "get").lower() == "get" else None
        elif self._form is not None:
            self._fill(self._form, tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            self.found += [self._form.address] if self._form.is_sendable else []
            self._form = None

    @staticmethod
    def _fill(form: _Form, tag: str, given: dict[str, str]) -> None:
        if tag == "input" and given.get("type") not in ("checkbox", "radio", "submit") and "name" in given:
            form.fields[given["name"]] = given.get("value", "")
            form.is_sendable &= bool(given.get("value")) or "required" not in given
        elif tag == "select":
            form.select = given["name"]
        elif tag == "option" and ("selected" in given or form.select not in form.fields):
            form.fields[form.select] = given.get("value", "")
