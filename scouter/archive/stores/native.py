"""What DataFusion's own clients of object stores say when something is wrong, as `StoreAway`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from scouter.archive.stores.store import ObjectStore
from scouter.archive.stores.trouble import Trouble
from scouter.errors import StoreAway

_STORE_PROBLEM = re.compile(
    r"object store error|generic \w+ error|object at location|no files found at|parquet error", re.IGNORECASE
)
_SIGNS = (
    (Trouble.DAMAGED, re.compile(r"parquet error", re.IGNORECASE)),
    (Trouble.MISSING, re.compile(r"not found|no such file|no files found", re.IGNORECASE)),
    (Trouble.REFUSED, re.compile(r"40[13] |necessary privileges|unauthenticated", re.IGNORECASE)),
    (Trouble.NO_ANSWER, re.compile(r"error sending request|timed? ?out|retries", re.IGNORECASE)),
)


@contextmanager
def reading(store: ObjectStore) -> Iterator[None]:
    """Around everything in which DataFusion reads files of `store`: making a frame of them, and collecting it.

    Its errors have no classes, only text, and that may quote an address: none of it is passed on. Two traps remain
    for the caller. With a schema given, a file that is missing or empty counts as no rows and is no error at all. And
    a store that falls silent in the middle is waited for up to three minutes: ask `probe` first, and set a deadline.
    """
    try:
        yield
    except Exception as problem:
        text = str(problem)
        if isinstance(problem, StoreAway) or not _STORE_PROBLEM.search(text):
            raise
        trouble = next((trouble for trouble, sign in _SIGNS if sign.search(text)), Trouble.OTHER)
        said = "a file is missing" if trouble is Trouble.MISSING else trouble.value
        raise StoreAway(store.name, f"{said} (while reading)") from None


@contextmanager
def building(name: str) -> Iterator[None]:
    """Around the making of a client: what it does not like is a panic of Rust, which is no `Exception`."""
    try:
        yield
    except BaseException as panic:
        if type(panic).__name__ != "PanicException":
            raise
        raise StoreAway(name, "DataFusion cannot use its address or credentials") from None
