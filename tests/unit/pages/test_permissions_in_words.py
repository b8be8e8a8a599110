"""Who may do what, in words."""

from __future__ import annotations

import pytest

from scouter.pages.wording.permissions import rights_in_words


@pytest.mark.parametrize(
    ("permissions", "groups", "said"),
    [
        ([], ["user"], "nothing"),
        (["read:all"], ["user"], "reads all spaces"),
        (["read:all", "read:shop", "write:shop"], [], "reads all spaces, writes to shop"),
        (["write:b", "write:a", "read:c"], [], "reads c, writes to a and b"),
        ([f"read:{letter}" for letter in "abcdefg"], [], "reads a, b, c, d, e and 2 more"),
        (["delete:all"], [], "nothing"),
        ([], ["user", "admin"], "everything"),
        (["read:a\u202eb"], [], "reads a\ufffdb"),
    ],
)
def test_rights(permissions: list[str], groups: list[str], said: str) -> None:
    assert rights_in_words(permissions, groups) == said
