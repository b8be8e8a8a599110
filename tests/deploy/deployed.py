"""The files of deploy/, read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.server_process import ROOT

DEPLOY = ROOT / "deploy"
Document = dict[str, Any]


def documents(path: Path) -> list[Document]:
    """Those of a YAML file."""
    return [document for document in yaml.safe_load_all(path.read_text()) if document is not None]


def document(path: Path) -> Document:
    (only,) = documents(path)
    return only


def dashboard() -> Document:
    loaded: Document = json.loads((DEPLOY / "grafana" / "dashboards" / "scouter.json").read_text())
    return loaded


def panels() -> list[Document]:
    """Those that show something: rows do not."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def rules() -> list[Document]:
    groups = document(DEPLOY / "prometheus" / "rules.yaml")["groups"]
    return [rule for group in groups for rule in group["rules"]]


def resources() -> list[Document]:
    """Of Kubernetes' base: what would be sent to it."""
    base = DEPLOY / "kubernetes" / "base"
    return [each for name in document(base / "kustomization.yaml")["resources"] for each in documents(base / name)]


def resource(kind: str, name: str = "scouter") -> Document:
    (found,) = [each for each in resources() if each["kind"] == kind and each["metadata"]["name"] == name]
    return found


def assignments(path: Path) -> Iterator[tuple[str, str]]:
    """NAME=value of an environment file, those that are commented out too."""
    for line in path.read_text().splitlines():
        name, equals, value = line.removeprefix("# ").partition("=")
        if equals and name.isidentifier() and name.isupper():
            yield name, value
