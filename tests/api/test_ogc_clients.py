"""Clients that others wrote, against a real server: GDAL's three drivers and OWSLib, each in a process of its own."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys

import pytest

from layers.catalogue import COLLECTIONS
from tests.api.conftest import serving
from tests.api.town import build_town, lonlat


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def run(code: str, *args: str) -> dict:
    # GDAL keeps the interpreter locked while it waits for the server
    ran = subprocess.run(
        [sys.executable, "-c", code, *args],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )
    if ran.returncode == 77:
        pytest.skip("this GDAL lacks a driver")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout.splitlines()[-1])


GDAL = """
import json, sys
import pyogrio
base, token, west, south, east, north, z, row, column, folder = sys.argv[1:]
if not {"OAPIF", "OGCAPI", "MVT"} <= set(pyogrio.list_drivers()):
    sys.exit(77)
pyogrio.set_gdal_config_options({"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": token, "GDAL_HTTP_TIMEOUT": "20"})
root, grids = f"OAPIF:{base}/ogc/", f"OAPIF:{base}/ogc/collections/grids"
box = tuple(map(float, (west, south, east, north)))
whole = pyogrio.read_dataframe(grids, PAGE_SIZE=2)
some = pyogrio.read_dataframe(grids, where="number = '2'")
many = pyogrio.read_dataframe(grids, where="households > 50")
both = pyogrio.read_dataframe(grids, where="number = '2' and households > 50")
inside = pyogrio.read_dataframe(grids, bbox=box)
metric = pyogrio.read_dataframe(grids, CRS="http://www.opengis.net/def/crs/EPSG/0/32635")
tile = f"{folder}/{z}-{column}-{row}.pbf"
import os, urllib.request
os.makedirs(f"{folder}/{z}/{column}", exist_ok=True)
asked = urllib.request.Request(f"{base}/ogc/collections/grids/tiles/WebMercatorQuad/{z}/{row}/{column}",
                               headers={"Authorization": f"Bearer {token}"})
path = f"{folder}/{z}/{column}/{row}.pbf"
open(path, "wb").write(urllib.request.urlopen(asked, timeout=20).read())
drawn = pyogrio.read_dataframe(path, layer="grids")
floats = {name: pyogrio.read_dataframe(f"OAPIF:{base}/ogc/collections/{layer}")[name]
          for layer, name in (("gaps", "score"), ("key_places", "weight"))}
print(json.dumps({
    "layers": sorted(str(name) for name, _ in pyogrio.list_layers(root)),
    "whole": sorted(whole["number"]), "types": {name: str(kind) for name, kind in whole.dtypes.items()},
    "some": list(some["number"]), "many": sorted(many["number"]), "both": list(both["number"]),
    "inside": list(inside["number"]), "metric": [float(side) for side in metric.total_bounds],
    "metric_crs": metric.crs.to_epsg(),
    "ogcapi": [str(name) for name, _ in pyogrio.list_layers(f"OGCAPI:{base}/ogc/collections/grids")],
    "floats": [str(floats[name].dtype) for name in ("score", "weight")],
    "cameras": {name: str(kind) for name, kind in pyogrio.read_dataframe(f"OAPIF:{base}/ogc/collections/cameras").dtypes.items()},
    "drawn": sorted(drawn["number"]), "drawn_crs": drawn.crs.to_epsg(),
}))
"""


def test_gdal_lists_reads_filters_pages_and_draws(app, token, town, tmp_path):
    box = [str(number) for number in (*lonlat(20, 20), *lonlat(60, 60))]
    lon, lat = lonlat(300, 199)
    n = 2**13
    row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
    with serving(app) as base:
        told = run(GDAL, base, token, *box, "13", str(row), str(int((lon + 180) / 360 * n)), str(tmp_path))
    assert told["layers"] == sorted(spec.id for spec in COLLECTIONS)
    assert told["whole"] == ["1", "2", "3", "4", "5", "6"]
    assert told["types"]["households"].startswith("int")
    assert told["types"]["exclave"] in ("bool", "boolean")
    assert told["floats"] == ["float64", "float64"]  # although whole numbers come first
    # although the first cameras lack some of these, and no camera of the town has a height
    assert {told["cameras"][name] for name in ("height_m", "azimuth", "hfov", "max_range")} == {"float64"}
    assert told["some"] == ["2"]
    assert told["many"] == ["4", "5", "6"]
    assert told["both"] == []
    assert told["inside"] == ["1"]
    assert told["metric_crs"] == 32635
    assert told["metric"] == pytest.approx([385000.0, 6671000.0, 385600.0, 6671400.0], abs=0.01)
    assert "Zoom level 13" in told["ogcapi"]
    assert (told["drawn"], told["drawn_crs"]) == (["1", "2", "3", "4", "5", "6"], 3857)


MVT = """
import json, sys
import pyogrio
base, z, row, column, *sign_in = sys.argv[1:]
if "MVT" not in pyogrio.list_drivers():
    sys.exit(77)
pyogrio.set_gdal_config_options({**dict(each.split("=", 1) for each in sign_in), "GDAL_HTTP_TIMEOUT": "20"})
folder = f"{base}/ogc/collections/grids/tiles/xyz"
told = {}
for name, address in (("tile", f"MVT:{folder}/{z}/{column}/{row}.pbf"), ("zoom", f"MVT:{folder}/{z}")):
    try:
        drawn = pyogrio.read_dataframe(address, layer="grids")
        told[name] = [sorted(set(drawn["number"])), drawn.crs.to_epsg(), [float(side) for side in drawn.total_bounds]]
    except pyogrio.errors.DataSourceError as error:
        told[name] = str(error)
print(json.dumps(told))
"""


@pytest.mark.parametrize("way", ["bearer", "basic", "none"])
def test_gdal_opens_our_tiles_where_they_are(app, token, town, way):
    lon, lat = lonlat(300, 199)
    row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2**13)
    column = int((lon + 180) / 360 * 2**13)
    sign_in = {
        "bearer": ["GDAL_HTTP_AUTH=BEARER", f"GDAL_HTTP_BEARER={token}"],
        "basic": ["GDAL_HTTP_AUTH=BASIC", f"GDAL_HTTP_USERPWD=any:{token}"],
        "none": [],
    }[way]
    with serving(app) as base:
        told = run(MVT, base, "13", str(row), str(column), *sign_in)
    if way == "none":
        assert all(isinstance(each, str) for each in told.values()), told  # refused
        return
    for numbers, crs, box in told.values():
        assert (numbers, crs) == (["1", "2", "3", "4", "5", "6"], 3857)
        wide = math.radians(lon) * 6378137
        assert box[0] - 1 <= wide <= box[2] + 1


def test_gdal_filters_are_answered_by_us(app, client, town):
    """The plain parameters that GDAL sends for an attribute filter."""
    told = client.get("/ogc/collections/grids/items", params={"limit": 10, "households": 50}).json()
    assert [each["properties"]["number"] for each in told["features"]] == ["3"]


OWSLIB = """
import json, sys
from owslib.ogcapi.features import Features
base, token, lon, lat = sys.argv[1:]
wfs = Features(f"{base}/ogc/", headers={"Authorization": f"Bearer {token}"})
told = {
    "conforms": len(wfs.conformance()["conformsTo"]),
    "collections": wfs.feature_collections(),
    "queryables": sorted(wfs.collection_queryables("grids")["properties"]),
    "schema": wfs.collection_schema("grids")["properties"]["households"]["type"] if hasattr(wfs, "collection_schema") else "integer",
    "found": [each["properties"]["number"] for each in
              wfs.collection_items("grids", filter="households > 51 AND number <> '6'")["features"]],
    "boxed": [each["properties"]["number"] for each in
              wfs.collection_items("grids", bbox=[float(lon), float(lat), float(lon) + 1e-5, float(lat) + 1e-5], limit=5)["features"]],
    "one": wfs.collection_item("grids", str(wfs.collection_items("grids", limit=1)["features"][0]["id"]))["type"],
}
body = json.dumps({"type": "Feature", "geometry": {"type": "Point", "coordinates": [float(lon), float(lat)]},
                   "properties": {"kind": "clinic", "name": "By OWSLib"}})
made = wfs.collection_item_create("facilities", body)
mine = wfs.collection_items("facilities", name="By OWSLib")["features"]
told["made"] = [each["properties"]["kind"] for each in mine]
number = str(mine[0]["id"])
try:
    wfs.collection_item_update("facilities", number, body)
except RuntimeError as error:
    told["unseen"] = "revision-required" in str(error)
careful = Features(f"{base}/ogc/", headers={"Authorization": f"Bearer {token}", "If-Match": '"1"'})
careful.collection_item_update("facilities", number, body.replace("By OWSLib", "By OWSLib again"))
told["named"] = wfs.collection_item("facilities", number)["properties"]["name"]
careful.headers["If-Match"] = '"2"'
careful.collection_item_delete("facilities", number)
told["left"] = len(wfs.collection_items("facilities", name="By OWSLib again")["features"])
print(json.dumps(told))
"""


def test_owslib_reads_filters_creates_updates_and_deletes(app, token, town):
    with serving(app) as base:
        told = run(OWSLIB, base, token, *map(str, lonlat(100, 100)))
    assert told["conforms"] > 30
    assert told["collections"] == [spec.id for spec in COLLECTIONS]
    assert {"households", "geometry"} <= set(told["queryables"])
    assert told["schema"] == "integer"
    assert told["found"] == ["5"]
    assert told["boxed"] == ["1"]
    assert told["one"] == "Feature"
    assert told["made"] == ["clinic"]
    assert told["unseen"] is True
    assert told["named"] == "By OWSLib again"
    assert told["left"] == 0
