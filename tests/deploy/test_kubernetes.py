"""Kubernetes' files: of its schemas, old and new; what selects what; probes; a pod that may nothing it need not."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.deployed import DEPLOY, Document, document, documents, resource, resources
from tests.deploy.linters import program

PLACE = DEPLOY / "kubernetes"
OLDEST, NEWEST = "1.27", "1.37"
LABELS = {"app.kubernetes.io/name": "scouter"}


def pod() -> Document:
    template: Document = resource("StatefulSet")["spec"]["template"]
    return template


def container() -> Document:
    (only,) = pod()["spec"]["containers"]
    found: Document = only
    return found


def built(overlay: str) -> list[Document]:
    """What `kubectl apply -k` would send."""
    done = subprocess.run(
        [program("kustomize"), "build", PLACE / overlay], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def named(documents: list[Document], kind: str) -> Document:
    (found,) = [each for each in documents if each["kind"] == kind]
    return found


@pytest.mark.builds
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
@pytest.mark.parametrize("overlay", ["base", "overlays/example"])
def test_what_is_applied_is_of_the_schemas(overlay: str, version: str) -> None:
    found = built(overlay)
    assert {"StatefulSet", "Service", "ConfigMap", "PodDisruptionBudget", "NetworkPolicy"} <= {
        each["kind"] for each in found
    }
    for each in found:
        kubernetes_validate.validate(each, version, strict=True)


def test_the_schemas_see_a_mistake() -> None:
    wrong = json.loads(json.dumps(resource("StatefulSet")))
    wrong["spec"]["template"]["spec"]["containers"][0]["livenessProb"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, NEWEST, strict=True)


@pytest.mark.builds
def test_the_example_changes_what_it_says() -> None:
    found = built("overlays/example")
    stateful = named(found, "StatefulSet")
    assert stateful["spec"]["replicas"] == 3
    (image,) = [each["image"] for each in stateful["spec"]["template"]["spec"]["containers"]]
    assert image.startswith("registry.example.com/scouter-server:")
    settings = named(found, "ConfigMap")["data"]
    assert "CHANGE-ME" not in str(settings)
    assert settings.keys() >= resource("ConfigMap")["data"].keys()
    ports = [port["port"] for rule in named(found, "NetworkPolicy")["spec"]["egress"] for port in rule["ports"]]
    assert 9092 in ports
    assert {each["metadata"].get("namespace") for each in found if each["kind"] != "Namespace"} == {"scouter"}


def test_everything_is_about_the_same_pods() -> None:
    assert pod()["metadata"]["labels"] == LABELS
    assert resource("StatefulSet")["spec"]["selector"]["matchLabels"] == LABELS
    for name in ("scouter", "scouter-pods"):
        service = resource("Service", name)["spec"]
        assert service["selector"] == LABELS
        assert {port["targetPort"] for port in service["ports"]} <= {port["name"] for port in container()["ports"]}
    assert resource("StatefulSet")["spec"]["serviceName"] == resource("Service", "scouter-pods")["metadata"]["name"]
    assert resource("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == LABELS
    assert resource("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == LABELS


def test_probes_ask_the_metrics_port() -> None:
    """It answers before the other one is open, and until the end of a stop."""
    paths = {name: container()[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")}
    assert {probe["port"] for probe in paths.values()} == {"metrics"}
    assert {name: probe["path"] for name, probe in paths.items()} == {
        "startup": "/livez",
        "liveness": "/livez",
        "readiness": "/readyz",
    }
    patience = container()["startupProbe"]["failureThreshold"] * container()["startupProbe"]["periodSeconds"]
    assert patience > 30 + 30  # SCOUTER_DATABASE_WAIT_SECONDS, and migrations


def test_a_pod_may_nothing_that_it_need_not() -> None:
    """As `restricted` of the pod security standards asks for, and more."""
    spec: dict[str, Any] = pod()["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False  # SCOUTER_SERVICE_HOST and the like would look like settings
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "memory" in container()["resources"]["limits"]


def test_secrets_are_named_and_not_there() -> None:
    assert [each for each in resources() if each["kind"] == "Secret"] == []
    secret = {each["name"] for each in container()["env"] if "secretKeyRef" in each["valueFrom"]}
    assert secret == {"DATABASE_URI", "SCOUTER_DEFAULT_PASSWORD", "SCOUTER_ENCRYPT_SECRET"}


def test_a_spool_outlives_its_pod() -> None:
    spec = resource("StatefulSet")["spec"]
    assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenScaled": "Retain", "whenDeleted": "Retain"}
    (claim,) = spec["volumeClaimTemplates"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container()["volumeMounts"]}
    assert mounts[claim["metadata"]["name"]] == "/var/lib/scouter"


def test_every_file_is_used() -> None:
    for kustomization in PLACE.rglob("kustomization.yaml"):
        content = document(kustomization)
        used = {*content["resources"], *(patch["path"] for patch in content.get("patches", []))}
        there = {path.name for path in kustomization.parent.glob("*.yaml")} - {"kustomization.yaml"}
        assert {name for name in used if "/" not in name} == there
        assert all(documents(kustomization.parent / name) for name in there)
