"""Features as GeoJSON: pages, boxes, one feature, and everything that is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from uuid import uuid4

import pytest
import shapely
import sqlalchemy as sa
from shapely.geometry import shape

from layers.catalogue import COLLECTIONS
from layers.fields import FIELDS
from store.database.actor import Actor
from tests.api.conftest import serving
from tests.api.town import NOW, build_town, lonlat

GRIDS = "/ogc/collections/grids/items"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def test_items_are_geojson_in_lonlat_with_seven_digits(client, town):
    answer = client.get(GRIDS)
    assert answer.headers["content-type"] == "application/geo+json"
    body = answer.json()
    assert (body["type"], body["numberReturned"], len(body["features"])) == ("FeatureCollection", 6, 6)
    assert "crs" not in body
    first = body["features"][0]
    assert first["properties"]["code"] == "990101001001001"
    assert "geom" not in first["properties"]
    outline = shape(first["geometry"])
    assert outline.is_valid
    west, south = lonlat(0, 0)
    assert outline.bounds[:2] == pytest.approx((west, south), abs=2e-4)
    assert all(len(str(number).partition(".")[2]) <= 7 for number in shapely.get_coordinates(outline).ravel())
    assert all(ring.is_ccw for part in outline.geoms for ring in [part.exterior])


def test_next_links_walk_every_feature_once_and_keep_parameters(client, town):
    url, seen, pages = f"{GRIDS}?limit=4&plan={town.plan}&bbox=24,59,26,61", [], 0
    while url:
        body = client.get(url).json()
        seen += [feature["id"] for feature in body["features"]]
        url = next((link["href"] for link in body["links"] if link["rel"] == "next"), None)
        pages += 1
        if url:
            assert f"plan={town.plan}" in url
            assert "bbox=24" in url
            assert "limit=4" in url
    assert pages == 2
    assert len(seen) == len(set(seen)) == 6
    assert seen == sorted(seen)


def test_box_selects_what_it_touches(client, town):
    (west, south), (east, north) = lonlat(20, 20), lonlat(60, 60)
    found = client.get(f"{GRIDS}?bbox={west},{south},{east},{north}").json()["features"]
    assert [feature["properties"]["number"] for feature in found] == ["1"]
    six = client.get(f"{GRIDS}?bbox={west},{south},0,{east},{north},99").json()["features"]
    assert len(six) == 1
    nothing = client.get(f"{GRIDS}?bbox=0,0,1,1").json()
    assert nothing["features"] == []
    assert not [link for link in nothing["links"] if link["rel"] == "next"]


@pytest.mark.parametrize(
    "query",
    [
        "bbox=1,2,3", "bbox=1,2,3,4,5", "bbox=1,2,3,nan", "bbox=1,2,inf,4", "bbox=a,b,c,d", "bbox=1,2,3,4,5,6,7",
        "bbox=0,5,1,2", "bbox=", "bbox=1,91,2,92", "limit=0", "limit=-1", "limit=1e9", "limit=ten", "limit=1.5",
        "limit=", "limit=٣",
        "cursor=x", "cursor=-1", "cursor=99999999999999999999", "color=red", "limit=1&limit=2", "f=pdf", "plan=1",
        "territory=x", "datetime=yesterday", "datetime=2026-01-02/2026-01-01", "datetime=../..",
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_400(client, town, query):
    answer = client.get(f"{GRIDS}?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "bad-request"


def test_one_item_and_missing_ones(client, town):
    some = client.get(GRIDS).json()["features"][2]
    one = client.get(f"{GRIDS}/{some['id']}")
    assert one.headers["content-type"] == "application/geo+json"
    body = one.json()
    assert {key: body[key] for key in ("type", "id", "geometry", "properties")} == {
        key: some[key] for key in ("type", "id", "geometry", "properties")
    }
    assert {link["rel"] for link in body["links"]} == {"self", "alternate", "collection"}
    for bad in ("999999999", "abc", "1e3", "-1"):
        assert client.get(f"{GRIDS}/{bad}").status_code == 404
    assert client.get("/ogc/collections/nothing/items").status_code == 404
    assert client.get(f"{GRIDS}/{some['id']}?x=1").status_code == 400


def test_tag_of_items_saves_the_body(client, town):
    tag = client.get(GRIDS).headers["etag"]
    answer = client.get(GRIDS, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize("spec", COLLECTIONS, ids=lambda spec: spec.id)
def test_every_collection_has_items_that_parse(client, town, spec):
    body = client.get(f"/ogc/collections/{spec.id}/items?limit=1000").json()
    # the town has no report, cell plan, water plan, facility or privacy zone
    assert bool(body["features"]) == (
        spec.id not in ("incidents", "cells", "river_reaches", "facilities", "privacy_zones")
    )
    for feature in body["features"]:
        assert list(feature["properties"]) == [field.name for field in FIELDS[spec.id]]
        assert not shape(feature["geometry"]).is_empty
    extent = client.get(f"/ogc/collections/{spec.id}").json().get("extent")
    assert (extent is not None) == bool(body["features"])


def test_landing_page_leads_to_everything(client, town):
    page = client.get("/ogc/").json()
    links = {link["rel"]: link["href"] for link in page["links"]}
    assert {"self", "service-desc", "conformance", "data"} <= set(links)
    matrices = client.get("/ogc/tileMatrixSets/WebMercatorQuad").json()["tileMatrices"]
    assert matrices[13]["cellSize"] == pytest.approx(19.109257071)
    assert client.get("/ogc/tileMatrixSets").json()["tileMatrixSets"][0]["id"] == "WebMercatorQuad"
    assert client.get("/ogc/tileMatrixSets/Other").status_code == 404
    for relation in ("service-desc", "conformance", "data"):
        assert client.get(links[relation]).status_code == 200
    classes = client.get(links["conformance"]).json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in classes
    collections = client.get(links["data"]).json()["collections"]
    assert [each["id"] for each in collections] == [spec.id for spec in COLLECTIONS]
    for each in collections:
        items = next(link["href"] for link in each["links"] if link["rel"] == "items")
        assert client.get(items).status_code == 200
    assert client.post(GRIDS).status_code == 405
    assert client.post(GRIDS).headers["allow"] == "GET, OPTIONS"
    assert client.get("/ogc/collections?x=1").status_code == 400


GDAL = """
import json, sys
import pyogrio
base, token, west, south, east, north = sys.argv[1:]
if "OAPIF" not in pyogrio.list_drivers():
    sys.exit(77)
pyogrio.set_gdal_config_options({"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": token, "GDAL_HTTP_TIMEOUT": "20"})
grids = f"OAPIF:{base}/ogc/collections/grids"
frame = pyogrio.read_dataframe(grids, PAGE_SIZE=4)
inside = pyogrio.read_dataframe(grids, bbox=tuple(map(float, (west, south, east, north))))
listed = [str(name) for name, _ in pyogrio.list_layers(f"OGCAPI:{base}/ogc/collections/grids")] if "OGCAPI" in (
    pyogrio.list_drivers()) else None
print(json.dumps({
    "ogcapi": listed,
    "layers": [str(name) for name, _ in pyogrio.list_layers(f"OAPIF:{base}/ogc/")],
    "crs": ":".join(frame.crs.to_authority()),
    "numbers": list(frame["number"]),
    "inside": list(inside["number"]),
    "kinds": sorted(set(frame.geom_type)),
}))
"""


def test_gdal_reads_all_pages(app, token, town):
    # in a process of its own: GDAL keeps the interpreter locked while it waits for the server
    with serving(app) as base:
        box = [str(number) for number in (*lonlat(20, 20), *lonlat(60, 60))]
        ran = subprocess.run(
            [sys.executable, "-c", GDAL, base, token, *box],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
        )
    if ran.returncode == 77:
        pytest.skip("this GDAL has no OAPIF driver")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout.splitlines()[-1])
    assert set(told["layers"]) == {spec.id for spec in COLLECTIONS}
    # GDAL's tile driver finds the levels, and asks nobody but us for the tile matrix set
    assert told["ogcapi"] is None or "Zoom level 13" in told["ogcapi"]
    assert told["crs"] == "OGC:CRS84"
    assert told["numbers"] == ["1", "2", "3", "4", "5", "6"]
    assert told["inside"] == ["1"]
    assert told["kinds"] == ["MultiPolygon"]


def test_grids_and_areas_as_of_a_day(client, town, database):
    """A grid version and an area that ended a month ago are answered for the days before, and only then."""
    ended = NOW - timedelta(days=30)
    with database.work(Actor.system()) as work:
        old, grid = uuid4(), town.grids["g1"]
        work.session.execute(
            sa.text(
                "insert into plan (id, territory_id, kind, name, status, spec_digest) values"
                " (:plan, :territory, 'household', 'before', 'retired', 'before')"
            ),
            {"plan": old, "territory": town.territory},
        )
        work.session.execute(
            sa.text(
                "insert into grid_version (plan_id, grid_id, area_id, geom, label_point, households, dwellings,"
                " deviation, area_m2, compactness, valid) select :plan, grid_id, area_id, geom, label_point, 7, 1, 0,"
                " area_m2, compactness, tstzrange(:begun, :ended) from grid_version where grid_id = :grid limit 1"
            ),
            {"plan": old, "grid": grid, "begun": ended - timedelta(days=900), "ended": ended - timedelta(days=400)},
        )
        work.session.execute(
            sa.text(
                "insert into area (territory_id, kind, name, code, area_code, town_code, county_code, path, geom, valid)"
                " select territory_id, kind,"
                " 'before', '990101009', 990101009000, town_code, county_code, path, geom, daterange(:begun, :ended) from area where code like '99%' limit 1"
            ),
            {"begun": (ended - timedelta(days=900)).date(), "ended": (ended - timedelta(days=400)).date()},
        )
    then = (ended - timedelta(days=600)).date().isoformat()
    (found,) = client.get(f"{GRIDS}?datetime={then}").json()["features"]
    assert (found["properties"]["households"], found["properties"]["code"]) == (7, "990101001001001")
    now = client.get(f"{GRIDS}?datetime={NOW.date()}").json()
    assert len(now["features"]) == 6
    assert len(client.get(f"{GRIDS}?datetime={then}/..").json()["features"]) == 7
    assert client.get(f"{GRIDS}?datetime={then}&plan={town.plan}").json()["features"] == []
    labels = client.get(f"/ogc/collections/grid_labels/items?datetime={then}T08:00:00Z").json()["features"]
    assert [label["geometry"]["type"] for label in labels] == ["Point"]
    areas = "/ogc/collections/areas/items"
    assert "before" in {
        each["properties"]["name"] for each in client.get(f"{areas}?datetime={then}").json()["features"]
    }
    assert "before" not in {each["properties"]["name"] for each in client.get(areas).json()["features"]}
    pages = client.get(f"{GRIDS}?datetime={then}/..&limit=5").json()
    (after,) = [link["href"] for link in pages["links"] if link["rel"] == "next"]
    assert len(client.get(after[after.index("/ogc") :]).json()["features"]) == 2
