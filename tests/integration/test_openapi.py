"""The description of the interface is made from the code, and the running server keeps to it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from scouter.server import Server
from tests.http_client import HttpClient
from tests.profile_documents import custom_profile, psi_profile, registration, spc_profile

DOCUMENT = "/scouter/api/v1/openapi.json"


@pytest.fixture
def document(server: Server) -> Any:
    with urlopen(server.address + DOCUMENT) as reply:
        return json.load(reply)


def test_every_route_says_what_it_takes_gives_and_requires(document: Any, admin: HttpClient) -> None:
    endpoints = admin.get("/scouter/api/v1/capabilities").body["endpoints"].values()
    described = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    bare = {"GET " + endpoint for endpoint in endpoints if endpoint.startswith("/")}
    assert described == {endpoint for endpoint in endpoints if not endpoint.startswith("/")} | bare
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["summary"].endswith(".")
            assert operation["description"].startswith("Permission: ")
            assert {"200", "500", "503"} <= set(operation["responses"])


def test_operations_have_names_of_their_own(document: Any) -> None:
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(names) == len(set(names))


def test_routes_that_want_a_token_say_so(document: Any, server: Server) -> None:
    anybody = HttpClient(server.address, "nobody", "wrong")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            answer = anybody.send(method.upper(), path.replace("{", "").replace("}", ""), b"{}")
            expected = 401 if "401" in operation["responses"] else 200
            assert answer.status == expected, f"{method} {path}"


def test_the_page_needs_no_network(server: Server) -> None:
    with urlopen(server.address + "/scouter/api/v1/docs") as reply:
        page = reply.read().decode()
        assert reply.headers["Content-Type"] == "text/html; charset=utf-8"
    assert 'fetch("openapi.json")' in page
    assert "http://" not in page
    assert "https://" not in page


@pytest.mark.timeout(300)
def test_the_running_server_keeps_to_its_description(server: Server, admin: HttpClient, tmp_path: Path) -> None:
    for profile in (spc_profile(), psi_profile(), custom_profile()):
        assert admin.post("/scouter/profile", registration(profile)).status == 200
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    ran = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", server.address + DOCUMENT, "--no-color"),
            *("--header", f"Authorization: Bearer {admin.token}", "--checks", checks),
            *("--max-examples", os.environ.get("SCHEMATHESIS_EXAMPLES", "8"), "--max-time", "60", "--workers", "1"),
            *("--phases", "coverage,fuzzing", "--no-shrink", "--continue-on-failure", "--suppress-health-check", "all"),
            *("--generation-database", "none", "--request-timeout", "20", "--seed", "1"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-12000:] + ran.stderr[-2000:]
