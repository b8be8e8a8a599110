"""Where pages are, below the prefix. Names are values of the query: they can hold anything, slashes and dots too."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

_LONGEST_NAME = 1024
"""Of a feature: no record may have a longer one, and an address has to fit into the first lines of a request."""


def address(path: str, query: Mapping[str, object]) -> str:
    """What is None, empty or false is left out; what is true is 1."""
    given = {name: 1 if value is True else value for name, value in query.items() if value not in (None, "", False)}
    return f"{path}?{urlencode(given)}" if given else path


def profile(uid: str, **more: object) -> str:
    return address("/profile", {"uid": uid, **more})


def feature(uid: str, name: str, **more: object) -> str:
    """That of its profile where the name is too long for one of its own."""
    return address("/feature", {"uid": uid, "name": name, **more}) if len(name) <= _LONGEST_NAME else profile(uid)


def document(uid: str, **more: object) -> str:
    """The profile as it is registered."""
    return address("/profile/document", {"uid": uid, **more})


def checks(uid: str, **more: object) -> str:
    """All checks of a profile."""
    return address("/profile/runs", {"uid": uid, **more})


def check(run_id: int, alert_id: int | None = None) -> str:
    """One check, and the place where it tells of that alert."""
    return f"/runs/{run_id}" + (f"#alert-{alert_id}" if alert_id is not None else "")


def alert(alert_id: int) -> str:
    """What messages link to: it leads to the check while that is kept."""
    return f"/alerts/{alert_id}"


def alerts(**query: object) -> str:
    """The list. What is None or empty is left out."""
    return address("/alerts", query)


def judgement(uid: str) -> str:
    """How a profile's alerts are judged."""
    return address("/profile/judgement", {"uid": uid})


def problem(problem_id: int) -> str:
    """What messages about problems link to."""
    return f"/problems/{problem_id}"


def silences(**query: object) -> str:
    return address("/silences", query)


def new_silence(**fields: object) -> str:
    """The form, with what it is to match."""
    return address("/silences/new", fields)


def policy(**query: object) -> str:
    """Of a profile, of one of its features, of a space, or of the server where nothing is named."""
    return address("/policy", query)
