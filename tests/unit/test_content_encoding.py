"""Compressed bodies: unpacked, refused when they are too large, never larger in memory than is accepted."""

from __future__ import annotations

import gzip
import os
import resource
import subprocess
import sys
import zlib
from collections.abc import Callable

import pyarrow as pa
import pytest

from scouter.api.content_encoding import ENCODINGS, encoding_of, unpacked
from scouter.errors import TooLarge, Undecodable, UnsupportedEncoding

DATA = os.urandom(1000) * 700  # more than a piece
MIB = 2**20


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


PACKERS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("gzip", lambda data: gzip.compress(data[:5]) + gzip.compress(b"") + gzip.compress(data[5:])),
    ("deflate", zlib.compress),
    ("deflate", lambda data: zlib.compress(data)[2:-4]),
    ("zstd", zstd),
    ("zstd", lambda data: zstd(data[:9]) + zstd(data[9:])),
]
NAMES = ["gzip", "gzip members", "deflate", "bare deflate", "zstd", "zstd frames"]


@pytest.mark.parametrize(("encoding", "pack"), PACKERS, ids=NAMES)
@pytest.mark.parametrize("data", [b"", b"x", DATA[:100_003], DATA], ids=len)
def test_what_was_packed_is_unpacked(encoding: str, pack: Callable[[bytes], bytes], data: bytes) -> None:
    assert unpacked(pack(data), encoding, maximum=len(data)) == data


@pytest.mark.parametrize(("encoding", "pack"), PACKERS, ids=NAMES)
def test_a_byte_too_many_is_too_large(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(TooLarge, match="larger than 699999 bytes once it is unpacked"):
        unpacked(pack(DATA), encoding, maximum=len(DATA) - 1)


@pytest.mark.parametrize(("encoding", "pack"), PACKERS, ids=NAMES)
def test_what_is_not_packed_like_that_is_said(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(DATA)
    for bad in (
        packed[:-1],
        packed[: len(packed) // 2],
        b"x" + packed,
        packed + b"behind",
        packed[:1],
        b'{"records": []}',
    ):
        with pytest.raises(Undecodable, match=f"the body .* {encoding}"):
            unpacked(bad, encoding, maximum=10 * MIB)


def test_many_empty_members_are_refused_at_once() -> None:
    with pytest.raises(Undecodable, match="more than 1000 gzip members"):
        unpacked(gzip.compress(b"") * 100_000, "gzip", maximum=MIB)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_bomb_costs_no_more_than_a_good_body(encoding: str) -> None:
    """In a process of its own, of which is known how much memory it ever had."""
    script = f"from tests.unit.test_content_encoding import unpack_bomb; unpack_bomb({encoding!r})"
    grown = int(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout)
    assert grown < 30 * MIB


def unpack_bomb(encoding: str) -> None:
    packed = bomb(encoding)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        unpacked(packed, encoding, maximum=16 * MIB)
    except TooLarge:
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)


def bomb(encoding: str) -> bytes:
    """Ten gigabytes of nothing."""
    if encoding == "zstd":
        return zstd(bytes(16 * MIB)) * 640
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if encoding == "gzip" else 15)
    head, again = (packer.compress(bytes(16 * MIB)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return head + again * 640  # nothing in it refers to what was before it


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        (None, None),
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        (" GZip ", "gzip"),
        ("x-gzip", "gzip"),
        ("zstd", "zstd"),
    ],
)
def test_a_header_names_an_encoding_or_none(header: str | None, encoding: str | None) -> None:
    assert encoding_of(header) == encoding


@pytest.mark.parametrize("header", ["br", "gzip, gzip", "compress", "*", "gzip;q=1", "x" * 500])
def test_any_other_encoding_is_refused(header: str) -> None:
    with pytest.raises(UnsupportedEncoding, match="expected one of gzip, deflate, zstd, or none") as refused:
        encoding_of(header)
    assert len(refused.value.message) < 400
