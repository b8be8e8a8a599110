"""Azure Blob Storage of our own: azurite, which scripts/azurite installs."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from azure.storage.blob import AccountSasPermissions, BlobServiceClient, ResourceTypes, generate_account_sas

from tests.brokers.broker_process import BrokerProcess
from tests.steady_ports import steady_ports
from tests.stores.place import Place

CONTAINER = "archive"
ACCOUNT = "devstoreaccount1"
# Published with azurite: it knows this account and no other.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
_PROGRAM = Path(__file__).parents[2] / ".cache" / "azurite" / "node_modules" / ".bin" / "azurite-blob"


def missing_for_azure() -> str | None:
    """Why no Azure can be started here; None when it can."""
    if shutil.which("node") is None:
        return "no Azure: there is no `node`, which azurite needs"
    if not _PROGRAM.exists():
        return "no Azure: azurite is not installed; scripts/azurite fetches it"
    return None


class AzureService:
    def __init__(self, directory: Path) -> None:
        [self._port] = steady_ports(1)
        where = ["--blobHost", "127.0.0.1", "--blobPort", str(self._port), "--inMemoryPersistence"]
        alone = ["--silent", "--disableTelemetry", "--skipApiVersionCheck"]
        command = [str(_PROGRAM), *where, *alone]
        self._process = BrokerProcess(command, os.environ, directory, ready="successfully listens")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}/{ACCOUNT}"

    def place(self) -> Place:
        return self.place_with(f"AccountName={ACCOUNT};AccountKey={KEY}", KEY)

    def signed_place(self) -> Place:
        """With a shared access signature in place of the key."""
        signature = generate_account_sas(
            ACCOUNT,
            KEY,
            ResourceTypes(container=True, object=True),
            AccountSasPermissions(read=True, write=True, delete=True, list=True, create=True),
            datetime.now(UTC) + timedelta(hours=1),
        )
        return self.place_with(f"SharedAccessSignature={signature}", signature.rpartition("sig=")[2])

    def place_with(self, credentials: str, secret: str) -> Place:
        connection = f"DefaultEndpointsProtocol=http;BlobEndpoint={self.address};{credentials}"
        if "AccountName" not in credentials:
            connection += f";AccountName={ACCOUNT}"
        return Place(f"az://{CONTAINER}", {"AZURE_STORAGE_CONNECTION_STRING": connection}, secret)

    def start(self) -> Self:
        self._process.start()
        with BlobServiceClient(self.address, {"account_name": ACCOUNT, "account_key": KEY}) as client:
            client.create_container(CONTAINER)
        return self

    def stop(self) -> None:
        self._process.stop()

    def freeze(self) -> None:
        self._process.freeze()

    def thaw(self) -> None:
        self._process.thaw()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
