"""MapLibre layers of cameras, what they see and miss, incidents, and the answer to "what is here"."""

from __future__ import annotations

from typing import Any, Final

from layers.catalogue import VIEW_SHED_OPACITY
from layers.draw_base import FONT_MEDIUM, FONT_STRONG, Layer, halo, vector_layer
from layers.palette import Palette

HERE_SOURCE: Final = "here"
"""GeoJSON source that the client fills: the place asked about, its accuracy and the camera chosen."""

_UNKNOWN: Final = ["any", ["!", ["has", "azimuth"]], ["==", ["get", "azimuth"], None]]
_FULL: Final = ["in", ["get", "kind"], ["literal", ["ptz", "dome"]]]
_OFFLINE: Final = ["==", ["get", "online"], False]
_OVER: Final = ["CLOSED", "REJECTED", "DUPLICATE", "REFERRED", "VOIDED", "ARCHIVED"]
_POLYGON: Final = ["in", ["geometry-type"], ["literal", ["Polygon", "MultiPolygon"]]]
_LINE: Final = ["in", ["geometry-type"], ["literal", ["LineString", "MultiLineString"]]]


def view_sheds(palette: Palette) -> list[Layer]:
    """Return what cameras see: pale on the plain map, stacked on the coverage map.

    A camera of unknown heading is a dashed line and is never filled as seen; nor is one that is offline.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """
    known = ["all", ["!=", ["get", "unknown"], True], ["!=", ["get", "online"], False]]
    unknown = ["==", ["get", "unknown"], True]
    return [
        _shed_fill("shed-fill", ["plain", "deviation"], known, palette.coverage[1], 0.22),
        _shed_fill("shed-stack", ["coverage"], known, palette.coverage[2], VIEW_SHED_OPACITY),
        vector_layer(
            "shed-line",
            "line",
            "view_sheds",
            15,
            filter=known,
            paint={"line-color": palette.coverage[2], "line-width": 1, "line-opacity": 0.6},
        ),
        vector_layer(
            "shed-unknown",
            "line",
            "view_sheds",
            16,
            filter=unknown,
            paint={
                "line-color": palette.paused,
                "line-width": 1,
                "line-dasharray": [3, 3],
                "line-opacity": 0.55,
            },
        ),
    ]


def _shed_fill(layer_id: str, theme: list[str], test: list[Any], colour: str, opacity: float) -> Layer:
    return vector_layer(
        layer_id,
        "fill",
        "view_sheds",
        15,
        theme=theme,
        filter=test,
        layout={"visibility": "visible" if "plain" in theme else "none"},
        paint={"fill-color": colour, "fill-opacity": opacity, "fill-antialias": False},
    )


def gaps(palette: Palette) -> list[Layer]:
    """Return the gaps: hatched ground with its outline, or a cased line where a gap is a line.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """
    return [
        vector_layer(
            "gap-ground",
            "fill",
            "gaps",
            13,
            filter=_POLYGON,
            paint={"fill-color": palette.gap, "fill-opacity": 0.10},
        ),
        vector_layer("gap-fill", "fill", "gaps", 13, filter=_POLYGON, paint={"fill-pattern": "gw-hatch-gap"}),
        vector_layer(
            "gap-outline",
            "line",
            "gaps",
            14,
            filter=_POLYGON,
            paint={"line-color": palette.gap, "line-width": 1, "line-opacity": 0.8},
        ),
        *_gap_lines(palette),
    ]


def _gap_lines(palette: Palette) -> list[Layer]:
    """Return a gap that is a line as a hatched band of the width of a street between two edges."""
    band = _street_width(12)
    joined = {"line-join": "round"}
    edge = {"line-color": palette.gap, "line-width": 1, "line-opacity": 0.8}
    return [
        vector_layer(
            "gap-band",
            "line",
            "gaps",
            13,
            filter=_LINE,
            layout=joined,
            paint={"line-color": palette.gap, "line-width": band, "line-opacity": 0.10},
        ),
        vector_layer(
            "gap-hatch",
            "line",
            "gaps",
            14,
            filter=_LINE,
            layout=joined,
            paint={"line-pattern": "gw-hatch-gap-band", "line-width": band},
        ),
        vector_layer(
            "gap-edges", "line", "gaps", 14, filter=_LINE, layout=joined, paint={**edge, "line-gap-width": band}
        ),
        vector_layer(
            "gap-far",
            "line",
            "gaps",
            13,
            filter=_LINE,
            maxzoom=14,
            paint={"line-color": palette.gap, "line-width": 2, "line-opacity": 0.85},
        ),
    ]


def _street_width(at_16: float) -> list[Any]:
    """Return a width that doubles with every zoom, as streets on the ground do."""
    return ["interpolate", ["exponential", 2], ["zoom"], 13, at_16 / 4, 15, at_16 * 0.6, 16, at_16, 19, at_16 * 6]


def key_places() -> list[Layer]:
    """Return the key places: a full square is seen, a hollow one is not, a half one may be."""
    return [
        vector_layer(
            "key-places",
            "symbol",
            "key_places",
            14,
            layout={
                "icon-image": ["concat", "gw-place-", ["coalesce", ["get", "seen"], "no"]],
                "icon-size": _by_zoom(14, 0.7, 16, 1),
                "icon-allow-overlap": True,
                "icon-ignore-placement": True,
            },
        ),
    ]


def cameras(palette: Palette) -> list[Layer]:
    """Return the cameras: dots from zoom 14, marks that show heading and state from 15.5.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """
    image = [
        "case",
        _OFFLINE, "gw-camera-offline",
        _FULL, "gw-camera-full",
        _UNKNOWN, "gw-camera-unknown",
        "gw-camera-fixed",
    ]  # fmt: skip
    turn = ["case", ["any", _OFFLINE, _FULL, _UNKNOWN], 0, ["to-number", ["get", "azimuth"], 0]]
    return [
        vector_layer(
            "camera-dots",
            "circle",
            "cameras",
            14,
            maxzoom=15.5,
            paint={
                "circle-radius": 3,
                "circle-color": palette.text,
                "circle-stroke-color": palette.halo,
                "circle-stroke-width": 1,
                "circle-opacity": ["case", _OFFLINE, 0.45, 1],
            },
        ),
        vector_layer(
            "cameras",
            "symbol",
            "cameras",
            15.5,
            layout={
                "icon-image": image,
                "icon-rotate": turn,
                "icon-rotation-alignment": "map",
                "icon-allow-overlap": True,
                "icon-ignore-placement": True,
            },
        ),
    ]


def incidents(palette: Palette) -> list[Layer]:
    """Return the reports: counted discs below zoom 13, pins above.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """
    pin = [
        "case",
        ["in", ["get", "state"], ["literal", _OVER]], "gw-pin-closed",
        ["==", ["get", "severity"], "critical"], "gw-pin-critical",
        "gw-pin-open",
    ]  # fmt: skip
    return [
        vector_layer(
            "incident-counts",
            "circle",
            "incidents",
            10,
            maxzoom=13,
            paint={
                "circle-color": palette.surface,
                "circle-stroke-color": palette.text,
                "circle-stroke-width": 1.5,
                "circle-radius": ["step", ["coalesce", ["get", "count"], 1], 9, 10, 12, 100, 15],
            },
        ),
        vector_layer(
            "incident-count-labels",
            "symbol",
            "incidents",
            10,
            maxzoom=13,
            layout={
                "text-field": ["to-string", ["coalesce", ["get", "count"], 1]],
                "text-font": FONT_STRONG,
                "text-size": 11,
                "text-allow-overlap": True,
            },
            paint={"text-color": palette.text},
        ),
        vector_layer(
            "incident-pins",
            "symbol",
            "incidents",
            13,
            layout={
                "icon-image": pin,
                "icon-anchor": "bottom",
                "icon-allow-overlap": True,
                "icon-size": _by_zoom(13, 0.6, 15.5, 1),
                "symbol-sort-key": ["case", ["==", ["get", "severity"], "critical"], 1, 0],
            },
        ),
    ]


def dwellings(palette: Palette) -> list[Layer]:
    """Return the household counts at their addresses.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """
    return [
        vector_layer(
            "dwelling-counts",
            "symbol",
            "dwellings",
            16,
            layout={
                "visibility": "none",
                "text-field": ["to-string", ["get", "households"]],
                "text-font": FONT_MEDIUM,
                "text-size": 11,
            },
            paint=halo(palette, palette.text_muted),
        ),
    ]


def here(palette: Palette) -> list[Layer]:
    """Return the layers of the place asked about: accuracy circle with its label, pin, chosen camera.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """

    def drawn(layer_id: str, kind: str, role: str, **rest: object) -> Layer:
        test = ["==", ["get", "role"], role]
        return {"id": layer_id, "type": kind, "source": HERE_SOURCE, "filter": test, **rest}

    return [
        drawn("here-accuracy", "fill", "accuracy", paint={"fill-color": palette.text, "fill-opacity": 0.06}),
        drawn(
            "here-accuracy-line",
            "line",
            "accuracy",
            paint={"line-color": palette.text, "line-width": 1.5, "line-dasharray": [3.3, 2]},
        ),
        drawn(
            "here-accuracy-label",
            "symbol",
            "accuracy-label",
            layout={
                "text-field": ["get", "label"],
                "text-font": FONT_STRONG,
                "text-size": 11,
                "text-anchor": "top",
                "text-offset": [0, 0.3],
                "text-allow-overlap": True,
            },
            paint=halo(palette, palette.text),
        ),
        drawn(
            "here-camera",
            "circle",
            "camera",
            paint={
                "circle-radius": 11,
                "circle-opacity": 0,
                "circle-stroke-color": palette.accent,
                "circle-stroke-width": 3,
            },
        ),
        drawn(
            "here-pin",
            "symbol",
            "pin",
            layout={"icon-image": "gw-pin-here", "icon-anchor": "bottom", "icon-allow-overlap": True},
        ),
    ]


def _by_zoom(low: float, low_value: float, high: float, high_value: float) -> list[Any]:
    return ["interpolate", ["linear"], ["zoom"], low, low_value, high, high_value]
