"""The store that SCOUTER_STORAGE_URI names."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from scouter.archive.stores.azure_account import azure_account
from scouter.archive.stores.google_account import google_account
from scouter.archive.stores.local import LocalStore
from scouter.archive.stores.location import Location, parse_location
from scouter.archive.stores.store import ObjectStore
from scouter.errors import StartRefused
from scouter.settings.archive import ArchiveSettings

_EXTRAS = {"s3": "s3", "gs": "gcs", "az": "azure"}  # of our package, by scheme


def open_store(settings: ArchiveSettings) -> ObjectStore:
    """Does not ask the store anything yet: `probe` does.

    Raises `StartRefused` for settings that cannot work.
    """
    try:
        location = parse_location(settings.storage_uri)
    except ValueError as accepted:
        raise StartRefused([f"SCOUTER_STORAGE_URI is not accepted: expected {accepted}"]) from None
    if location is None:
        return LocalStore(_directory(settings.storage_uri))
    try:
        return _remote(location, settings)
    except ModuleNotFoundError as missing:
        raise StartRefused(
            [
                f"{location.name} needs the Python package {missing.name}, which is not installed: "
                f"pip install 'scouter-server[{_EXTRAS[location.scheme]}]'"
            ]
        ) from None


def unset_store(settings: ArchiveSettings, store: ObjectStore, *, hot_days: int) -> str | None:
    """A sentence about the default, for a database that several servers may share; None when the store is set."""
    if settings.storage_uri != ArchiveSettings().storage_uri:
        return None
    return (
        f"SCOUTER_STORAGE_URI is not set: records older than {hot_days} days go to files in {store.name}. It has to "
        "outlive this process, and all servers of this database have to share it"
    )


def _directory(uri: str) -> Path:
    if not uri.startswith("file://"):
        return Path(uri).expanduser()
    parts = urlsplit(uri)
    if parts.netloc not in {"", "localhost"} or not parts.path or parts.query or parts.fragment:
        raise StartRefused(["SCOUTER_STORAGE_URI is not accepted: expected a path, or file:///path of this machine"])
    return Path(unquote(parts.path))


def _remote(location: Location, settings: ArchiveSettings) -> ObjectStore:
    """Each library costs memory and start-up time: it is imported only here, when it is wanted."""
    if location.scheme == "s3":
        from scouter.archive.stores.s3 import S3Store

        return S3Store(location, region=settings.aws_region, endpoint=settings.aws_endpoint_url)
    if location.scheme == "gs":
        return _gcs(location, settings)
    return _azure(location, settings)


def _gcs(location: Location, settings: ArchiveSettings) -> ObjectStore:
    from scouter.archive.stores.gcs import GcsStore

    emulator = settings.storage_emulator_host
    return GcsStore(location, account=None if emulator else google_account(settings), emulator=emulator)


def _azure(location: Location, settings: ArchiveSettings) -> ObjectStore:
    account = azure_account(settings)
    from scouter.archive.stores.azure import AzureStore

    return AzureStore(location, account)
