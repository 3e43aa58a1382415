"""Maps of others under ours: what the setting may say, tiles of local files, and what the page may ask elsewhere."""

from __future__ import annotations

import contextlib
import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.app import create_app
from api.middleware import POLICY
from gis.errors import InvalidInputError, UnavailableError
from services.basemaps import NOTHING, open_basemaps
from store.files.pmtiles import write_pmtiles
from tests.api.conftest import Client, settings_for
from tests.api.tile_files import picture, write_mbtiles, write_pmtiles_of_pictures, write_vector_mbtiles
from tests.api.town import build_town

RED, BLUE = picture((200, 0, 0)), picture((0, 0, 200))
XYZ = {"id": "aerial", "name": {"en": "Aerial", "zh": "影像"}, "kind": "XYZ", "datum": "GCJ-02", "attribution": "© A",
       "url": "https://Tiles.example:8443/a/{z}/{x}/{y}.jpg?key=k"}  # fmt: skip
WMTS = {"id": "survey", "name": "Survey", "kind": "wmts", "datum": "wgs84", "attribution": "© S",
        "url": "http://maps.example/wmts?tk=1", "layer": "img", "matrix_set": "w"}  # fmt: skip
TEMPLATE = {**WMTS, "id": "rest", "url": "http://maps.example/{TileMatrix}/{TileRow}/{TileCol}.png", "max_zoom": 16}


def local(name, file, **more):
    kind = "mbtiles" if str(file).endswith(".mbtiles") else "pmtiles"
    return {"id": name, "name": name, "kind": kind, "datum": "wgs84", "attribution": "© L", "file": str(file), **more}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("maps")
    write_mbtiles(found / "a.mbtiles", [(1, 1, 0, RED), (1, 1, 1, BLUE)], bounds="20,50,30,70")
    write_vector_mbtiles(found / "v.mbtiles", [(0, 0, 0, gzip.compress(b"\x1a\x00"))], "water", "roads")
    write_pmtiles_of_pictures(found / "p.pmtiles", [(1, 1, 0, RED), (2, 2, 1, BLUE)], (20.0, 50.0, 30.0, 70.0))
    listed = [
        XYZ,
        WMTS,
        TEMPLATE,
        local("a", "a.mbtiles", default=True),
        local("v", "v.mbtiles"),
        local("p", "p.pmtiles"),
    ]
    (found / "maps.json").write_text(json.dumps(listed))
    return found


@pytest.fixture(scope="module")
def maps(database, database_urls, folder, token, tmp_path_factory):
    build_town(database)
    chosen = settings_for(
        database_urls, tmp_path_factory.mktemp("home"), jobs_in_server=False, basemaps=str(folder / "maps.json")
    )
    with Client(create_app(chosen), headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


def test_the_page_is_told_what_it_needs_of_each_map(maps):
    listed = {each["id"]: each for each in maps.get("/api/v1/basemaps").json()["basemaps"]}
    assert list(listed) == ["aerial", "survey", "rest", "a", "v", "p"]
    assert listed["aerial"] == {
        "id": "aerial", "name": {"en": "Aerial", "zh": "影像"}, "kind": "xyz", "form": "picture", "datum": "gcj02",
        "shifted": False, "attribution": "© A", "address": XYZ["url"], "min_zoom": 0, "max_zoom": 18, "tile_size": 256,
        "box": None, "layers": [], "default": False,
    }  # fmt: skip
    assert listed["survey"]["address"] == (
        "http://maps.example/wmts?tk=1&SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=img&STYLE=default"
        "&TILEMATRIXSET=w&FORMAT=image%2Fpng&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}"
    )
    assert (listed["rest"]["address"], listed["rest"]["max_zoom"]) == ("http://maps.example/{z}/{y}/{x}.png", 16)
    assert (listed["a"]["box"], listed["a"]["max_zoom"], listed["a"]["default"]) == ([20, 50, 30, 70], 1, True)
    assert (listed["v"]["form"], listed["v"]["layers"]) == ("vector", ["water", "roads"])
    assert (listed["p"]["min_zoom"], listed["p"]["max_zoom"]) == (1, 2)


def test_the_policy_lets_the_page_ask_these_servers_and_no_other(maps, client):
    told = maps.get("/api/v1/basemaps").headers["content-security-policy"]
    added = " http://maps.example https://tiles.example:8443"
    assert f"connect-src 'self'{added};" in told
    assert f"img-src 'self' data: blob:{added};" in told
    assert told.replace(added, "") == POLICY
    # without the setting nobody else may be asked
    assert client.get("/api/v1/basemaps").headers["content-security-policy"] == POLICY
    assert client.get("/api/v1/basemaps").json() == {"basemaps": []}


@pytest.mark.parametrize(("name", "deep"), [("a", (1, 1, 0)), ("p", (1, 1, 0))])
def test_tiles_of_a_file_are_sent_and_may_be_kept(maps, name, deep):
    z, x, y = deep
    [told] = [each for each in maps.get("/api/v1/basemaps").json()["basemaps"] if each["id"] == name]
    address = told["address"].format(z=z, x=x, y=y)
    answer = maps.get(address)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, RED, "image/png")
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    plain = maps.get(address.partition("?")[0], headers={"If-None-Match": answer.headers["etag"]})
    assert (plain.status_code, plain.headers["cache-control"]) == (304, "private, max-age=86400")
    nothing = maps.get(f"/api/v1/basemaps/{name}/1/0/0")
    assert (nothing.status_code, nothing.content) == (200, NOTHING)


def test_rows_of_mbtiles_are_turned_round_and_vector_tiles_stay_packed(maps):
    assert maps.get("/api/v1/basemaps/a/1/1/1").content == BLUE
    packed = maps.get("/api/v1/basemaps/v/0/0/0", headers={"Accept-Encoding": "gzip"})
    assert (packed.headers["content-encoding"], packed.headers["content-type"]) == (
        "gzip", "application/vnd.mapbox-vector-tile",
    )  # fmt: skip
    assert packed.content == b"\x1a\x00"  # httpx unpacked it
    assert maps.get("/api/v1/basemaps/v/0/0/0", headers={"Accept-Encoding": "identity"}).content == b"\x1a\x00"
    assert maps.get("/api/v1/basemaps/v/1/0/0").status_code == 204


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("aerial/1/0/0", 404), ("nothing/1/0/0", 404), ("a/1/2/0", 404), ("a/25/0/0", 422), ("a/1/-1/0", 422),
        ("a/1/0/x", 422), ("..%2fa/1/0/0", 404), ("a/1/0/0%00", 422), ("../../etc/passwd", 404),
    ],
)  # fmt: skip
def test_what_is_no_tile_is_a_problem(maps, path, status):
    answer = maps.get(f"/api/v1/basemaps/{path}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_tiles_want_a_sign_in(maps):
    with Client(maps._inner.app) as stranger:
        assert stranger.get("/api/v1/basemaps/a/1/1/0").status_code == 401


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"url": None}, "a url and no file"), ({"file": "x"}, "a url and no file"), ({"url": "ftp://a/{z}/{x}/{y}"}, "no plain"),
        ({"url": "https://u:p@a/{z}/{x}/{y}"}, "no plain"), ({"url": "https://a; script-src */{z}/{x}/{y}"}, "no plain"),
        ({"url": "https://a,b/{z}/{x}/{y}"}, "no plain"), ({"url": "https://a/{z}/{x}"}, "each once"),
        ({"url": "https://a/{z}/{x}/{y}/{s}"}, "each once"), ({"kind": "wms"}, "kind"), ({"datum": "bd09"}, "datum"),
        ({"datum": None}, "datum"), ({"attribution": ""}, "attribution"), ({"id": "../x"}, "id"), ({"min_zoom": 9, "max_zoom": 3}, "above"),
        ({"max_zoom": 99}, "max_zoom"), ({"surprise": 1}, "surprise"), ({"kind": "wmts", "url": "https://a/wmts"}, "name the layer"),
    ],
)  # fmt: skip
def test_a_map_that_makes_no_sense_is_refused_at_the_start(change, words):
    asked = {name: value for name, value in {**XYZ, **change}.items() if value is not None}
    with pytest.raises(InvalidInputError, match=words) as caught:
        open_basemaps(json.dumps([asked]))
    assert caught.value.fields["setting"] == "GRIDWARD_BASEMAPS"


def test_files_that_hold_no_tiles_are_refused_at_the_start(folder, tmp_path):
    broken = (folder / "p.pmtiles").read_bytes()
    for name, content, words in (
        ("none.mbtiles", None, "can't be read"), ("text.mbtiles", b"hello", "neither"),
        ("short.pmtiles", broken[:60], "damaged"), ("torn.mbtiles", (folder / "a.mbtiles").read_bytes()[:600], "damaged"),
        ("cut.pmtiles", broken[:200], "damaged|cut off"),
    ):  # fmt: skip
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidInputError, match=words):
            open_basemaps(json.dumps([local("x", tmp_path / name)]))
    empty = write_mbtiles(tmp_path / "empty.mbtiles", [])
    gif = write_mbtiles(tmp_path / "gif.mbtiles", [(0, 0, 0, RED)], format="gif")
    off = write_mbtiles(tmp_path / "off.mbtiles", [(0, 0, 0, RED)], bounds="200,0,210,1")
    unnamed = write_mbtiles(tmp_path / "unnamed.mbtiles", [(0, 0, 0, b"x")], format="pbf")
    for file, words in ((empty, "no tile"), (gif, "gif"), (off, "outside the earth"), (unnamed, "which layers")):
        with pytest.raises(InvalidInputError, match=words):
            open_basemaps(json.dumps([local("x", file)]))
    with pytest.raises(InvalidInputError, match="right place"):
        open_basemaps(json.dumps([local("x", folder / "v.mbtiles", datum="gcj02")]))
    with pytest.raises(InvalidInputError, match="one id"):
        open_basemaps(json.dumps([XYZ, XYZ]))
    for text, words in (("[1]", "0"), ("[{", "no JSON"), (str(tmp_path / "nothing.json"), "can't be read")):
        with pytest.raises(InvalidInputError, match=words):
            open_basemaps(text)


def test_vector_tiles_of_our_own_files_are_read(tmp_path):
    file = tmp_path / "own.pmtiles"
    write_pmtiles(
        file,
        [(3, 4, 2, b"one"), (4, 8, 4, b"two")],
        box=(20, 50, 30, 70),
        metadata={"vector_layers": [{"id": "grids"}]},
    )
    found = open_basemaps(json.dumps([local("own", file)]))
    assert found.tile("own", (4, 8, 4), packed=False).content == b"two"
    assert found.tile("own", (4, 8, 5), packed=False).content == b""
    found.close()


@settings(max_examples=40, deadline=None)
@given(at=st.integers(0, 400), byte=st.integers(0, 255))
def test_a_changed_byte_is_a_sentence_and_never_a_crash(folder, tmp_path_factory, at, byte):
    content = bytearray((folder / "p.pmtiles").read_bytes())
    content[at % len(content)] = byte
    file = tmp_path_factory.mktemp("one") / "changed.pmtiles"
    file.write_bytes(content)
    try:
        found = open_basemaps(json.dumps([local("x", file)]))
    except InvalidInputError:
        return
    for tile in ((1, 1, 0), (2, 2, 1), (2, 0, 0)):
        with contextlib.suppress(UnavailableError):
            found.tile("x", tile, packed=False)
    found.close()
