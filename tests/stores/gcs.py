"""Google Cloud Storage of our own: gcp-storage-emulator, everything in memory. It asks nobody for credentials."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.brokers.broker_process import BrokerProcess
from tests.steady_ports import steady_ports
from tests.stores.place import Place

BUCKET = "archive"


def missing_for_gcs() -> str | None:
    """Why no GCS can be started here; None when it can."""
    if find_spec("gcp_storage_emulator"):
        return None
    return "no GCS: the Python package gcp-storage-emulator is not installed; scripts/test installs it"


class GcsService:
    def __init__(self, directory: Path) -> None:
        [self._port] = steady_ports(1)
        command = [sys.executable, "-m", "tests.stores.gcs_emulator", str(self._port), BUCKET]
        root = str(Path(__file__).parents[2])
        environment = {**os.environ, "PYTHONPATH": root, "PYTHONUNBUFFERED": "1"}
        self._process = BrokerProcess(command, environment, directory, ready="serving")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def place(self) -> Place:
        return Place(f"gs://{BUCKET}", {"STORAGE_EMULATOR_HOST": self.address})

    def start(self) -> Self:
        self._process.start()
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
