"""Which pictures there are of the pages, and what is to be seen on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from tests.http_client import HttpClient

Theme = Literal["light", "dark"]
WIDE, PHONE = 1280, 390


@dataclass(frozen=True)
class Picture:
    """`height`: of the part that is shown."""

    name: str
    address: str
    height: int
    theme: Theme = "light"
    width: int = WIDE


def pictures(client: HttpClient) -> list[Picture]:
    """Of the demonstration that `client` has signed in to."""
    uids = {
        (each["name"], each["version"]): each["uid"] for each in client.get("/scouter/profiles/states").body["items"]
    }
    churn, credit = uids["churn", "1.2.0"], uids["credit", "1.4.0"]
    (run,) = client.get("/scouter/runs", uid=churn, limit=1).body["items"]
    profile = "/profile?" + urlencode({"uid": churn})
    income = "/feature?" + urlencode({"uid": churn, "name": "income"})
    employment = "/feature?" + urlencode({"uid": credit, "name": "employment"})
    return [
        Picture("overview", "/", 560),
        Picture("overview-dark", "/", 560, "dark"),
        Picture("overview-phone", "/", 840, width=PHONE),
        Picture("profile", profile, 1010),
        Picture("profile-dark", profile, 1010, "dark"),
        Picture("profile-phone", profile, 840, width=PHONE),
        Picture("feature", income, 820),
        Picture("feature-psi", employment, 760),
        Picture("alerts", "/alerts", 800),
        Picture("run", f"/runs/{run['id']}", 940),
    ]
