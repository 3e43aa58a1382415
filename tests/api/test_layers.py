"""The catalogue of layers and the style, as the page asks for them."""

from __future__ import annotations

from uuid import uuid4

import pytest

from layers.catalogue import COLLECTIONS, LAYERS
from layers.fields import FIELDS
from store.database.actor import Actor
from store.database.layer_sources import SOURCES
from tests.api.town import build_town


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def test_every_layer_of_the_catalogue_has_a_source_with_its_fields():
    assert set(SOURCES) == set(FIELDS) == {spec.id for spec in COLLECTIONS}
    for spec in COLLECTIONS:
        assert set(SOURCES[spec.id].attributes) == {field.name for field in FIELDS[spec.id]}
    for spec in LAYERS:
        # the count of a crowd is made on the way, at low zooms only
        source = SOURCES[spec.id]
        assert source.columns.keys() | source.tile_columns.keys() == set(spec.fields) - {"count"}, spec.id


def test_layers_come_with_tiles_legend_and_revision(client, database, town):
    before = {layer["id"]: layer for layer in client.get("/api/v1/layers").json()["layers"]}
    assert list(before) == [spec.id for spec in LAYERS]
    grids = before["grids"]
    assert grids["title"] == {"en": "Grids", "zh": "网格"}
    assert grids["tiles"] == "/ogc/collections/grids/tiles/WebMercatorQuad/{z}/{y}/{x}"
    assert grids["legend"][0]["label"]["zh"] == "网格边界"
    with database.work(Actor.system()) as work:
        work.touch("grids", town.territory)
    after = {layer["id"]: layer for layer in client.get(f"/api/v1/layers?plan={town.plan}").json()["layers"]}
    assert after["grids"]["revision"] == grids["revision"] + 1
    assert after["grids"]["tag"] != grids["tag"]
    assert after["streets"]["tag"] == before["streets"]["tag"]
    # labels stand on the same grids
    assert after["grid_labels"]["tag"] != before["grid_labels"]["tag"]
    assert after["grids"]["tiles"].endswith(f"?plan={town.plan}")
    assert client.get(f"/api/v1/layers?plan={uuid4()}").status_code == 404


def test_style_draws_from_our_tiles_only(client, town):
    for theme in ("light", "dark"):
        style = client.get(f"/api/v1/style?theme={theme}&lang=zh&plan={town.plan}").json()
        assert style["version"] == 8
        assert "glyphs" not in style
        assert "sprite" not in style
        addresses = [url for source in style["sources"].values() for url in source.get("tiles", [])]
        assert addresses
        assert all(
            url.startswith("/ogc/") and url.partition("&v=")[0].endswith(f"?plan={town.plan}") for url in addresses
        )
        assert style["sources"]["streets"]["attribution"] == "© nobody"
    assert client.get("/api/v1/style?theme=pink").status_code == 422
    assert client.get(f"/api/v1/style?plan={uuid4()}").status_code == 404
