"""From a message to what is wrong: the link that a channel carries, followed by whoever got it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scouter.settings.settings import Settings
from tests.alert_service import AlertService
from tests.http_client import HttpClient
from tests.integration.conftest import settings_for
from tests.integration.pages.checked_profiles import CheckedProfiles
from tests.page_client import PageClient
from tests.server_process import free_port


@pytest.fixture(scope="module")
def service() -> Iterator[AlertService]:
    with AlertService() as running:
        yield running


@pytest.fixture(scope="module")
def settings(database: str, tmp_path_factory: pytest.TempPathFactory, service: AlertService) -> Settings:
    port = str(free_port())
    return settings_for(
        database,
        tmp_path_factory.mktemp("server"),
        SCOUTER_SERVER_PORT=port,
        SCOUTER_PUBLIC_URL=f"http://127.0.0.1:{port}",
        SCOUTER_WEBHOOK_URL=service.url + "/hook",
    )


def test_a_message_leads_to_its_alert_by_way_of_the_sign_in(
    visitor: PageClient, admin: HttpClient, checked: CheckedProfiles, service: AlertService
) -> None:
    uid = checked.register("Spc", "churn")
    run_id = checked.spc(uid, 1, f0=9.0)
    [message] = service.wait_for("/hook")
    [alert_id] = message.json["alert_ids"]
    link = message.json["url"].removeprefix(visitor.url)
    assert link.startswith("/scouter/ui/")
    asked = visitor.get(link)
    assert (asked.status, "/sign-in?next=" in asked.location) == (303, True)
    form = visitor.get(asked.location)
    signed_in = visitor.post("/sign-in", do="sign-in", username="admin", password="admin", next=link)
    assert form.status == 200
    assert (signed_in.status, signed_in.location) == (303, link)
    led = visitor.get(link)
    assert led.location == f"/scouter/ui/runs/{run_id}#alert-{alert_id}"
    page = visitor.get(led.location.partition("#")[0])
    assert f'id="alert-{alert_id}"' in page.html
    assert "A value of 9 is above the upper limit of 3 (three sigma)." in page.text
    checked.run("DELETE FROM check_run WHERE id = %s", run_id)
    alone = visitor.get(link)
    assert alone.status == 200
    assert "has expired" in alone.text
