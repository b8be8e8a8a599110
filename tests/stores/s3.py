"""S3 of our own: moto's server, everything in memory.

with S3Service(tmp_path) as s3:
    s3.place()
"""

from __future__ import annotations

import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from botocore.session import Session

from tests.brokers.broker_process import BrokerProcess
from tests.steady_ports import steady_ports
from tests.stores.place import Place

BUCKET = "archive"
_USER = "archivist"
_EVERYTHING = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
# Requests that make the bucket and the user; after them moto asks for credentials.
_PREPARATIONS = 4


def missing_for_s3() -> str | None:
    """Why no S3 can be started here; None when it can."""
    if find_spec("moto") and find_spec("flask"):
        return None
    return "no S3: the Python package moto[server] is not installed; scripts/test installs it"


class S3Service:
    """With `guarded` it asks for credentials, and knows one user; else it takes everybody in."""

    def __init__(self, directory: Path, *, guarded: bool = False) -> None:
        [self._port] = steady_ports(1)
        self._guarded = guarded
        self._key, self._secret = "anybody", "anything-at-all"
        free = str(_PREPARATIONS) if guarded else "inf"
        environment = {**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": free, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self._port)]
        self._process = BrokerProcess(command, environment, directory, ready="Running on")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def place(self) -> Place:
        environment = {
            "AWS_ENDPOINT_URL": self.address,
            "AWS_ACCESS_KEY_ID": self._key,
            "AWS_SECRET_ACCESS_KEY": self._secret,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        return Place(f"s3://{BUCKET}", environment, self._secret)

    def start(self) -> Self:
        self._process.start()
        self.client("s3").create_bucket(Bucket=BUCKET)
        if self._guarded:
            self._make_user(self.client("iam"))
        return self

    def stop(self) -> None:
        self._process.stop()

    def freeze(self) -> None:
        self._process.freeze()

    def thaw(self) -> None:
        self._process.thaw()

    def client(self, service: str) -> Any:
        return Session().create_client(
            service,
            region_name="us-east-1",
            endpoint_url=self.address,
            aws_access_key_id=self._key,
            aws_secret_access_key=self._secret,
        )

    def _make_user(self, iam: Any) -> None:
        iam.create_user(UserName=_USER)
        iam.put_user_policy(UserName=_USER, PolicyName="all", PolicyDocument=json.dumps(_EVERYTHING))
        made = iam.create_access_key(UserName=_USER)["AccessKey"]
        self._key, self._secret = made["AccessKeyId"], made["SecretAccessKey"]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
