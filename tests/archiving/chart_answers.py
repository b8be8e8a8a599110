"""Charts as a server answers them, and when two of them say the same."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from tests.http_client import Answer, HttpClient

# Means and deviations are added up in another order when days lie in files, so that their last bits differ: with N
# values, by some N * 2.2e-16 of the largest one. Tests have hundreds of values, and the classical mistake, a sum of
# squares from which the square of the sum is subtracted, would be off by 1e-8: between these two.
TOLERANCE = 1e-10


def ask(
    client: HttpClient,
    kind: str,
    uid: str,
    start: datetime,
    end: datetime,
    points: int,
    *,
    archive: str | None = None,
    extremes: str | None = None,
) -> Answer:
    return client.get(
        f"/scouter/drift/{kind}",
        uid=uid,
        space="s",
        time_interval="Custom",
        max_data_points=points,
        start_custom_datetime=start.isoformat(),
        end_custom_datetime=end.isoformat(),
        archive=archive,
        extremes=extremes,
    )


def chart(
    client: HttpClient,
    kind: str,
    uid: str,
    start: datetime,
    end: datetime,
    points: int,
    *,
    archive: str | None = None,
) -> Any:
    answer = ask(client, kind, uid, start, end, points, archive=archive)
    assert answer.status == 200, answer
    return answer.body


def difference(found: Any, expected: Any, largest: float, at: str = "") -> str | None:
    """The first place where two charts differ by more than rounding; `largest`: of the absolute values in them."""
    if isinstance(expected, dict) and isinstance(found, dict) and found.keys() == expected.keys():
        parts = ((f"{at}.{key}", found[key], expected[key]) for key in expected)
    elif isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        parts = ((f"{at}[{n}]", *pair) for n, pair in enumerate(zip(found, expected, strict=True)))
    elif isinstance(expected, float | int) and isinstance(found, float | int):
        same = math.isclose(found, expected, rel_tol=0.0, abs_tol=TOLERANCE * largest)
        return None if same else f"{at}: {found!r} is not {expected!r}"
    else:
        return None if found == expected else f"{at}: {found!r} is not {expected!r}"
    return next((told for place, one, other in parts if (told := difference(one, other, largest, place))), None)
