"""The map style and its catalogue hold together."""

import json
import re

import pytest

from layers.catalogue import LAYERS, layer, legend
from layers.palette import PALETTES, THEMES, deviation_class, deviation_colour, stacked
from layers.spec import LANGS
from layers.style import IMAGES, build_style


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("lang", LANGS)
def test_style_layers_have_sources_and_unique_ids(theme, lang):
    style = build_style(theme, lang, "http://127.0.0.1:8000", "© somebody")
    ids = [item["id"] for item in style["layers"]]
    assert len(ids) == len(set(ids))
    for item in style["layers"]:
        if item["type"] != "background":
            assert item["source"] in style["sources"]
        if "source-layer" in item:
            spec = layer(item["source-layer"])
            assert item["minzoom"] >= spec.min_zoom
            assert item["metadata"]["gridward:layer"] == spec.id
    assert json.loads(json.dumps(style)) == style


def test_style_asks_for_nothing_outside():
    style = build_style()
    assert not {"glyphs", "sprite"} & style.keys()
    assert "http" not in json.dumps(style)


def test_style_names_only_documented_images():
    named = set(re.findall(r'"(gw-[a-z-]+[a-z])"', json.dumps(build_style()["layers"])))
    assert named <= IMAGES.keys()
    assert {e.image for spec in LAYERS for e in spec.legend if e.image} <= IMAGES.keys()


def test_style_draws_every_catalogue_layer():
    drawn = {item.get("source-layer") for item in build_style()["layers"]}
    assert {spec.id for spec in LAYERS} <= drawn


def test_deviation_on_the_tolerance_is_in_band():
    assert [deviation_class(d, 0.1) for d in (-0.1001, -0.1, 0.1, 0.1001)] == [0, 1, 5, 6]
    assert deviation_colour(-0.5, "dark") == PALETTES["dark"].deviation[0]


def test_stacked_darkens_towards_the_colour():
    assert stacked("#237F8D", "#F1F0EC", 1.0, 1) == "#237F8D"
    assert stacked("#237F8D", "#F1F0EC", 0.0, 3) == "#F1F0EC"


def test_legend_keeps_to_the_layers_and_the_theme():
    assert [e.label.en for e in legend(("grids",))] == ["grid border"]
    assert len(legend(("grids",), "deviation")) == 8
    assert len(legend(("view_sheds",), "coverage")) == 4


def test_layer_to_dict_is_json():
    for spec in LAYERS:
        assert json.loads(json.dumps(spec.to_dict())) == spec.to_dict()


@pytest.mark.parametrize("theme", THEMES)
def test_water_stays_water_over_the_classes_of_grids(theme):
    order = [layer["id"] for layer in build_style(theme)["layers"]]
    assert order.index("water") < order.index("grid-fill") < order.index("water-over-fill") < order.index("buildings")
    over = next(layer for layer in build_style(theme)["layers"] if layer["id"] == "water-over-fill")
    assert over["metadata"]["gridward:theme"] == ["deviation"]
    assert over["paint"]["fill-color"] == PALETTES[theme].water
