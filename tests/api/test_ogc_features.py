"""OGC API Features Parts 1 to 3, CQL2 and the pages to read, by the names of the standards' abstract tests."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from html import unescape
from html.parser import HTMLParser
from urllib.parse import quote

import jsonschema_rs
import orjson
import pytest
import sqlalchemy as sa
from shapely.geometry import shape

from api.ogc import html
from layers.catalogue import COLLECTIONS, LAYERS
from layers.fields import FIELDS
from services import access
from services.features.reading import EDITABLE
from store.database.actor import Actor
from tests.api.conftest import Client
from tests.api.town import build_town, lonlat

OGC = "/ogc/collections"
GRIDS = f"{OGC}/grids/items"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def get(client, path, **query):
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def numbers(client, **query):
    return "".join(each["properties"]["number"] for each in get(client, GRIDS, **query)["features"])


def refused(client, path, status=400, **query):
    answer = client.get(path, params=query)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()


# --- Part 1: Core, annex A.2


def test_core_landing_page_op_and_success(client, town):
    relations = {each["rel"] for each in get(client, "/ogc/")["links"]}
    assert {"self", "alternate", "service-desc", "service-doc", "conformance", "data"} <= relations


def test_core_conformance_op_lists_only_classes_with_an_own_test(client, town):
    classes = get(client, "/ogc/conformance")["conformsTo"]
    assert len(classes) == len(set(classes))
    for part, name in (
        ("ogcapi-features-1/1.0", "core"), ("ogcapi-features-1/1.0", "oas30"), ("ogcapi-features-1/1.0", "html"),
        ("ogcapi-features-2/1.0", "crs"), ("ogcapi-features-3/1.0", "features-filter"), ("cql2/1.0", "cql2-text"),
        ("cql2/1.0", "cql2-json"), ("cql2/1.0", "basic-cql2"), ("cql2/1.0", "basic-spatial-functions"),
        ("cql2/1.0", "basic-spatial-operators"), ("cql2/1.0", "advanced-comparison-operators"),
        ("ogcapi-features-4/1.0", "create-replace-delete"), ("ogcapi-tiles-1/1.0", "mvt"),
    ):  # fmt: skip
        assert f"http://www.opengis.net/spec/{part}/conf/{name}" in classes


def test_core_api_definition_op_and_success(client, town):
    answer = client.get("/ogc/api")
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    told = answer.json()
    assert told["openapi"].startswith("3.0")
    limit = told["components"]["parameters"]["limit"]["schema"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 10000, 100)
    for spec in COLLECTIONS:
        asked = told["paths"][f"/collections/{spec.id}/items"]["get"]["parameters"]
        plain = {each["name"] for each in asked if "name" in each}
        assert plain == {each.name for each in FIELDS[spec.id]}
    assert "post" in told["paths"]["/collections/cameras/items"]
    assert "patch" in told["paths"]["/collections/grids/items/{featureId}"]
    assert "put" not in told["paths"]["/collections/grids/items/{featureId}"]
    for path in told["paths"]:  # every path that is described is there
        here = path.replace("{featureId}", "1").replace("{tileMatrix}/{tileRow}/{tileCol}", "16/1/1")
        answer = client.get(f"/ogc{here}")
        assert answer.status_code in (200, 204) or answer.json()["detail"].startswith("'"), answer.text


def test_core_collections_op_and_success(client, town):
    told = get(client, OGC)
    assert [each["id"] for each in told["collections"]] == [spec.id for spec in COLLECTIONS]
    for each in told["collections"]:
        relations = {link["rel"].rpartition("/")[2] for link in each["links"]}
        assert {"self", "items", "queryables", "sortables", "schema", "styles", "stylesheet"} <= relations
        assert ("tilesets-vector" in relations) == (each["id"] in {spec.id for spec in LAYERS})
        one = get(client, f"{OGC}/{each['id']}")
        members = ("id", "title", "description", "extent", "itemType")
        assert {name: one.get(name) for name in members} == {name: each.get(name) for name in members}
        found = [shape(one["geometry"]).bounds for one in get(client, f"{OGC}/{each['id']}/items")["features"]]
        if found:  # the box holds what is there, and no more
            sides = list(zip(*found, strict=True))
            around = [min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])]
            assert each["extent"]["spatial"]["bbox"][0] == pytest.approx(around, abs=2e-7)
        assert ("extent" in each) == bool(found)
        for link in each["links"]:
            assert client.get(link["href"]).status_code == 200, link


def test_core_fc_op_and_response(client, town):
    told = get(client, GRIDS)
    assert (told["type"], told["numberReturned"], told["numberMatched"]) == ("FeatureCollection", 6, 6)
    assert told["timeStamp"].endswith("Z")
    assert {"self", "alternate"} <= {link["rel"] for link in told["links"]}


def test_core_fc_limit_definition(client, town):
    assert len(get(client, GRIDS, limit=4)["features"]) == 4
    # above the maximum is no error: the maximum holds
    assert len(get(client, GRIDS, limit=1_000_000_000)["features"]) == 6
    for bad in ("0", "-1", "1e9", "1.5", "", "٣", "9" * 30):
        assert refused(client, GRIDS, limit=bad)["code"] == "bad-request"


def test_core_fc_bbox_definition_and_response(client, town):
    (west, south), (east, north) = lonlat(20, 20), lonlat(60, 60)
    assert numbers(client, bbox=f"{west},{south},{east},{north}") == "1"
    assert numbers(client, bbox=f"{west},{south},-5,{east},{north},99") == "1"
    # west beyond east lies across the antimeridian, and the town does not
    assert numbers(client, bbox="170,-80,-170,80") == ""
    assert numbers(client, bbox=f"{west},{south},{west - 1},{north}") == "123"
    for bad in ("1,2,3", "1,2,3,4,5", "1,2,3,nan", "1,2,inf,4", "25,61,24,60", "-181,0,1,1", "0,0,1,91", "a,b,c,d", ""):
        assert refused(client, GRIDS, bbox=bad)["parameter"] == "bbox"


def test_core_fc_time_definition(client, town):
    assert numbers(client, datetime="2024-01-01T00:00:00Z") == ""
    for bad in ("yesterday", "2026-01-02/2026-01-01", "../..", "/"):
        assert refused(client, GRIDS, datetime=bad)["parameter"] == "datetime"


def test_core_query_param_unknown_and_invalid(client, town):
    for path in ("/ogc/", "/ogc/conformance", "/ogc/api", OGC, f"{OGC}/grids", GRIDS, f"{OGC}/grids/queryables",
                 f"{OGC}/grids/sortables", f"{OGC}/grids/schema", f"{OGC}/grids/styles", f"{OGC}/grids/styles/light",
                 f"{OGC}/grids/tiles", "/ogc/tileMatrixSets"):  # fmt: skip
        assert refused(client, path, colour="red")["parameters"] == ["colour"]
        assert refused(client, path, f="pdf")["parameter"] == "f"
    assert refused(client, GRIDS, limit=["1", "2"])["parameters"] == ["limit"]


def test_core_f_op_and_success(client, town):
    some = get(client, GRIDS)["features"][2]
    one = client.get(f"{GRIDS}/{some['id']}")
    assert one.headers["content-type"] == "application/geo+json"
    assert one.headers["content-crs"] == f"<{CRS84}>"
    assert {each["rel"] for each in one.json()["links"]} == {"self", "alternate", "collection"}
    for bad in ("999999999", "abc", "1e3", "-1", "0", "9" * 40, "..%2f..%2fetc%2fpasswd", "%00"):
        assert client.get(f"{GRIDS}/{bad}").status_code == 404
    assert client.get(f"{OGC}/..%2f..%2fsecrets/items").status_code == 404


def test_core_links_of_the_next_page_keep_every_parameter(client, town):
    wish = {
        "limit": 2, "sortby": "-households", "properties": "number,households", "filter": "households > 10",
        "crs": f"{EPSG}3857", "plan": str(town.plan), "exclave": "false", "bbox": "24,59,26,61", "filter-lang": "cql2-text",
    }  # fmt: skip
    url, seen = GRIDS, []
    params = wish
    while url:
        answer = client.get(url, params=params)
        params = None
        told = answer.json()
        seen += [each["properties"]["number"] for each in told["features"]]
        assert answer.headers["content-crs"] == f"<{EPSG}3857>"
        url = next((link["href"] for link in told["links"] if link["rel"] == "next"), None)
        if url:
            assert all(f"{name}=" in url for name in wish)
    assert seen == ["6", "5", "4", "3", "2", "1"]


# --- Part 1: HTML


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.fetched, self.headings, self.words, self.inside = [], [], 0, [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.tags.append(tag)
        self.headings += tag == "h1"
        assert tag != "style"
        assert tag != "script" or given == {"type": "module", "src": "http://testserver/ogc-map.js"}
        if tag not in ("meta", "link", "img", "path", "circle"):
            self.inside.append(tag)
        assert "style" not in given
        assert not any(name.startswith("on") for name in given)
        if tag in ("img", "link", "iframe"):
            self.fetched.append(given.get("src") or given.get("href"))

    def handle_endtag(self, tag):
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data):
        assert "script" not in self.inside, "a script in the page itself"
        if not {"code", "small"} & set(self.inside):
            self.words.append((self.inside[-1] if self.inside else "", data))


def test_html_definition_every_page_can_be_read_and_fetches_nothing_outside(client, town):
    key_place = get(client, f"{OGC}/key_places/items")["features"][0]["id"]
    for path in ("/ogc/", "/ogc/conformance", "/ogc/api", OGC, f"{OGC}/grids", f"{OGC}/privacy_zones", GRIDS,
                 f"{OGC}/gaps/items", f"{OGC}/streets/items", f"{OGC}/incidents/items",
                 f"{OGC}/key_places/items/{key_place}", f"{OGC}/grids/queryables", f"{OGC}/grids/schema"):  # fmt: skip
        for headers, query in (
            ({"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}, {}),
            ({}, {"f": "html"}),
        ):
            answer = client.get(path, headers=headers, params=query)
            assert answer.headers["content-type"].startswith("text/html"), path
            assert "Accept" in answer.headers["vary"]
            reader = _Reader()
            reader.feed(answer.text)
            assert reader.headings == 1
            assert reader.fetched == ["http://testserver/ogc/page.css", "http://testserver/favicon.svg"]
            assert {"main", "nav"} <= set(reader.tags)
    assert client.get("/ogc/page.css").headers["content-type"].startswith("text/css")
    assert client.get(GRIDS, headers={"Accept": "*/*"}).headers["content-type"] == "application/geo+json"
    assert client.get(GRIDS, headers={"Accept": "text/html;q=x"}).headers["content-type"] == "application/geo+json"
    page = client.get(GRIDS, params={"f": "html", "limit": 2}).text
    # numbers to read are short, and cells of many columns stay on one line
    assert [html.value(each) for each in (43105.1233500093, 0.5, 120000.0)] == ["43105.1234", "0.5", "120000"]
    assert '<table class="many">' in page
    assert "Next page" in page
    # a map of just these features: the outlines, until the script has drawn it
    assert "<svg" in page
    shown = re.search(r'data-features="([^"]+)"', page)
    assert shown is not None
    drawn = client.get(unescape(shown[1])).json()
    assert [each["id"] for each in drawn["features"]] == [
        each["id"] for each in get(client, GRIDS, limit=2)["features"]
    ]
    turned = client.get(GRIDS, params={"f": "html", "limit": 2, "crs": f"{EPSG}4326"}).text
    assert "<svg" not in turned  # latitude first: no outline, but a map
    assert "crs" not in re.search(r'data-features="([^"]+)"', turned)[1]
    for nothing_drawn in ({"skipGeometry": "true"}, {"name": "nobody"}):
        assert "ogc-map.js" not in client.get(GRIDS, params={"f": "html", **nothing_drawn}).text


CHINESE = re.compile("[\u4e00-\u9fff]")
NAMES = {"Gridward", "JSON", "HTML", "TileJSON", "self", "geometry", "WebMercatorQuad"} | {
    field.name for fields in FIELDS.values() for field in fields
}


def test_pages_speak_the_language_of_the_reader(app, client, database, town):
    key_place = get(client, f"{OGC}/key_places/items")["features"][0]["id"]
    for path in ("/ogc/", "/ogc/conformance", "/ogc/api", OGC, f"{OGC}/grids", f"{OGC}/privacy_zones", GRIDS,
                 f"{OGC}/gaps/items", f"{OGC}/key_places/items/{key_place}", f"{OGC}/grids/queryables",
                 f"{OGC}/cameras/schema", f"{OGC}/cameras/sortables"):  # fmt: skip
        answer = client.get(path, params={"f": "html"}, headers={"Accept-Language": "fi, zh-CN;q=0.9, en;q=0.8"})
        assert answer.headers["content-language"] == "zh-CN"
        assert "Accept-Language" in answer.headers["vary"]
        assert '<html lang="zh-CN">' in answer.text
        reader = _Reader()
        reader.feed(answer.text)
        told = [(tag, word) for tag, word in reader.words if re.search("[A-Za-z]{2}", word) and tag != "title"]
        data = "td" if "/items" in path else ""
        assert [word for tag, word in told if not CHINESE.search(word) and word not in NAMES and tag != data] == []
        english = client.get(path, params={"f": "html"}, headers={"Accept-Language": "en;q=0.5, zh;q=0"})
        assert english.headers["content-language"] == "en"
        assert '<html lang="en">' in english.text
    # JSON is for programs: it is the same for everybody
    assert client.get(OGC, headers={"Accept-Language": "zh"}).json() == get(client, OGC)
    with database.work(Actor.system()) as work:
        access.create_account(work, "reads-chinese", roles=["planner"], language="zh")
        token = access.issue_token(work, "reads-chinese", label="test", now=datetime.now(UTC))
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as reads_chinese:
        # who does not say reads the language of the account
        assert reads_chinese.get(OGC, params={"f": "html"}).headers["content-language"] == "zh-CN"
        asked = reads_chinese.get(OGC, params={"f": "html"}, headers={"Accept-Language": "en-GB"})
        assert asked.headers["content-language"] == "en"


def test_collection_page_leads_to_the_map_desk_where_there_is_one(client, town):
    page = client.get(f"{OGC}/gaps", params={"f": "html"}).text
    assert re.search(r'href="http://testserver/#/coverage\?map=14/60\.\d{5}/24\.\d{5}&amp;layers=gaps"', page)
    assert "/#/" not in client.get(f"{OGC}/facilities", params={"f": "html"}).text


def test_html_content_escapes_what_people_wrote(client, town, database):
    from store.database.actor import Actor
    from store.database.models import KeyPlace
    from tests.api.town import placed

    with database.work(Actor.system()) as work:
        import shapely

        point = placed(shapely.Point(10, 10))
        work.session.add(KeyPlace(territory_id=town.territory, kind="x", name="<script>alert(1)</script>", point=point))
    text = client.get(f"{OGC}/key_places/items", params={"f": "html", "kind": "x"}).text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


# --- Part 2: reference systems


def test_crs_collection_metadata_lists_systems_and_storage_crs(client, town):
    for told in (get(client, f"{OGC}/cameras"), get(client, OGC)["collections"][0]):
        assert told["crs"] == [CRS84, *(f"{EPSG}{code}" for code in (4326, 4490, 3857, 32635))]
        assert told["storageCrs"] == CRS84


@pytest.mark.parametrize(("code", "swapped"), [(4326, True), (4490, True), (3857, False), (32635, False)])
def test_crs_crs_parameter_content_crs_and_axis_order(client, town, code, swapped):
    places = f"{OGC}/key_places/items"
    plain = shape(get(client, places, name="Market")["features"][0]["geometry"])
    answer = client.get(places, params={"name": "Market", "crs": f"{EPSG}{code}"})
    told = answer.json()["features"][0]["geometry"]
    assert answer.headers["content-crs"] == f"<{EPSG}{code}>"
    assert "crs" not in answer.json()
    assert "crs" not in told
    if swapped:
        assert told["coordinates"] == pytest.approx([plain.y, plain.x], abs=1e-7)
    elif code == 32635:
        assert told["coordinates"] == pytest.approx([385550.0, 6671050.0], abs=0.002)
    one = client.get(
        f"{places}/{get(client, places, name='Market')['features'][0]['id']}", params={"crs": f"{EPSG}{code}"}
    )
    assert one.headers["content-crs"] == f"<{EPSG}{code}>"
    assert one.json()["geometry"] == told


def test_crs_crs_parameter_invalid(client, town):
    for name in ("crs", "bbox-crs", "filter-crs"):
        for bad in ("EPSG:4326", f"{EPSG}4978", f"{EPSG}999999", "", "x" * 3000):
            assert refused(client, GRIDS, **{name: bad})["parameter"] == name


def test_crs_bbox_crs_parameter(client, town):
    (west, south), (east, north) = lonlat(20, 20), lonlat(60, 60)
    assert numbers(client, bbox=f"{south},{west},{north},{east}", **{"bbox-crs": f"{EPSG}4326"}) == "1"
    assert numbers(client, bbox=f"{south},{west},{north},{east}", **{"bbox-crs": f"{EPSG}4490"}) == "1"
    assert numbers(client, bbox="385020,6671020,385060,6671060", **{"bbox-crs": f"{EPSG}32635"}) == "1"
    assert numbers(client, bbox="385020,6671020,385260,6671260", **{"bbox-crs": f"{EPSG}32635"}) == "1245"
    assert refused(client, GRIDS, bbox="2,2,1,1", **{"bbox-crs": f"{EPSG}3857"})["parameter"] == "bbox"


# --- Part 3 and CQL2


def test_each_collection_is_described_by_the_schema_of_its_features(client, town):
    for collection in client.get(OGC).json()["collections"]:
        (linked,) = [each for each in collection["links"] if each["rel"] == "describedBy"]
        answer = client.get(linked["href"])
        assert answer.headers["content-type"] == linked["type"] == "application/schema+json"
        told = answer.json()
        assert told["$id"] == linked["href"]
        attributes = told["properties"]["properties"]["properties"]
        assert list(attributes) == [each.name for each in FIELDS[collection["id"]]]
        # GDAL reads single types only, and finds them at the top
        assert {each["$ref"] for each in attributes.values()} == {f"#/$defs/{name}" for name in told["$defs"]}
        assert {each["type"] for each in told["$defs"].values()} <= {"string", "integer", "number", "boolean"}
        strict = jsonschema_rs.Draft202012Validator(told)
        unknown = dict.fromkeys(attributes)
        for feature in client.get(f"{OGC}/{collection['id']}/items", params={"limit": 100}).json()["features"]:
            assert set(feature["properties"]) <= set(attributes)
            assert [each.message for each in strict.iter_errors(feature)] == []
            assert strict.is_valid({**feature, "properties": unknown, "geometry": None})
            for name, each in told["$defs"].items():
                wrong = {**feature, "properties": {name: "text" if each["type"] != "string" else 7}}
                assert not strict.is_valid(wrong), name
    assert client.get(f"{OGC}/grids/schemas/feature", params={"x": "1"}).status_code == 400
    assert client.get(f"{OGC}/nothing/schemas/feature").status_code == 404


def test_queryables_are_json_schema_of_every_field(client, town):
    for spec in COLLECTIONS:
        answer = client.get(f"{OGC}/{spec.id}/queryables")
        assert answer.headers["content-type"] == "application/schema+json"
        told = answer.json()
        assert told["$id"].endswith(f"/collections/{spec.id}/queryables")
        assert list(told["properties"]) == [*(each.name for each in FIELDS[spec.id]), "geometry"]
        assert told["properties"]["geometry"]["format"].startswith("geometry-")
        assert "geometry" not in get(client, f"{OGC}/{spec.id}/sortables")["properties"]
    assert refused(client, f"{OGC}/nothing/queryables", 404)["code"] == "not-found"


def test_queryables_query_parameters(client, town):
    assert numbers(client, households="50") == "3"
    assert numbers(client, number="2") == "2"
    assert numbers(client, exclave="true") == ""
    assert numbers(client, deviation="0.02") == "4"
    assert numbers(client, number="2", households="50") == ""
    for name, bad in (
        ("households", "many"),
        ("exclave", "yes"),
        ("deviation", "nan"),
        ("households", "1.5"),
        ("name", "\x00"),
    ):
        assert refused(client, GRIDS, **{name: bad})["parameter"] == name
    assert get(client, f"{OGC}/incidents/items", reported_at="2026-01-01T00:00:00Z")["features"] == []
    assert refused(client, f"{OGC}/incidents/items", reported_at="soon")["parameter"] == "reported_at"


@pytest.mark.parametrize("area", [43105.12335000926, 318616.7264500017, 1e-7, 0.1 + 0.2, 7.0])
def test_a_number_that_is_told_finds_its_feature(client, town, database, area):
    third = get(client, GRIDS, number="3")["features"][0]["properties"]["uuid"]
    change = sa.text("update grid_version set area_m2 = :area where grid_id = :grid")
    with database.owner_work(Actor.system()) as work:
        work.session.execute(change, {"area": area, "grid": third})
    (grid,) = get(client, GRIDS, number="3")["features"]
    told = client.get(GRIDS, params={"number": "3"}).text
    assert grid["properties"]["area_m2"] == area
    assert re.search(r'"area_m2" ?: ?\d+\.\d+', told), told
    assert numbers(client, area_m2=repr(area)) == "3"


def test_filter_param_cql2_text_and_cql2_json_agree(client, town):
    text = "households BETWEEN 49 AND 52 AND NOT number IN ('3')"
    told = {
        "op": "and",
        "args": [
            {"op": "between", "args": [{"property": "households"}, 49, 52]},
            {"op": "not", "args": [{"op": "in", "args": [{"property": "number"}, ["3"]]}]},
        ],
    }
    assert numbers(client, filter=text) == "245"
    assert numbers(client, filter=json.dumps(told), **{"filter-lang": "cql2-json"}) == "245"
    assert refused(client, GRIDS, filter=text, **{"filter-lang": "cql-text"})["parameter"] == "filter-lang"


def test_filter_crs_parameter(client, town):
    lon, lat = lonlat(30, 30)
    assert numbers(client, filter=f"S_INTERSECTS(geometry, POINT({lon} {lat}))") == "1"
    for code, x, y in ((4326, lat, lon), (4490, lat, lon), (32635, 385030, 6671030)):
        wish = f"S_INTERSECTS(geometry, POINT({x} {y}))"
        assert numbers(client, filter=wish, **{"filter-crs": f"{EPSG}{code}"}) == "1"


REFUSED = [
    "nothing = 1", "pg_sleep(10) = 1", "pg_sleep(10)", "households = 'many'", "name = 5", "name > true", "exclave > 1",
    "households = NULL", "households + 1 = 2", "S_INTERSECTS(geometry, POLYGON((0 0)))",
    "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))", "S_INTERSECTS(name, POINT(1 2))", "S_INTERSECTS(geometry, 5)",
    "S_NEAR(geometry, POINT(1 2))", "S_INTERSECTS(geometry)", "S_WITHIN(geometry, GEOMETRYCOLLECTION(POINT(1 2)))",
    "S_INTERSECTS(geometry, BBOX(1,2,3))", "S_INTERSECTS(geometry, BBOX(1,5,3,4))", "T_AFTER(name, DATE('2026-01-01'))",
    "T_AFTER(households, DATE('2026-01-01'))", "households > TIMESTAMP('soon')", "name LIKE 'x\\'", "name LIKE code", "1",
    "'a'", "name", "households = 1e400", "name = '\x00'", "'; drop table grid; --", "name = 'a' ; select 1", "1=1 --",
    "name = 'a' UNION SELECT 1", "", " ", "(", "a.b = 1", "\"grid\".code = 'x'", "code = current_user", "A_CONTAINS(name, ('a'))",
    "(" * 3000 + "true" + ")" * 3000, "NOT " * 3000 + "true", " OR ".join(["true"] * 6000), "name = '" + "x" * 9000 + "'",
    "households = " + "-" * 4000 + "1", "households = " + "1+" * 4000 + "1", "name = CASEI(" * 200,
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_features_filter_refuses_what_makes_no_sense(client, town, text):
    told = refused(client, GRIDS, filter=text)
    assert told["code"] == "invalid-filter"
    assert "Traceback" not in told["detail"]


REFUSED_JSON = [
    "{", "[]", "5", '"a"', "null", "{}", '{"op":"="}', '{"op":"and","args":[]}', '{"op":"=","args":[1]}',
    '{"op":"=","args":[{"property":"households"},NaN]}', '{"op":"=","args":[{"property":"name"},"\\u0000"]}',
    '{"op":"=","args":[{"property":"name"},"\\ud800"]}', '{"op":"between","args":[{"property":"households"},1]}',
    '{"op":"in","args":[{"property":"households"},[]]}', '{"op":"in","args":[{"property":"households"},3]}',
    '{"op":"isNull","args":[5]}', '{"op":"pg_sleep","args":[10]}', '{"op":"like","args":[{"property":"households"},"a"]}',
    '{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Polygon","coordinates":[]}]}',
    '{"op":"s_intersects","args":[{"property":"geometry"},{"type":"Nonsense","coordinates":[1,2]}]}',
    '{"op":"s_intersects","args":[{"property":"geometry"},{"bbox":[1,2,3,"4"]}]}',
    '{"op":"=","args":[{"property":["name"]},"a"]}', '{"op":"not","args":[true,false]}', '{"op":5,"args":[]}',
    '{"op":"not","args":[' * 200 + "true" + "]}" * 200, "[" * 5000,
    '{"op":"t_during","args":[{"property":"name"},{"interval":["2026-01-01"]}]}',
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED_JSON, ids=range(len(REFUSED_JSON)))
def test_features_filter_refuses_json_that_makes_no_sense(client, town, text):
    assert refused(client, GRIDS, filter=text, **{"filter-lang": "cql2-json"})["code"] == "invalid-filter"


def test_temporal_functions_choose_incidents(client, town):
    incidents = f"{OGC}/incidents/items"
    lon, lat = lonlat(150, 100)
    sent = client.post(
        "/api/v1/incidents", json={"lon": lon, "lat": lat, "item": "lamp"}, headers={"Idempotency-Key": "cql2-time"}
    )
    assert sent.status_code == 201
    at = get(client, incidents)["features"][0]["properties"]["reported_at"]
    year = "INTERVAL('2020-01-01', '..')"
    for text, found in (
        ("T_AFTER(reported_at, DATE('2020-01-01'))", 1), ("T_BEFORE(reported_at, DATE('2020-01-01'))", 0),
        (f"T_DURING(reported_at, {year})", 1), (f"T_INTERSECTS(reported_at, {year})", 1),
        (f"T_DISJOINT(reported_at, {year})", 0), (f"T_EQUALS(reported_at, TIMESTAMP('{at}'))", 1),
        ("reported_at > TIMESTAMP('2020-01-01T00:00:00Z')", 1), (f"reported_at = TIMESTAMP('{at}')", 1),
        (f"T_STARTS(reported_at, INTERVAL('{at}', '..'))", 1), (f"T_FINISHES(reported_at, INTERVAL('..', '{at}'))", 1),
        (f"T_MEETS(INTERVAL('2020-01-01', '{at}'), INTERVAL(reported_at, '..'))", 1),
        (f"T_CONTAINS({year}, reported_at)", 1), (f"T_OVERLAPS({year}, reported_at)", 0),
    ):  # fmt: skip
        assert get(client, incidents, filter=text)["numberReturned"] == found, text
    assert refused(client, incidents, filter="T_DURING(reported_at, INTERVAL('2026-02-01','2026-01-01'))")


# --- sorting, selection, paging


def test_sortby_sorts_and_refuses(client, town):
    assert numbers(client, sortby="-households") == "654321"
    assert numbers(client, sortby="+number") == "123456"
    assert numbers(client, sortby="exclave,-number") == "654321"
    for bad in ("nothing", "geometry", "", "number,number", "--number", "a;drop", "number,,name", ",".join("abcdef")):
        assert refused(client, GRIDS, sortby=bad)["parameter"] == "sortby"


def test_properties_select_and_skip_geometry(client, town):
    some = get(client, GRIDS, properties="number,code", skipGeometry="true")["features"][0]
    assert (some["geometry"], set(some["properties"])) == (None, {"number", "code"})
    assert get(client, GRIDS, properties="")["features"][0]["properties"] == {}
    assert refused(client, GRIDS, properties="number,secret")["parameter"] == "properties"
    assert refused(client, GRIDS, skipGeometry="maybe")["parameter"] == "skipGeometry"


@pytest.mark.parametrize(
    "told",
    [
        b"x",
        b"[]",
        b"[1]",
        b'["1",2]',
        b"[1,true]",
        b'[1,"a"]',
        b"[1,2,3]",
        b"{}",
        b"[1,1e400]",
        b"[9223372036854775808,1]",
    ],
)
def test_cursor_of_a_sorted_page_is_checked(client, town, told):
    cursor = base64.urlsafe_b64encode(told).decode()
    assert refused(client, GRIDS, sortby="households", cursor=cursor)["parameter"] == "cursor"


def test_cursor_must_fit_the_order(client, town):
    for bad in ("x", "-1", "9" * 40, "é", "=="):
        assert refused(client, GRIDS, cursor=bad)["parameter"] == "cursor"
        assert refused(client, GRIDS, sortby="name", cursor=bad)["parameter"] == "cursor"
    fine = base64.urlsafe_b64encode(orjson.dumps([1, None])).decode()
    assert client.get(GRIDS, params={"sortby": "name", "cursor": fine}).status_code == 200


# --- styles and tiles


@pytest.mark.parametrize("spec", COLLECTIONS, ids=lambda spec: spec.id)
def test_styles_draw_one_collection_by_itself(client, town, spec):
    listed = get(client, f"{OGC}/{spec.id}/styles")
    assert [each["id"] for each in listed["styles"]] == ["light", "dark"]
    for each in listed["styles"]:
        answer = client.get(each["links"][0]["href"])
        assert answer.headers["content-type"] == "application/vnd.mapbox.style+json"
        style = answer.json()
        assert list(style["sources"]) == [spec.id]
        assert style["layers"]
        assert {item["source"] for item in style["layers"]} == {spec.id}
        assert "gw-" not in json.dumps(style["layers"])
        source = style["sources"][spec.id]
        address = source["tiles"][0].replace("{z}/{y}/{x}", "16/1/1") if "tiles" in source else source["data"]
        assert client.get(address).status_code in (200, 204)
    assert refused(client, f"{OGC}/{spec.id}/styles/neon", 404)


def test_tileset_list_and_metadata(client, town):
    for spec in LAYERS:
        listed = get(client, f"{OGC}/{spec.id}/tiles")["tilesets"][0]
        assert (listed["dataType"], listed["crs"]) == ("vector", f"{EPSG}3857")
        told = get(client, next(link["href"] for link in listed["links"] if link["rel"] == "self"))
        assert (told["tilejson"], told["minzoom"], told["maxzoom"]) == ("3.0.0", spec.min_zoom, spec.max_zoom)
        assert told["vector_layers"][0]["id"] == spec.id
        assert told["tileMatrixSetURI"].endswith("/WebMercatorQuad")
    for bad in ("31/0/0", "16/0/65536", "16/65536/0", "8/0/0"):
        assert refused(client, f"{OGC}/grids/tiles/WebMercatorQuad/{bad}", 404)["code"] == "not-found"
    assert refused(client, f"{OGC}/facilities/tiles", 404)


def test_options_tell_what_can_be_done(client, town):
    for spec in COLLECTIONS:
        answer = client.options(f"{OGC}/{spec.id}/items")
        assert answer.status_code == 204
        ways = EDITABLE.get(spec.id, ())
        assert answer.headers["allow"] == ("GET, POST, OPTIONS" if "POST" in ways else "GET, OPTIONS")
        of_one = client.options(f"{OGC}/{spec.id}/items/1").headers["allow"].split(", ")
        assert of_one == ["GET", *(way for way in ways if way != "POST"), "OPTIONS"]
    assert client.options(f"{OGC}/nothing/items").status_code == 404
    assert client.options(quote(f"{OGC}/grids/items/x")).status_code == 404


def test_a_page_is_the_same_whichever_way_it_is_read(client, database, town):
    """A simple page comes in one round trip, by the view that was seen last; one with a filter by a session."""
    address = "/ogc/collections/grids/items?limit=4&sortby=-households"
    for more in ("", "&properties=number", "&skipGeometry=true", "&datetime=2026-01-01T00:00:00Z/.."):
        quick, slow = client.get(f"{address}{more}"), client.get(f"{address}{more}&filter=true")
        assert quick.json()["features"] == slow.json()["features"]
        assert quick.headers["etag"] == slow.headers["etag"]
        following = [each["href"] for each in quick.json()["links"] if each["rel"] == "next"]
        if following:
            assert (
                client.get(following[0]).json()["features"]
                == client.get(f"{following[0]}&filter=true").json()["features"]
            )
    tag = quick.headers["etag"]
    assert client.get(f"{address}{more}", headers={"If-None-Match": tag}).status_code == 304
    with database.work(Actor.system()) as work:
        work.touch("grids", town.territory)
    renewed = client.get(f"{address}{more}", headers={"If-None-Match": tag})
    assert (renewed.status_code, renewed.json()["features"]) == (200, quick.json()["features"])
    assert client.get(f"{address}&plan={town.run}").status_code == 404
