"""A subject that fires in many profiles at once: probably upstream of them all, and told once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

LEAST_PROFILES = 3


@dataclass(frozen=True, slots=True)
class SharedCause:
    """`firing` of the space's `having` active profiles that have the subject."""

    subject: str
    firing: int
    having: int


def shared_causes(firing: Mapping[str, Collection[str]], having: Mapping[str, int]) -> dict[str, SharedCause]:
    """By subject. `firing`: the uids of active profiles in which a feature or metric fires; `having`: how many active
    profiles of the space have it.

    Shared: in at least three profiles, and in at least half of those that have it.
    """
    found = {}
    for subject, uids in firing.items():
        count = len(set(uids))
        known = max(having.get(subject, 0), count)  # one may have been switched off since it fired
        if subject and count >= LEAST_PROFILES and 2 * count >= known:
            found[subject] = SharedCause(subject, count, known)
    return found
