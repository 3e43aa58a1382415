"""MapLibre layers of grids: theme fill, hatch, borders, selection and labels."""

from __future__ import annotations

from typing import Any, Final

from layers.draw_base import FONT_MEDIUM, FONT_STRONG, Layer, halo, vector_layer
from layers.palette import Palette, deviation_breaks

_DEVIATION: Final = ["coalesce", ["get", "deviation"], 0]
_SELECTED: Final = ["boolean", ["feature-state", "selected"], False]
_HOVERED: Final = ["boolean", ["feature-state", "hover"], False]


def theme_fill(palette: Palette, tolerance: float) -> list[Layer]:
    """Return the deviation fill of the grids and a clear fill that takes clicks under every theme.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    tolerance : float
        The plan's tolerance as a fraction of the mean.
    """
    steps: list[Any] = [palette.deviation[0]]
    for at, colour in zip(deviation_breaks(tolerance), palette.deviation[1:], strict=True):
        # A grid that stands on its upper tolerance is in band: the last class begins just above it.
        steps += [at + 1e-9 if at == tolerance else at, colour]
    return [
        vector_layer("grid-touch", "fill", "grids", 9, paint={"fill-color": palette.land, "fill-opacity": 0}),
        vector_layer(
            "grid-fill",
            "fill",
            "grids",
            9,
            theme=["deviation"],
            layout={"visibility": "none"},
            paint={
                "fill-color": ["step", _DEVIATION, *steps],
                "fill-opacity": palette.fill_opacity,
                "fill-antialias": False,
            },
        ),
    ]


def hatches(tolerance: float) -> list[Layer]:
    """Return the hatches of the grids that are out of band: rising under, falling over.

    Parameters
    ----------
    tolerance : float
        The plan's tolerance as a fraction of the mean.
    """
    tests = {"under": ["<", _DEVIATION, -tolerance], "over": [">", _DEVIATION, tolerance]}
    return [
        vector_layer(
            f"grid-hatch-{side}",
            "fill",
            "grids",
            11,
            theme=["deviation"],
            filter=test,
            layout={"visibility": "none"},
            paint={"fill-pattern": f"gw-hatch-{side}"},
        )
        for side, test in tests.items()
    ]


def borders(palette: Palette) -> list[Layer]:
    """Return plot lines, grid borders on their halo and the borders of the parent areas.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """
    joined = {"line-join": "round", "line-cap": "round"}
    return [
        vector_layer(
            "atom-borders",
            "line",
            "atoms",
            14,
            layout={"visibility": "none"},
            paint={"line-color": palette.text_muted, "line-width": 0.6, "line-dasharray": [3, 2]},
        ),
        vector_layer(
            "grid-halo",
            "line",
            "grids",
            12,
            layout=joined,
            paint={"line-color": palette.halo, "line-width": 3.5, "line-opacity": 0.7},
        ),
        vector_layer(
            "grid-border",
            "line",
            "grids",
            9,
            layout=joined,
            paint={"line-color": palette.border, "line-width": ["step", ["zoom"], 1.0, 12, 1.5]},
        ),
        vector_layer(
            "area-border",
            "line",
            "areas",
            5,
            paint={"line-color": palette.border, "line-width": 2.5, "line-dasharray": [3.2, 1.2, 0.8, 1.2]},
        ),
    ]


def selection(palette: Palette) -> list[Layer]:
    """Return the hover and selection lines, switched by the feature state of a grid.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    """
    return [
        _state_line("grid-hover", _HOVERED, palette.accent, 2.0, 0.7),
        _state_line("grid-selected-case", _SELECTED, palette.surface, 6.0, 1.0),
        _state_line("grid-selected", _SELECTED, palette.accent, 3.0, 1.0),
    ]


def _state_line(layer_id: str, state: list[Any], colour: str, width: float, opacity: float) -> Layer:
    return vector_layer(
        layer_id,
        "line",
        "grids",
        9,
        layout={"line-join": "round"},
        paint={
            "line-color": colour,
            "line-width": width,
            "line-opacity": ["case", state, opacity, 0],
        },
    )


def labels(palette: Palette, lang: str) -> list[Layer]:
    """Return the grid labels: the number, and from zoom 14.5 one figure line by theme.

    Parameters
    ----------
    palette : Palette
        Colours of the theme.
    lang : {"en", "zh"}
        Language of the words on the map.
    """
    percent = {"min-fraction-digits": 1, "max-fraction-digits": 1}
    signed = [
        "concat",
        ["to-string", ["get", "households"]],
        " · ",
        ["case", [">=", _DEVIATION, 0], "+", "−"],
        ["number-format", ["abs", ["*", 100, _DEVIATION]], percent],
        " %",
    ]
    share = ["to-string", ["round", ["*", 100, ["coalesce", ["get", "seen_share"], 0]]]]
    seen = ["concat", "可见 ", share, " %"] if lang == "zh" else ["concat", share, " % seen"]
    return [
        _label("grid-label-plain", "plain", ["coalesce", ["get", "name"], ""], palette, hidden=False),
        _label("grid-label-deviation", "deviation", signed, palette, hidden=True),
        _label("grid-label-coverage", "coverage", seen, palette, hidden=True),
    ]


def _label(layer_id: str, theme: str, figure: list[Any], palette: Palette, *, hidden: bool) -> Layer:
    number = ["to-string", ["get", "number"]]
    strong = {"text-font": ["literal", FONT_STRONG]}
    quiet = {"font-scale": 0.846, "text-font": ["literal", FONT_MEDIUM]}
    return vector_layer(
        layer_id,
        "symbol",
        "grid_labels",
        13,
        theme=[theme],
        layout={
            "visibility": "none" if hidden else "visible",
            "text-field": [
                "step", ["zoom"],
                ["format", number, strong],
                14.5, ["format", number, strong, "\n", {}, figure, quiet],
            ],
            "text-font": FONT_STRONG,
            "text-size": 13,
            "text-line-height": 1.25,
            "text-padding": 3,
            "text-max-width": 12,
        },
        paint=halo(palette, palette.text),
    )  # fmt: skip
