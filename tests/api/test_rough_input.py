"""What no client should send: every answer is a problem that says so, none is a failure of ours."""

from __future__ import annotations

import json

import pytest

from tests.api.town import build_town, lonlat

LON, LAT = lonlat(100, 100)
HERE = {"lon": LON, "lat": LAT}


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def fine(answer) -> bool:
    return answer.status_code < 500 and (
        answer.status_code < 400 or answer.headers["content-type"] == "application/problem+json"
    )


GETS = [
    "/api/v1/search?q=%00", "/api/v1/search?q=a%00b", "/api/v1/search?q=%F0%9F%98%80", "/api/v1/search?q=%ff",
    "/api/v1/search?q=999999999999999999999", "/api/v1/search?q=1e400,2", "/api/v1/search?q=%5C", "/api/v1/search?q=90,180",
    "/api/v1/incidents?since=0001-01-01T00:00:00Z", "/api/v1/incidents?since=9999-12-31T23:59:59Z",
    "/api/v1/incidents?grid=%00", "/api/v1/incidents?state=%00", "/api/v1/incidents?cursor=MHww",
    "/api/v1/incidents?cursor=OTk5OS0xMi0zMVQyMzo1OTo1OS0yMzo1OXw5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ",
    "/api/v1/incidents/%00", "/api/v1/incidents/2026-11-999999", "/api/v1/cameras/%00", "/api/v1/cameras/",
    "/api/v1/plans/00000000-0000-0000-0000-000000000000/grids", "/api/v1/coverage?plan=0",
    "/ogc/collections/grids/items/999999999999999999", "/ogc/collections/grids/items/9999999999999999999999",
    "/ogc/collections/%00/items", "/ogc/collections/grids%27/items", "/ogc/collections/grids/items?cursor=9223372036854775807",
    "/ogc/collections/incidents/items?datetime=0001-01-01T00:00:00Z/9999-12-31T23:59:59Z",
    "/ogc/collections/incidents/items?datetime=0001-01-01T00:00:00%2B23:59/..",
    "/ogc/collections/grids/items?bbox=-180,-90,180,90", "/ogc/collections/grids/items?bbox=1e-320,0,1,1",
    "/ogc/collections/grids/items?bbox=0,0,0,0", "/ogc/collections/view_sheds/items?bbox=-180,-90,180,90",
    "/ogc/collections/grids/tiles/WebMercatorQuad/16/65535/65535", "/ogc/collections/areas/tiles/WebMercatorQuad/5/9/18",
    "/api/v1/layers?territory=00000000-0000-0000-0000-000000000000", "/api/v1/areas?territory=x",
]  # fmt: skip


@pytest.mark.parametrize("path", GETS)
def test_reading(client, town, path):
    answer = client.get(path)
    assert fine(answer), answer.text


PLACES = [
    {"lon": 1e308, "lat": -1e308}, {"lon": 180, "lat": 90}, {"lon": -180, "lat": -90}, {"lon": 0, "lat": 90},
    {"lon": 1e308, "lat": 1e308, "crs": "EPSG:32635"}, {"lon": 1, "lat": 1, "crs": "EPSG:32635"},
    {"lon": 500000, "lat": 0, "crs": "EPSG:4979"}, {"lon": 1, "lat": 1, "crs": "EPSG:5773"},
    {"lon": 1, "lat": 1, "crs": "\u0000"}, {"lon": 116, "lat": 40, "crs": "bd09"}, {**HERE, "accuracy_m": 50000},
    {**HERE, "at": "0001-01-01T00:00:00Z"}, {**HERE, "at": "9999-12-31T23:59:59Z"}, {**HERE, "at": "0001-01-01T00:00:00+23:59"},
    {"address": "\u0000"}, {"address": "%"}, {"address": "\\"}, {"door_code": "😀"}, {"camera": "'"},
    {"address": "a " * 99}, {"grid_code": "\u202e"}, {"lon": True, "lat": False}, {"lon": [], "lat": {}},
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=json.dumps)
def test_places(client, town, place):
    answer = client.post("/api/v1/locate", json=place)
    assert fine(answer), answer.text


BODIES = [
    b"", b"[]", b"null", b"{", b'{"lon":1,"lat":1,"item":"\\u0000"}', b"\xff", b"[" * 5000, b'{"address":"\\ud83d"}',
    b'{"lon":24.94,"lat":60.16,"item":"\\ud83d"}', b'{"territory":"\\ud83d"}', b'{"lon":1e999,"lat":1,"item":"x"}',
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("path", ["/api/v1/locate", "/api/v1/incidents", "/api/v1/plans", "/api/v1/coverage/runs"])
def test_bodies(client, town, path, body):
    headers = {"Content-Type": "application/json", "Idempotency-Key": "rough"}
    answer = client.post(path, content=body, headers=headers)
    assert 400 <= answer.status_code < 500, answer.text
    assert fine(answer)


@pytest.mark.parametrize(
    "change",
    [
        {"item": "a\u0000b"}, {"description": "\u0000"}, {"channel": "\u0000"}, {"item": "😀"}, {"item": "  "},
        {"occurred_at": "0001-01-01T00:00:00+23:59"}, {"occurred_at": "0001-01-01T00:00:00Z"}, {"lon": 24.9, "lat": 89.99},
        {"description": "1" * 4000},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_reports(client, town, change):
    answer = client.post(
        "/api/v1/incidents", json={**HERE, "item": "x", **change}, headers={"Idempotency-Key": ascii(change)[:150]}
    )
    assert fine(answer), answer.text


@pytest.mark.parametrize("key", ["", " ", "\t", "k" * 201])
def test_keys(client, town, key):
    answer = client.post("/api/v1/incidents", json={**HERE, "item": "x"}, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
