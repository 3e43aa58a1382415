"""Vector tiles: what is in them, their tags, and what is not a tile."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import pytest

from layers.catalogue import LAYERS
from services.tiles import TileCache
from store.database.actor import Actor
from store.database.models import Plan
from tests.api.mvt import read_tile
from tests.api.town import build_town, lonlat

URL = "/ogc/collections/{}/tiles/WebMercatorQuad/{}/{}/{}"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def address(z: int, x: float = 300.0, y: float = 199.0) -> tuple[int, int, int]:
    """z, row and column of the tile that holds a point in the town's metres."""
    lon, lat = lonlat(x, y)
    n = 2**z
    row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
    return z, row, int((lon + 180) / 360 * n)


def features(client, layer: str, z: int, **where: float) -> list[dict]:
    answer = client.get(URL.format(layer, *address(z, **where)))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    tile = read_tile(answer.content)
    assert list(tile) == [layer]
    assert tile[layer]["extent"] == 4096
    ids = [feature["id"] for feature in tile[layer]["features"]]
    assert ids == sorted(ids)
    assert all(ids)
    return tile[layer]["features"]


def test_grid_tile_holds_figures_and_heads(client, town):
    found = {feature["properties"]["number"]: feature["properties"] for feature in features(client, "grids", 13)}
    assert sorted(found) == ["1", "2", "3", "4", "5", "6"]
    assert found["1"] == {
        "code": "990101001001001", "number": "1", "name": "Grid 1", "households": 48, "deviation": -0.04,
        "exclave": False, "head": "Head1 员",
    }  # fmt: skip
    assert "head" not in found["3"]


@pytest.mark.parametrize("spec", LAYERS, ids=lambda spec: spec.id)
def test_every_layer_has_tiles_with_its_fields_only(client, town, spec):
    if spec.id in ("incidents", "cells", "river_reaches"):  # the town has no report, cell plan or water plan
        assert client.get(URL.format(spec.id, *address(14))).status_code == 204
        return
    zoom = max(spec.min_zoom, 14)
    found = features(client, spec.id, zoom, x=120.0, y=110.0)
    kinds = {"point": {1}, "line": {2}, "polygon": {3}}[spec.geometry]
    if spec.id == "gaps":  # streets unseen and places unseen share the layer
        kinds = {1, 2, 3}
    assert {feature["type"] for feature in found} <= kinds
    assert {name for feature in found for name in feature["properties"]} <= set(spec.fields)


def test_labels_are_one_point_per_grid_with_the_share_seen(client, town):
    found = features(client, "grid_labels", 13)
    assert [feature["properties"]["number"] for feature in found] == ["1", "2", "3", "4", "5", "6"]
    assert [feature["properties"].get("seen_share") for feature in found] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert all(feature["type"] == 1 for feature in found)


def test_cameras_and_sheds_tell_what_is_known(client, town):
    cameras = {feature["properties"]["ref"]: feature["properties"] for feature in features(client, "cameras", 14)}
    assert cameras["node/unknown"]["kind"] == "unknown"
    assert "azimuth" not in cameras["node/unknown"]
    assert cameras["node/fixed"] | {"gb28181_id": ""} == {
        "gb28181_id": "", "ref": "node/fixed", "kind": "fixed", "azimuth": 90.0, "online": True,
    }  # fmt: skip
    assert cameras["node/offline"]["online"] is False
    sheds = {
        feature["properties"]["camera"]: feature["properties"]
        for feature in features(client, "view_sheds", 15, x=120, y=100)
    }
    assert sheds["node/unknown"]["unknown"] is True


def test_key_places_and_gaps_come_from_the_newest_run(client, town):
    places = {f["properties"]["name"]: f["properties"]["seen"] for f in features(client, "key_places", 14)}
    assert places == {"School 小学": "yes", "Market": "no", "Alley": "maybe"}
    assert {f["properties"]["kind"] for f in features(client, "gaps", 14)} == {"street", "key_place"}


def test_low_zooms_leave_out_small_streets(client, town):
    assert {f["properties"]["class"] for f in features(client, "streets", 11)} == {"primary"}
    assert {f["properties"]["class"] for f in features(client, "streets", 13)} == {"primary", "residential"}
    assert {f["properties"]["class"] for f in features(client, "streets", 14)} >= {"footway"}


def test_empty_tile_is_204_and_what_is_no_tile_is_404(client, town):
    assert client.get(URL.format("grids", 13, 0, 0)).status_code == 204
    for z, y, x in ((8, 0, 0), (17, 0, 0), (13, 8192, 0), (13, 0, 8192), (99, 0, 0)):
        answer = client.get(URL.format("grids", z, y, x))
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    for bad in ("-1/0/0", "13/0/a", "13/0/1.5", "13/0/99999999999999999999"):
        assert client.get(f"/ogc/collections/grids/tiles/WebMercatorQuad/{bad}").status_code == 404
    assert client.get(URL.format("nothing", *address(13))).status_code == 404
    assert client.get(URL.format("grids", *address(13)) + "?color=red").status_code == 400
    assert client.get(URL.format("grids", *address(13)) + "?plan=abc").status_code == 400
    assert client.get(URL.format("grids", *address(13)) + f"?plan={town.run}").status_code == 404


def test_tag_changes_with_the_layer_and_saves_the_body(client, database, town):
    url = URL.format("grids", *address(13))
    first = client.get(url)
    assert first.headers["cache-control"] == "private, no-cache"
    assert "Authorization" in first.headers["vary"]
    tag = first.headers["etag"]
    again = client.get(url, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    with database.work(Actor.system()) as work:
        work.touch("cameras", town.territory)
    assert client.get(url, headers={"If-None-Match": tag}).status_code == 304
    with database.work(Actor.system()) as work:
        work.touch("grids", town.territory)
    renewed = client.get(url, headers={"If-None-Match": tag})
    assert renewed.status_code == 200
    assert renewed.headers["etag"] != tag
    assert renewed.content == first.content


def test_draft_plan_shows_only_when_asked_for(client, database, town):
    with database.work(Actor.system()) as work:
        draft = Plan(territory_id=town.territory, kind="household", name="draft", spec={}, spec_digest="y", quality={})
        work.session.add(draft)
        work.session.flush()
        asked = draft.id
    url = URL.format("grids", *address(13))
    assert client.get(url).status_code == 200
    assert client.get(f"{url}?plan={asked}").status_code == 204
    assert client.get(f"{url}?plan={town.plan}").content == client.get(url).content
    assert client.get(URL.format("streets", *address(14)) + f"?plan={asked}").status_code == 200


@pytest.mark.parametrize("coding", ["zstd", "gzip", "identity"])
def test_tiles_are_packed_as_the_client_takes_them(client, town, coding):
    url = URL.format("grids", *address(13))
    answer = client.get(url, headers={"Accept-Encoding": coding})
    assert answer.headers.get("content-encoding", "identity") == coding
    assert read_tile(answer.content)["grids"]["features"]


def test_tile_set_is_tilejson_with_bounds_and_fields(client, town):
    body = client.get("/ogc/collections/grids/tiles/WebMercatorQuad").json()
    assert body["tilejson"] == "3.0.0"
    assert (body["minzoom"], body["maxzoom"]) == (9, 16)
    assert body["tiles"] == ["http://testserver/ogc/collections/grids/tiles/WebMercatorQuad/{z}/{y}/{x}"]
    for kept in (f"plan={town.plan}", f"territory={town.territory}"):  # f is not kept: tiles have one form
        other = client.get(f"/ogc/collections/grids/tiles/WebMercatorQuad?f=json&{kept}").json()
        assert other["tiles"] == [f"{body['tiles'][0]}?{kept}"]
        listed = client.get(f"/ogc/collections/grids/tiles?f=json&{kept}").json()["tilesets"][0]["links"]
        assert all(link["href"].endswith(f"?{kept}") for link in listed if link["rel"] in ("self", "item"))
    assert body["vector_layers"][0]["id"] == "grids"
    assert body["vector_layers"][0]["fields"]["households"] == "Number"
    west, south = lonlat(0, 0)
    assert body["bounds"][0] == pytest.approx(west, abs=1e-3)
    assert body["bounds"][1] == pytest.approx(south, abs=1e-3)
    sets = client.get("/ogc/collections/grids/tiles").json()["tilesets"]
    assert sets[0]["tileMatrixSetURI"].endswith("WebMercatorQuad")


def test_tiles_need_a_session(anonymous, town):
    assert anonymous.get(URL.format("grids", *address(13))).status_code == 401


def test_cache_forgets_the_oldest_and_stays_within_its_limit():
    cache = TileCache(limit=10_000)
    for k in range(20):
        cache.put((k,), bytes(500))
    assert cache.size <= 10_000
    assert cache.get((0,)) is None
    assert cache.get((19,)) == bytes(500)
    cache.put((19,), b"x")
    assert cache.get((19,)) == b"x"
    cache.put(("large",), bytes(5_000))
    assert cache.get(("large",)) is None


def test_a_cache_of_no_size_keeps_nothing():
    cache = TileCache(limit=0)
    cache.put((1,), b"")
    assert cache.get((1,)) is None


def test_a_tile_that_is_being_cut_is_promised_to_others():
    cache = TileCache()
    mine, first = cache.claim(("a",))
    theirs, second = cache.claim(("a",))
    assert (first, second, mine is theirs) == (True, False, True)
    cache.keep(("a",), b"tile")
    assert theirs.result(0) == b"tile"
    assert cache.get(("a",)) == b"tile"
    promised, again = cache.claim(("a",))
    assert again
    cache.fail(("a",), ValueError("no"))
    with pytest.raises(ValueError, match="no"):
        promised.result(0)
    assert cache.claim(("a",))[1]


def test_many_clients_cut_a_cold_tile_once(client, app, database, town):
    """Each of them reads the revisions; one of them draws."""
    with database.work(Actor.system()) as work:
        work.touch("buildings", town.territory)
    cold = URL.format("buildings", *address(14))
    cache: TileCache = app.state.wiring.parts["tiles"]
    before = cache.cuts
    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda _: client.get(cold), range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert cache.cuts == before + 1


def test_a_tile_at_the_address_of_its_version_may_be_kept_for_good(client, database, town):
    style = client.get(f"/api/v1/style?plan={town.plan}").json()
    versioned = {name for name, source in style["sources"].items() if "v=" in source.get("tiles", [""])[0]}
    assert versioned == {"atoms", "grids", "grid_labels"}
    z, row, column = address(13)
    url = style["sources"]["grids"]["tiles"][0].format(z=z, x=column, y=row)
    kept = client.get(url)
    assert (kept.status_code, kept.headers["cache-control"]) == (200, "private, max-age=31536000, immutable")
    with database.work(Actor.system()) as work:
        work.touch("grids", town.territory)
    later = client.get(url)
    assert (later.status_code, later.headers["cache-control"]) == (200, "private, no-cache")
    renewed = client.get(f"/api/v1/style?plan={town.plan}").json()["sources"]["grids"]["tiles"][0]
    assert client.get(renewed.format(z=z, x=column, y=row)).headers["cache-control"].endswith("immutable")


def test_versions_are_for_published_plans_only(client, database, town):
    with database.work(Actor.system()) as work:
        draft = Plan(territory_id=town.territory, kind="household", name="d2", spec={}, spec_digest="z", quality={})
        work.session.add(draft)
        work.session.flush()
        asked = draft.id
    sources = client.get(f"/api/v1/style?plan={asked}").json()["sources"]
    assert not [name for name, source in sources.items() if "v=" in source.get("tiles", [""])[0]]
