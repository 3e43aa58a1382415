"""OGC API Features Part 4, by the names of the draft's abstract tests: add, replace, change and remove features."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from services import live_check
from services.coverage import run_coverage
from services.features.reading import EDITABLE
from store.database import live_coverage as live_sql
from store.database.actor import Actor
from store.database.models import Audit, LayerRevision, Plan
from tests.api.abstract_tests import carries_out
from tests.api.conftest import Client
from tests.api.town import EAST, NORTH, build_town, lonlat

OGC = "/ogc/collections"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
SQUARE = [[*lonlat(10, 10)], [*lonlat(30, 10)], [*lonlat(30, 30)], [*lonlat(10, 30)], [*lonlat(10, 10)]]
BOW_TIE = [[*lonlat(10, 10)], [*lonlat(30, 30)], [*lonlat(30, 10)], [*lonlat(10, 30)], [*lonlat(10, 10)]]
NEW = {
    "cameras": {"gb28181_id": "99010100100000009999", "azimuth": 45, "hfov": 60, "owner": "Town"},
    "key_places": {"kind": "school", "name": "New school 新学校", "weight": 2},
    "facilities": {"kind": "clinic", "name": "Clinic"},
    "privacy_zones": {"kind": "yard", "reason": "A yard that people live in."},
}


@pytest.fixture(scope="module")
def town(database):
    town = build_town(database)
    with database.work(Actor.system()) as work:
        run_coverage(work, town.plan)
    return town


@pytest.fixture
def equal(database, town):
    def holds() -> bool:
        with database.work(Actor.system()) as work:
            found = live_check.check(work, town.plan, now=datetime.now(UTC))
            assert found.differences == []
            return found.equal

    return holds


def feature(collection, at=(250, 110), **properties):
    ground = {"type": "Polygon", "coordinates": [SQUARE]}
    point = {"type": "Point", "coordinates": lonlat(*at)}
    geometry = ground if collection == "privacy_zones" else point
    return {"type": "Feature", "geometry": geometry, "properties": {**NEW.get(collection, {}), **properties}}


def post(client, collection, told=None, headers=None, **properties):
    body = feature(collection, **properties) if told is None else told
    return client.post(f"{OGC}/{collection}/items", content=json.dumps(body), headers=headers or {})


def made(client, collection, **properties):
    answer = post(client, collection, **properties)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"], answer.headers["etag"], answer.json()


def send(client, way, url, body, tag=None, **headers):
    given = {"Content-Type": "application/geo+json", **headers, **({"If-Match": tag} if tag else {})}
    return client.request(way, url, content=json.dumps(body), headers=given)


def refused(answer, status, **fields):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert {name: told.get(name) for name in fields} == fields
    return told


@carries_out(
    "ogcapi-features-4/1.0/conf/create-replace-delete",
    *(
        f"/conf/create-replace-delete/{name}"
        for name in ("post-op", "post-response", "put-op", "put-response", "delete-op")
    ),
)
@carries_out("ogcapi-features-4/1.0/conf/features", "/conf/features/collection-items-end-point", "/conf/features/crs84")
@pytest.mark.parametrize("collection", sorted(NEW))
def test_create_replace_delete_walk(client, town, database, collection):
    with database.work(Actor.system()) as work:
        before = work.session.scalar(sa.select(LayerRevision.rev).where(LayerRevision.layer == collection)) or 0
        trail = work.session.scalar(sa.select(sa.func.count()).select_from(Audit))
    url, tag, told = made(client, collection)
    assert told["properties"].items() >= NEW[collection].items()
    assert url == f"http://testserver{OGC}/{collection}/items/{told['id']}"
    read = client.get(url)
    assert read.json()["properties"] == told["properties"]
    assert client.get(url, headers={"If-None-Match": read.headers["etag"]}).status_code == 304
    again = send(client, "PUT", url, read.json(), read.headers["etag"])  # what was read, sent back: nothing changes
    assert (again.status_code, again.json()["properties"]) == (200, told["properties"])
    other = feature(collection, at=(270, 120))
    name = {"cameras": "owner", "privacy_zones": "reason"}.get(collection, "name")
    other["properties"][name] = "Somebody else entirely"
    replaced = send(client, "PUT", url, other, tag)
    assert replaced.status_code == 200, replaced.text
    assert replaced.json()["properties"][name] == "Somebody else entirely"
    assert replaced.json()["properties"]["revision"] == told["properties"]["revision"] + 1
    if collection != "privacy_zones":
        assert replaced.json()["geometry"]["coordinates"] == pytest.approx(lonlat(270, 120), abs=2e-7)
    refused(client.delete(url, headers={"If-Match": tag}), 412, code="stale-revision")
    assert client.delete(url, headers={"If-Match": replaced.headers["etag"]}).status_code == 204
    refused(client.get(url), 404, code="not-found")
    with database.work(Actor.system()) as work:
        after = work.session.scalar(sa.select(LayerRevision.rev).where(LayerRevision.layer == collection))
        lines = work.session.scalar(sa.select(sa.func.count()).select_from(Audit))
    assert after >= before + 3
    assert lines >= trail + 3


@carries_out("ogcapi-features-4/1.0/conf/update", "/conf/update/patch-op", "/conf/update/patch-response")
@pytest.mark.parametrize("collection", sorted(NEW))
def test_update_changes_what_is_sent_only(client, town, collection):
    url, tag, told = made(client, collection)
    name, value = {
        "cameras": ("azimuth", 200.0), "key_places": ("weight", 3.5), "facilities": ("name", None),
        "privacy_zones": ("kind", "school"),
    }[collection]  # fmt: skip
    changed = send(
        client, "PATCH", url, {"properties": {name: value}}, tag, **{"Content-Type": "application/merge-patch+json"}
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["properties"] == {**told["properties"], name: value, "revision": 2} | (
        {"kind": changed.json()["properties"]["kind"]} if collection == "cameras" else {}
    )
    assert changed.json()["geometry"] == told["geometry"]
    assert changed.headers["content-location"] == url
    moved = send(
        client, "PATCH", url, {"geometry": feature(collection, at=(50, 60))["geometry"]}, changed.headers["etag"]
    )
    assert moved.status_code == 200, moved.text
    assert moved.json()["properties"][name] == value
    client.delete(url, headers={"If-Match": moved.headers["etag"]})


@carries_out("ogcapi-features-4/1.0/conf/optimistic-locking-etags", "/conf/optimistic-locking-etags/if-match")
@pytest.mark.parametrize("collection", sorted(NEW))
def test_optimistic_locking_etags(client, town, collection):
    url, tag, told = made(client, collection)
    assert tag.startswith('"1-')
    for way in ("PUT", "PATCH", "DELETE"):
        refused(send(client, way, url, feature(collection)), 428, code="revision-required")
        anything = refused(send(client, way, url, feature(collection), "*"), 428)
        assert "another's edit" in anything["detail"]
        refused(send(client, way, url, feature(collection), '"x"'), 422, field="If-Match")
        stale = refused(send(client, way, url, feature(collection), '"999"'), 412, code="stale-revision")
        assert stale["current"]["id"] == told["id"]
        refused(send(client, way, f"{OGC}/{collection}/items/99999999", feature(collection), tag), 404)
        refused(send(client, way, f"{OGC}/{collection}/items/x", feature(collection), tag), 404)
    assert client.get(url).json()["properties"] == told["properties"]
    assert client.delete(url, headers={"If-Match": tag}).status_code == 204


@pytest.mark.parametrize("collection", sorted(NEW))
def test_the_tag_of_a_change_is_that_of_the_feature_read_afterwards(client, town, collection):
    url, tag, told = made(client, collection)
    unchanged = client.get(url, headers={"If-None-Match": tag})
    assert (unchanged.status_code, unchanged.headers["etag"]) == (304, tag)
    read = client.get(url).json()
    assert {**told, "links": None} == {**read, "links": None}
    assert {each["rel"] for each in told["links"]} == {each["rel"] for each in read["links"]}
    for way, body in (("PATCH", {"properties": {}}), ("PUT", feature(collection, at=(260, 115)))):
        changed = send(client, way, url, body, tag)
        assert changed.status_code == 200, changed.text
        tag = changed.headers["etag"]
        assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    assert client.delete(url, headers={"If-Match": tag}).status_code == 204


def test_create_accepts_any_type_whose_body_is_geojson(client, town):
    for kind in ("text/xml", "application/json", "application/geo+json", ""):
        answer = post(client, "facilities", headers={"Content-Type": kind} if kind else {})
        assert answer.status_code == 201, answer.text
    refused(client.post(f"{OGC}/facilities/items", content=b"<xml/>"), 400, code="bad-request")
    refused(client.post(f"{OGC}/facilities/items", content=b""), 400)
    refused(client.post(f"{OGC}/facilities/items", content=b'{"type":"Feature","geometry":{"x":NaN}}'), 400)
    refused(client.post(f"{OGC}/facilities/items", content=b"[" * 50_000), 400)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"geometry": None}, "geometry"), ({"geometry": 5}, "geometry"), ({"geometry": {"type": "Point"}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [200, 0]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": [0, 0]}}, "geometry"),
        ({"geometry": {"type": "Point", "coordinates": []}}, "geometry"),
        ({"geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}}, "geometry"),
        ({"geometry": {"type": "GeometryCollection", "geometries": []}}, "geometry"),
        ({"type": "FeatureCollection"}, "type"), ({"properties": 5}, "properties"), ({"properties": {}}, "kind"),
        ({"properties": {"kind": ""}}, "kind"), ({"properties": {"kind": 5}}, "kind"), ({"properties": {"kind": "a\x00"}}, "kind"),
        ({"properties": {"kind": "x" * 501}}, "kind"), ({"properties": {"kind": "a", "secret": 1}}, "secret"),
        ({"properties": {"kind": "a", "revision": 7}}, "revision"), ({"properties": {"kind": "a", "uuid": "x"}}, "uuid"),
        ({"properties": {"kind": "a", "weight": -1}}, "weight"), ({"properties": {"kind": "a", "weight": "2"}}, "weight"),
        ({"properties": {"kind": "a", "weight": 10**400}}, "weight"), ({"properties": {"kind": "a", "weight": True}}, "weight"),
    ],
    ids=str,
)  # fmt: skip
def test_create_refuses_what_can_not_be_a_feature(client, town, change, field):
    count = client.get(f"{OGC}/key_places/items").json()["numberReturned"]
    told = {**feature("key_places"), **change}
    answer = post(client, "key_places", told)
    if change.get("properties", {}) and str(change["properties"]).find("000000") > 0:
        assert answer.status_code in (400, 422)  # a number that large is no JSON number of ours
    else:
        refused(answer, 422, field=field)
    assert client.get(f"{OGC}/key_places/items").json()["numberReturned"] == count


def test_create_names_the_place_of_an_invalid_geometry(client, town):
    told = feature("privacy_zones")
    told["geometry"]["coordinates"] = [BOW_TIE]
    problem = refused(post(client, "privacy_zones", told), 422, code="invalid-geometry", field="geometry")
    assert problem["place"] == pytest.approx(lonlat(20, 20), abs=1e-4)
    outside = feature("facilities")
    outside["geometry"]["coordinates"] = [5, 5]
    assert refused(post(client, "facilities", outside), 422)["place"] == [5.0, 5.0]


def test_values_out_of_range_and_names_taken_are_refused(client, town):
    for properties, field in (
        ({"azimuth": 400}, "azimuth"), ({"hfov": 0}, "hfov"), ({"gb28181_id": "12"}, "gb28181_id"), ({"max_range": -5}, "max_range"),
    ):  # fmt: skip
        refused(post(client, "cameras", **properties), 422, field=field)
    url, tag, _ = made(client, "cameras")
    refused(post(client, "cameras"), 409, code="conflict")
    refused(send(client, "PATCH", url, {"properties": {"ref": "node/fixed"}}, tag), 409)
    refused(send(client, "PATCH", url, {"properties": {"kind": "dome"}}, tag), 422, field="kind")
    named = send(client, "PATCH", url, {"properties": {"ref": "pole/7"}}, tag)
    assert (named.json()["properties"]["ref"], named.json()["properties"]["revision"]) == ("pole/7", 2)
    assert client.delete(url, headers={"If-Match": named.headers["etag"]}).status_code == 204
    refused(post(client, "privacy_zones", reason="no"), 422, field="reason")
    refused(post(client, "privacy_zones", kind="moon"), 422, field="kind")
    url, tag, _ = made(client, "facilities")
    refused(send(client, "PUT", url, {"type": "Feature", "properties": {"kind": "x"}}, tag), 422, field="geometry")
    refused(send(client, "PATCH", url, {"properties": {"kind": None}}, tag), 422, field="kind")


def test_geometry_may_come_in_another_system(client, town):
    told = feature("facilities")
    told["geometry"]["coordinates"] = [EAST + 100.0, NORTH + 100.0]
    for code, xy in ((32635, (EAST + 100.0, NORTH + 100.0)), (4326, lonlat(100, 100)[::-1])):
        told["geometry"]["coordinates"] = xy
        answer = post(client, "facilities", told, headers={"Content-Crs": f"<{EPSG}{code}>"})
        assert answer.json()["geometry"]["coordinates"] == pytest.approx(lonlat(100, 100), abs=2e-7)
    refused(post(client, "facilities", told, headers={"Content-Crs": "<EPSG:1>"}), 400, parameter="Content-Crs")


def test_other_collections_are_not_edited(client, town):
    for collection in ("streets", "grids", "view_sheds"):
        answer = client.post(f"{OGC}/{collection}/items", json=feature("facilities"))
        refused(answer, 405)
        assert answer.headers["allow"] == "GET, OPTIONS"
    fid = client.get(f"{OGC}/grids/items").json()["features"][0]["id"]
    for way in ("PUT", "DELETE"):
        answer = send(client, way, f"{OGC}/grids/items/{fid}", {}, '"1"')
        refused(answer, 405)
        assert answer.headers["allow"] == "GET, OPTIONS, PATCH"
    assert "POST" not in EDITABLE["grids"]


def test_who_may_edit(app, town, client, make_account):
    with Client(app, headers={"Authorization": f"Bearer {make_account('dispatcher')}"}) as dispatcher:
        for collection in NEW:
            refused(post(dispatcher, collection), 403, code="not-allowed")
        url, tag, _ = made(client, "facilities")
        refused(send(dispatcher, "PATCH", url, {"properties": {"name": "x"}}, tag), 403)
        refused(dispatcher.delete(url, headers={"If-Match": tag}), 403)
    with Client(app, headers={"Authorization": "Bearer gw_forged"}) as nobody:
        refused(post(nobody, "facilities"), 401)


def test_coverage_follows_cameras_that_come_and_go(client, town, equal):
    url, _, _ = made(client, "cameras", at=(250, 110), gb28181_id="99010100100000008888")
    sheds = f"{OGC}/view_sheds/items"
    assert client.get(sheds, params={"camera": "99010100100000008888"}).json()["numberReturned"] == 1
    assert equal()
    moved = send(client, "PATCH", url, {"geometry": feature("cameras", at=(310, 230))["geometry"]}, '"1"')
    assert equal()
    turned = send(client, "PATCH", url, {"properties": {"ptz": True, "ref": "pole/1"}}, moved.headers["etag"])
    assert turned.json()["properties"]["kind"] == "ptz"
    assert equal()
    assert client.delete(url, headers={"If-Match": turned.headers["etag"]}).status_code == 204
    assert client.get(sheds, params={"camera": "99010100100000008888"}).json()["numberReturned"] == 0
    assert equal()


def test_coverage_follows_key_places_that_come_and_go(client, town, equal):
    url, tag, _ = made(client, "key_places", at=(130, 100), name="In view of a camera")
    assert client.get(url).json()["properties"]["seen"] == "yes"
    assert equal()
    # into a building: it is looked for from where it can be seen
    moved = send(client, "PATCH", url, {"geometry": feature("key_places", at=(340, 260))["geometry"]}, tag)
    assert client.get(url).json()["properties"]["seen"] == "no"
    assert equal()
    weighed = send(client, "PATCH", url, {"properties": {"weight": 9}}, moved.headers["etag"])
    assert equal()
    assert client.delete(url, headers={"If-Match": weighed.headers["etag"]}).status_code == 204
    assert equal()


def test_who_has_no_turn_leaves_coverage_to_a_job(client, town, database, equal):
    url, tag, _ = made(client, "cameras", gb28181_id="99010100100000007777")
    place, place_tag, _ = made(client, "key_places")
    with database.work(Actor.system()) as work:
        assert live_sql.try_hold(work.session, town.territory)
        assert client.delete(url, headers={"If-Match": tag}).status_code == 204
        assert client.delete(place, headers={"If-Match": place_tag}).status_code == 204
    with database.work(Actor.system()) as work:
        waiting = work.session.scalars(sa.text("select args from job_progress where state = 'queued'")).all()
    assert sum("footprint" in str(args) for args in waiting) == 2


def test_a_grid_takes_name_and_code_only(client, town, database):
    with database.work(Actor.system()) as work:
        draft = Plan(territory_id=town.territory, kind="household", name="draft", spec={}, spec_digest="z", quality={})
        work.session.add(draft)
        work.session.flush()
        work.session.execute(
            sa.text(
                "insert into grid_version (plan_id, grid_id, area_id, geom, label_point, name, households, dwellings,"
                " deviation, area_m2, compactness) select :draft, grid_id, area_id, geom, label_point, name, households,"
                " dwellings, deviation, area_m2, compactness from grid_version where plan_id = :plan"
            ),
            {"draft": draft.id, "plan": town.plan},
        )
        work.session.execute(
            sa.text(
                "insert into atom (plan_id, label, grid_id, area_id, demand, geom) select :draft, label, grid_id, area_id,"
                " demand, geom from atom where plan_id = :plan"
            ),
            {"draft": draft.id, "plan": town.plan},
        )
        plan = draft.id
    first = client.get(f"{OGC}/grids/items", params={"plan": str(plan)}).json()["features"][0]
    url = f"{OGC}/grids/items/{first['id']}?plan={plan}"
    tag = client.get(url).headers["etag"]
    told = refused(send(client, "PATCH", url, {"geometry": first["geometry"]}, tag), 409, code="borders-elsewhere")
    assert told["edit"] == f"/api/v1/plans/{plan}/borders/move"
    refused(send(client, "PATCH", url, {"properties": {"households": 7}}, tag), 422, field="households")
    refused(send(client, "PATCH", url, {"properties": {"code": "7"}}, tag), 422, field="code")
    refused(send(client, "PATCH", url, {"properties": {"name": "x"}}, '"99"'), 412)
    named = send(client, "PATCH", url, {"properties": {"name": "By the church"}}, tag)
    assert named.status_code == 200, named.text
    assert named.json()["properties"]["name"] == "By the church"
    coded = send(
        client, "PATCH", url, {"properties": {"name": "By the mill", "code": "990101001001777"}}, named.headers["etag"]
    )
    assert coded.status_code == 200, coded.text
    assert (coded.json()["properties"]["code"], coded.json()["properties"]["name"]) == (
        "990101001001777",
        "By the mill",
    )
    present = client.get(f"{OGC}/grids/items").json()["features"][0]["id"]
    tag = client.get(f"{OGC}/grids/items/{present}").headers["etag"]
    refused(send(client, "PATCH", f"{OGC}/grids/items/{present}", {"properties": {"name": "x"}}, tag), 409)
