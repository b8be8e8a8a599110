"""The examples of the published client, in the README and the guides, do what is said there."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest

from tests.brokers.kafka import KafkaBroker
from tests.brokers.rabbitmq import RabbitBroker
from tests.client.client_session import client_environment
from tests.conditions import eventually
from tests.server_process import ROOT, PreparedServer, ServerProcess

_SECONDS = 60


def test_the_example_in_the_readme_prints_the_chart_value(client_pythons: Mapping[str, Path], tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "example.py").write_text(_example(ROOT / "README.md", "real client"))
    with PreparedServer(tmp_path / "server") as server:
        ended = subprocess.run(
            [str(client_pythons["0.25.0"]), "example.py"],
            cwd=work,
            env=client_environment(SCOUTER_SERVER_URI=server.url),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}\n{server.log}"
        assert ended.stdout.strip().splitlines()[-1:] == ["[12.0]"], f"{ended.stdout}\n{ended.stderr}\n{server.log}"


@pytest.mark.parametrize("transport", ["kafka", "rabbitmq"])
def test_the_example_over_brokers_stores_a_sample(
    transport: str, request: pytest.FixtureRequest, client_pythons: Mapping[str, Path], tmp_path: Path
) -> None:
    example = _example(ROOT / "docs" / "guides" / f"{transport}.md", transport)
    if transport == "kafka":
        kafka: KafkaBroker = request.getfixturevalue("kafka_broker")
        listening = publishing = {"KAFKA_BROKERS": kafka.address()}
    else:
        rabbit: RabbitBroker = request.getfixturevalue("rabbit_broker")
        example = example.replace("5672", str(rabbit.port)).replace('"guest"', f'"{rabbit.username}"', 1)
        example = example.replace('"guest"', f'"{rabbit.password}"')
        listening, publishing = {"RABBITMQ_ADDR": rabbit.url()}, {}
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "example.py").write_text(example)
    # As one that is run for others: nobody has a password that everybody knows.
    known = {
        "SCOUTER_DEFAULT_USERNAME": "ops",
        "SCOUTER_DEFAULT_PASSWORD": "a word of ours",
        "SCOUTER_GUEST_ACCESS": "off",
    }
    who = {"SCOUTER_USERNAME": "ops", "SCOUTER_PASSWORD": "a word of ours"}
    with PreparedServer(tmp_path / "server", {**known, **listening}) as server:
        ended = subprocess.run(
            [str(client_pythons["0.25.0"]), "example.py"],
            cwd=tmp_path / "work",
            env=client_environment(SCOUTER_SERVER_URI=server.url, **who, **publishing),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
        assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}\n{server.log}"
        eventually(lambda: _means(server) == [12.0], seconds=30)


def _means(server: ServerProcess) -> list[float]:
    with psycopg.connect(server.conninfo()) as connection:
        return [value for (value,) in connection.execute("SELECT value FROM spc_record")]


def test_the_guide_to_the_client_has_the_example_of_the_readme() -> None:
    assert _example(ROOT / "docs" / "guides" / "client.md", "real client") == _example(
        ROOT / "README.md", "real client"
    )


def _example(page: Path, name: str) -> str:
    block = re.compile(rf"<!-- example: {name} -->\s*```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
    found = block.search(page.read_text())
    assert found is not None, f"{page} has no python block after <!-- example: {name} -->"
    return found[1]
