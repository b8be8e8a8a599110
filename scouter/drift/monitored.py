"""Which features of a profile a check is about."""

from __future__ import annotations

from collections.abc import Iterable


def monitored_features(features_to_monitor: Iterable[str], features: Iterable[str]) -> list[str]:
    """The names to monitor, each once, in order; naming none means all features of the profile.

    A name that the profile does not have stays in: the check reports it.
    """
    return sorted(set(features_to_monitor) or features)
