"""Privacy zones over HTTP: who looks in, revisions, and shapes that are no ground."""

from __future__ import annotations

import pytest
import shapely

from tests.api.town import Town, build_town, lonlat, placed

ZONES = "/api/v1/privacy-zones"


@pytest.fixture(scope="module")
def town(database) -> Town:
    return build_town(database)


def drawn(shape: shapely.Geometry) -> dict:
    return shapely.geometry.mapping(placed(shape))


def zone(**changes: object) -> dict:
    return {
        "kind": "yard", "reason": "Back gardens of the row houses", "geometry": drawn(shapely.box(140, 90, 160, 110)),
        **changes,
    }  # fmt: skip


def test_zone_is_kept_with_its_reason_and_who_looks_in(client, town) -> None:
    answer = client.post(ZONES, json=zone())
    assert answer.status_code == 201, answer.text
    made = answer.json()["zone"]
    assert made["area_m2"] == pytest.approx(400, rel=1e-3)
    refs = {looker["ref"] for looker in made["looking_in"]}
    assert any("fixed" in ref or ref.endswith("0") for ref in refs)
    listed = client.get(ZONES).json()
    assert [(row["id"], row["cameras"], row["reason"]) for row in listed["zones"]] == [
        (made["id"], len(refs), "Back gardens of the row houses")
    ]
    assert "yard" in listed["kinds"]
    assert client.get(f"{ZONES}/{made['id']}").headers["etag"].startswith('"1-')


def test_change_needs_the_revision_that_was_seen(client, town) -> None:
    made = client.post(ZONES, json=zone(kind="school")).json()["zone"]
    where = f"{ZONES}/{made['id']}"
    assert client.patch(where, json={"reason": "Playground"}).status_code == 428
    moved = client.patch(
        where, json={"geometry": drawn(shapely.box(500, 300, 520, 320))}, headers={"If-Match": '"1"'}
    ).json()["zone"]
    assert (moved["revision"], moved["kind"], moved["reason"]) == (2, "school", made["reason"])
    stale = client.patch(where, json={"kind": "bath"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["current"]["revision"]) == (412, 2)
    both = client.patch(where, json={"kind": "bath", "reason": "Public bath"}, headers={"If-Match": '"2"'}).json()
    assert (both["zone"]["kind"], both["zone"]["reason"]) == ("bath", "Public bath")
    assert client.delete(where, headers={"If-Match": '"1"'}).status_code == 412
    assert client.delete(where, headers={"If-Match": '"3"'}).status_code == 204
    assert client.get(where).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "neighbour"},
        {"reason": "   "},
        {"reason": "no"},
        {"geometry": {"type": "Point", "coordinates": list(lonlat(10, 10))}},
        {"geometry": {"type": "Polygon"}},
        {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}},
        {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}},
        {"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1e400, 0], [1, 1], [0, 0]]]}},
    ],
)
def test_zones_that_are_none_are_refused(client, town, changes) -> None:
    before = len(client.get(ZONES).json()["zones"])
    body = str(zone(**changes)).replace("'", '"').replace("inf", "1e400").replace("(", "[").replace(")", "]")
    answer = client.post(ZONES, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert len(client.get(ZONES).json()["zones"]) == before


def test_only_some_roles_set_up_zones(app, make_account, town) -> None:
    from tests.api.conftest import Client

    with Client(app, headers={"Authorization": f"Bearer {make_account('dispatcher')}"}) as other:
        assert other.get(ZONES).status_code == 200
        assert other.post(ZONES, json=zone()).status_code == 403


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[]]},
        {"type": "MultiPolygon", "coordinates": []},
        {"type": "GeometryCollection", "geometries": []},
        {"type": "Feature", "properties": {}, "geometry": None},
        {"type": "Polygon", "coordinates": [[[24.9, 60.1], [24.9, 60.1], [24.9, 60.1], [24.9, 60.1]]]},
        {"type": "Polygon", "coordinates": [[["a", "b"], [1, 0], [1, 1], ["a", "b"]]]},
        {"type": "Polygon", "coordinates": [[[200, 95], [201, 95], [201, 96], [200, 95]]]},
        {},
    ],
)
def test_shapes_of_nothing_are_refused_with_words(client, town, geometry) -> None:
    answer = client.post(ZONES, json=zone(geometry=geometry))
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"]


def test_heights_of_corners_are_left_out(client, town) -> None:
    flat = drawn(shapely.box(20, 20, 40, 40))
    high = {**flat, "coordinates": [[[*corner, 12.5] for corner in ring] for ring in flat["coordinates"]]}
    made = client.post(ZONES, json=zone(geometry=high))
    assert made.status_code == 201, made.text
    assert made.json()["zone"]["area_m2"] == pytest.approx(400, rel=1e-3)
    assert len(made.json()["zone"]["geometry"]["coordinates"][0][0][0]) == 2


def test_territory_may_be_left_out_where_only_one_is_loaded(client, database, town) -> None:
    assert client.post(ZONES, json=zone()).status_code == 201
    other = build_town(database, name="Otherby", prefix="990106001")
    unclear = client.post(ZONES, json=zone())
    assert (unclear.status_code, unclear.json()["code"]) == (404, "not-found")
    assert unclear.json()["known"] == ["Otherby", "Testby"]
    assert client.post(ZONES, json=zone(territory=str(other.territory))).status_code == 201
    unknown = client.post(ZONES, json=zone(territory=str(town.plan)))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not-found")
