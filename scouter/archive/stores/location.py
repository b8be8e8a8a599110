"""An address of SCOUTER_STORAGE_URI taken apart: gs://bucket/some/prefix."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

CLOUDS = {"s3": "bucket", "gs": "bucket", "az": "container"}
"""The schemes of remote stores, and what the first part of their addresses is called."""


@dataclass(frozen=True)
class Location:
    """A bucket and the prefix in it below which the archive lies; the prefix may be empty."""

    scheme: str
    bucket: str
    prefix: str

    @property
    def name(self) -> str:
        return f"{self.scheme}://{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def bucket_word(self) -> str:
        """What people call it: a bucket, or with Azure a container."""
        return CLOUDS[self.scheme]

    def key(self, path: str) -> str:
        """The whole name that a file of the archive has in its bucket."""
        return f"{self.prefix}/{path}" if self.prefix else path

    def url(self, path: str) -> str:
        return f"{self.scheme}://{self.bucket}/{quote(self.key(path), safe='/=')}"


def parse_location(uri: str) -> Location | None:
    """None for what is not the address of a remote store. Raises `ValueError` with what is accepted."""
    scheme, separator, rest = uri.partition("://")
    if not separator or scheme not in CLOUDS:
        return None
    bucket, _, prefix = rest.partition("/")
    parts = [part for part in prefix.split("/") if part]
    # Neither what could be a password nor what could lead elsewhere.
    if not bucket or any(character in rest for character in "@?#:") or {".", ".."} & {bucket, *parts}:
        raise ValueError(f"{scheme}://{CLOUDS[scheme]}/prefix, and nothing else in it")
    return Location(scheme, bucket, "/".join(parts))
