"""Whose address a request has: the peer's, or behind trusted proxies the one that they report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class TrustedProxies:
    """The networks (`SCOUTER_TRUSTED_PROXIES`) whose word about forwarded requests is taken."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = tuple(networks)

    def caller_of(self, environ: Mapping[str, Any]) -> str:
        """The caller's address of a WSGI request."""
        peer: str = environ.get("REMOTE_ADDR", "")
        forwarded: str | None = environ.get("HTTP_X_FORWARDED_FOR") if self._networks else None
        return self.caller(peer, forwarded) if forwarded else peer

    def caller(self, peer: str, forwarded: str) -> str:
        """The right-most address of `X-Forwarded-For` that is not a trusted proxy's own.

        Every proxy appends who it heard from, so what stands right of that address was written by proxies that we
        trust, and what stands left of it by anybody. Words that are no address end the search: whoever wrote them is
        the best that is known.
        """
        best = _parsed(peer)
        if best is None:
            return peer
        for word in reversed(forwarded.split(",")):
            if not self._trusts(best):
                break
            reported = _parsed(word)
            if reported is None:
                break
            best = reported
        return str(best)

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _parsed(word: str) -> Address | None:
    """An address as proxies write it: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`."""
    text = word.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A socket that listens on both families shows IPv4 callers like this.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
