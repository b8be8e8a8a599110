"""Which account of Azure, where it is, and the secret that opens it: from single variables or a connection string."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from scouter.errors import StartRefused
from scouter.settings.archive import ArchiveSettings

_SUFFIX = "core.windows.net"


@dataclass(frozen=True)
class AzureAccount:
    """At most one of key and signature; with neither, the machine's own identity is used."""

    name: str
    endpoint: str
    """Of its blobs, such as https://name.blob.core.windows.net."""
    key: str | None = field(default=None, repr=False)
    signature: str | None = field(default=None, repr=False)

    @property
    def has_secret(self) -> bool:
        return bool(self.key or self.signature)

    @property
    def key_of_client(self) -> dict[str, str] | None:
        """As Azure's own library wants it: from the address of an emulator it would not learn the name."""
        return {"account_name": self.name, "account_key": self.key} if self.key else None


def azure_account(settings: ArchiveSettings) -> AzureAccount:
    """Raises `StartRefused` when the variables do not make one account."""
    account = _connected(settings) if settings.azure_connection_string else _named(settings)
    if account.key and account.signature:
        raise StartRefused(["an Azure account key and an Azure SAS token are both set; set one of them"])
    if account.key and not _is_base64(account.key):
        raise StartRefused(["the Azure account key is not accepted: expected base64 text"])
    return account


def _named(settings: ArchiveSettings) -> AzureAccount:
    name = settings.azure_storage_account
    if not name:
        raise StartRefused(
            ["an archive at az:// needs AZURE_STORAGE_ACCOUNT_NAME, or AZURE_STORAGE_CONNECTION_STRING with everything"]
        )
    return AzureAccount(
        name, f"https://{name}.blob.{_SUFFIX}", settings.azure_storage_key, _signature(settings.azure_sas_token)
    )


def _connected(settings: ArchiveSettings) -> AzureAccount:
    if settings.azure_storage_key or settings.azure_sas_token:
        raise StartRefused(
            ["AZURE_STORAGE_CONNECTION_STRING is set, and a key or SAS token beside it; set one of them"]
        )
    parts = _parts(settings.azure_connection_string or "")
    endpoint = parts.get("blobendpoint") or _usual_endpoint(parts)
    if urlsplit(endpoint).scheme not in {"http", "https"} or not urlsplit(endpoint).hostname:
        raise StartRefused(["BlobEndpoint of AZURE_STORAGE_CONNECTION_STRING is not accepted: expected https://..."])
    name = parts.get("accountname") or urlsplit(endpoint).hostname or ""
    if settings.azure_storage_account not in (None, name):
        raise StartRefused(["AZURE_STORAGE_ACCOUNT_NAME is not the account of AZURE_STORAGE_CONNECTION_STRING"])
    signature = _signature(parts.get("sharedaccesssignature"))
    return AzureAccount(name.partition(".")[0], endpoint.rstrip("/"), parts.get("accountkey"), signature)


def _parts(connection_string: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in connection_string.split(";") if part.strip()]
    parts = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if not ({"accountname", "blobendpoint"} & parts.keys()) or not (
        {"accountkey", "sharedaccesssignature"} & parts.keys()
    ):
        raise StartRefused(["AZURE_STORAGE_CONNECTION_STRING is not accepted: expected AccountName=...;AccountKey=..."])
    return parts


def _usual_endpoint(parts: dict[str, str]) -> str:
    protocol = parts.get("defaultendpointsprotocol", "https")
    return f"{protocol}://{parts['accountname']}.blob.{parts.get('endpointsuffix', _SUFFIX)}"


def _signature(token: str | None) -> str | None:
    return token.lstrip("?") if token else None


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return True
