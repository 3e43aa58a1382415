"""Abstract tests of Common, Features 1 to 3 and Tiles, carried out on every collection; and the list of what is met."""

from __future__ import annotations

import importlib
import math

import pytest
import shapely
from shapely.geometry import shape

from api.ogc.conformance import CONFORMS_TO
from gis.crs import axes_are_swapped, transform
from layers.catalogue import COLLECTIONS, LAYERS
from layers.fields import FIELDS
from services.features.reading import CRS84
from tests.api.abstract_tests import CARRIED_OUT, carries_out
from tests.api.mvt import read_tile
from tests.api.town import build_town, lonlat

OGC = "/ogc/collections"
RELATION = "http://www.opengis.net/def/rel/ogc/1.0"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture(scope="module")
def get(client, town):
    def ask(path, **query):
        answer = client.get(path, params=query or None)  # none at all would take the address its own
        assert answer.status_code == 200, answer.text
        return answer

    return ask


@pytest.fixture(scope="module")
def described(get):
    return get("/ogc/api").json()


@carries_out("ogcapi-common-1/1.0/conf/core", "/conf/core/root-op", "/conf/core/conformance-op", "/conf/core/api-op")
@carries_out("ogcapi-common-1/1.0/conf/landing-page", "/conf/landing-page/root-op", "/conf/landing-page/root-success")
@carries_out("ogcapi-common-1/1.0/conf/json", "/conf/json/definition", "/conf/json/content")
@carries_out(
    "ogcapi-features-1/1.0/conf/core",
    *(f"/conf/core/{name}" for name in ("root-op", "root-success", "api-definition-op", "conformance-op")),
)
def test_the_landing_page_leads_on(get):
    links = get("/ogc/").json()["links"]
    assert all({"rel", "type", "href"} <= set(link) for link in links)
    for relation in ("service-desc", "service-doc", "conformance", "data", "self", "alternate"):
        [first, *_] = [link for link in links if link["rel"] == relation]
        answer = get(first["href"])
        assert answer.headers["content-type"].partition(";")[0] == first["type"].partition(";")[0]


@carries_out("ogcapi-features-1/1.0/conf/core", "/conf/core/conformance-success")
@carries_out("ogcapi-features-4/1.0/conf/features", "/conf/features/conformance")
@carries_out("ogcapi-tiles-1/1.0/conf/core", "/conf/core/conformance-success")
def test_every_class_that_is_listed_has_tests_of_its_name(get):
    for module in ("test_cql2_abstract", "test_ogc_edits"):
        importlib.import_module(f"tests.api.{module}")
    assert set(get("/ogc/conformance").json()["conformsTo"]) == set(CONFORMS_TO) == set(CARRIED_OUT)
    assert all(CARRIED_OUT.values())


@carries_out("ogcapi-common-2/1.0/conf/collections", "/conf/collections/rc-md-op", "/conf/collections/src-md-success")
@carries_out(
    "ogcapi-features-1/1.0/conf/core",
    *(
        f"/conf/core/{name}"
        for name in ("fc-md-op", "fc-md-success", "fc-md-links", "fc-md-items", "fc-md-items-links", "fc-md-extent",
                     "sfc-md-op", "sfc-md-success", "crs84")
    ),
)  # fmt: skip
def test_collections_say_the_same_in_the_list_and_alone(get):
    told = get(OGC).json()
    assert {"self", "alternate"} <= {link["rel"] for link in told["links"]}
    for each in told["collections"]:
        alone = get(f"{OGC}/{each['id']}").json()
        for member in ("id", "title", "description", "extent", "itemType", "crs", "storageCrs"):
            assert alone.get(member) == each.get(member)
        listed = {(link["rel"], link["href"]) for link in each["links"]}
        assert listed <= {(link["rel"], link["href"]) for link in alone["links"]}
        assert {link["type"] for link in each["links"] if link["rel"] == "items"} == {
            "application/geo+json",
            "text/html",
        }


@carries_out(
    "ogcapi-features-1/1.0/conf/core",
    *(
        f"/conf/core/{name}"
        for name in ("fc-op", "fc-response", "fc-links", "fc-timeStamp", "fc-numberReturned", "fc-numberMatched",
                     "fc-bbox-response", "fc-limit-response", "fc-time-response", "f-op", "f-success", "f-links", "http")
    ),
)  # fmt: skip
@carries_out("ogcapi-features-1/1.0/conf/geojson", "/conf/geojson/definition", "/conf/geojson/content")
def test_features_of_every_collection(get):
    (west, south), (east, north) = lonlat(20, 20), lonlat(180, 180)
    around = shapely.box(west, south, east, north)
    for spec in COLLECTIONS:
        items = f"{OGC}/{spec.id}/items"
        every = get(items).json()
        assert every["numberReturned"] == len(every["features"]) == every["numberMatched"]
        assert {link["rel"] for link in every["links"]} == {"self", "alternate", "collection"}
        boxed = get(items, bbox=f"{west},{south},{east},{north}").json()["features"]
        meeting = {one["id"] for one in every["features"] if shape(one["geometry"]).intersects(around)}
        assert {one["id"] for one in boxed} == meeting
        assert len(get(items, limit=1).json()["features"]) == min(1, len(every["features"]))
        if not any(field.kind == "timestamp" for field in FIELDS[spec.id]) and spec.id not in (
            "grids",
            "grid_labels",
            "areas",
        ):
            for when in ("2001-02-03T04:05:06Z", "2001-02-03T04:05:06Z/..", "/2001-02-03T04:05:06Z"):
                assert get(items, datetime=when).json()["numberReturned"] == every["numberReturned"]
        for one in every["features"][:1]:
            alone = get(f"{items}/{one['id']}")
            assert alone.headers["content-type"] == "application/geo+json"
            assert {name: alone.json()[name] for name in one} == one
            assert {link["rel"] for link in alone.json()["links"]} == {"self", "alternate", "collection"}


@carries_out("ogcapi-features-1/1.0/conf/core", "/conf/core/query-param-invalid", "/conf/core/query-param-unknown")
def test_strange_and_senseless_parameters(client, described, town):
    for path in described["paths"]:
        if "{" not in path:
            answer = client.get(f"/ogc{path}", params={"not_known": "1"})
            assert (answer.status_code, answer.json().get("parameters")) == (400, ["not_known"]), path
    for query in ({"limit": "0"}, {"bbox": "1,2,3"}, {"datetime": "soon"}, {"crs": "none"}, {"f": "xml"}):
        assert client.get(f"{OGC}/grids/items", params=query).status_code == 400


@carries_out("ogcapi-common-1/1.0/conf/html", "/conf/html/definition", "/conf/html/content")
@carries_out("ogcapi-features-1/1.0/conf/html", "/conf/html/definition", "/conf/html/content")
def test_every_page_of_features_is_html_for_who_wants_it(get):
    paths = ["/ogc/", "/ogc/api", "/ogc/conformance", OGC]
    for spec in COLLECTIONS:
        root = f"{OGC}/{spec.id}"
        paths += [root, f"{root}/items", f"{root}/queryables", f"{root}/sortables", f"{root}/schema"]
    for path in paths:
        answer = get(path, f="html")
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.text.lower().startswith("<!doctype html>")


@carries_out("ogcapi-common-1/1.0/conf/oas30", "/conf/oas30/definition", "/conf/oas30/impl")
@carries_out(
    "ogcapi-features-1/1.0/conf/oas30",
    *(
        f"/conf/oas30/{name}"
        for name in ("completeness", "exceptions-codes", "oas-definition-1", "oas-impl", "security")
    ),
)
@carries_out("ogcapi-features-1/1.0/conf/core", "/conf/core/api-definition-success", "/conf/core/fc-bbox-definition",
             "/conf/core/fc-limit-definition", "/conf/core/fc-time-definition")  # fmt: skip
@carries_out("ogcapi-tiles-1/1.0/conf/oas30", "/conf/oas30/completeness", "/conf/oas30/operation-id")
@carries_out("ogcapi-tiles-1/1.0/conf/core", "/conf/core/tc-tilematrix-definition", "/conf/core/tc-tilerow-definition",
             "/conf/core/tc-tilecol-definition")  # fmt: skip
def test_openapi_describes_what_there_is(described):
    parameters, names = described["components"]["parameters"], []
    assert parameters["bbox"]["schema"] == {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    for name, kind in (("bbox", "array"), ("limit", "integer"), ("datetime", "string")):
        asked = parameters[name]
        assert (asked["in"], asked["required"], asked["style"], asked["explode"]) == ("query", False, "form", False)
        assert asked["schema"]["type"] == kind
    for operations in described["paths"].values():
        for operation in operations.values():
            names.append(operation["operationId"])
            assert operation["responses"]["default"] == {"$ref": "#/components/responses/Problem"}
    assert len(set(names)) == len(names)
    assert {one["scheme"] for one in described["components"]["securitySchemes"].values()} == {"bearer", "basic"}
    for spec in LAYERS:
        tiles = f"/collections/{spec.id}/tiles"
        place = "/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}"
        for path, suffix in (("", "getTileSetsList"), ("/WebMercatorQuad", "getTileSet"), (place, "getTile")):
            assert described["paths"][f"{tiles}{path}"]["get"]["operationId"].endswith(f".collection.vector.{suffix}")
        kinds = {
            asked["name"]: (asked["required"], asked["schema"]["type"])
            for asked in described["paths"][f"{tiles}{place}"]["get"]["parameters"] if "name" in asked
        }  # fmt: skip
        assert kinds == {"tileMatrix": (True, "string"), "tileRow": (True, "integer"), "tileCol": (True, "integer")}


@carries_out(
    "ogcapi-features-2/1.0/conf/crs",
    *(
        f"/conf/crs/{name}"
        for name in ("crs-uri", "default-crs", "storageCrs", "crs-parameter", "crs-parameter-default", "crs-parameter-invalid",
                     "crs-parameter-transform", "bbox-crs-parameter", "bbox-crs-parameter-default", "bbox-crs-parameter-invalid")
    ),
)  # fmt: skip
def test_reference_systems_of_every_collection(client, get):
    for spec in COLLECTIONS:
        about = get(f"{OGC}/{spec.id}").json()
        assert (about["crs"][0], about["storageCrs"]) == (CRS84, CRS84)
        assert f"{EPSG}4490" in about["crs"]
        items = f"{OGC}/{spec.id}/items"
        plain = get(items, limit=1)
        assert plain.headers["content-crs"] == f"<{CRS84}>"
        for name in ("crs", "bbox-crs"):
            assert client.get(items, params={name: f"{EPSG}27700", "bbox": "1,2,3,4"}).status_code == 400
        for one in plain.json()["features"]:
            alone = f"{items}/{one['id']}"
            assert client.get(alone, params={"crs": f"{EPSG}27700"}).status_code == 400
            for uri in about["crs"][1:]:
                srid = int(uri.rpartition("/")[2])
                told = get(alone, crs=uri)
                assert told.headers["content-crs"] == f"<{uri}>"
                moved = shape(told.json()["geometry"])
                if axes_are_swapped(srid):
                    moved = shapely.transform(moved, lambda xy: xy[:, ::-1])
                here = shape(one["geometry"])
                assert shapely.hausdorff_distance(transform(moved, srid, 4326), here) < 1e-6
                sides = [
                    str(side)
                    for side in shape(told.json()["geometry"]).buffer(1e-6 if srid in (4326, 4490) else 0.01).bounds
                ]
                boxed = get(items, bbox=",".join(sides), **{"bbox-crs": uri}).json()["features"]
                assert one["id"] in {each["id"] for each in boxed}


@carries_out(
    "ogcapi-features-3/1.0/conf/queryables",
    *(f"/conf/queryables/{name}" for name in ("get-conformance", "get-queryables-uris", "get-queryables")),
)
@carries_out("ogcapi-features-3/1.0/conf/queryables-query-parameters", "/conf/queryables-query-parameters/query-param")
def test_queryables_of_every_collection(client, get, described):
    for spec in COLLECTIONS:
        items = f"{OGC}/{spec.id}/items"
        link = get(items, limit=1).links[f"{RELATION}/queryables"]
        told = get(link["url"])
        assert told.headers["content-type"] == link["type"] == "application/schema+json"
        schema = told.json()
        assert (schema["$schema"], schema["$id"]) == ("https://json-schema.org/draft/2020-12/schema", link["url"])
        assert (schema["type"], schema["additionalProperties"]) == ("object", False)
        assert all("type" in each or each["format"].startswith("geometry-") for each in schema["properties"].values())
        asked = [each.get("name") for each in described["paths"][f"/collections/{spec.id}/items"]["get"]["parameters"]]
        assert set(schema["properties"]) - {"geometry"} <= set(asked)
        one = FIELDS[spec.id][0]
        value = "1" if one.kind in ("integer", "number") else "foo"
        for each in get(items, **{one.name: value}).json()["features"]:
            assert str(each["properties"][one.name]) == value


@carries_out(
    "ogcapi-features-3/1.0/conf/filter",
    *(
        f"/conf/filter/{name}"
        for name in ("filter-param", "expression-construction", "filter-crs-wgs84", "filter-crs-param")
    ),
)
@carries_out(
    "ogcapi-features-3/1.0/conf/features-filter",
    *(f"/conf/features-filter/{name}" for name in ("get-collection", "filter-on-items", "mixing-expression")),
)
def test_filters_of_every_collection(client, get):
    for spec in COLLECTIONS:
        items, name = f"{OGC}/{spec.id}/items", FIELDS[spec.id][0].name
        about = get(f"{OGC}/{spec.id}").json()
        assert f"{RELATION}/queryables" in {link["rel"] for link in about["links"]}
        every = {each["id"] for each in get(items).json()["features"]}
        for each in get(items, filter=f"{name} IS NULL").json()["features"]:
            assert each["properties"][name] is None
        for bad in ("THIS IS NOT A FILTER", "this_is_not_a_queryable IS NULL"):
            assert client.get(items, params={"filter": bad}).status_code == 400
        far = "S_INTERSECTS(geometry,BBOX(1000000,1000000,2000000,2000000))"
        assert client.get(items, params={"filter": far}).status_code == 400
        if "extent" not in about:
            continue
        west, south, east, north = about["extent"]["spatial"]["bbox"][0]
        wide = (west - 1e-6, south - 1e-6, east + 1e-6, north + 1e-6)
        for uri in about["crs"]:
            x1, y1, x2, y2 = _corners(wide, uri)
            wish = {"filter": f"S_INTERSECTS(geometry,BBOX({x1},{y1},{x2},{y2}))", "filter-crs": uri}
            assert {each["id"] for each in get(items, **wish).json()["features"]} == every
        assert client.get(items, params={**wish, "filter-crs": f"{EPSG}0"}).status_code == 400
        box = ",".join(map(str, wide))
        assert {each["id"] for each in get(items, bbox=box, **wish).json()["features"]} == every
        assert get(items, bbox=f"{west - 2},{south},{west - 1},{north}", **wish).json()["features"] == []


def _corners(box, uri):
    """Return the corners of a box of degrees, a little wider, in another system and in its own order of axes."""
    if uri == CRS84:
        return box
    srid = int(uri.rpartition("/")[2])
    moved = transform(shapely.segmentize(shapely.box(*box), 1e-3), 4326, srid)
    west, south, east, north = moved.buffer(0 if srid in (4326, 4490) else 1).bounds
    return (south, west, north, east) if axes_are_swapped(srid) else (west, south, east, north)


@carries_out("ogcapi-tiles-1/1.0/conf/core", "/conf/core/tc-op", "/conf/core/tc-success", "/conf/core/tc-error")
@carries_out("ogcapi-tiles-1/1.0/conf/tileset", "/conf/tileset/description")
@carries_out("ogcapi-tiles-1/1.0/conf/tilesets-list", "/conf/tilesets-list/tileset-links")
@carries_out("ogcapi-tiles-1/1.0/conf/geodata-tilesets", "/conf/geodata-tilesets/operation",
             "/conf/geodata-tilesets/desc-links")  # fmt: skip
@carries_out("ogcapi-tiles-1/1.0/conf/mvt", "/conf/mvt/content")
def test_tiles_of_every_layer(client, get):
    for spec in LAYERS:
        links = {link["rel"]: link["href"] for link in get(f"{OGC}/{spec.id}").json()["links"]}
        address = links[f"{RELATION}/tilesets-vector"]
        assert address.endswith(f"{OGC}/{spec.id}/tiles")
        [listed] = get(address).json()["tilesets"]
        assert {"dataType", "crs", "tileMatrixSetURI"} <= set(listed)
        told = get(next(link["href"] for link in listed["links"] if link["rel"] == "self")).json()
        assert told["tileMatrixSetURI"] == listed["tileMatrixSetURI"]
        by_relation = {link["rel"]: link for link in told["links"]}
        matrices = get(by_relation[f"{RELATION}/tiling-scheme"]["href"]).json()["tileMatrices"]
        item = by_relation["item"]
        assert (item["templated"], item["type"]) == (True, "application/vnd.mapbox-vector-tile")
        z = str(spec.max_zoom)
        matrix = next(each for each in matrices if each["id"] == z)
        # a layer that holds nothing has no bounds
        if "bounds" in told:
            column, row = _tile_at(*told["center"][:2], spec.max_zoom)
            answer = client.get(_filled(item["href"], row, column, z))
            assert answer.status_code in (200, 204)
            if answer.status_code == 200:
                assert answer.headers["content-type"] == item["type"]
                drawn = read_tile(answer.content)
                assert list(drawn) == [spec.id]
                assert all({"commands", "type"} <= set(each) for each in drawn[spec.id]["features"])
        for row, column, zoom in (
            (0, matrix["matrixWidth"], z),
            (matrix["matrixHeight"], 0, z),
            (0, 0, "31"),
            (-1, 0, z),
        ):
            assert client.get(_filled(item["href"], row, column, zoom)).status_code == 404
        assert client.get(_filled(item["href"], 0, 0, z)).status_code == 204


def _tile_at(lon, lat, zoom):
    n = 2**zoom
    return int((lon + 180) / 360 * n), int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)


def _filled(template, row, column, zoom):
    return template.replace("{tileMatrix}", str(zoom)).replace("{tileRow}", str(row)).replace("{tileCol}", str(column))
