"""What deployments set is a setting of the program, and commands that they call are commands of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from scouter.settings.environment import ALIASES
from scouter.settings.settings import Settings, settings_table
from scouter.version import VERSION
from tests.deploy.deployed import DEPLOY, assignments, document, documents, resource
from tests.server_process import ROOT

# Read by the libraries for a bucket, and by the one-file server before it becomes the server.
BESIDE = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "SCOUTER_UNPACK_DIR"}
# Variables of compose.yaml itself.
OF_COMPOSE = {
    *("SCOUTER_IMAGE", "PUBLISH_ADDRESS", "COMPOSE_PROFILES", "POSTGRES_PASSWORD"),
    *("GRAFANA_PASSWORD", "RABBITMQ_PASSWORD", "KAFKA_CLUSTER_ID"),
}


def known() -> set[str]:
    return {variable for _, variable, _, _ in settings_table()} | set(ALIASES.values())


def set_by_deployments() -> Iterator[tuple[str, str]]:
    """(where, variable)"""
    compose = document(DEPLOY / "compose.yaml")["services"]["server"]["environment"]
    yield from (("compose.yaml", name) for name in compose)
    yield from ((".env.example", name) for name, _ in assignments(DEPLOY / ".env.example") if name not in OF_COMPOSE)
    yield from (("ConfigMap", name) for name in resource("ConfigMap")["data"])
    for path in sorted((DEPLOY / "kubernetes" / "overlays").rglob("*.yaml")):
        for each in documents(path):
            if each.get("kind") == "ConfigMap" if isinstance(each, dict) else False:
                yield from ((str(path.relative_to(DEPLOY)), name) for name in each["data"])
    (container,) = resource("StatefulSet")["spec"]["template"]["spec"]["containers"]
    yield from (("StatefulSet", each["name"]) for each in container["env"])
    yield from (("scouter.env", name) for name, _ in assignments(DEPLOY / "systemd" / "scouter.env.example"))
    unit = (DEPLOY / "systemd" / "scouter.service").read_text()
    yield from (("scouter.service", name) for name in re.findall(r"^Environment=(\w+)=", unit, re.M))


@pytest.mark.parametrize(("where", "variable"), sorted(set(set_by_deployments())))
def test_a_variable_is_a_setting(where: str, variable: str) -> None:
    assert variable in known() | BESIDE


def test_the_example_of_compose_names_all_that_compose_asks_for() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    asked = set(re.findall(r"\$\{(\w+)", text))
    given = {name for name, _ in assignments(DEPLOY / ".env.example")}
    assert given - asked == {"COMPOSE_PROFILES"}
    assert asked - given == {"AWS_ENDPOINT_URL"}


def test_what_compose_requires_is_made() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    required = set(re.findall(r"\$\{(\w+):\?", text))
    given = dict(assignments(DEPLOY / ".env.example"))
    assert {name for name in required if given[name] == "GENERATE"} == required - {"SCOUTER_IMAGE"}
    secrets = {name for name in re.findall(r"\$\{(\w+)", text) if "PASSWORD" in name}
    assert secrets <= required


def test_a_unit_starts_with_its_example() -> None:
    given = {
        name: value
        for name, value in assignments(DEPLOY / "systemd" / "scouter.env.example")
        if f"\n{name}=" in (DEPLOY / "systemd" / "scouter.env.example").read_text()
    }
    settings = Settings.from_environment(given)
    assert settings.http.host == "127.0.0.1"


def test_a_stop_is_given_the_time_it_may_take() -> None:
    """SCOUTER_SHUTDOWN_SECONDS, and three seconds."""
    compose = document(DEPLOY / "compose.yaml")["services"]["server"]
    assert int(compose["environment"]["SCOUTER_SHUTDOWN_SECONDS"]) + 3 < int(compose["stop_grace_period"][:-1])

    unit = (DEPLOY / "systemd" / "scouter.service").read_text()
    example = dict(assignments(DEPLOY / "systemd" / "scouter.env.example"))
    (given,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.M)
    assert int(example["SCOUTER_SHUTDOWN_SECONDS"]) + 3 < int(given)

    pod = resource("StatefulSet")["spec"]["template"]["spec"]
    command = pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    draining = int(command[command.index("--after") + 1]) + int(command[command.index("--seconds") + 1])
    stopping = int(resource("ConfigMap")["data"]["SCOUTER_SHUTDOWN_SECONDS"]) + 3
    assert draining + stopping < pod["terminationGracePeriodSeconds"]


def test_images_are_of_this_version() -> None:
    """scripts/release asks for it, too."""
    named = {
        dict(assignments(DEPLOY / ".env.example"))["SCOUTER_IMAGE"].rpartition(":")[2],
        *(
            image["newTag"]
            for path in (DEPLOY / "kubernetes").rglob("kustomization.yaml")
            for image in document(path)["images"]
        ),
    }
    assert named == {f"{VERSION}-debian"}


def test_no_secret_is_in_a_file() -> None:
    """Not one that would work."""
    text = "\n".join(path.read_text() for path in sorted(DEPLOY.rglob("*")) if path.is_file())
    assert re.findall(r"(?:PASSWORD|SECRET|TOKEN|KEY)[=:] *[\"']?[\w+/]{6,}", text.replace("GENERATE", "")) == []
    assert ".env" in (ROOT / ".gitignore").read_text().split()
