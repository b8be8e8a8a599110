"""The archive's stores: one suite over a local directory, S3, GCS and Azure."""

from __future__ import annotations

import base64
import json
import logging
import multiprocessing
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from datafusion import DataFrame, SessionContext

from scouter.archive.stores.native import reading
from scouter.archive.stores.store import ObjectStore
from scouter.errors import StoreAway
from tests.steady_ports import steady_ports
from tests.stores.azure import AzureService
from tests.stores.gcs import GcsService
from tests.stores.place import Place
from tests.stores.places import ALL, REMOTE, place_of, tell
from tests.stores.s3 import S3Service
from tests.stores.silent_server import silent_server

PART = "spc/day=2026-10-01/part-1-0123456789ab.parquet"
ROWS = 1000


@pytest.fixture(params=ALL)
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return place_of(request.param, request, tmp_path, monkeypatch)


@pytest.fixture(params=REMOTE)
def remote_place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return place_of(request.param, request, tmp_path, monkeypatch)


@pytest.fixture
def store(place: Place) -> ObjectStore:
    """Empty, below a prefix of its own, and one that has to be escaped in an address."""
    return place.store(f"team a/{uuid4().hex}")


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    return parquet_file(tmp_path / "part.parquet", first=0)


def parquet_file(path: Path, first: int) -> Path:
    numbers = pa.array(range(first, first + ROWS))
    pq.write_table(pa.table({"number": numbers, "even": pc.equal(pc.bit_wise_and(numbers, 1), 0)}), path)
    return path


def frame(store: ObjectStore, path: str) -> DataFrame:
    context = SessionContext()
    store.register(context)
    return context.read_parquet(store.url(path))


@contextmanager
def within(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def test_a_file_that_was_put_reads_back_as_it_was(store: ObjectStore, parquet: Path) -> None:
    store.put(parquet, PART)
    assert store.size(PART) == parquet.stat().st_size
    with store.open(PART) as file:
        assert file.read() == parquet.read_bytes()


def test_an_open_file_can_seek(store: ObjectStore, parquet: Path) -> None:
    store.put(parquet, PART)
    with store.open(PART) as file:
        assert pq.ParquetFile(file).read(["number"])["number"].to_pylist() == list(range(ROWS))
    with store.open(PART) as file:
        file.seek(-4, os.SEEK_END)
        assert (file.read(), file.tell(), file.read()) == (b"PAR1", parquet.stat().st_size, b"")


def test_a_file_is_replaced(store: ObjectStore, tmp_path: Path) -> None:
    for content in (b"first, and longer", b"second"):
        (tmp_path / "file").write_bytes(content)
        store.put(tmp_path / "file", PART)
    assert store.open(PART).read() == b"second"
    assert store.size(PART) == len(b"second")


def test_bytes_are_put_and_replaced(store: ObjectStore) -> None:
    store.put_bytes(b"one", "marker.json")
    store.put_bytes(b"", "marker.json")
    assert store.size("marker.json") == 0
    assert store.open("marker.json").read() == b""


def test_a_file_larger_than_one_request_is_put_whole(store: ObjectStore, tmp_path: Path) -> None:
    block = os.urandom(2**20)
    with (tmp_path / "large").open("wb") as file:
        for _ in range(40):  # from 32 MiB on it is sent in parts
            file.write(block)
    store.put(tmp_path / "large", PART)
    assert store.size(PART) == 40 * 2**20
    with store.open(PART) as read:
        assert all(part == block for part in iter(lambda: read.read(2**20), b""))


def test_what_is_not_there_has_no_size_and_may_be_deleted(store: ObjectStore) -> None:
    store.put_bytes(b"x", "spc/day=2026-10-01/part-1.parquet")
    assert store.size("spc/day=2026-10-02/part-1.parquet") is None
    assert store.size("spc/day=2026-10-01") is None
    store.delete("spc/day=2026-10-02/part-1.parquet")
    with pytest.raises(StoreAway, match="part-2"):
        store.open("spc/part-2.parquet")


def test_a_deleted_file_is_gone(store: ObjectStore) -> None:
    store.put_bytes(b"x", PART)
    store.delete(PART)
    assert store.size(PART) is None
    store.delete(PART)


def test_two_stores_of_one_place_see_each_others_files(place: Place) -> None:
    """As two processes do: nobody keeps a list of files that gets old."""
    prefix = uuid4().hex
    one, other = place.store(prefix), place.store(prefix)
    assert other.size(PART) is None
    one.put_bytes(b"x", PART)
    assert other.size(PART) == 1
    one.put_bytes(b"xyz", PART)
    assert (other.size(PART), other.open(PART).read()) == (3, b"xyz")
    one.delete(PART)
    assert other.size(PART) is None


def test_prefixes_keep_archives_apart(place: Place) -> None:
    name = uuid4().hex
    deep, shallow, bare = place.store(f"{name}/a"), place.store(name), place.store()
    deep.put_bytes(b"x", "file")
    assert shallow.size("a/file") == 1
    assert shallow.size("file") is None
    assert bare.size(f"{name}/a/file") == 1


def test_a_place_in_use_answers_a_probe(store: ObjectStore) -> None:
    store.put_bytes(b"x", "marker.json")
    store.probe()
    store.probe()


def test_a_bucket_without_a_file_answers_a_probe(remote_place: Place) -> None:
    remote_place.store(uuid4().hex).probe()


def test_datafusion_counts_and_filters_rows(store: ObjectStore, parquet: Path) -> None:
    store.put(parquet, PART)
    with reading(store):
        assert frame(store, PART).count() == ROWS
        assert frame(store, PART).filter("number >= 990 AND even").count() == 5


def test_datafusion_reads_several_files_in_one_query(store: ObjectStore, tmp_path: Path) -> None:
    paths = [f"spc/day=2026-10-0{day}/part-1.parquet" for day in (1, 2, 3)]
    for number, path in enumerate(paths):
        store.put(parquet_file(tmp_path / "part.parquet", first=number * ROWS), path)
    context = SessionContext()
    store.register(context)
    for number, path in enumerate(paths):
        context.register_parquet(f"part_{number}", store.url(path))
    union = " UNION ALL ".join(f"SELECT number FROM part_{number}" for number in range(len(paths)))
    [result] = context.sql(f"SELECT count(*) AS n, max(number) AS top FROM ({union})").collect()
    assert result.to_pylist() == [{"n": 3 * ROWS, "top": 3 * ROWS - 1}]


def test_datafusion_misses_a_file_in_a_sentence(store: ObjectStore) -> None:
    store.put_bytes(b"x", "marker.json")
    with pytest.raises(StoreAway, match="a file is missing"), reading(store):
        frame(store, PART).count()


def test_many_threads_share_a_store(store: ObjectStore, parquet: Path) -> None:
    def work(number: int) -> int:
        path = f"spc/day=2026-10-01/part-{number}.parquet"
        store.put(parquet, path)
        count = frame(store, path).count()
        assert store.open(path).read() == parquet.read_bytes()
        store.delete(path)
        assert store.size(path) is None
        return count

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(work, range(24))) == [ROWS] * 24


def size_in_child(store: ObjectStore, path: str, answer: multiprocessing.SimpleQueue[object]) -> None:
    answer.put(store.size(path))


def test_a_store_works_on_after_a_fork(store: ObjectStore) -> None:
    store.put_bytes(b"abc", PART)
    forking = multiprocessing.get_context("fork")
    answer = forking.SimpleQueue()
    child = forking.Process(target=size_in_child, args=(store, PART, answer))
    child.start()
    child.join(30)
    assert child.exitcode == 0
    assert answer.get() == 3


def moved(place: Place, address: str) -> Place:
    """The same, but the service is said to be elsewhere."""
    service = address_of(place)
    environment = {name: value.replace(service, address) for name, value in place.environment.items()}
    return Place(place.uri, environment, place.secret)


def address_of(place: Place) -> str:
    text = " ".join(place.environment.values())
    return "http://127.0.0.1:" + text.partition("http://127.0.0.1:")[2][:5]


def every_request(store: ObjectStore) -> list[str]:
    """What each kind of request says, each within the time that a person waits."""
    said = []
    for request in (
        store.probe,
        lambda: store.size(PART),
        lambda: store.open(PART),
        lambda: store.delete(PART),
        lambda: store.put(Path(__file__), PART),
        lambda: store.put_bytes(b"x", PART),
    ):
        with within(8), pytest.raises(StoreAway) as away:
            request()
        said.append(away.value.message)
    return said


def test_a_store_that_is_down_is_said_to_be_away(remote_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = moved(remote_place, f"http://127.0.0.1:{steady_ports(1)[0]}")
    tell(gone, monkeypatch)
    for said in every_request(gone.store()):
        assert said.startswith(f"the archive at {gone.uri} cannot be used now: it does not answer")
        assert gone.secret not in said


def test_a_store_that_never_answers_is_said_to_be_away(remote_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_server() as address:
        mute = moved(remote_place, address)
        tell(mute, monkeypatch)
        store = mute.store()
        for request in (store.probe, lambda: store.put(Path(__file__), PART)):
            with within(8), pytest.raises(StoreAway, match="cannot be used now: it does not answer"):
                request()


def test_a_bucket_that_does_not_exist_is_said_so(remote_place: Place) -> None:
    uri = remote_place.uri.replace("archive", "nowhere")
    for said in every_request(Place(uri, remote_place.environment).store()):
        assert said.startswith(f"the archive at {uri} cannot be used now: there is no ")


def test_a_store_that_comes_back_is_used_again(
    s3_installed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with S3Service(tmp_path) as service:
        tell(service.place(), monkeypatch)
        store = service.place().store()
        store.put_bytes(b"x", PART)
        service.freeze()
        with within(8), pytest.raises(StoreAway, match="does not answer"):
            store.size(PART)
        service.thaw()
        assert store.size(PART) == 1


def test_an_upload_that_falls_silent_ends_and_leaves_nothing(
    s3_installed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scouter.archive.stores.remote.READ_SECONDS", 2)
    (tmp_path / "large").write_bytes(bytes(2**20))
    with S3Service(tmp_path) as service:
        tell(service.place(), monkeypatch)
        store = service.place().store()
        probe = store.probe

        def probe_and_freeze() -> None:
            probe()
            service.freeze()

        monkeypatch.setattr(store, "probe", probe_and_freeze)
        with within(12), pytest.raises(StoreAway, match="does not answer"):
            store.put(tmp_path / "large", PART)
        service.thaw()
        assert store.size(PART) in (None, 2**20)  # what was on its way may have arrived; never a part of it


def test_s3_refuses_wrong_credentials_in_a_sentence(guarded_s3: S3Service, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(guarded_s3.place(), monkeypatch)
    guarded_s3.place().store().put_bytes(b"x", PART)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-nobody")
    for said in every_request(guarded_s3.place().store()):
        assert "it refuses the credentials (" in said
        assert "secret-of-nobody" not in said
        assert "AKIAUNKNOWN" not in said


def test_s3_without_credentials_says_that(guarded_s3: S3Service, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(guarded_s3.place(), monkeypatch)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    store = guarded_s3.place().store()
    for said in every_request(store):
        assert "no credentials were found for it" in said
    with pytest.raises(StoreAway, match="no credentials"):
        store.register(SessionContext())


def test_new_credentials_of_s3_are_used_without_a_restart(
    guarded_s3: S3Service, parquet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a file that something else keeps up to date."""
    place = guarded_s3.place()
    tell(place, monkeypatch)
    place.store().put(parquet, PART)
    file = tmp_path / "credentials"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    file.write_text("[default]\naws_access_key_id = AKIAOLD\naws_secret_access_key = old\n")
    store = place.store()
    with pytest.raises(StoreAway, match="refuses"):
        store.probe()
    key, secret = place.environment["AWS_ACCESS_KEY_ID"], place.secret
    file.write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    store.probe()
    assert frame(store, PART).count() == ROWS


def test_datafusion_is_refused_in_a_sentence(guarded_s3: S3Service, monkeypatch: pytest.MonkeyPatch) -> None:
    tell(guarded_s3.place(), monkeypatch)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-nobody")
    store = guarded_s3.place().store()
    with pytest.raises(StoreAway, match="refuses the credentials") as refused, reading(store):
        frame(store, PART).count()
    assert "secret-of-nobody" not in refused.value.message


@pytest.mark.more_stores
def test_azure_refuses_a_wrong_key_in_a_sentence(azure_service: AzureService) -> None:
    key = "d3Jvbmcga2V5IG9mIG5vYm9keQ=="
    store = azure_service.place_with(f"AccountKey={key}", key).store()
    for said in every_request(store):
        assert "it refuses the credentials" in said
        assert key not in said


@pytest.mark.more_stores
def test_azure_takes_a_shared_access_signature(azure_service: AzureService, parquet: Path) -> None:
    place = azure_service.signed_place()
    store = place.store(uuid4().hex)
    store.put(parquet, PART)
    assert frame(store, PART).count() == ROWS
    assert place.secret not in repr(store.__dict__)


@pytest.mark.more_stores
def test_azure_refuses_a_wrong_signature_in_a_sentence(
    azure_service: AzureService, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    place = azure_service.signed_place()
    connection = place.environment["AZURE_STORAGE_CONNECTION_STRING"]
    wrong = "bm9ib2R5cw%3D%3D"
    changed = {"AZURE_STORAGE_CONNECTION_STRING": connection.replace(place.secret, wrong)}
    store = Place(place.uri, changed).store()
    for said in every_request(store):
        assert "it refuses the credentials" in said
        assert wrong not in said
    with pytest.raises(StoreAway, match="refuses the credentials") as refused, reading(store):
        frame(store, PART).count()
    assert wrong not in refused.value.message
    assert wrong not in caplog.text


@pytest.mark.more_stores
def test_gcs_leaves_no_key_behind(
    gcs_service: GcsService, parquet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    store = gcs_service.place().store(uuid4().hex)
    store.put(parquet, PART)
    assert frame(store, PART).count() == ROWS
    assert list((tmp_path / "temporary").iterdir()) == []


@contextmanager
def token_server(status: int, answer: dict[str, str]) -> Iterator[str]:
    """Where a service account gets its tokens; it always says the same."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, name="tokens", daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/token"
        server.shutdown()


def service_account(token_uri: str) -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    name = {"client_email": "archive@project.iam.gserviceaccount.com", "private_key_id": "1", "project_id": "project"}
    account = {"type": "service_account", "private_key": text, "token_uri": token_uri, **name}
    return {"GOOGLE_ACCOUNT_JSON_BASE64": base64.b64encode(json.dumps(account).encode()).decode()}


@pytest.mark.more_stores
def test_gcs_refuses_an_account_in_a_sentence() -> None:
    with token_server(400, {"error": "invalid_grant", "error_description": "secret-of-nobody"}) as address:
        store = Place("gs://archive", service_account(address)).store()
        for said in every_request(store):
            assert said == "the archive at gs://archive cannot be used now: it refuses the credentials (RefreshError)"
        store.register(SessionContext())


@pytest.mark.more_stores
def test_gcs_waits_no_longer_for_a_token_than_for_an_answer() -> None:
    with silent_server() as address:
        store = Place("gs://archive", service_account(address)).store()
        with within(8), pytest.raises(StoreAway, match="it does not answer"):
            store.put_bytes(b"x", PART)
