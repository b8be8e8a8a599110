"""The dashboard can be read: every panel says what it shows and in which unit, and none covers another."""

from __future__ import annotations

from itertools import combinations

import pytest

from tests.deploy.deployed import DEPLOY, Document, dashboard, document, panels

# Of Grafana's ids of units, those that we use.
UNITS = {"short", "none", "s", "bytes", "Bps", "reqps", "ops", "cpm", "rowsps", "percentunit"}
ROOMS = ["promise", "ingest", "queue", "consumers", "checks", "alerts", "archive", "http", "database"]


def titles() -> list[str]:
    return [panel["title"] for panel in panels()]


@pytest.mark.parametrize("panel", panels(), ids=titles())
def test_a_panel_says_what_it_shows(panel: Document) -> None:
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert panel["description"].endswith(".")
    assert panel["datasource"]["uid"] == "${datasource}"
    assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])


@pytest.mark.parametrize("panel", panels(), ids=titles())
def test_a_panel_is_about_the_chosen_servers(panel: Document) -> None:
    for target in panel["targets"]:
        assert target["expr"].count('instance=~"$instance"') or target["expr"] == 'sum(up{job="scouter"})'


def test_names_and_places_are_unique() -> None:
    everything = dashboard()["panels"]
    assert len({panel["id"] for panel in everything}) == len(everything)
    assert len(set(titles())) == len(titles())
    for one, other in combinations(everything, 2):
        assert not _overlap(one["gridPos"], other["gridPos"]), (one["title"], other["title"])


def test_every_room_has_a_row() -> None:
    rows = " ".join(panel["title"].lower() for panel in dashboard()["panels"] if panel["type"] == "row")
    assert [room for room in ROOMS if room not in rows] == []


def test_grafana_finds_it_and_its_source() -> None:
    """By the paths at which compose.yaml mounts them."""
    compose = document(DEPLOY / "compose.yaml")["services"]
    provisioning = DEPLOY / "grafana" / "provisioning"
    (provider,) = document(provisioning / "dashboards" / "scouter.yaml")["providers"]
    (source,) = document(provisioning / "datasources" / "prometheus.yaml")["datasources"]
    mounts = dict(volume.split(":")[:2] for volume in compose["grafana"]["volumes"] if volume.startswith("."))
    assert mounts == {
        "./grafana/provisioning": "/etc/grafana/provisioning",
        "./grafana/dashboards": provider["options"]["path"],
    }
    assert source["url"] == "http://prometheus:9090"
    home = compose["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (DEPLOY / "grafana" / "dashboards" / home.removeprefix(provider["options"]["path"] + "/")).is_file()


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )
