"""The archive in a bucket of Google Cloud Storage."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

# Read at import. The first spares requests that only some buckets answer (an emulator: 60 s each); the second is how
# long a machine outside Google's cloud is asked whether it is inside.
os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
os.environ.setdefault("GCE_METADATA_TIMEOUT", "1")

import google.auth
from aiohttp import ClientError, ClientTimeout
from datafusion.object_store import GoogleCloud
from fsspec.asyn import AsyncFileSystem
from gcsfs import GCSFileSystem
from gcsfs.retry import ChecksumError, HttpError, NonRetryableError
from google.auth.credentials import Credentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, RefreshError, TransportError
from google.auth.transport.requests import Request
from google.oauth2 import service_account
from requests import RequestException

from scouter.archive.stores.location import Location
from scouter.archive.stores.native import building
from scouter.archive.stores.remote import CHUNK_BYTES, CONNECT_SECONDS, READ_SECONDS, RemoteStore
from scouter.archive.stores.trouble import Trouble

if TYPE_CHECKING:
    from datafusion import SessionContext

# It logs a traceback for every request that fails; what is wrong is raised, and said once.
logging.getLogger("gcsfs").setLevel(logging.CRITICAL)

_SCOPES = ["https://www.googleapis.com/auth/devstorage.read_write"]
_TOKEN_SECONDS = 4


class GcsStore(RemoteStore):
    """`account` is a service account's key as its JSON says it; without one it is the application default credentials.

    `emulator` is the address of one (STORAGE_EMULATOR_HOST), which asks for no credentials.
    """

    _errors: ClassVar[tuple[type[Exception], ...]] = (
        OSError,
        ValueError,  # gcsfs: some answers that are a 400
        ClientError,
        GoogleAuthError,
        HttpError,
        ChecksumError,
        NonRetryableError,
        RequestException,
    )
    _put_options: ClassVar[dict[str, Any]] = {"chunksize": CHUNK_BYTES}

    def __init__(self, location: Location, *, account: Mapping[str, Any] | None, emulator: str | None) -> None:
        super().__init__(location)
        self._account = account
        self._emulator = emulator

    def _connect(self) -> AsyncFileSystem:
        return GCSFileSystem(
            token="anon" if self._emulator else self._credentials(),
            endpoint_url=self._emulator,
            session_kwargs={"timeout": _timeouts()},
            use_listings_cache=False,
            skip_instance_cache=True,
        )

    def _credentials(self) -> Credentials:
        if self._account is None:
            found, _ = google.auth.default(scopes=_SCOPES)
        else:
            found = service_account.Credentials.from_service_account_info(self._account, scopes=_SCOPES)  # type: ignore[no-untyped-call]
        return found

    def _fs(self) -> AsyncFileSystem:
        """With a token that lasts: gcsfs itself would wait for a new one in the event loop, for up to two minutes."""
        files = super()._fs()
        if files.credentials.credentials is not None:
            with self._lock:
                _refresh(files.credentials)
        return files

    async def _list_one(self, files: AsyncFileSystem) -> object:
        """Without gcsfs's six attempts, which would take longer than there is time."""
        once = GCSFileSystem._request.__wrapped__
        bucket, prefix = self._location.bucket, self._location.key("")
        return await once(files, "GET", "b/{}/o", bucket, maxResults=1, prefix=prefix)

    def register(self, context: SessionContext) -> None:
        with building(self.name):
            native = self._native()
        context.register_object_store("gs://", native, self._location.bucket)

    def _native(self) -> GoogleCloud:
        """DataFusion takes a key from a file only, and reads it at once: the file is gone before this returns.

        Without one it finds the application default credentials by itself.
        """
        key = _emulator_key(self._emulator) if self._emulator else self._account
        path = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
        if key is None:
            return GoogleCloud(self._location.bucket, path)
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:  # mode 0600
            json.dump(key, file)
            file.flush()
            return GoogleCloud(self._location.bucket, file.name)

    def _trouble(self, problem: Exception) -> Trouble:
        match problem:
            case DefaultCredentialsError():
                return Trouble.NO_CREDENTIALS
            case FileNotFoundError():
                return Trouble.MISSING
            case ClientError() | TimeoutError() | TransportError() | RequestException():
                return Trouble.NO_ANSWER
        refused = isinstance(problem, RefreshError) or self._code(problem) in {"401", "403"}
        return Trouble.REFUSED if refused else Trouble.OTHER

    def _code(self, problem: Exception) -> str:
        if isinstance(problem, HttpError):
            return str(problem.code)
        if isinstance(problem, OSError) and str(problem).startswith("Forbidden"):  # how gcsfs says 403
            return "403"
        return type(problem).__name__


def _refresh(holder: Any) -> None:
    """`holder` is what gcsfs keeps its credentials in; it refreshes five minutes before the end, this earlier."""
    if not holder._credentials_valid(refresh_buffer=600):
        holder.credentials.refresh(partial(Request(), timeout=_TOKEN_SECONDS))
        holder.credentials.apply(holder.heads)


def _timeouts() -> ClientTimeout:
    return ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS)


def _emulator_key(address: str) -> dict[str, object]:
    nothing = {"client_email": "", "private_key": "", "private_key_id": ""}
    return {"gcs_base_url": address, "disable_oauth": True, **nothing}
