"""Whether anything needs a person, as a sentence."""

from __future__ import annotations

import pytest

from scouter.pages.wording.open_alerts import open_verdict


@pytest.mark.parametrize(
    ("still", "profiles", "ended", "state", "sentence"),
    [
        (
            3,
            2,
            6,
            "alert",
            "3 features of 2 profiles are outside of their limits in the last check. "
            "6 more were, and are not any more.",
        ),
        (
            1,
            1,
            1,
            "alert",
            "1 feature of 1 profile is outside of its limits in the last check. 1 more was, and is not any more.",
        ),
        (2, 1, 0, "alert", "2 features of 1 profile are outside of their limits in the last check."),
        (0, 0, 2, "ok", "Nothing is outside of its limits any more. 2 features were."),
        (0, 0, 1, "ok", "Nothing is outside of its limits any more. 1 feature was."),
        (0, 0, 0, "ok", "Nothing is open."),
    ],
)
def test_what_is_so_and_what_is_over(still: int, profiles: int, ended: int, state: str, sentence: str) -> None:
    said = open_verdict(still, profiles, ended)
    assert (said.state, said.bold + said.rest) == (state, sentence)
