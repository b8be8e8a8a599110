"""Headers that keep browsers and proxies from making more of a reply than it is."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from email.message import Message
from urllib.parse import unquote

import pytest

from scouter.api.attachments import content_disposition
from scouter.server import Server
from tests.http_client import HttpClient
from tests.profile_documents import registration, spc_profile

DOCS = "/scouter/api/v1/docs"


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def file_name_of(disposition: str) -> str | None:
    """As a browser reads it: of two names, the one that may have any letters."""
    if "filename*=UTF-8''" in disposition:
        return unquote(disposition.rpartition("filename*=UTF-8''")[2])
    message = Message()
    message["Content-Disposition"] = disposition
    assert message.get_content_disposition() == "attachment"
    return message.get_filename()


@pytest.mark.shares_server
@pytest.mark.parametrize(
    "path",
    ["/scouter/auth/login", "/scouter/auth/validate", "/scouter/user/admin", "/scouter/healthcheck", DOCS, "/no"],
)
def test_no_reply_is_kept_by_a_cache_or_taken_for_another_type(admin: HttpClient, path: str) -> None:
    headers = lower(admin.get(path).headers)
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_renewed_token_and_a_refused_login_are_not_kept_either(server: Server) -> None:
    client = HttpClient(server.address)
    client.token = "of no use any more"
    renewed = client.post("/scouter/message", {"records": []})
    refused = HttpClient(server.address, "admin", "wrong").get("/scouter/auth/login")
    assert "Authorization" in renewed.headers
    assert [lower(answer.headers)["cache-control"] for answer in (renewed, refused)] == ["no-store"] * 2


def test_a_page_runs_its_own_script_and_nothing_else(server: Server) -> None:
    answer = HttpClient(server.address).get(DOCS)
    headers = lower(answer.headers)
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    for kind in ("script", "style"):
        inline = re.findall(rf"<{kind}>(.*?)</{kind}>", answer.body.decode(), re.DOTALL)
        hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline]
        assert policy[f"{kind}-src"] == " ".join(f"'sha256-{each}'" for each in hashes)
        assert len(hashes) == 1
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", answer.body.decode()), "the policy forbids it"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"


def test_a_download_is_saved_under_a_name_that_nobody_can_choose(server: Server, admin: HttpClient) -> None:
    space = 'a"; filename="evil.exe'
    uid = admin.post("/scouter/profile", registration(spc_profile(space=space))).body["uid"]
    answer = admin.get("/scouter/records/spc", uid=uid, time_interval="OneHour", max_data_points=1)
    headers = lower(answer.headers)
    assert answer.status == 200, answer
    assert headers["content-disposition"].count("filename=") == 1
    assert (file_name_of(headers["content-disposition"]) or "").endswith("-m-0.1.0-spc.parquet")
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_what_was_quarantined_is_saved_and_never_shown(admin: HttpClient) -> None:
    bad = admin.send("POST", "/scouter/message", b"<script>alert(1)</script>")
    kept = bad.body["quarantine_id"]
    answer = admin.get(f"/scouter/quarantine/{kept}/raw")
    headers = lower(answer.headers)
    assert answer.body == b"<script>alert(1)</script>"
    assert headers["content-type"] == "application/octet-stream"
    assert file_name_of(headers["content-disposition"]) == f"message-{kept}"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("name", "saved_as"),
    [
        ("s-m-0.1.0-spc.parquet", "s-m-0.1.0-spc.parquet"),
        ('a"; filename="evil.exe', "a_; filename=_evil.exe"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\x", "_x"),
        ("a\r\nSet-Cookie: b", "aSet-Cookie_ b"),
        ("Größe ✓.parquet", "Größe ✓.parquet"),
        ("a%22b", "a%22b"),
        ("right\u202eto left", "rightto left"),
        ("x" * 5000 + ".parquet", "x" * 192 + ".parquet"),
        ("", "download"),
        ("..", "download"),
    ],
)
def test_file_names_are_what_a_disk_can_hold(name: str, saved_as: str) -> None:
    disposition = content_disposition(name)
    assert re.fullmatch(r"attachment; filename=\"[\w. -]+\"(; filename\*=UTF-8''[\w.~%-]+)?", disposition, re.ASCII)
    assert file_name_of(disposition) == saved_as


def test_the_metrics_port_says_so_too(server: Server) -> None:
    for path in ("/metrics", "/livez", "/nowhere"):
        headers = lower(HttpClient(server.metrics_address).get(path).headers)
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["cache-control"] == "no-store", path
