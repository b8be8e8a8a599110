"""Which store the settings name, what stops the start, and what is not loaded for it."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from scouter.archive.stores.local import LocalStore
from scouter.archive.stores.location import Location, parse_location
from scouter.archive.stores.opening import open_store
from scouter.archive.stores.store import ObjectStore
from scouter.errors import StartRefused
from scouter.settings.settings import Settings
from tests.server_process import ROOT

SECRET = "c2VjcmV0LXRoYXQtaXMtbm90LXNob3du"


def opened(uri: str, **environment: str) -> ObjectStore:
    return open_store(Settings.from_environment({"SCOUTER_STORAGE_URI": uri, **environment}).archive)


def problem(uri: str, **environment: str) -> str:
    with pytest.raises(StartRefused) as refused:
        opened(uri, **environment)
    [said] = refused.value.problems
    assert SECRET not in said
    return said


def test_without_a_setting_the_archive_is_beside_the_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store(Settings().archive)
    assert (store.name, store.is_remote) == (str(tmp_path / "scouter_storage"), False)


@pytest.mark.parametrize(
    ("uri", "directory"),
    [
        ("/var/lib/archive", "/var/lib/archive"),
        ("file:///var/lib/archive", "/var/lib/archive"),
        ("file://localhost/var/lib/archive", "/var/lib/archive"),
        ("file:///var/lib/the%20archive", "/var/lib/the archive"),
    ],
)
def test_a_directory_may_be_a_path_or_an_address(uri: str, directory: str) -> None:
    assert opened(uri).name == directory


@pytest.mark.parametrize("uri", ["file://elsewhere/archive", "file://archive", "file:///archive?x=1"])
def test_an_address_of_another_machine_is_no_directory(uri: str) -> None:
    assert "expected" in problem(uri)


def test_an_address_has_a_bucket_and_perhaps_a_prefix() -> None:
    assert parse_location("s3://bucket") == Location("s3", "bucket", "")
    assert parse_location("gs://bucket/a//b/") == Location("gs", "bucket", "a/b")
    assert parse_location("relative/path") is None


def test_paths_are_escaped_for_datafusion_only() -> None:
    location = Location("s3", "bucket", "team a")
    assert location.key("spc/day=2026-10-01/x.parquet") == "team a/spc/day=2026-10-01/x.parquet"
    assert location.url("spc/day=2026-10-01/x.parquet") == "s3://bucket/team%20a/spc/day=2026-10-01/x.parquet"
    assert LocalStore(Path("/a b")).url("c*.parquet") == "file:///a%20b/c%2A.parquet"


@pytest.mark.parametrize(
    "uri", ["s3://", "s3:///prefix", "gs://user:word@bucket", "az://container?sig=" + SECRET, "s3://b/../x"]
)
def test_an_address_that_is_none_is_refused(uri: str) -> None:
    assert "SCOUTER_STORAGE_URI is not accepted" in problem(uri)


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "needs AZURE_STORAGE_ACCOUNT_NAME"),
        (
            {"AZURE_STORAGE_ACCOUNT": "a", "AZURE_STORAGE_KEY": SECRET, "AZURE_STORAGE_SAS_TOKEN": SECRET},
            "set one of them",
        ),
        ({"AZURE_STORAGE_ACCOUNT": "a", "AZURE_STORAGE_KEY": SECRET + "?"}, "expected base64"),
        ({"AZURE_STORAGE_CONNECTION_STRING": SECRET}, "AZURE_STORAGE_CONNECTION_STRING is not accepted"),
        (
            {"AZURE_STORAGE_CONNECTION_STRING": f"AccountName=a;BlobEndpoint=nowhere;AccountKey={SECRET}"},
            "BlobEndpoint",
        ),
        (
            {"AZURE_STORAGE_CONNECTION_STRING": f"AccountName=a;AccountKey={SECRET}", "AZURE_STORAGE_KEY": SECRET},
            "set one of them",
        ),
        (
            {"AZURE_STORAGE_CONNECTION_STRING": f"AccountName=a;AccountKey={SECRET}", "AZURE_STORAGE_ACCOUNT": "b"},
            "is not the account of",
        ),
    ],
)
def test_azure_variables_that_contradict_each_other_stop_the_start(environment: dict[str, str], sentence: str) -> None:
    assert sentence in problem("az://container", **environment)


@pytest.mark.parametrize("key", [b"no json", b"[]", json.dumps({"type": "authorized_user"}).encode()])
def test_a_google_account_that_is_none_stops_the_start(key: bytes) -> None:
    said = problem("gs://bucket", GOOGLE_ACCOUNT_JSON_BASE64=base64.b64encode(key).decode())
    assert said == "GOOGLE_ACCOUNT_JSON_BASE64 is not accepted: expected the JSON key of a Google service account"


def test_a_google_key_that_is_no_key_stops_the_start() -> None:
    account = {"client_email": "a@b", "private_key": SECRET, "private_key_id": "1", "token_uri": "https://x/"}
    said = problem("gs://bucket", GOOGLE_ACCOUNT_JSON_BASE64=base64.b64encode(json.dumps(account).encode()).decode())
    assert "private key" in said


def test_google_credentials_that_datafusion_cannot_use_stop_the_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "credentials.json"
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    assert problem("gs://bucket") == f"GOOGLE_APPLICATION_CREDENTIALS: No such file or directory: {file}"
    file.write_text(json.dumps({"type": "external_account"}))
    assert "expected the JSON key of a Google service account" in problem("gs://bucket")


_LIBRARIES = ["adlfs", "azure.core", "botocore", "datafusion", "fsspec", "gcsfs", "google.auth", "s3fs"]
_LOADED = """
import sys
from scouter.archive.stores.opening import open_store
from scouter.settings.settings import Settings
open_store(Settings.from_environment().archive)
print(*sorted(set(sys.argv[1:]) & sys.modules.keys()))
"""


@pytest.mark.parametrize(
    ("uri", "loaded"),
    [
        ("/tmp/archive", []),
        ("s3://bucket", ["botocore", "datafusion", "fsspec", "s3fs"]),
        ("gs://bucket", ["datafusion", "fsspec", "gcsfs", "google.auth"]),
        ("az://container", ["adlfs", "azure.core", "datafusion", "fsspec"]),
    ],
)
def test_a_library_is_loaded_for_its_scheme_only(uri: str, loaded: list[str]) -> None:
    environment = {"SCOUTER_STORAGE_URI": uri, "AZURE_STORAGE_ACCOUNT": "a", "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [sys.executable, "-c", _LOADED, *_LIBRARIES],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == loaded


def test_a_library_that_is_missing_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(sys.modules, "scouter.archive.stores.s3", raising=False)
    assert problem("s3://bucket") == (
        "s3://bucket needs the Python package s3fs, which is not installed: pip install 'scouter-server[s3]'"
    )
