"""A PNG of a page made smaller: 256 colours, which is what a page has but for the edges of its letters.

After the PNG specification, third edition (W3C, 2025): sections 9 (filters) and 11 (chunks).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}  # colour types: RGB, RGB with alpha
_COLOURS = 256
_BITS = 5  # of each channel: colours that are the same in these share a cell


def smaller(png: bytes) -> bytes:
    """The same picture. `png`: eight bits a channel, opaque, not interlaced, as Chromium writes it."""
    pixels = _decoded(png)
    palette, indices = _palette(pixels.reshape(-1, 3))
    return _encoded(palette, indices.reshape(pixels.shape[:2]))


def _decoded(png: bytes) -> Bytes:
    """Of shape (height, width, 3)."""
    chunks = list(_chunks(png))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if depth != 8 or kind not in _CHANNELS or interlaced:
        raise ValueError("a PNG of another form")
    channels = _CHANNELS[kind]
    raw = zlib.decompress(b"".join(data for name, data in chunks if name == b"IDAT"))
    lines = np.frombuffer(raw, np.uint8).reshape(height, 1 + width * channels)
    before = np.zeros((width, channels), np.uint8)
    made = np.empty((height, width, channels), np.uint8)
    for row, line in enumerate(lines):
        before = made[row] = _unfiltered(int(line[0]), line[1:].reshape(width, channels), before)
    return made[:, :, :3]


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_SIGNATURE)
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        yield png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        place += length + 12


def _unfiltered(kind: int, line: Bytes, above: Bytes) -> Bytes:
    """A line of shape (width, channels) from what is written of it, and from the one above."""
    if kind in (0, 2):
        return line + above if kind else line
    if kind == 1:
        return np.cumsum(line, axis=0, dtype=np.uint8)
    step = _average if kind == 3 else _paeth
    made = [[0] * line.shape[1]]
    corner = [0] * line.shape[1]
    for written, up in zip(line.tolist(), above.tolist(), strict=True):
        made.append([(each + step(*near)) % 256 for each, *near in zip(written, made[-1], up, corner, strict=True)])
        corner = up
    return np.array(made[1:], np.uint8)


def _average(left: int, up: int, corner: int) -> int:  # as _paeth
    return (left + up) // 2


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    nearest = min(abs(guess - left), abs(guess - up), abs(guess - corner))
    if nearest == abs(guess - left):
        return left
    return up if nearest == abs(guess - up) else corner


def _palette(pixels: Bytes) -> tuple[Bytes, Bytes]:
    """Colours of shape (256 at most, 3), and for each pixel the number of its own."""
    cells = (pixels >> (8 - _BITS)).astype(np.uint32) @ np.array([1 << 2 * _BITS, 1 << _BITS, 1], np.uint32)
    _, places, counts = np.unique(cells, return_inverse=True, return_counts=True)
    means = np.stack([np.bincount(places, weights=pixels[:, n]) for n in range(3)], axis=1) / counts[:, None]
    kept = np.sort(np.argsort(-counts)[:_COLOURS])
    nearest = ((means[:, None] - means[kept][None]) ** 2).sum(axis=2).argmin(axis=1)
    return np.rint(means[kept]).astype(np.uint8), nearest.astype(np.uint8)[places]


def _encoded(palette: Bytes, indices: Bytes) -> bytes:
    height, width = indices.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), indices], axis=1)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", palette.tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    ]
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
