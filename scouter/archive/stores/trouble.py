"""What can be wrong with a remote store, as far as anybody can do something about it."""

from __future__ import annotations

from enum import Enum


class Trouble(Enum):
    """The value is how it is said."""

    NO_ANSWER = "it does not answer"
    NO_CREDENTIALS = "no credentials were found for it"
    REFUSED = "it refuses the credentials"
    MISSING = "it is not there"
    DAMAGED = "a file in it is damaged"
    OTHER = "it answers with an error"
