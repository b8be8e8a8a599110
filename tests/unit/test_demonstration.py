"""The made-up company: every profile is one that a client could register, and every start tells the same story."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from scouter.demonstration.checking import past_checks, past_windows
from scouter.demonstration.company import CHURN, COMPANY, CREDIT, FRAUD, LIMITS, RECOMMEND_NEXT, ROUTES
from scouter.demonstration.documents import registration
from scouter.demonstration.models import DAILY, DAYS, HOURLY, Model
from scouter.demonstration.place import Place, chosen_place, settings_at, taken_settings
from scouter.demonstration.records import records
from scouter.demonstration.request_metrics import request_metrics
from scouter.demonstration.sent import CHECKED_AFTER, last_window_end
from scouter.errors import StartRefused
from scouter.profiles.document import acceptable_profile
from scouter.settings.settings import Settings
from scouter.wire.messages import Message
from scouter.wire.profiles import RegisterProfileRequest

NOW = datetime(2026, 11, 27, 9, 17, 3, tzinfo=UTC)


def sent_records(model: Model, now: datetime) -> list[dict[str, Any]]:
    return [record for message in records(model, "uid", now) for record in json.loads(message.raw)["records"]]


@pytest.mark.parametrize("model", COMPANY, ids=lambda model: model.shown)
def test_a_client_could_register_each_profile(model: Model) -> None:
    request = msgspec.convert(registration(model, NOW), RegisterProfileRequest)
    assert acceptable_profile(request, NOW).config.name == model.name


def test_there_are_ten_of_all_kinds_seven_of_them_checked_by_the_day_and_three_by_the_hour() -> None:
    assert Counter(type(model).__name__ for model in COMPANY) == {"SpcModel": 3, "PsiModel": 4, "CustomModel": 3}
    assert Counter(model.schedule for model in COMPANY) == {DAILY: 7, HOURLY: 3}


@pytest.mark.parametrize("model", [CHURN, CREDIT, FRAUD, LIMITS], ids=lambda model: model.shown)
def test_the_same_moment_before_the_last_window_holds_the_same_values_whenever_it_is_started(model: Model) -> None:
    later = NOW + timedelta(days=11, hours=5, minutes=13)
    told = []
    for now in (NOW, later):
        end = last_window_end(model, now)
        placed = [
            ((datetime.fromisoformat(each.pop("created_at")) - end), each)
            for record in sent_records(model, now)
            for each in record.values()
        ]
        told.append([(since, each) for since, each in placed if since <= timedelta()])
    assert told[0] == told[1]


def test_no_record_comes_from_the_future_or_lies_on_the_border_of_a_window() -> None:
    for model in COMPANY:
        moments = [
            datetime.fromisoformat(each["created_at"])
            for record in sent_records(model, NOW)
            for each in record.values()
        ]
        assert all(NOW - timedelta(days=DAYS + 1) < moment <= NOW for moment in moments), model.shown
        assert not any(moment.minute == moment.second == 0 for moment in moments), model.shown


def test_a_new_one_has_sent_nothing_and_been_checked_never_and_a_silent_one_no_more() -> None:
    assert sent_records(RECOMMEND_NEXT, NOW) == [] and list(past_windows(RECOMMEND_NEXT, NOW)) == []
    newest = max(datetime.fromisoformat(record["Custom"]["created_at"]) for record in sent_records(LIMITS, NOW))
    assert timedelta(days=4) < NOW - newest < timedelta(days=5)
    assert len(list(past_windows(LIMITS, NOW))) == DAYS, "it is checked all the same"


def test_checks_are_made_in_the_order_of_time_and_no_window_is_checked_twice() -> None:
    checks = past_checks([(model, number) for number, model in enumerate(COMPANY)], NOW)
    assert 350 <= len(checks) <= 450
    assert [each.window.end for each in checks] == sorted(each.window.end for each in checks)
    assert len({(each.entity_id, each.window.end) for each in checks}) == len(checks)
    assert all(each.window.end <= NOW for each in checks)


@pytest.mark.parametrize("seconds", [0, 5, 59, 61, 62, 3599])
def test_no_check_is_made_before_its_time_however_shortly_after_the_hour_it_is_started(seconds: int) -> None:
    now = NOW.replace(hour=0, minute=0, second=0) + timedelta(seconds=seconds)
    checks = past_checks([(model, number) for number, model in enumerate(COMPANY)], now)
    assert all(each.window.end + CHECKED_AFTER <= now for each in checks)
    assert len(checks) == len(past_checks([(model, number) for number, model in enumerate(COMPANY)], NOW))


def test_request_metrics_arrive_in_the_past_and_can_be_decoded() -> None:
    sent = list(request_metrics("uid", ROUTES, 2, NOW))
    assert len(sent) == 2 * 96 and all(message.at < NOW for message in sent)
    assert all(msgspec.json.decode(message.raw, type=Message).records for message in sent)


def test_a_shell_has_a_say_in_port_host_and_log_level_alone(tmp_path: Path) -> None:
    said = {
        "SCOUTER_SERVER_PORT": "8123",
        "LOG_LEVEL": "debug",
        "DATABASE_URI": "postgresql://real/one",
        "SLACK_APP_TOKEN": "xoxb",
        "MAX_POOL_SIZE": "nonsense",
    }
    settings = settings_at(Place(tmp_path), taken_settings(said))
    assert (settings.http.port, settings.logs.level, settings.http.host) == (8123, "debug", "127.0.0.1")
    assert settings.database.uri == "embedded" and settings.database.data_dir == tmp_path / "database"
    assert settings.archive.storage_uri == str(tmp_path / "archive")
    assert settings.alerting == Settings().alerting
    assert (settings.kafka, settings.rabbitmq) == (Settings().kafka, Settings().rabbitmq)


def test_where_others_reach_it_no_password_is_known(tmp_path: Path) -> None:
    open_to_all = settings_at(Place(tmp_path), taken_settings({"SCOUTER_SERVER_HOST": "192.0.2.7"}))
    assert not open_to_all.users.known_users and open_to_all.users.guest_access == "off"
    assert settings_at(Place(tmp_path), taken_settings({})).users.known_users


def test_a_new_place_goes_at_the_end_and_one_that_was_asked_for_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    new, kept = chosen_place(None), chosen_place(tmp_path / "kept")
    for place in (new, kept):
        place.database.mkdir(parents=True)
        place.remove()
    assert not new.root.exists() and kept.root.exists()
    with pytest.raises(StartRefused, match="neither empty nor a whole demonstration"):
        chosen_place(kept.root)
    kept.note_filled()
    assert chosen_place(kept.root).is_filled
