"""MapLibre layers of the ground: land, green, water, buildings, streets and their names."""

from __future__ import annotations

from typing import Any, Final

from layers.palette import Palette

Layer = dict[str, Any]

FONT: Final = ["Inter", "Noto Sans SC", "Gridward Rare Han"]
FONT_MEDIUM: Final = ["Inter Medium", *FONT]
FONT_STRONG: Final = ["Inter SemiBold", *FONT]

_MAJOR: Final = (
    "motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link",
    "secondary", "secondary_link", "tertiary", "tertiary_link", "major",
)  # fmt: skip
_FOOT: Final = (
    "footway", "path", "steps", "cycleway", "track", "corridor", "bridleway", "platform", "foot",
)  # fmt: skip
_RAIL: Final = ("rail", "tram", "subway", "light_rail", "narrow_gauge", "railway")

STREET_CLASS: Final = ["match", ["get", "class"], [*_MAJOR], "major", [*_FOOT], "foot", [*_RAIL], "rail", "minor"]


def vector_layer(layer_id: str, kind: str, collection: str, min_zoom: float, **rest: object) -> Layer:
    """Return a MapLibre layer over one collection, tagged with the catalogue entry that it draws.

    Parameters
    ----------
    layer_id : str
        Unique id in the style.
    kind : str
        MapLibre layer type.
    collection : str
        Catalogue id: source and source layer have its name.
    min_zoom : float
        First zoom drawn.
    **rest
        ``paint``, ``layout``, ``filter``, ``maxzoom``; ``theme`` lists the map themes it belongs to.
    """
    metadata: dict[str, Any] = {"gridward:layer": collection}
    theme = rest.pop("theme", None)
    if theme is not None:
        metadata["gridward:theme"] = theme
    return {
        "id": layer_id,
        "type": kind,
        "source": collection,
        "source-layer": collection,
        "minzoom": min_zoom,
        "metadata": metadata,
        **rest,
    }


def ground(palette: Palette) -> list[Layer]:
    """Return what lies under everything: outside, land, green, water.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """
    return [
        {"id": "outside", "type": "background", "paint": {"background-color": palette.outside}},
        vector_layer("land", "fill", "areas", 5, paint={"fill-color": palette.land, "fill-antialias": False}),
        _cover("land-cover", "land", 8, palette.land),
        _cover("green", "green", 11, palette.green),
        _cover("water", "water", 8, palette.water),
        vector_layer(
            "waterways",
            "line",
            "waterways",
            10,
            paint={"line-color": palette.water, "line-width": _by_zoom(10, 0.5, 16, 3.0)},
        ),
    ]


def _cover(layer_id: str, kind: str, min_zoom: float, colour: str) -> Layer:
    return vector_layer(
        layer_id,
        "fill",
        "landcover",
        min_zoom,
        filter=["==", ["get", "kind"], kind],
        paint={"fill-color": colour},
    )


def water_over_fill(palette: Palette) -> list[Layer]:
    """Return water once more, over the classes of grids: a bay inside a grid stays a bay.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """
    paint = {"fill-color": palette.water, "fill-opacity": palette.water_over_fill_opacity}
    over = _cover("water-over-fill", "water", 8, palette.water)
    over["metadata"]["gridward:theme"] = ["deviation"]
    return [{**over, "layout": {"visibility": "none"}, "paint": paint}]


def buildings(palette: Palette) -> list[Layer]:
    """Return the buildings: solid on bare land, translucent over a theme so that its class stays readable.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """
    return [
        vector_layer(
            "buildings", "fill", "buildings", 14, theme=["plain", "coverage"], paint={"fill-color": palette.building}
        ),
        vector_layer(
            "buildings-over-fill",
            "fill",
            "buildings",
            14,
            theme=["deviation"],
            layout={"visibility": "none"},
            paint={
                "fill-color": palette.building_over_fill,
                "fill-opacity": palette.building_over_fill_opacity,
            },
        ),
    ]


def streets(palette: Palette) -> list[Layer]:
    """Return foot paths, rail and streets, cases under fills.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """
    return [
        vector_layer(
            "foot-paths",
            "line",
            "streets",
            15.5,
            filter=["==", STREET_CLASS, "foot"],
            paint={"line-color": palette.foot_path, "line-width": 0.7, "line-dasharray": [2, 2]},
        ),
        vector_layer(
            "rail",
            "line",
            "streets",
            12,
            filter=["==", STREET_CLASS, "rail"],
            paint={"line-color": palette.rail, "line-width": 1.2},
        ),
        _street("street-case-minor", "minor", 13, palette.street_case, 6.5),
        _street("street-case-major", "major", 10, palette.street_case, 9.0),
        _street("street-minor", "minor", 13, palette.street, 5.0),
        _street("street-major", "major", 10, palette.street, 7.5),
    ]


def _street(layer_id: str, street_class: str, min_zoom: float, colour: str, width: float) -> Layer:
    """Return one street line; the width halves with every zoom below 15 and stands at 16."""
    return vector_layer(
        layer_id,
        "line",
        "streets",
        min_zoom,
        filter=["==", STREET_CLASS, street_class],
        layout={"line-cap": "round", "line-join": "round"},
        paint={
            "line-color": colour,
            "line-width": [
                "interpolate", ["exponential", 2], ["zoom"],
                10, width / 40, 15, width * 0.75, 16, width, 19, width * 3,
            ],
        },
    )  # fmt: skip


def street_names(palette: Palette) -> list[Layer]:
    """Return the street names along their lines.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """
    return [
        vector_layer(
            "street-names",
            "symbol",
            "streets",
            14,
            filter=["all", ["has", "name"], ["!=", STREET_CLASS, "rail"]],
            layout={
                "symbol-placement": "line",
                "symbol-spacing": 900,
                "text-field": ["get", "name"],
                "text-font": FONT_MEDIUM,
                "text-size": 10.5,
                "text-max-angle": 30,
                "text-padding": 12,
            },
            paint=halo(palette, palette.border),
        ),
    ]


def halo(palette: Palette, colour: str) -> dict[str, Any]:
    """Return the paint of a map label: its colour and a halo of the surface.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    colour : str
        Of the text.
    """
    return {
        "text-color": colour,
        "text-halo-color": palette.halo,
        "text-halo-width": 2,
        "text-halo-blur": 0.5,
    }


def _by_zoom(low: float, low_value: float, high: float, high_value: float) -> list[Any]:
    return ["interpolate", ["linear"], ["zoom"], low, low_value, high, high_value]
