"""The MapLibre style: every layer of the catalogue in drawing order, light or dark.

The style asks for no glyphs, sprites or outside address. Text is drawn from the fonts of the page (`Inter`,
`Noto Sans SC`); images are drawn by the client on a canvas under the names in `IMAGES`. Layers carry
``metadata["gridward:layer"]`` (the catalogue entry, for the layer switch) and, where they belong to one theme
of the map only, ``metadata["gridward:theme"]``, a list of ``plain``, ``deviation`` and ``coverage``; the client
shows the layers of the theme in use. ``metadata["gridward:palette"]`` of the style holds the colours.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from layers import draw_base, draw_grids, draw_points, draw_water
from layers.catalogue import FEATURES_ONLY, LAYERS
from layers.draw_base import Layer
from layers.palette import PALETTES, Palette, Theme
from layers.spec import Lang, LayerSpec

IMAGES: Final[dict[str, str]] = {
    "gw-hatch-under": "8 px tile, strokes '/' every 6 px in the hatch colour",
    "gw-hatch-over": "8 px tile, strokes '\\' every 3 px in the hatch colour",
    "gw-hatch-gap": "5 px tile, strokes '/' in the gap colour",
    "gw-hatch-gap-band": "16 px tile, strokes '/' every 5 px in the gap colour, as high as a street is wide",
    "gw-camera-fixed": "12 px disc with a dot and a triangle to the north; turned by the azimuth",
    "gw-camera-full": "12 px disc with a dot",
    "gw-camera-unknown": "12 px disc with a question mark",
    "gw-camera-offline": "12 px dashed disc with a cross",
    "gw-place-yes": "8 px full square",
    "gw-place-maybe": "8 px half-filled square",
    "gw-place-no": "8 px hollow square with the outline of a gap",
    "gw-pin-open": "pin with a dot",
    "gw-pin-critical": "pin with a flash",
    "gw-pin-ok": "pin in the colour of time enough, with a dot",
    "gw-pin-soon": "pin in the colour of soon late, with a triangle",
    "gw-pin-late": "pin in the colour of late, with a diamond and an exclamation mark",
    "gw-pin-paused": "pin in the colour of paused, with two bars",
    "gw-pin-closed": "pin with a tick",
    "gw-pin-here": "pin in the accent colour",
    "gw-on-shift": "square in the accent colour with a figure: somebody on shift, beside an open case",
    "gw-component": "diamond with a dot: the component nearest to an open case",
    "gw-duplicate": "disc with two bars: a case that may be the same",
    "gw-seen": "what cameras see of the place of an open case, in the legend only",
    "gw-dwelling": "a figure, in the legend only",
}
"""Images that the style names and the client draws, with how each one looks."""


def build_style(
    theme: Theme = "light",
    lang: Lang = "en",
    tiles_base: str = "",
    attribution: str = "",
    *,
    tolerance: float = 0.10,
    query: str = "",
) -> dict[str, Any]:
    """Return the MapLibre style of the product.

    Parameters
    ----------
    theme : {"light", "dark"}
        Which palette to draw with.
    lang : {"en", "zh"}
        Language of the words that the style itself writes.
    tiles_base : str
        Address before ``/ogc``; empty for the same origin.
    attribution : str
        Shown by the attribution control; plain text.
    tolerance : float
        The plan's tolerance as a fraction of the mean: the outer breaks of the deviation ramp.
    query : str
        Query string appended to every tile address, with its question mark.

    Returns
    -------
    dict
        A style of version 8, ready for JSON.

    Examples
    --------
    >>> style = build_style("dark", tiles_base="http://127.0.0.1:8000")
    >>> style["sources"]["grids"]["tiles"]
    ['http://127.0.0.1:8000/ogc/collections/grids/tiles/WebMercatorQuad/{z}/{y}/{x}']
    """
    return {
        "version": 8,
        "name": f"Gridward {theme}",
        "metadata": {
            "gridward:theme": theme,
            "gridward:lang": lang,
            "gridward:images": IMAGES,
            "gridward:palette": _named_colours(PALETTES[theme]),
        },
        "sources": _sources(tiles_base, attribution, query),
        "layers": _layers(PALETTES[theme], lang, tolerance),
        "transition": {"duration": 0, "delay": 0},
    }


def collection_style(
    spec: LayerSpec, theme: Theme = "light", *, base: str = "", attribution: str = "", query: str = ""
) -> dict[str, Any]:
    """Return the MapLibre style of one collection, for maps that are not ours.

    Those have none of the images that our client draws: marks become discs in the colours of the legend, and patterns
    are left out.

    Parameters
    ----------
    spec : LayerSpec
        One of the catalogue.
    theme : {"light", "dark"}
    base : str
        Address before ``/ogc``.
    attribution : str
    query : str
        Query string appended to addresses, with its question mark.

    Examples
    --------
    >>> from layers.catalogue import layer
    >>> [item["id"] for item in collection_style(layer("key_places"))["layers"]]
    ['key_places-discs']
    """
    whole = build_style(theme, tiles_base=base, query=query)
    if spec.id in whole["sources"]:
        source = dict(whole["sources"][spec.id])
        drawn = [item for item in whole["layers"] if item.get("source") == spec.id and not _needs_images(item)]
        marked = any(item.get("source") == spec.id and _needs_images(item) for item in whole["layers"])
        drawn += [_discs(spec, theme)] if marked and spec.geometry == "point" else []
        for item in drawn:
            item["layout"] = {**item.get("layout", {}), "visibility": "visible"}
    else:
        source = {"type": "geojson", "data": f"{base}/ogc/collections/{spec.id}/items{query}"}
        drawn = [_discs(spec, theme)] if spec.geometry == "point" else _outlines(spec, theme)
    if attribution:
        source["attribution"] = attribution
    return {
        "version": 8,
        "name": f"{spec.title.en} {theme}",
        "metadata": {"gridward:theme": theme, "gridward:collection": spec.id},
        "sources": {spec.id: source},
        "layers": drawn,
    }


def _needs_images(item: Layer) -> bool:
    parts = {**item.get("layout", {}), **item.get("paint", {})}
    return any(name in parts for name in ("icon-image", "fill-pattern", "line-pattern"))


def _discs(spec: LayerSpec, theme: Theme) -> Layer:
    palette = PALETTES[theme]
    paint = {"circle-radius": 5, "circle-color": palette.accent, "circle-stroke-color": palette.halo,
             "circle-stroke-width": 1.5}  # fmt: skip
    return _plain_layer(spec, "discs", "circle", paint)


def _outlines(spec: LayerSpec, theme: Theme) -> list[Layer]:
    colour = PALETTES[theme].accent
    return [
        _plain_layer(spec, "ground", "fill", {"fill-color": colour, "fill-opacity": 0.15}),
        _plain_layer(spec, "outline", "line", {"line-color": colour, "line-width": 1.5}),
    ]


def _plain_layer(spec: LayerSpec, part: str, kind: str, paint: dict[str, Any]) -> Layer:
    tiled = {} if spec in FEATURES_ONLY else {"source-layer": spec.id, "minzoom": spec.min_zoom}
    return {"id": f"{spec.id}-{part}", "type": kind, "source": spec.id, **tiled, "paint": paint, "layout": {}}


def _named_colours(palette: Palette) -> dict[str, Any]:
    values = asdict(palette)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _sources(tiles_base: str, attribution: str, query: str) -> dict[str, Any]:
    sources: dict[str, Any] = {}
    for spec in LAYERS:
        address = f"{tiles_base}/ogc/collections/{spec.id}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}{query}"
        sources[spec.id] = {
            "type": "vector",
            "tiles": [address],
            "minzoom": spec.min_zoom,
            "maxzoom": spec.max_zoom,
        }
    if attribution:
        sources["streets"]["attribution"] = attribution
    nothing: dict[str, Any] = {"type": "FeatureCollection", "features": []}
    sources[draw_points.HERE_SOURCE] = {"type": "geojson", "data": nothing}
    return sources


def _layers(palette: Palette, lang: Lang, tolerance: float) -> list[Layer]:
    """Return all layers in drawing order, bottom first."""
    return [
        *draw_base.ground(palette),
        *draw_grids.theme_fill(palette, tolerance),
        *draw_base.water_over_fill(palette),
        *draw_base.buildings(palette),
        *draw_base.streets(palette),
        *draw_grids.hatches(tolerance),
        *draw_grids.borders(palette),
        *draw_water.cells(palette),
        *draw_water.reaches(palette),
        *draw_points.view_sheds(palette),
        *draw_points.gaps(palette),
        *draw_points.key_places(),
        *draw_points.cameras(palette),
        *draw_points.incidents(palette),
        *draw_grids.selection(palette),
        *draw_base.street_names(palette),
        *draw_points.dwellings(palette),
        *draw_water.reach_names(palette),
        *draw_grids.labels(palette, lang),
        *draw_points.here(palette),
    ]
