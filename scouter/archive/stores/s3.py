"""The archive in a bucket of S3, or of a service that speaks its protocol (AWS_ENDPOINT_URL)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from datafusion.object_store import AmazonS3
from fsspec.asyn import AsyncFileSystem, sync
from s3fs import S3FileSystem

from scouter.archive.stores.location import Location
from scouter.archive.stores.remote import ANSWER_SECONDS, CONNECT_SECONDS, READ_SECONDS, RemoteStore

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials
    from datafusion import SessionContext


class S3Store(RemoteStore):
    """Credentials come from where botocore finds them: environment, profile, web identity, instance."""

    _errors: ClassVar[tuple[type[Exception], ...]] = (OSError, BotoCoreError, ClientError)

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
        context.register_object_store("s3://", self._native(credentials), self._location.bucket)

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

    def _why(self, problem: Exception) -> str:
        code = _code(problem)
        if isinstance(problem, NoCredentialsError | PartialCredentialsError):
            return "no AWS credentials were found"
        if isinstance(problem, ConnectionError | HTTPClientError | TimeoutError):
            return "it does not answer"
        if isinstance(problem, PermissionError):
            return f"it refuses the credentials ({code})"
        if code == "NoSuchBucket":
            return f"there is no bucket {self._location.bucket}"
        if isinstance(problem, FileNotFoundError):
            return "a file is missing"
        return f"it answered {code}"


async def _credentials(files: S3FileSystem) -> ReadOnlyCredentials:
    await files.set_session()
    found = await files.session.get_credentials()
    if found is None:
        raise NoCredentialsError
    return await found.get_frozen_credentials()


def _code(problem: Exception) -> str:
    """What S3 calls the error; its text is left out, for it quotes the request."""
    for error in (problem, problem.__cause__):
        if isinstance(error, ClientError):
            return str(error.response["Error"].get("Code"))
    return type(problem).__name__
