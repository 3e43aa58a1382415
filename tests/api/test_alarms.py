"""Alarms: each a case once, a storm of the same one case, a bad one no hindrance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.api.conftest import Client
from tests.api.town import build_town, lonlat


@pytest.fixture(scope="module")
def town(client, database):
    town = build_town(database)
    lon, lat = lonlat(300, 300)
    device = {"code": "WELL-7", "kind": "level", "item": "Manhole open", "lon": lon, "lat": lat, "severity": "major"}
    off = device | {"code": "WELL-8", "active": False}
    answer = client.put("/api/v1/devices", json={"devices": [device, off]})
    assert answer.status_code == 200, answer.text
    assert client.get("/api/v1/devices").json()["devices"] == answer.json()["devices"]
    return town


def alarm(key, source="WELL-7", kind="water high", **more):
    return {"key": key, "source": source, "kind": kind, "at": datetime.now(UTC).isoformat()} | more


def send(client, *alarms):
    answer = client.post("/api/v1/alarms", json={"alarms": list(alarms)})
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


def test_batch_is_taken_one_by_one(client, town):
    late = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    first, on, camera, unknown, off, future = send(
        client, alarm("1"), alarm("2"), alarm("3", "node/fixed", "烟雾"), alarm("4", "nowhere"), alarm("5", "WELL-8"),
        alarm("6", at=late),
    )  # fmt: skip
    assert [each["result"] for each in (first, on, camera)] == ["new", "goes-on", "new"]
    assert on["no"] == first["no"] != camera["no"]
    assert [each["result"] for each in (unknown, off, future)] == ["refused"] * 3
    assert ["nowhere" in unknown["reason"], "off" in off["reason"], "future" in future["reason"]] == [True] * 3
    case = client.get(f"/api/v1/incidents/{first['no']}").json()["incident"]
    assert (case["channel"], case["item"], case["severity"]) == ("alarm", "Manhole open", "major")
    assert case["grid"]["code"] == "990101001001005"
    seen = client.get(f"/api/v1/incidents/{camera['no']}").json()["incident"]
    assert (seen["item"], seen["grid"]["code"][-1]) == ("烟雾", "1")


def test_repeat_is_harmless(client, town):
    one = alarm("again", "node/far", "crowd")
    first, second = send(client, one)[0], send(client, one)[0]
    assert (first["result"], second["result"], second["no"]) == ("new", "repeat", first["no"])


def test_key_that_rang_at_another_time_is_refused_in_words_of_alarms(client, town):
    first = send(client, alarm("twice", "node/far", "smoke"))[0]
    other = (datetime.now(UTC) - timedelta(minutes=3)).isoformat()
    second = send(client, alarm("twice", "node/far", "smoke", at=other))[0]
    assert (second["result"], second["no"]) == ("refused", first["no"])
    assert (
        second["reason"] == "This key rang before with another time or kind; an alarm that rings anew has its own key."
    )


def test_only_who_looks_after_alarms_sends_them(app, make_account, town):
    with Client(app, headers={"Authorization": f"Bearer {make_account('analyst')}"}) as analyst:
        assert analyst.post("/api/v1/alarms", json={"alarms": [alarm("x")]}).status_code == 403
        assert analyst.put("/api/v1/devices", json={"devices": []}).status_code == 403
