"""Limits failed logins: of one name from one address, and of one address over all names.

Beyond a limit no password is judged until a pause has passed, which grows with every further failure: whoever guesses
gets no answers, and whoever waits is judged again. Failures fade with time, not with a success, so that one who knows
one password cannot guess on for another. Names are limited at an address only: nobody is locked out elsewhere.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

FIRST_PAUSE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 900.0
_MAX_TRACKED = 10_000
_MOST_DOUBLINGS = 10
_HOUR = 3600.0
_OWN_PREFIX = 64  # bits of an IPv6 address; those behind them everybody chooses for himself


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many failures at once; each one fades after its share of an hour, so that in the long run so many an hour."""

    at_once: int
    per_hour: int


NAME_FAILURES = Allowance(10, 10)
ADDRESS_FAILURES = Allowance(100, 100)
COMPARISONS = Allowance(500, 100)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody who says a name, and from where.

    `has_token`: a token came along that was issued for that name, expired or not. It shows that its bearer has been let
    in before, so what others do at the same address is not held against him; what such bearers do is counted apart.
    """

    username: str
    address: str
    has_token: bool = False


class LoginLimit:
    """Of this process. Times are seconds of any steady clock. Safe to use from any thread."""

    def __init__(self) -> None:
        self._names = _Failures(NAME_FAILURES)
        self._addresses = _Failures(ADDRESS_FAILURES)
        self._compared = _Failures(COMPARISONS)

    def wait(self, attempt: Attempt, now: float) -> float:
        """Seconds for which no password of this attempt is judged; 0: it may be judged."""
        of_name = self._names.wait(_name_key(attempt), now)
        return of_name if attempt.has_token else max(of_name, self._addresses.wait(_network(attempt), now))

    def is_suspect(self, attempt: Attempt, now: float) -> bool:
        """Whether this name has failed there of late, or the address more often than one who mistypes would."""
        if self._names.level(_name_key(attempt), now) > 0:
            return True
        return not attempt.has_token and self._addresses.level(_network(attempt), now) > NAME_FAILURES.at_once

    def failed(self, attempt: Attempt, now: float) -> float:
        """Note a failure. Seconds of the pause that begins with it; 0: none does."""
        pause = self._names.add(_name_key(attempt), now)
        return pause if attempt.has_token else max(pause, self._addresses.add(_network(attempt), now))

    def may_compare(self, attempt: Attempt, now: float) -> bool:
        """Whether this one may be compared with what was right lately, during a pause. Every comparison is counted.

        Where whoever guesses and the owner of a password share an address, a comparison is a guess.
        """
        key = _name_key(attempt)
        return not self._compared.wait(key, now) and not self._compared.add(key, now)


@dataclass(slots=True)
class _Level:
    """How many failures have not faded yet, as of `noted`, and until when there is a pause."""

    failures: float
    noted: float
    paused_until: float


class _Failures:
    """Failures by key, fading. Keys are digests: what callers send takes no more memory than that."""

    def __init__(self, allowance: Allowance) -> None:
        self._at_once = allowance.at_once
        self._per_second = allowance.per_hour / _HOUR
        self._lock = threading.Lock()
        self._levels: OrderedDict[bytes, _Level] = OrderedDict()

    def wait(self, key: bytes, now: float) -> float:
        found = self._levels.get(key)
        return 0.0 if found is None else max(0.0, found.paused_until - now)

    def level(self, key: bytes, now: float) -> float:
        found = self._levels.get(key)
        return 0.0 if found is None else max(0.0, found.failures - (now - found.noted) * self._per_second)

    def add(self, key: bytes, now: float) -> float:
        """Count one more. Seconds of the pause that it begins, 0 while there are few enough."""
        with self._lock:
            failures = min(self.level(key, now) + 1, self._at_once + _MOST_DOUBLINGS)
            pause = _pause(failures - self._at_once)
            self._levels[key] = _Level(failures, now, now + pause)
            self._levels.move_to_end(key)
            while len(self._levels) > _MAX_TRACKED:
                self._levels.popitem(last=False)
        return pause


def _pause(beyond: float) -> float:
    """Doubled by every failure beyond what is allowed."""
    if beyond < -0.5:  # the first ones have begun to fade when the last one comes
        return 0.0
    return min(FIRST_PAUSE_SECONDS * 2 ** max(beyond, 0.0), LONGEST_PAUSE_SECONDS)


def _name_key(attempt: Attempt) -> bytes:
    return _digest("bearer" if attempt.has_token else "name", attempt.username) + _network(attempt)


def _network(attempt: Attempt) -> bytes:
    try:
        address = ip_address(attempt.address)
    except ValueError:
        return _digest("peer", attempt.address)
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return _digest("network", f"{int(address) >> (address.max_prefixlen - _OWN_PREFIX):x}")
    return _digest("address", attempt.address)


def _digest(kind: str, text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16, person=kind.encode()).digest()
