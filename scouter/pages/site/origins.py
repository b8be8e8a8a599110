"""Where a form was sent from: a change that another site asks a browser for is refused."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from scouter.errors import PermissionDenied

_OURS = "same-origin"


def require_own(header: Callable[[str], str | None], public_url: str | None) -> None:
    """Raises `PermissionDenied` for a POST that no page of ours has sent.

    Browsers say so in `Sec-Fetch-Site`; where they do not (plain HTTP to another machine), `Origin` has to be this
    server: the scheme and host of `public_url`, else the host that was asked for. `null` is nobody.
    """
    site = header("Sec-Fetch-Site")
    if site is not None:
        if site != _OURS:
            raise _refused()
        return
    if not _is_own(header("Origin"), header("Host"), public_url):
        raise _refused()


def _is_own(origin: str | None, host: str | None, public_url: str | None) -> bool:
    if not origin:
        return False
    sent = urlsplit(origin)
    if public_url is not None:
        ours = urlsplit(public_url)
        if (sent.scheme, sent.netloc.lower()) == (ours.scheme, ours.netloc.lower()):
            return True
    return sent.scheme in ("http", "https") and host is not None and sent.netloc.lower() == host.lower()


def _refused() -> PermissionDenied:
    return PermissionDenied("this form was sent from another site", action="open the page here and send it again")
