"""MapLibre layers of river reaches and of unit cells."""

from __future__ import annotations

from typing import Any

from layers.draw_base import FONT_MEDIUM, Layer, halo, vector_layer
from layers.palette import Palette, reach_colours

_HIDDEN = {"visibility": "none"}
_ROUND = {"line-join": "round", "line-cap": "butt", **_HIDDEN}


def cells(palette: Palette) -> list[Layer]:
    """Return the borders and numbers of unit cells.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """
    return [
        vector_layer(
            "cell-borders",
            "line",
            "cells",
            13,
            layout=_HIDDEN,
            paint={"line-color": palette.border, "line-width": 0.8, "line-dasharray": [4, 2]},
        ),
    ]


def reaches(palette: Palette) -> list[Layer]:
    """Return the reaches on a casing: in one colour where they are as long as asked for, in others over and under.

    The casing is broken where a reach ends, so that neighbours of one colour can be told apart.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """
    colours = reach_colours(palette)
    status: list[Any] = ["match", ["get", "status"], "over", colours["over"], "under", colours["under"]]
    return [
        vector_layer(
            "reach-case",
            "line",
            "river_reaches",
            9,
            layout=_ROUND,
            paint={"line-color": palette.surface, "line-width": _wide(2.5, 8.0), "line-opacity": 0.9},
        ),
        vector_layer(
            "reach-line",
            "line",
            "river_reaches",
            9,
            layout=_ROUND,
            paint={"line-color": [*status, colours["fits"]], "line-width": _wide(1.2, 4.5)},
        ),
    ]


def reach_names(palette: Palette) -> list[Layer]:
    """Return number and river of each reach, along its line.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """
    number: list[Any] = ["to-string", ["get", "number"]]
    return [
        vector_layer(
            "reach-label",
            "symbol",
            "river_reaches",
            12.5,
            layout={
                **_HIDDEN,
                "symbol-placement": "line-center",
                "text-field": ["case", ["has", "name"], ["concat", ["get", "name"], " · ", number], number],
                "text-font": FONT_MEDIUM,
                "text-size": 11,
                "text-padding": 4,
                "text-offset": [0, -0.9],
            },
            paint=halo(palette, palette.text),
        )
    ]


def _wide(far: float, near: float) -> list[Any]:
    return ["interpolate", ["linear"], ["zoom"], 10, far, 16, near]
