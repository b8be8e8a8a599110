"""Parsers of single settings: text in, value out, `ValueError` with a sentence about what is accepted."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit, urlunsplit

Network = IPv4Network | IPv6Network
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_MAIL_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_SERVICE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_LONGEST_MAIL_ADDRESS = 254
_HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.-]+)(:[0-9]{1,5})?")
Role = Literal["http", "consumers", "background"]


def text(raw: str) -> str:
    return raw


def host(raw: str) -> str:
    """A name or an address; one of IPv6 may be in brackets, as it is in an address with a port."""
    return raw[1:-1] if raw.startswith("[") and raw.endswith("]") else raw


def secret(raw: str) -> str:
    """Text that must not be shown, whatever is wrong with it."""
    return raw


def integer(low: int, high: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        expected = f"a whole number from {low} to {high}"
        try:
            value = int(raw)
        except ValueError:
            raise ValueError(expected) from None
        if not low <= value <= high:
            raise ValueError(expected)
        return value

    return parse


def seconds(low: float, high: float) -> Callable[[str], float]:
    def parse(raw: str) -> float:
        expected = f"seconds from {low:g} to {high:g}"
        try:
            value = float(raw)
        except ValueError:
            raise ValueError(expected) from None
        if not low <= value <= high:  # also refuses NaN
            raise ValueError(expected)
        return value

    return parse


def boolean(raw: str) -> bool:
    words = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    try:
        return words[raw.strip().lower()]
    except KeyError:
        raise ValueError("true or false") from None


def choice(*words: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        for word in words:
            if raw.strip().lower() == word.lower():
                return word
        raise ValueError("one of " + ", ".join(words))

    return parse


def guest_access(raw: str) -> Literal["off", "read", "write"]:
    levels: dict[str, Literal["off", "read", "write"]] = {"off": "off", "read": "read", "write": "write"}
    try:
        return levels[raw.strip().lower()]
    except KeyError:
        raise ValueError("one of off, read, write") from None


def path(raw: str) -> Path:
    return Path(raw).expanduser()


def username(raw: str) -> str:
    if not raw.strip() or len(raw) > 200:
        raise ValueError("a name of 1 to 200 characters")
    return raw


def comma_list(raw: str) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in raw.split(",") if part.strip())
    if not parts:
        raise ValueError("at least one name, separated by commas")
    return parts


def networks(raw: str) -> tuple[Network, ...]:
    try:
        return tuple(ip_network(part) for part in comma_list(raw))
    except ValueError:
        raise ValueError("addresses or networks, such as 10.0.0.5 or 10.0.0.0/8, separated by commas") from None


def roles(raw: str) -> tuple[Role, ...]:
    named = {part.strip().lower() for part in raw.split(",")} - {""}
    if not named or not named <= set(get_args(Role)):
        raise ValueError("one or more of " + ", ".join(get_args(Role)))
    return tuple(role for role in get_args(Role) if role in named)


def signing_secret(raw: str) -> str:
    if len(raw.encode()) < 32:
        raise ValueError("32 bytes or more, for HS256 is only as strong as its key")
    return raw


def bootstrap_key(raw: str) -> str:
    if len(raw.encode()) < 16:
        raise ValueError("16 bytes or more")
    return raw


def http_url(raw: str) -> str:
    expected = "an address that begins with http:// or https://"
    try:
        parts = urlsplit(raw)
    except ValueError:  # its text may quote what was set
        raise ValueError(expected) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(expected)
    return raw


def plain_url(raw: str) -> str:
    """An http address without a user or password, so that it may be shown."""
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password or parts.query:
        raise ValueError("an address that begins with http:// or https://, without a password")
    return raw


def public_url(raw: str) -> str:
    """Scheme, host and port, and nothing that could be a secret. Without a slash at its end."""
    expected = "an address such as https://scouter.example.com, without a path, a user or anything behind it"
    try:
        parts = urlsplit(raw)
        whole = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
        is_fit = parts.port != 0 and bool(parts.hostname) and parts.scheme in {"http", "https"}
    except ValueError:
        raise ValueError(expected) from None
    if (
        not is_fit
        or "@" in parts.netloc
        or raw.removesuffix("/") != whole
        or not _HOST_AND_PORT.fullmatch(parts.netloc)
    ):
        raise ValueError(expected)
    return whole


def secret_url(raw: str) -> str:
    """An http address that may carry a secret in its path, as webhooks do."""
    return http_url(raw)


def amqp_url(raw: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in {"amqp", "amqps"} or not parts.hostname:
        raise ValueError("an address that begins with amqp:// or amqps://")
    return raw


def storage_uri(raw: str) -> str:
    scheme, separator, _ = raw.partition("://")
    if separator and scheme not in {"gs", "s3", "az", "file"}:
        raise ValueError("a path, or an address that begins with gs://, s3:// or az://")
    return raw


def secret_base64(raw: str) -> str:
    try:
        base64.b64decode(raw, validate=True)
    except binascii.Error:
        raise ValueError("base64 text") from None
    return raw


def smtp_url(raw: str) -> str:
    """Treated as a secret, for people write passwords into addresses; user and password are settings of their own."""
    expected = "an address such as smtp://mail.example.com:587 or smtps://mail.example.com, without a user or a path"
    try:
        parts = urlsplit(raw)
        is_fit = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # its text may quote what was set
        raise ValueError(expected) from None
    if not is_fit or not _HOST_AND_PORT.fullmatch(parts.netloc) or parts.path not in {"", "/"} or parts.query:
        raise ValueError(expected)
    return raw


def mail_address(raw: str) -> str:
    name, _, domain = raw.rpartition("@")
    if not _MAIL_NAME.fullmatch(name) or not _DOMAIN.fullmatch(domain) or len(raw) > _LONGEST_MAIL_ADDRESS:
        raise ValueError("an address such as alerts@example.com")
    return raw


def mail_domains(raw: str) -> tuple[str, ...]:
    """Domains, in small letters. Names within a domain are not meant with it."""
    domains = tuple(part.lower() for part in comma_list(raw))
    if not all(_DOMAIN.fullmatch(domain) for domain in domains):
        raise ValueError("domains such as example.com, separated by commas")
    return domains


def named_secrets(raw: str) -> dict[str, str]:
    return _named(raw, "name=key", secret)


def named_secret_urls(raw: str) -> dict[str, str]:
    return _named(raw, "name=address", secret_url)


def _named(raw: str, form: str, parse: Callable[[str], str]) -> dict[str, str]:
    """Name and secret of each pair. Errors say which pair they are about, and nothing of what stands in it."""
    found: dict[str, str] = {}
    for number, pair in enumerate(comma_list(raw), start=1):
        name, separator, value = (part.strip() for part in pair.partition("="))
        if not separator or not value or not _SERVICE_NAME.fullmatch(name):
            raise ValueError(f"pairs {form}, separated by commas; pair {number} is none")
        if name in found:
            raise ValueError(f"pairs {form} with different names; that of pair {number} has been there")
        try:
            found[name] = parse(value)
        except ValueError as problem:
            raise ValueError(f"pairs {form}, in pair {number} with {problem}") from None
    return found


SECRET_PARSERS = frozenset(
    {
        *(secret, signing_secret, bootstrap_key, secret_url, secret_base64, amqp_url),
        *(smtp_url, named_secrets, named_secret_urls),
    }
)


def show(default: object) -> str:
    """How a value reads in the table of settings."""
    if default is None or default == ():
        return "unset"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return ",".join(map(str, default))
    return f"{default:g}" if isinstance(default, float) else str(default)
