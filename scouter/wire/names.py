"""Names of spaces, profiles and versions, as queries and bodies hold them."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta

# For patterns. The end is spelled out because `$` alone would let a line break follow.
CONTROL = r"\x00-\x1f\x7f-\x9f"
END = r"(?![\s\S])"
WITHOUT_CONTROL = rf"^[^{CONTROL}]*{END}"

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200, pattern=WITHOUT_CONTROL)]
Version: TypeAlias = Annotated[str, Meta(min_length=1, max_length=256, pattern=WITHOUT_CONTROL)]
Uid: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200, pattern=WITHOUT_CONTROL)]
# Of records, which may call a feature anything; Postgres has no text with a NUL.
FeatureName: TypeAlias = Annotated[str, Meta(min_length=1, max_length=1024, pattern=rf"^[^\x00]*{END}")]

PLAIN_TEXT = "a text without control characters"
