"""The archive in a container of Azure Blob Storage."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import parse_qsl

from adlfs import AzureBlobFileSystem
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.identity.aio import DefaultAzureCredential
from azure.storage.blob.aio import BlobServiceClient, LinearRetry
from datafusion.object_store import MicrosoftAzure
from fsspec.asyn import AsyncFileSystem, sync

from scouter.archive.stores.azure_account import AzureAccount
from scouter.archive.stores.location import Location
from scouter.archive.stores.native import building
from scouter.archive.stores.remote import ANSWER_SECONDS, CONNECT_SECONDS, READ_SECONDS, RemoteStore
from scouter.archive.stores.trouble import Trouble

if TYPE_CHECKING:
    from datafusion import SessionContext

# A page for each way to log in that does not work; what is wrong is raised, and said once.
logging.getLogger("azure.identity").setLevel(logging.ERROR)

_TOKEN_SCOPE = "https://storage.azure.com/.default"  # noqa: S105  # what it is for, not the token
_REFUSED = {401, 403}


class AzureStore(RemoteStore):
    """With an account's key, a shared access signature, or else Azure's default credential (workload, managed, CLI)."""

    _errors: ClassVar[tuple[type[Exception], ...]] = (OSError, ValueError, AzureError)

    def __init__(self, location: Location, account: AzureAccount) -> None:
        super().__init__(location)
        self._account = account

    def _connect(self) -> AsyncFileSystem:
        credential = None if self._account.has_secret else DefaultAzureCredential()
        files = AzureBlobFileSystem(
            account_name=self._account.name,
            credential=credential,
            anon=credential is None,  # the client below has the key
            max_concurrency=2,  # adlfs would hold 128 blocks of a file in memory
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        files.service_client = self._client(credential)
        return files

    def _client(self, credential: DefaultAzureCredential | None) -> BlobServiceClient:
        """adlfs makes one without a way to say how patient it is: 15 s before the first retry."""
        return BlobServiceClient(
            self._account.endpoint,
            credential or self._account.key_of_client or self._account.signature,
            retry_policy=LinearRetry(backoff=1, retry_total=2, random_jitter_range=0),
            connection_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
        )

    async def _list_one(self, files: AsyncFileSystem) -> object:
        async with files.service_client.get_container_client(self._location.bucket) as container:
            found = container.list_blobs(name_starts_with=self._location.key(""), results_per_page=1)
            return await anext(aiter(found), None)

    def register(self, context: SessionContext) -> None:
        with self._problems(), building(self.name):
            native = self._native()
        context.register_object_store("az://", native, self._location.bucket)

    def _native(self) -> MicrosoftAzure:
        # DataFusion learns of an endpoint through the environment only.
        os.environ["AZURE_STORAGE_ENDPOINT"] = self._account.endpoint
        return MicrosoftAzure(
            self._location.bucket,
            account=self._account.name,
            allow_http=self._account.endpoint.startswith("http://"),
            **self._native_secret(),
        )

    def _native_secret(self) -> dict[str, Any]:
        if self._account.key:
            return {"access_key": self._account.key}
        if self._account.signature:
            return {"sas_query_pairs": parse_qsl(self._account.signature, keep_blank_values=True)}
        files = self._fs()
        return {"bearer_token": sync(files.loop, _token, files, timeout=ANSWER_SECONDS)}

    def _trouble(self, problem: Exception) -> Trouble:
        if isinstance(problem, ClientAuthenticationError) and problem.response is None:  # nobody was asked
            return Trouble.NO_CREDENTIALS
        if isinstance(problem, ServiceRequestError | ServiceResponseError | TimeoutError):
            return Trouble.NO_ANSWER
        status = problem.status_code if isinstance(problem, HttpResponseError) else None
        if status == 404 or isinstance(problem, FileNotFoundError):
            return Trouble.MISSING
        return Trouble.REFUSED if status in _REFUSED or isinstance(problem, PermissionError) else Trouble.OTHER

    def _code(self, problem: Exception) -> str:
        code = getattr(problem, "error_code", None)
        return str(getattr(code, "value", code) or type(problem).__name__)


async def _token(files: AzureBlobFileSystem) -> str:
    return str((await files.credential.get_token(_TOKEN_SCOPE)).token)
