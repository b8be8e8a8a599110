"""compose.yaml: confined services, nothing open but the server, every secret asked for."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path

import pytest

from tests.deploy.deployed import DEPLOY, assignments, document
from tests.deploy.linters import complaints

SERVICES = document(DEPLOY / "compose.yaml")["services"]


def test_services_and_profiles() -> None:
    assert {name: service.get("profiles") for name, service in SERVICES.items()} == {
        "server": None,
        "postgres": None,
        "kafka": ["kafka"],
        "rabbitmq": ["rabbitmq"],
        "prometheus": ["monitoring"],
        "grafana": ["monitoring"],
    }


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_may_nothing_that_it_need_not(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert service["restart"] == "unless-stopped"
    assert service.get("read_only") or name in {"kafka", "rabbitmq"}  # their own scripts write where they please


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_looked_after(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] == "CMD"  # without a shell, which not every image has
    assert check["interval"]
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        assert how == {"condition": "service_healthy"}
        assert "healthcheck" in SERVICES[needed]


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_but_the_server_is_open(name: str) -> None:
    for port in SERVICES[name]["ports"]:
        assert port.startswith("127.0.0.1:") or port == "${PUBLISH_ADDRESS:-0.0.0.0}:8000:8000"


@pytest.mark.parametrize("name", SERVICES)
def test_images_have_a_version(name: str) -> None:
    image = SERVICES[name]["image"]
    assert re.fullmatch(r"[\w./-]+:v?\d+[\w.]*|\$\{SCOUTER_IMAGE:\?[^}]+\}", image), image


@pytest.mark.parametrize("name", SERVICES)
def test_volumes_are_declared_and_directories_are_there(name: str) -> None:
    for volume in SERVICES[name]["volumes"]:
        source, _, how = volume.partition(":")
        if source.startswith("."):
            assert (DEPLOY / source).is_dir()
            assert how.endswith(":ro")
        else:
            assert source in document(DEPLOY / "compose.yaml")["volumes"]


def test_the_environment_is_made_once_with_secrets_of_its_own(tmp_path: Path) -> None:
    for name in ("make-environment", ".env.example"):
        (tmp_path / name).write_bytes((DEPLOY / name).read_bytes())
        (tmp_path / name).chmod(0o755)
    subprocess.run([tmp_path / "make-environment"], check=True, capture_output=True, cwd="/", timeout=20)
    made = dict(assignments(tmp_path / ".env"))
    expected = dict(assignments(tmp_path / ".env.example"))
    assert made.keys() == expected.keys()
    fresh = [made[name] for name, value in expected.items() if value == "GENERATE"]
    assert len(set(fresh)) == len(fresh)
    assert all(len(secret) >= 22 for secret in fresh)
    assert re.fullmatch(r"\w{22}", made["KAFKA_CLUSTER_ID"])
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    again = subprocess.run([tmp_path / "make-environment"], check=False, capture_output=True, cwd="/", timeout=20)
    assert again.returncode == 1
    assert dict(assignments(tmp_path / ".env")) == made
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", ".env.example", "make-environment"]


@pytest.mark.builds
def test_it_is_what_compose_understands() -> None:
    """By the parser of compose itself."""
    assert complaints("compose-go", "-no-interpolation", "compose.yaml", cwd=DEPLOY) == ""


@pytest.mark.builds
def test_the_parser_sees_a_mistake(tmp_path: Path) -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    (tmp_path / "compose.yaml").write_text(text.replace("healthcheck:", "heathcheck:"))
    assert "heathcheck" in complaints("compose-go", "-no-interpolation", "compose.yaml", cwd=tmp_path)


@pytest.mark.builds
def test_without_an_environment_it_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_bytes((DEPLOY / "compose.yaml").read_bytes())
    said = complaints("compose-go", "compose.yaml", cwd=tmp_path)
    for name in re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text()):
        assert f"required variable {name} is missing a value" in said
    assert "./make-environment" in said
