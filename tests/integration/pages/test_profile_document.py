"""A profile as it is registered, as text and as a file, with its tags."""

from __future__ import annotations

import html
import json
import re

from scouter.pages.profile.document import MOST_SHOWN
from tests.http_client import HttpClient
from tests.integration.pages.checked_profiles import CheckedProfiles
from tests.integration.pages.test_profile import active, state_of
from tests.page_client import PageClient
from tests.profile_documents import spc_profile


def shown(page_html: str) -> str:
    return html.unescape(page_html.partition('<pre class="code" tabindex="0">')[2].partition("</pre>")[0])


def test_the_document_is_that_of_the_api(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    document = spc_profile(name="<svg onload=alert(1)>")
    document["features"]["f0"]["center"] = 1e-7
    uid = active(checked, document)
    version = state_of(admin, "<svg onload=alert(1)>")["version"]
    query = {"space": "s", "name": "<svg onload=alert(1)>", "version": version, "drift_type": "Spc"}
    stored = admin.get("/scouter/profile", **query).body["Spc"]
    page = browser_of_admin.get("/profile/document", None, uid=uid)
    assert json.loads(shown(page.html)) == stored
    assert "1e-7" in shown(page.html)
    assert "<svg onload" not in page.html
    saved = browser_of_admin.get("/profile/document", None, uid=uid, download="1")
    assert json.loads(saved.data) == stored
    assert re.fullmatch(r"attachment; filename\*=UTF-8''[\w.-]+\.json", saved.headers["Content-Disposition"])


def test_what_is_long_is_cut(browser_of_admin: PageClient, checked: CheckedProfiles) -> None:
    uid = active(checked, spc_profile(name="long", features=1500))
    page = browser_of_admin.get("/profile/document", None, uid=uid)
    assert "Only its beginning is shown" in page.text
    assert len(shown(page.html)) == MOST_SHOWN
    saved = browser_of_admin.get("/profile/document", None, uid=uid, download="1")
    assert len(json.loads(saved.data)["features"]) == 1500


def test_tags(browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles) -> None:
    uid = active(checked, spc_profile(name="tagged"))
    assert "Tags" not in browser_of_admin.get("/profile/document", None, uid=uid).text
    tags = [("Profile", "owner", "<b>risk</b>"), ("Drift", "stage", "\u202eproduction")]
    sent = [{"entity_type": kind, "entity_id": uid, "key": key, "value": value} for kind, key, value in tags]
    assert admin.post("/scouter/tags", {"tags": sent}).status == 200
    page = browser_of_admin.get("/profile/document", None, uid=uid)
    assert "owner <b>risk</b>" in page.text
    assert "stage" in page.text
    assert "<b>risk" not in page.html
    assert "\u202e" not in page.html
