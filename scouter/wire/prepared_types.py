"""Struct types are made ready for decoding before there are threads.

msgspec works out a struct type when it is decoded into for the first time. In 0.22 two threads that do so at once
crash the process: the second finds a description of the type that the first has not filled in yet, and reads through
a null pointer. A description that is complete is never written again.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec


def prepare_struct_types() -> None:
    """Work out every struct type that has been imported. Call it before any thread is started."""
    for struct_type in set(_below(msgspec.Struct)):
        msgspec.json.Decoder(struct_type)


def _below(parent: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for child in parent.__subclasses__():
        yield child
        yield from _below(child)
