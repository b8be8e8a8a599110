"""The caller's address behind proxies."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from scouter.api.caller_address import TrustedProxies
from scouter.errors import StartRefused
from scouter.settings.settings import Settings

PROXIES = TrustedProxies([ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"), ip_network("127.0.0.1")])


@pytest.mark.parametrize(
    ("peer", "forwarded", "caller"),
    [
        ("192.0.2.9", "198.51.100.1", "192.0.2.9"),  # whoever is not trusted may write what he likes
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "203.0.113.7, 198.51.100.1", "198.51.100.1"),  # what stands left of it anybody may have written
        ("10.0.0.1", "203.0.113.7, 198.51.100.1, 10.2.0.1,10.3.0.1", "198.51.100.1"),
        ("10.0.0.1", "10.2.0.1, 10.3.0.1", "10.2.0.1"),
        ("10.0.0.1", "198.51.100.1:51234", "198.51.100.1"),
        ("10.0.0.1", "[2001:0db9::1]:51234", "2001:db9::1"),
        ("2001:db8::1", "2001:db9::0:1", "2001:db9::1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, _hidden, 10.2.0.1", "10.2.0.1"),
        ("10.0.0.1", " , ,", "10.0.0.1"),
        ("10.0.0.1", "\x00'; DROP TABLE", "10.0.0.1"),
        ("", "198.51.100.1", ""),  # a unix socket has no address
    ],
)
def test_the_caller_is_the_nearest_address_that_is_no_proxy_of_ours(peer: str, forwarded: str, caller: str) -> None:
    assert PROXIES.caller(peer, forwarded) == caller


def test_without_trusted_proxies_the_header_is_not_looked_at() -> None:
    environ = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}
    assert TrustedProxies().caller_of(environ) == "10.0.0.1"
    assert PROXIES.caller_of(environ) == "198.51.100.1"
    assert PROXIES.caller_of({"REMOTE_ADDR": "10.0.0.1"}) == "10.0.0.1"


def test_the_setting_takes_addresses_and_networks() -> None:
    settings = Settings.from_environment({"SCOUTER_TRUSTED_PROXIES": "10.0.0.5, 192.0.2.0/24,2001:db8::/32"})
    assert [str(network) for network in settings.http.trusted_proxies] == [
        "10.0.0.5/32",
        "192.0.2.0/24",
        "2001:db8::/32",
    ]
    assert Settings().http.trusted_proxies == ()


@pytest.mark.parametrize("wrong", ["proxy.example", "10.0.0.0/33", "10.0.0.1/8", "*", ","])
def test_anything_else_in_the_setting_is_refused(wrong: str) -> None:
    with pytest.raises(StartRefused, match="SCOUTER_TRUSTED_PROXIES"):
        Settings.from_environment({"SCOUTER_TRUSTED_PROXIES": wrong})
