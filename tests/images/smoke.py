"""What an image has to do before anybody gets it, in the order in which somebody would notice."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from scouter.postgres.embedded.server import EmbeddedPostgres
from tests.brokers.kafka import KafkaBroker
from tests.brokers.rabbitmq import RabbitBroker
from tests.client.client_session import ClientSession
from tests.client.environments import client_python
from tests.conditions import eventually
from tests.demonstration import LAST_LINE
from tests.drills.database_proxy import DatabaseProxy
from tests.http_client import HttpClient
from tests.images.container import Container, docker
from tests.images.inside import IMPORT_EVERYTHING, WHO_AND_WHAT_RIGHTS
from tests.images.messages import AGES, FEATURE, message, moment
from tests.page_client import PageClient
from tests.publishers import KafkaPublisher, Publisher, RabbitPublisher
from tests.server_process import let_others_enter

LIBRARIES = {"kafka": "kafka", "rabbitmq": "pika", "s3": "s3fs", "gcs": "gcsfs", "azure": "adlfs"}
COME_WITH_THEM = {
    "kafka": ["crc32c", "lz4.frame", "snappy", "zstandard"],
    "s3": ["botocore"],
    "gcs": ["google.auth"],
    "azure": ["azure.identity"],
}
FEATURES = tuple(LIBRARIES)
_RANDOM_USER = "54321:0"
_STOP_SECONDS = 10.0


class Smoke:
    """Drives one image. Everything it finds wrong is raised; what it saw goes to `say`."""

    def __init__(self, image: str, features: tuple[str, ...], say: Callable[[str], None]) -> None:
        self._image = image
        self._features = features
        self._say = say

    def run(self) -> None:
        self._say(f"size {int(docker('inspect', '--format', '{{.Size}}', self._image)) / 1e6:.0f} MB")
        with tempfile.TemporaryDirectory(prefix="smoke-") as made:
            directory = let_others_enter(Path(made))
            with self._publishers(directory) as publishers:
                self._serve(directory, publishers)
            self._stop_at_once()
            self._demonstrate()
            self._any_user(directory)

    def _serve(self, directory: Path, publishers: tuple[Publisher, ...]) -> None:
        environment = {"DATA_RETENTION_PERIOD": "1"}
        for publisher in publishers:
            environment |= publisher.environment
        with Container(self._image, environment) as container:
            self._say(f"ready after {container.wait_until_ready():.1f} s")
            self._confined(container)
            self._users(container)
            self._imports(container)
            with ClientSession(client_python("0.25.0"), directory / "client") as client:
                profile = self._real_client(container, client)
                self._brokers(container, profile, publishers)
                self._archive(container, client, profile)
            self._health(container)
            self._stop_and_start(container)

    def _confined(self, container: Container) -> None:
        seen = json.loads(container.python(WHO_AND_WHAT_RIGHTS))
        assert seen["uid"] == 10001, seen
        assert int(seen["effective"], 16) == int(seen["bounding"], 16) == 0, seen
        assert len(seen["unwritable"]) == 5, seen
        assert seen["owner_of_var_lib"] == 0, seen
        self._say("user 10001, no capability, nothing writable but the volume, no /tmp")

    def _users(self, container: Container) -> None:
        assert container.client().token
        for known in ("admin", "guest"):
            answer = HttpClient(container.url, known, known).get("/scouter/auth/login")
            assert answer.status == 401, (known, answer)
        self._say("login with the password that was shown once; admin/admin and guest/guest are nobody")

    def _imports(self, container: Container) -> None:
        wanted = [name for feature in self._features for name in _of(feature)]
        absent = [name.partition(".")[0] for each in set(FEATURES) - set(self._features) for name in _of(each)]
        asked = IMPORT_EVERYTHING.replace("LIBRARIES", repr(wanted)).replace("LEFT_OUT", repr(absent))
        count = container.python(asked)
        found = f"from importlib.util import find_spec; print([n for n in {absent} if find_spec(n)])"
        assert container.python(found).strip() == "[]"
        self._say(
            f"{count.strip()} modules imported, a query by DataFusion" + (f"; without {absent}" if absent else "")
        )

    def _real_client(self, container: Container, client: ClientSession) -> Mapping[str, str]:
        client.ask("log_in", url=container.url, username="admin", password=container.shown_password)
        of = {"type": "Spc", "columns": {FEATURE: [float(n % 7) for n in range(100)]}, "sample_size": 5}
        client.ask("register", profile="sent", space="smoke", name="sent", **of, set_active=True)
        client.ask("open_queue", profiles=["sent"])
        client.ask("insert", profile="sent", features=[{FEATURE: float(n)} for n in range(5)])
        chart = {"profile": "sent", "type": "Spc", "interval": "OneHour", "points": 10}
        eventually(lambda: _values(client.ask("binned_drift", **chart)) == [2.0], seconds=20)
        client.ask("shut_down_queue")
        self._say("the real client registered, sent a sample and read its chart")
        made: Mapping[str, str] = client.ask("register", profile="old", space="smoke", name="old", **of)
        return made

    def _brokers(self, container: Container, profile: Mapping[str, str], publishers: tuple[Publisher, ...]) -> None:
        admin = container.client()
        for publisher in publishers:
            publisher.send(message(profile, {datetime.now(UTC): 6.0}))
            eventually(lambda at=publisher.transport: _stored(admin, at) == 1, seconds=60)  # type: ignore[misc]
        self._say("one message stored over each of: " + ", ".join(each.transport for each in publishers))

    def _archive(self, container: Container, client: ClientSession, profile: Mapping[str, str]) -> None:
        admin = container.client()
        old = {moment(days): value for days, value in AGES.items() if days}
        assert admin.send("POST", "/scouter/drift", message(profile, old)).body["stored"] == len(old)
        assert "spc" in container.command("archive"), "the archive command moved nothing"
        days = admin.get("/scouter/archive").body["totals"]
        assert sum(each["rows"] for each in days if each["state"] == "archived") == len(old), days
        window = (moment(4), moment(1))
        asked: dict[str, Any] = {"profile": "old", "type": "Spc", "interval": "OneHour", "points": 1}
        ends = {"start": window[0].isoformat(), "end": window[1].isoformat()}
        assert _values(client.ask("binned_drift", **asked, **ends)), "no chart of archived days"
        self._export(admin, profile, window, len(old))
        self._say("archived two days; a chart and a Parquet file of them")

    def _export(
        self, admin: HttpClient, profile: Mapping[str, str], window: tuple[datetime, datetime], rows: int
    ) -> None:
        named = {name: profile[name] for name in ("space", "name", "version")}
        ends = {"start_custom_datetime": window[0].isoformat(), "end_custom_datetime": window[1].isoformat()}
        answer = admin.get("/scouter/records/spc", **named, **ends)
        assert answer.status == 200, answer
        assert pq.read_table(BytesIO(answer.body)).num_rows == rows

    def _health(self, container: Container) -> None:
        costs = container.python(
            "import resource, subprocess\n"
            "for _ in range(5): subprocess.run(['/opt/scouter/bin/scouter-server', 'health', '--ready'], check=True)\n"
            "used = resource.getrusage(resource.RUSAGE_CHILDREN); print((used.ru_utime + used.ru_stime) / 5)"
        )
        eventually(lambda: container.state()["Health"]["Status"] == "healthy", seconds=30)
        self._say(f"healthy; a health check takes {float(costs) * 1000:.0f} ms of processor")

    def _stop_and_start(self, container: Container) -> None:
        before = self._sum_stored(container)
        seconds, status = container.stop()
        assert (status, seconds < _STOP_SECONDS) == (0, True), (status, seconds, container.log[-2000:])
        self._say(f"docker stop took {seconds:.1f} s, exit status 0")
        container.start_again()
        again = container.wait_until_ready()
        container.kill()
        assert container.state()["ExitCode"] == 137
        container.start_again()
        killed = container.wait_until_ready()
        assert self._sum_stored(container) == before
        self._say(f"on the same volume ready after {again:.1f} s, after a kill -9 {killed:.1f} s, nothing missing")

    def _sum_stored(self, container: Container) -> int:
        return sum(_stored(container.client(), transport) for transport in ("http", "kafka", "rabbitmq"))

    def _demonstrate(self) -> None:
        with Container(self._image, command=["demo"]) as container:
            eventually(lambda: LAST_LINE in container.log, seconds=200)
            with PageClient(container.url) as browser:
                assert "churn" in browser.sign_in().get("/").text
            took, status = container.stop()
        assert took < _STOP_SECONDS and status == 0, (took, status)
        self._say("a demonstration whose page shows its profiles")

    def _stop_at_once(self) -> None:
        """As process 1, before Python has imported anything of ours."""
        for wait in (0.1, 0.4, 0.8):
            with Container(self._image) as container:
                time.sleep(wait)
                seconds, status = container.stop()
                assert seconds < 5, (wait, seconds)
                assert status in {0, 143}, (wait, status, container.log)
        self._say("stopped within 5 s after 0.1, 0.4 and 0.8 s of running")

    def _any_user(self, directory: Path) -> None:
        """A number that no /etc/passwd knows, as OpenShift gives them."""
        with EmbeddedPostgres(let_others_enter(directory / "database")) as database, ExitStack() as ends:
            proxy = DatabaseProxy(database.start(), seed=0)  # from a port to its socket, which only it may enter
            ends.callback(proxy.close)
            container = Container(self._image, {"DATABASE_URI": proxy.conninfo}, "--user", _RANDOM_USER)
            ends.enter_context(container)
            container.wait_until_ready()
            assert container.client().token
        self._say(f"as user {_RANDOM_USER} with DATABASE_URI: ready, login")
        with Container(self._image, {}, "--user", _RANDOM_USER) as container:
            self._say(f"as user {_RANDOM_USER} with the embedded database: {_ready_or_why_not(container)}")

    @contextmanager
    def _publishers(self, directory: Path) -> Iterator[tuple[Publisher, ...]]:
        with ExitStack() as ends:
            made: list[Publisher] = []
            if "kafka" in self._features:
                broker = ends.enter_context(KafkaBroker(directory / "kafka"))
                made.append(KafkaPublisher(broker, "smoke"))
            if "rabbitmq" in self._features:
                made.append(RabbitPublisher(ends.enter_context(RabbitBroker(directory / "rabbitmq")), "smoke"))
            for publisher in made:
                ends.callback(publisher.close)
            yield tuple(made)


def _of(feature: str) -> tuple[str, ...]:
    return (LIBRARIES[feature], *COME_WITH_THEM.get(feature, ()))


def _stored(admin: HttpClient, transport: str) -> int:
    answer = admin.get("/scouter/ledger")
    assert answer.status == 200, answer
    return int(answer.body["transports"].get(transport, {}).get("stored", 0))


def _values(chart: Any) -> list[float]:
    return [value for series in chart.values() for value in series["values"]]


def _ready_or_why_not(container: Container) -> str:
    """Where the kernel and the engine let us show Postgres a line for the account; else one sentence."""
    eventually(lambda: container.is_ready() or not container.state()["Running"], seconds=60)
    if container.state()["Running"]:
        return "ready"
    assert "put the line scouter:x:54321:0:" in container.log, container.log
    return "refused, with the line that it wants"
