"""Policies on a page: each value with where it comes from, and a form that says what it does not take."""

from __future__ import annotations

import re

import pytest

from scouter.pages.wording.policies import WORDS, accepted_by, read_typed, typed
from scouter.policy.keys import KEYS
from scouter.postgres.connections.pool import Pool
from scouter.server import Server
from tests.http_client import HttpClient
from tests.integration.pages.checked_profiles import CheckedProfiles
from tests.integration.pages.page_deeds import act, user
from tests.page_client import PageAnswer, PageClient

HOSTILE = "<svg onload=alert(1)>"


@pytest.fixture(autouse=True)
def _nothing_left(pool: Pool) -> None:
    with pool.connection() as connection:
        connection.execute(b"DELETE FROM entity")
        connection.execute(b"DELETE FROM alert_policy WHERE space IS NOT NULL")


def shown(page: PageAnswer) -> dict[str, tuple[str, str]]:
    """What holds and where it comes from, by key."""
    body = page.html.partition('<table class="policy settings">')[2].partition("</table>")[0]
    made = {}
    for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL):
        key = re.search(r"<code>(.*?)</code>", row)
        cells = [PageAnswer(200, each, {}, (), b"").text for each in re.findall(r"<td.*?</td>", row, re.DOTALL)]
        if key is not None:
            made[key[1]] = (cells[0], cells[1])
    return made


def test_every_key_is_there_with_words_and_what_it_takes(browser_of_admin: PageClient) -> None:
    values = shown(browser_of_admin.get("/policy"))
    assert values.keys() == KEYS.keys()
    assert WORDS.keys() == KEYS.keys()
    assert all(accepted_by(key) for key in KEYS)
    assert values["repeat_every"] == ("1d", "as shipped")


@pytest.mark.parametrize("value", ["24h", "off", 3.5, 2, [{"days": ["sat"]}], "2 of 3"])
def test_what_is_typed_is_read_as_it_was_shown(value: object) -> None:
    assert read_typed(typed(value)) == value


def test_each_value_says_where_it_comes_from(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Spc", "churn")
    admin.put("/scouter/alerts/policy", {"space": "shop", "policy": {"repeat_every": "12h", "worse": "off"}})
    policy = {"worse": 3, "features": {"f0": {"judge": "client"}}}
    admin.put("/scouter/alerts/policy", {"uid": uid, "policy": policy})
    values = shown(browser_of_admin.get("/policy", uid=uid))
    assert values["worse"] == ("3.0", "the profile")
    assert values["repeat_every"] == ("12h", "the space")
    assert values["messages"][1] == "the server"
    page = browser_of_admin.get("/policy", uid=uid, feature="f0")
    assert shown(page)["judge"] == ("client", "this feature")
    assert "not by feature" in page.text
    assert "With values of their own: f0" in browser_of_admin.get("/policy", uid=uid).text


def test_a_policy_is_set_and_taken_back(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Spc", "churn")
    mute = '[{"days": ["sat", "sun"]}]'
    sent = {"key.repeat_every": "12h", "key.worse": "2.5", "key.mute": mute, "key.judge": ""}
    page = act(browser_of_admin, f"/policy?uid={uid}", do="set", **sent)
    assert "Set. It holds from the next message on." in page.text
    assert "Set by admin" in page.text
    document = admin.get("/scouter/alerts/policy", uid=uid).body["document"]
    assert (document["repeat_every"], document["worse"], document["mute"][0]["days"]) == ("12h", 2.5, ["sat", "sun"])
    act(browser_of_admin, f"/policy?uid={uid}&feature=f0", do="set", **{"key.judge": "client"})
    document = admin.get("/scouter/alerts/policy", uid=uid).body["document"]
    assert (document["features"], document["repeat_every"]) == ({"f0": {"judge": "client"}}, "12h")
    act(browser_of_admin, f"/policy?uid={uid}", do="set", **{"key.repeat_every": "6h"})
    document = admin.get("/scouter/alerts/policy", uid=uid).body["document"]
    assert document == {"repeat_every": "6h", "features": {"f0": {"judge": "client"}}}
    act(browser_of_admin, f"/policy?uid={uid}&feature=f0", do="set")
    page = act(browser_of_admin, f"/policy?uid={uid}", do="set")
    assert "Taken back: what is more general holds again." in page.text
    assert admin.get("/scouter/alerts/policy", uid=uid).body["document"] is None
    assert "There was nothing to do." in act(browser_of_admin, f"/policy?uid={uid}", do="set").text
    act(browser_of_admin, "/policy?space=shop", do="set", **{"key.group_wait": "30s"})
    assert admin.get("/scouter/alerts/policy", space="shop").body["document"] == {"group_wait": "30s"}


def test_what_cannot_be_is_refused_with_key_value_and_what_is_accepted(
    browser_of_admin: PageClient, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Spc", "churn")
    sent = {"key.repeat_every": HOSTILE, "key.judge": "me", "key.worse": "3"}
    answer = browser_of_admin.post(f"/policy?uid={uid}", None, do="set", **sent)
    assert answer.status == 400
    assert f"epeat_every: '{HOSTILE}' is not accepted; expected a length of time" in answer.text
    assert "judge: 'me' is not accepted; expected one of corrected, client, auto" in answer.text
    assert HOSTILE not in answer.html
    assert 'name="key.worse" value="3"' in answer.html, "what was typed stays"
    assert admin.get("/scouter/alerts/policy", uid=uid).body["document"] is None
    answer = browser_of_admin.post(f"/policy?uid={uid}", None, do="set", **{"key.nonsense": "1"})
    assert "Nonsense: 1 is not accepted; expected one of the keys" in answer.text
    answer = browser_of_admin.post(f"/policy?uid={uid}&feature=f0", None, do="set", **{"key.group_by": "space"})
    assert (answer.status, "Features.f0.group_by: 'space' is not accepted" in answer.text) == (400, True)


def test_the_server_s_own_is_in_its_settings(browser_of_admin: PageClient) -> None:
    page = browser_of_admin.get("/policy")
    assert "The server's own is in its settings." in page.text
    assert 'name="do" value="set"' not in page.html
    answer = browser_of_admin.post("/policy", None, do="set", **{"key.worse": "3"})
    assert answer.status == 400
    assert "the server's own policy is its settings" in answer.text


def test_it_is_for_those_who_may_read_and_setting_for_those_who_may_write(
    server: Server, admin: HttpClient, checked: CheckedProfiles
) -> None:
    uid = checked.register("Spc", "churn")
    with user(server, admin, "k-reader", "read:shop") as reader, user(server, admin, "k-other", "read:lab") as other:
        for named in (f"uid={uid}", "space=shop"):
            page = reader.get(f"/policy?{named}")
            assert page.status == 200
            assert "needs write: shop" in page.text
            assert 'name="do" value="set"' not in page.html
            assert other.get(f"/policy?{named}").status == 404
            assert reader.post(f"/policy?{named}", None, do="set", **{"key.worse": "3"}).status == 403
            assert other.post(f"/policy?{named}", None, do="set", **{"key.worse": "3"}).status == 404
        assert other.get("/policy").status == 200
