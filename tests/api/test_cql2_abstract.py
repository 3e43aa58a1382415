"""CQL2's abstract tests, carried out on every collection and on each kind of queryable that it has."""

from __future__ import annotations

import json
from itertools import islice, product

import cql2
import pytest
import shapely

from layers.catalogue import COLLECTIONS
from layers.fields import FIELDS
from store.database.actor import Actor
from store.database.models import KeyPlace
from tests.api.abstract_tests import carries_out
from tests.api.town import build_town, lonlat

OGC = "/ogc/collections"
NAMES = ("København", "Kiev", "Chișinău", "Berlin", "Bern", "Athens")
VALUES = {
    "string": "'foo'", "boolean": "true", "number": "3.14", "integer": "1",
    "timestamp": "TIMESTAMP('2022-04-14T14:48:46Z')",
}  # fmt: skip
PLACE = "24.9321 60.1623"
COMPARISONS = ("=", "<>", "<", ">=", ">", "<=")
EARTH = "BBOX(-180,-90,180,90)"
ROUND = "POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90))"
HOLED = "((-180 -90, -90 -90, -90 90, -180 90, -180 -90), (-120 -50, -100 -50, -100 -40, -120 -40, -120 -50))"


@pytest.fixture(scope="module")
def town(database, client):
    """The town, one report in it, and six facilities with names of cities."""
    found = build_town(database)
    lon, lat = lonlat(150, 100)
    report = {"lon": lon, "lat": lat, "item": "lamp"}
    assert client.post("/api/v1/incidents", json=report, headers={"Idempotency-Key": "abstract"}).status_code == 201
    with database.work(Actor.system()) as work:
        lon, lat = map(float, PLACE.split())
        work.session.add(
            KeyPlace(territory_id=found.territory, kind="exact", name="exact", point=shapely.Point(lon, lat))
        )
    for k, name in enumerate(NAMES):
        point = {"type": "Point", "coordinates": lonlat(20 + 40 * k, 60)}
        body = {"type": "Feature", "geometry": point, "properties": {"kind": f"k{k}", "name": name}}
        assert client.post(f"{OGC}/facilities/items", json=body).status_code == 201
    return found


@pytest.fixture(scope="module")
def found(client, town):
    """Function that evaluates a filter on a collection, in both languages, and returns the features' ids."""

    def evaluate(collection, text):
        asked = {"filter": text, "properties": "", "skipGeometry": "true", "limit": 1000}
        answer = client.get(f"{OGC}/{collection}/items", params=asked)
        assert answer.status_code == 200, (collection, text, answer.text)
        return {each["id"] for each in answer.json()["features"]}

    return evaluate


@pytest.fixture(scope="module")
def refused(client, town):
    """Function that has a filter refused."""

    def refuse(collection, text):
        answer = client.get(f"{OGC}/{collection}/items", params={"filter": text})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-filter"), text

    return refuse


def queryables(*kinds):
    """Yield the first queryable of each kind of every collection."""
    for spec in COLLECTIONS:
        seen = set()
        for field in FIELDS[spec.id]:
            if field.kind in (kinds or VALUES) and field.kind not in seen:
                seen.add(field.kind)
                yield spec.id, field


@carries_out("cql2/1.0/conf/basic-cql2", "/conf/basic-cql2/basic-test", "/conf/basic-cql2/comparison")
def test_comparison(found):
    for collection, field in queryables():
        one, value = field.name, VALUES[field.kind]
        both = " OR ".join(
            f"({one} {op} {value} AND {one} {contrary} {value})"
            for op, contrary in zip(*[iter(COMPARISONS)] * 2, strict=True)
        )
        assert found(collection, both) == set()
    for collection, name, value in (
        ("facilities", "name", "'Bern'"), ("grids", "households", "50"), ("grids", "deviation", "0.0"),
        ("grids", "exclave", "true"), ("incidents", "reported_at", VALUES["timestamp"]),
    ):  # fmt: skip
        equal, other, less, not_less, more, not_more = (found(collection, f"{name} {op} {value}") for op in COMPARISONS)
        assert equal | other == more | not_more == less | not_less == found(collection, f"{name} is not null")
        assert equal == not_less & not_more


@carries_out("cql2/1.0/conf/basic-cql2", "/conf/basic-cql2/is-null", "/conf/basic-cql2/boolean")
def test_is_null_and_boolean(found):
    for spec in COLLECTIONS:
        names = [*(each.name for each in FIELDS[spec.id]), "geometry"]
        assert found(spec.id, " OR ".join(f"({name} IS NULL AND {name} is not null)" for name in names)) == set()
        assert found(spec.id, "false") == set()
        assert found(spec.id, f"{names[-2]} IS NULL OR {names[-2]} is not null") == found(spec.id, "true")


@carries_out("cql2/1.0/conf/basic-cql2", "/conf/basic-cql2/test-data", "/conf/basic-cql2/logical")
def test_logical_combinations(found):
    every = found("facilities", "true")
    predicates = ("name > 'Bern'", "name <> 'Kiev'", "kind IS NULL", "kind >= 'k3'", "name = 'København'")
    sets = {each: found("facilities", each) for each in predicates}
    assert [len(each) for each in sets.values()] == [3, 5, 0, 3, 1]
    for p1, p2, p3, p4 in islice(product(predicates, repeat=4), 0, None, 40):
        text = f"(NOT ({p2}) AND {p1}) OR ({p3} and {p4}) or not ({p1} OR {p4})"
        one, two, three, four = (sets[each] for each in (p1, p2, p3, p4))
        assert found("facilities", text) == ((every - two) & one) | (three & four) | (every - (one | four)), text


@carries_out("cql2/1.0/conf/advanced-comparison-operators", "/conf/advanced-comparison-operators/like")
def test_like(found):
    for collection, field in queryables("string"):
        one = field.name
        assert (
            found(collection, f"{one} like '%' AND NOT {one} like '%%' OR {one} like '_%' AND {one} like ''") == set()
        )
        found(collection, f"{one} like '\\%\\_'")
    assert len(found("facilities", "name LIKE 'B_r%'")) == 2
    assert len(found("facilities", "name NOT LIKE 'B_r%'")) == 4


@carries_out(
    "cql2/1.0/conf/advanced-comparison-operators",
    *(f"/conf/advanced-comparison-operators/{name}" for name in ("between", "in", "test-data", "logical")),
)
def test_between_and_in(found):
    for collection, field in queryables("number", "integer"):
        one = field.name
        assert (
            found(collection, f"{one} between 100.0 and 1.0 AND ({one} IN (1, 2, 3) OR {one} BETWEEN 0 AND 100)")
            == set()
        )
    lists = {
        "string": "('foo', 'bar')", "boolean": "(true)", "timestamp": "('2022-04-14T14:52:56Z', '2022-04-14T15:52:56Z')",
    }  # fmt: skip
    for collection, field in queryables(*lists):
        one, listed = field.name, lists[field.kind]
        assert found(collection, f"{one} in {listed} AND {one} not in {listed}") == set()
    assert len(found("facilities", "name IN ('Kiev','kobenhavn','Berlin','athens','foo')")) == 2
    assert len(found("facilities", "NOT name IN ('Kiev') AND kind BETWEEN 'k1' AND 'k3'")) == 2


@carries_out(
    "cql2/1.0/conf/case-insensitive-comparison",
    *(f"/conf/case-insensitive-comparison/{name}" for name in ("casei", "casei-like", "test-data", "logical")),
)
def test_casei(found):
    for collection, field in queryables("string"):
        one = f"CASEI({field.name})"
        assert found(collection, f"{one} = casei('foo') AND {one} <> casei('FOO')") == set()
    for text in ("København", "københavn", "KØBENHAVN"):
        assert len(found("facilities", f"CASEI(name)=casei('{text}')")) == 1
    for pattern in ("B_r%", "b_r%", "B_R%"):
        assert len(found("facilities", f"CASEI(name) LIKE casei('{pattern}') AND NOT kind = 'k3'")) == 1
    assert len(found("facilities", "CASEI(name) IN (casei('KIEV'), casei('kobenhavn'), casei('athens'))")) == 2


@carries_out(
    "cql2/1.0/conf/accent-insensitive-comparison",
    *(
        f"/conf/accent-insensitive-comparison/{name}"
        for name in ("accenti", "accenti-like", "accenti-casei", "accenti-casei-like", "test-data", "logical")
    ),
)
def test_accenti(found):
    for collection, field in queryables("string"):
        one = f"ACCENTI({field.name})"
        assert found(collection, f"{one} = accenti('äöüéáí') AND {one} <> accenti('aoueai')") == set()
    assert len(found("facilities", "ACCENTI(name) LIKE accenti('Chi%') or ACCENTI(name)=accenti('Kiev')")) == 2
    for text in ("chișinău", "chisinau", "CHISINAU", "CHIȘINĂU"):
        assert len(found("facilities", f"ACCENTI(CASEI(name))=accenti(casei('{text}'))")) == 1
    for pattern in ("Chiș%", "cHis%"):
        assert len(found("facilities", f"ACCENTI(CASEI(name)) LIKE accenti(casei('{pattern}'))")) == 1


@carries_out(
    "cql2/1.0/conf/property-property",
    *(f"/conf/property-property/comparison-{name}" for name in ("value-property", "property-property", "value-value")),
)
def test_comparison_of_either_with_either(found):
    for collection, field in queryables():
        value, one = VALUES[field.kind], field.name
        both = " OR ".join(
            f"({value} {op} {one} AND {value} {contrary} {one})"
            for op, contrary in zip(*[iter(COMPARISONS)] * 2, strict=True)
        )
        same = f"NOT ({one} = {one} AND {one} >= {one} AND {one} <= {one})"
        assert found(collection, f"{both} OR {one} <> {one} OR {one} < {one} OR {one} > {one} OR {same}") == set()
    every = found("grids", "true")
    for value in (*VALUES.values(), "DATE('2022-04-14')"):
        assert found("grids", f"{value} = {value} AND {value} >= {value} AND {value} <= {value}") == every
        assert found("grids", f"{value} <> {value} OR {value} < {value} OR {value} > {value}") == set()


@carries_out("cql2/1.0/conf/basic-spatial-functions", "/conf/basic-spatial-functions/s_intersects")
@carries_out("cql2/1.0/conf/basic-spatial-operators", "/conf/basic-spatial-operators/s_intersects")
@carries_out("cql2/1.0/conf/spatial-functions", "/conf/spatial-functions/s_intersects")
def test_s_intersects(found, refused):
    for spec in COLLECTIONS:
        every = found(spec.id, "true")
        assert found(spec.id, f"S_INTERSECTS(geometry,{EARTH}) AND S_INTERSECTS(geometry,{ROUND})") == every
        assert found(spec.id, "S_INTERSECTS(geometry,POINT(7.02 49.92))") == set()
        refused(spec.id, "S_INTERSECTS(geometry,POINT(90 180))")
    west, east = "S_INTERSECTS(geometry,BBOX(-180,-90,-90,90))", "S_INTERSECTS(geometry,BBOX(90,-90,180,90))"
    assert found("grids", f"{west} AND {east}") == set()
    (west, south), (east, north) = lonlat(199, 199), lonlat(201, 201)  # where four grids meet
    assert len(found("grids", f"S_INTERSECTS(geometry,BBOX({west},{south},{east},{north}))")) == 4


@carries_out("cql2/1.0/conf/basic-spatial-functions-plus", "/conf/basic-spatial-functions-plus/s_intersects")
def test_s_intersects_with_every_kind_of_shape(found, refused):
    for spec in COLLECTIONS:
        shapes = (
            "LINESTRING(-180 -45, 0 -45)", "MULTILINESTRING((-180 -45, 0 -45), (0 45, 180 45))", f"POLYGON{HOLED}",
            f"MULTIPOLYGON({HOLED},((0 0, 10 0, 10 10, 0 10, 0 0)))",
            "GEOMETRYCOLLECTION(POINT(7.02 49.92), POLYGON((0 0, 10 0, 10 10, 0 10, 0 0)))",
        )  # fmt: skip
        assert found(spec.id, " OR ".join(f"S_INTERSECTS(geometry,{shape})" for shape in shapes)) == set()
    refused("grids", "S_INTERSECTS(geometry,MULTIPOINT(7.02 49.92, 90 180))")


@carries_out(
    "cql2/1.0/conf/spatial-functions", "/conf/spatial-functions/s_disjoint", "/conf/spatial-functions/s_within"
)
def test_s_disjoint_and_s_within(found, refused):
    for spec in COLLECTIONS:
        every = found(spec.id, "true")
        within = " AND ".join(
            f"S_WITHIN(geometry,{shape}) AND NOT S_DISJOINT(geometry,{shape})" for shape in (EARTH, ROUND)
        )
        apart = " AND ".join(
            f"S_DISJOINT(geometry,{shape})" for shape in ("LINESTRING(7 50,10 51)", "POINT(7.02 49.92)")
        )
        assert found(spec.id, f"{within} AND {apart}") == every
        refused(spec.id, "S_DISJOINT(geometry,POINT(90 180))")
        assert found(spec.id, "S_WITHIN(geometry,MULTIPOINT(7 50,10 51))") == set()


@carries_out(
    "cql2/1.0/conf/spatial-functions",
    *(f"/conf/spatial-functions/{name}" for name in ("s_equals", "s_touches", "s_crosses", "s_contains", "s_overlaps")),
    "/conf/spatial-functions/test-data", "/conf/spatial-functions/logical",
)  # fmt: skip
def test_the_other_functions_of_space(found):
    shapes = (EARTH, ROUND, "LINESTRING(7 50,10 51)", "POINT(7.02 49.92)", "MULTIPOINT(7 50,10 51)")
    for spec in COLLECTIONS:
        each = [
            f"{function}(geometry,{shape})"
            for function in ("S_EQUALS", "S_TOUCHES", "S_CROSSES", "S_CONTAINS", "S_OVERLAPS")
            for shape in shapes
        ]
        assert found(spec.id, " OR ".join(each)) == set()
    (west, south), (east, north) = lonlat(0, 0), lonlat(200, 200)
    assert len(found("key_places", f"S_EQUALS(geometry,POINT({PLACE}))")) == 1
    assert len(found("key_places", f"S_TOUCHES(geometry,LINESTRING({PLACE},7 50))")) == 1
    inside = f"POINT({lonlat(50, 50)[0]} {lonlat(50, 50)[1]})"
    assert found("grids", f"S_CONTAINS(geometry,{inside})") == found("grids", f"S_INTERSECTS(geometry,{inside})")
    across = f"LINESTRING({lonlat(-50, 100)[0]} {lonlat(-50, 100)[1]}, {lonlat(300, 100)[0]} {lonlat(300, 100)[1]})"
    assert len(found("grids", f"S_CROSSES(geometry,{across})")) == 2
    assert len(found("grids", f"S_OVERLAPS(geometry,BBOX({west},{south},{east + 1e-3},{north - 1e-3}))")) >= 2


INSTANT = "TIMESTAMP('2022-04-24T07:59:57Z')"
YEAR = "INTERVAL('2021-01-01T00:00:00Z','2021-12-31T23:59:59Z')"
DAYS = "INTERVAL('2021-01-01','2021-12-31')"


@carries_out("cql2/1.0/conf/temporal-functions", "/conf/temporal-functions/temporal-functions-1")
def test_functions_of_time_on_moments(found):
    for collection, field in queryables("timestamp"):
        for when in (INSTANT, YEAR, DAYS):
            after, before, apart, equal, meeting = (
                found(collection, f"T_{name}({field.name},{when})")
                for name in ("AFTER", "BEFORE", "DISJOINT", "EQUALS", "INTERSECTS")
            )
            assert after | before == apart
            assert not apart & meeting
            assert equal <= meeting
            assert apart | meeting == found(collection, "true")
            assert found(collection, f"T_BEFORE({when},{field.name})") == after


@carries_out(
    "cql2/1.0/conf/temporal-functions", "/conf/temporal-functions/temporal-functions-2",
    "/conf/temporal-functions/test-data", "/conf/temporal-functions/logical",
)  # fmt: skip
def test_functions_of_time_on_intervals(found):
    apart = ("AFTER", "BEFORE", "DISJOINT")
    others = (
        "EQUALS", "INTERSECTS", "CONTAINS", "DURING", "FINISHEDBY", "FINISHES", "MEETS", "METBY", "OVERLAPPEDBY", "OVERLAPS",
        "STARTEDBY", "STARTS",
    )  # fmt: skip
    every = found("incidents", "true")
    assert every
    since = "INTERVAL(reported_at,reported_at)"
    for name in apart:
        chosen = found("incidents", f"T_{name}({since},{YEAR})")
        assert chosen == (set() if name == "BEFORE" else every)
    for name in others:
        assert found("incidents", f"T_{name}({since},{YEAR})") == set()
    assert found("incidents", f"T_DURING({since},INTERVAL('2021-01-01','..'))") == every


@carries_out("cql2/1.0/conf/cql2-text", "/conf/cql2-text/validate", "/conf/cql2-text/escaping")
def test_text_keeps_quotes_and_control_characters(client, found, town):
    odd = "it's \x07\x08\t\n\x0b\x0c\r 'odd'"
    point = {"type": "Point", "coordinates": lonlat(300, 60)}
    body = {"type": "Feature", "geometry": point, "properties": {"kind": "odd", "name": odd}}
    made = client.post(f"{OGC}/facilities/items", json=body)
    assert made.status_code == 201
    try:
        for written in (odd.replace("'", "''"), odd.replace("'", "\\'")):
            assert found("facilities", f"name = '{written}'") == {made.json()["id"]}
    finally:
        client.delete(made.headers["location"], headers={"If-Match": made.headers["etag"]})


@carries_out("cql2/1.0/conf/cql2-json", "/conf/cql2-json/validate")
def test_json_says_the_same(client, found):
    for text in (
        "name LIKE 'B_r%'", "CASEI(name)=casei('KIEV')", "ACCENTI(name)=accenti('Chisinau')", "kind IN ('k1','k2')",
        f"S_INTERSECTS(geometry,{EARTH}) AND NOT name = 'Kiev'", "kind BETWEEN 'k1' AND 'k3'", "name IS NULL OR kind = 'k5'",
    ):  # fmt: skip
        told = json.dumps(cql2.parse_text(text).to_json())
        answer = client.get(f"{OGC}/facilities/items", params={"filter": told, "filter-lang": "cql2-json"})
        assert {each["id"] for each in answer.json()["features"]} == found("facilities", text)
