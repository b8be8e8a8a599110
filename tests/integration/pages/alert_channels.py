"""Settings of a server that sends alerts: Slack takes everything, OpsGenie refuses everything. Import both fixtures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scouter.settings.settings import Settings
from tests.alert_service import AlertService, Answer
from tests.integration.conftest import settings_for


@pytest.fixture(scope="module")
def service() -> Iterator[AlertService]:
    with AlertService() as running:
        running.behave("/v2/alerts", Answer(422, {"message": "no such team"}))
        yield running


@pytest.fixture(scope="module")
def settings(database: str, tmp_path_factory: pytest.TempPathFactory, service: AlertService) -> Settings:
    return settings_for(
        database,
        tmp_path_factory.mktemp("server"),
        SLACK_API_URL=service.url + "/api",
        SLACK_APP_TOKEN="xoxb-secret",
        OPSGENIE_API_URL=service.url + "/v2/alerts",
        OPSGENIE_API_KEY="genie-secret",
    )
