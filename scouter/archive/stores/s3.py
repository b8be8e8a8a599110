"""The archive in a bucket of S3, or of a service that speaks its protocol (AWS_ENDPOINT_URL)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)
from datafusion.object_store import AmazonS3
from fsspec.asyn import AsyncFileSystem, sync
from s3fs import S3FileSystem

from scouter.archive.stores.location import Location
from scouter.archive.stores.native import building
from scouter.archive.stores.remote import ANSWER_SECONDS, CHUNK_BYTES, CONNECT_SECONDS, READ_SECONDS, RemoteStore
from scouter.archive.stores.trouble import Trouble

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials
    from datafusion import SessionContext

_REFUSALS = {"ExpiredTokenException", "InvalidClientTokenId", "InvalidToken", "TokenRefreshRequired"}
"""Besides those that s3fs turns into `PermissionError`."""


class S3Store(RemoteStore):
    """Credentials come from where botocore finds them: environment, profile, web identity, instance."""

    _errors: ClassVar[tuple[type[Exception], ...]] = (OSError, BotoCoreError, ClientError)
    _put_options: ClassVar[dict[str, Any]] = {"chunksize": CHUNK_BYTES, "max_concurrency": 2}

    def __init__(self, location: Location, *, region: str, endpoint: str | None) -> None:
        super().__init__(location)
        self._region = region
        self._endpoint = endpoint

    def _connect(self) -> AsyncFileSystem:
        files = S3FileSystem(
            endpoint_url=self._endpoint,
            client_kwargs={"region_name": self._region},
            config_kwargs=self._configuration(),
            use_listings_cache=False,
            skip_instance_cache=True,
        )
        files.retries = 2  # times botocore's own
        return files

    def _configuration(self) -> dict[str, object]:
        return {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
            "retries": {"total_max_attempts": 2},
            # DataFusion, too, puts the bucket into the path when there is an endpoint.
            "s3": {"addressing_style": "path" if self._endpoint else "auto"},
        }

    async def _list_one(self, files: AsyncFileSystem) -> object:
        prefix = self._location.key("")
        return await files._call_s3("list_objects_v2", Bucket=self._location.bucket, Prefix=prefix, MaxKeys=1)

    def register(self, context: SessionContext) -> None:
        """With credentials of this moment: those of a role change every hour."""
        with self._problems():
            files = self._fs()
            credentials = sync(files.loop, _credentials, files, timeout=ANSWER_SECONDS)
        with building(self.name):
            native = self._native(credentials)
        context.register_object_store("s3://", native, self._location.bucket)

    def _native(self, credentials: ReadOnlyCredentials) -> AmazonS3:
        return AmazonS3(
            self._location.bucket,
            region=self._region,
            access_key_id=credentials.access_key,
            secret_access_key=credentials.secret_key,
            session_token=credentials.token,
            endpoint=self._endpoint,
            allow_http=(self._endpoint or "").startswith("http://"),
        )

    def _trouble(self, problem: Exception) -> Trouble:
        match problem:
            case NoCredentialsError() | PartialCredentialsError() | ProfileNotFound():
                return Trouble.NO_CREDENTIALS
            case FileNotFoundError():
                return Trouble.MISSING
            case ConnectionError() | HTTPClientError():
                return Trouble.NO_ANSWER
            case OSError() if not isinstance(problem.__cause__, ClientError):  # of the connection, not an answer
                return Trouble.NO_ANSWER
        refused = isinstance(problem, PermissionError) or self._code(problem) in _REFUSALS
        return Trouble.REFUSED if refused else Trouble.OTHER

    def _code(self, problem: Exception) -> str:
        for error in (problem, problem.__cause__):
            if isinstance(error, ClientError):
                return str(error.response["Error"].get("Code"))
        return type(problem).__name__


async def _credentials(files: S3FileSystem) -> ReadOnlyCredentials:
    await files.set_session()
    found = await files.session.get_credentials()
    if found is None:
        raise NoCredentialsError
    return await found.get_frozen_credentials()
