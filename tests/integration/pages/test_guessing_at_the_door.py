"""Passwords guessed at the way in of the pages."""

from __future__ import annotations

from tests.page_client import PageClient


def test_whoever_guesses_is_told_to_wait(visitor: PageClient) -> None:
    answers = [visitor.post("/sign-in", do="sign-in", username="admin", password=f"guess {n}") for n in range(15)]
    assert answers[-1].status == 429
    assert "Too many failed attempts. Try again in" in answers[-1].text
