"""Bodies that come compressed, as collectors and proxies send them.

What is unpacked is bounded, and no more than that is ever held: a bomb of gigabytes costs what a good body costs.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Generator, Iterator

from scouter.errors import TooLarge, Undecodable, UnsupportedEncoding

_READ_BYTES = 64 * 2**10
_PIECE_BYTES = 256 * 2**10
_MAX_MEMBERS = 1000  # of one body; each costs, however little is in it
_GZIP, _ZLIB, _BARE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


def encoding_of(header: str | None) -> str | None:
    """What a `Content-Encoding` header names; None: the body is as it is. Raises `UnsupportedEncoding`."""
    named = (header or "").strip().lower().removeprefix("x-")
    if named in ("", "identity"):
        return None
    if named not in _UNPACK:
        raise UnsupportedEncoding(header or "", ENCODINGS)
    return named


def unpacked(packed: bytes, encoding: str, *, maximum: int) -> bytes:
    """A whole body. Raises `TooLarge` beyond `maximum` bytes, and `Undecodable` for what is not packed like that."""
    pieces, size = [], 0
    for piece in _UNPACK[encoding](packed):
        size += len(piece)
        if size > maximum:
            raise TooLarge(
                f"the body is larger than {maximum} bytes once it is unpacked",
                action="send smaller messages, or raise SCOUTER_MAX_MESSAGE_BYTES",
            )
        pieces.append(piece)
    return b"".join(pieces)


def _gzip(packed: bytes) -> Iterator[bytes]:
    """Several members, one behind the other, are one body."""
    at = 0
    for _ in range(_MAX_MEMBERS):
        at = yield from _inflated(packed, at, _GZIP, "gzip")
        if at == len(packed):
            return
    raise Undecodable(f"the body is more than {_MAX_MEMBERS} gzip members")


def _deflate(packed: bytes) -> Iterator[bytes]:
    """By the standard with the head and the sum of zlib; some senders leave them away."""
    has_head = len(packed) > 1 and packed[0] & 15 == 8 and int.from_bytes(packed[:2]) % 31 == 0
    end = yield from _inflated(packed, 0, _ZLIB if has_head else _BARE, "deflate")
    if end != len(packed):
        raise Undecodable("the body goes on behind the end of its deflate")


def _inflated(packed: bytes, at: int, wbits: int, encoding: str) -> Generator[bytes, None, int]:
    """What one stream holds that begins at that place. Returns where it ends."""
    stream = zlib.decompressobj(wbits)
    piece, left = b"", b""
    while not stream.eof:
        if not left and not piece:
            left, at = packed[at : at + _READ_BYTES], at + _READ_BYTES
            if not left:
                raise Undecodable(f"the body is not whole: its {encoding} ends early")
        try:
            piece = stream.decompress(left, _PIECE_BYTES)
        except zlib.error as error:
            raise Undecodable(f"the body is no {encoding}: {error}") from None
        left = stream.unconsumed_tail
        yield piece
    return min(at, len(packed)) - len(stream.unused_data)


def _zstd(packed: bytes) -> Iterator[bytes]:
    import pyarrow as pa  # only when it is asked for: it costs memory

    try:
        with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
            while piece := stream.read(_PIECE_BYTES):
                yield piece
    except OSError as error:
        raise Undecodable(f"the body is no zstd: {error}") from None


_UNPACK: dict[str, Callable[[bytes], Iterator[bytes]]] = {"gzip": _gzip, "deflate": _deflate, "zstd": _zstd}
ENCODINGS = tuple(_UNPACK)
