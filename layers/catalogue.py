"""Every map layer of the product, in drawing order, bottom first.

The tile and feature routes, the layer switch, the legend and the offline report read this one list.
"""

from __future__ import annotations

from typing import Final

from layers.palette import PALETTES, Theme, reach_colours, stacked
from layers.spec import LayerSpec, LegendEntry, Swatch, Text

VIEW_SHED_OPACITY: Final = 0.34
"""Opacity of one view shed under the coverage theme; overlaps darken to the colours of the legend."""


def _entry(en: str, zh: str, swatch: Swatch, colours: tuple[str, str], *, image: str | None = None) -> LegendEntry:
    return LegendEntry(Text(en, zh), swatch, colours[0], colours[1], image)


def _both(name: str) -> tuple[str, str]:
    return getattr(PALETTES["light"], name), getattr(PALETTES["dark"], name)


def _reach_colours(status: str) -> tuple[str, str]:
    return reach_colours(PALETTES["light"])[status], reach_colours(PALETTES["dark"])[status]


def _deviation_legend() -> tuple[LegendEntry, ...]:
    labels = ("< −10", "−10…−5", "−5…−2", "±2", "+2…+5", "+5…+10", "> +10")
    light, dark = PALETTES["light"].deviation, PALETTES["dark"].deviation
    last = len(labels) - 1
    hatch = {0: "gw-hatch-under", last: "gw-hatch-over"}
    return tuple(
        LegendEntry(
            Text(label, label),
            "hatch" if k in hatch else "fill",
            light[k],
            dark[k],
            image=hatch.get(k),
            theme="deviation",
        )
        for k, label in enumerate(labels)
    )


def _seen_legend() -> tuple[LegendEntry, ...]:
    labels = (Text("1 camera", "1 台"), Text("2", "2 台"), Text("3 or more", "3 台及以上"))
    return tuple(
        LegendEntry(label, "fill", _sheds_drawn("light", k), _sheds_drawn("dark", k), theme="coverage")
        for k, label in enumerate(labels, start=1)
    )


def _sheds_drawn(theme: Theme, cameras: int) -> str:
    """Return the colour that so many view sheds lying over each other have on land."""
    palette = PALETTES[theme]
    return stacked(palette.coverage[2], palette.land, VIEW_SHED_OPACITY, cameras)


_LAND = (
    LayerSpec(
        "areas",
        Text("Administrative areas", "行政区划"),
        "base",
        "polygon",
        5,
        fields=("code", "kind", "name"),
        legend=(_entry("parent border", "上级边界", "dash", _both("border")),),
    ),
    LayerSpec(
        "landcover",
        Text("Green and water", "绿地与水面"),
        "base",
        "polygon",
        8,
        fields=("kind",),
        legend=(_entry("green", "绿地", "fill", _both("green")), _entry("water", "水面", "fill", _both("water"))),
    ),
    LayerSpec(
        "waterways",
        Text("Waterways", "水系"),
        "base",
        "line",
        10,
        fields=("kind", "name"),
        legend=(_entry("waterway", "河道", "line", _both("water")),),
    ),
    LayerSpec(
        "buildings",
        Text("Buildings", "建筑"),
        "base",
        "polygon",
        14,
        fields=("kind",),
        legend=(_entry("building", "建筑", "fill", _both("building")),),
    ),
    LayerSpec(
        "streets",
        Text("Streets", "道路"),
        "base",
        "line",
        10,
        fields=("class", "name"),
        legend=(_entry("street", "道路", "line", _both("street")),),
    ),
)

_GRIDS = (
    LayerSpec(
        "atoms",
        Text("Plots", "地块"),
        "grids",
        "polygon",
        14,
        fields=("demand",),
        legend=(_entry("plot", "地块", "dash", _both("text_muted")),),
        visible=False,
    ),
    LayerSpec(
        "grids",
        Text("Grids", "网格"),
        "grids",
        "polygon",
        9,
        fields=("code", "number", "name", "households", "deviation", "exclave", "head"),
        legend=(_entry("grid border", "网格边界", "line", _both("border")), *_deviation_legend()),
    ),
    LayerSpec(
        "grid_labels",
        Text("Grid labels", "网格标注"),
        "grids",
        "point",
        13,
        fields=("code", "number", "name", "households", "deviation", "seen_share"),
    ),
    LayerSpec(
        "cells",
        Text("Unit cells", "单元网格"),
        "grids",
        "polygon",
        13,
        fields=("code", "number", "name", "households"),
        legend=(_entry("unit cell", "单元网格", "dash", _both("border")),),
        visible=False,
    ),
    LayerSpec(
        "river_reaches",
        Text("River reaches", "河段"),
        "grids",
        "line",
        9,
        fields=("code", "number", "name", "length_m", "deviation", "status", "head"),
        legend=(
            _entry("reach of the length asked for", "长度达标的河段", "line", _reach_colours("fits")),
            _entry("reach too long", "河段偏长", "line", _reach_colours("over")),
            _entry("reach too short", "河段偏短", "line", _reach_colours("under")),
        ),
        visible=False,
    ),
    LayerSpec(
        "dwellings",
        Text("Households at addresses", "住户数"),
        "grids",
        "point",
        15,
        fields=("households", "estimated"),
        legend=(_entry("households (estimated)", "户数（估算）", "icon", _both("text_muted"), image="gw-dwelling"),),
        visible=False,
    ),
)

_CAMERAS = (
    LayerSpec(
        "view_sheds",
        Text("Camera views", "摄像机视域"),
        "cameras",
        "polygon",
        15,
        fields=("camera", "unknown", "online"),
        legend=(
            *_seen_legend(),
            _entry("may be seen, heading unknown", "可能可见（方位未知）", "dash", _both("paused")),
        ),
    ),
    LayerSpec(
        "gaps",
        Text("Gaps", "盲区"),
        "cameras",
        "polygon",
        13,
        fields=("kind", "score"),
        legend=(_entry("gap in street", "道路盲区", "hatch", _both("gap"), image="gw-hatch-gap"),),
    ),
    LayerSpec(
        "key_places",
        Text("Key places", "重点部位"),
        "cameras",
        "point",
        14,
        fields=("kind", "name", "seen"),
        legend=(
            _entry("place seen", "部位可见", "icon", ("#237F8D", "#67BDC8"), image="gw-place-yes"),
            _entry("maybe seen", "可能可见", "icon", ("#237F8D", "#67BDC8"), image="gw-place-maybe"),
            _entry("not seen", "不可见", "icon", _both("gap"), image="gw-place-no"),
        ),
    ),
    LayerSpec(
        "cameras",
        Text("Cameras", "摄像机"),
        "cameras",
        "point",
        14,
        fields=("gb28181_id", "ref", "kind", "azimuth", "online"),
        legend=(
            _entry("camera, heading known", "摄像机，方位已知", "icon", _both("text"), image="gw-camera-fixed"),
            _entry("turns, full circle", "可转动", "icon", _both("text"), image="gw-camera-full"),
            _entry("heading unknown", "方位未知", "icon", _both("text"), image="gw-camera-unknown"),
            _entry("offline", "离线", "icon", _both("text"), image="gw-camera-offline"),
        ),
    ),
)

_INCIDENTS = (
    LayerSpec(
        "incidents",
        Text("Reports", "上报"),
        "incidents",
        "point",
        10,
        fields=("no", "item", "state", "severity", "count", "due", "soon"),
        legend=(
            _entry("on time", "按时", "icon", _both("ok"), image="gw-pin-ok"),
            _entry("soon late", "即将超时", "icon", _both("warning"), image="gw-pin-soon"),
            _entry("late", "超时", "icon", _both("late"), image="gw-pin-late"),
            _entry("paused", "挂账", "icon", _both("paused"), image="gw-pin-paused"),
            _entry("open report", "在办上报", "icon", _both("text"), image="gw-pin-open"),
            _entry("critical", "重大", "icon", _both("late"), image="gw-pin-critical"),
            _entry("closed", "已结案", "icon", _both("paused"), image="gw-pin-closed"),
            _entry("on shift", "在岗", "icon", _both("accent"), image="gw-on-shift"),
            _entry("component", "部件", "icon", _both("text"), image="gw-component"),
            _entry("may be the same", "疑似重复", "icon", _both("text"), image="gw-duplicate"),
            _entry("seen", "可见", "icon", _both("text"), image="gw-seen"),
        ),
    ),
)

LAYERS: Final[tuple[LayerSpec, ...]] = (*_LAND, *_GRIDS, *_CAMERAS, *_INCIDENTS)

FEATURES_ONLY: Final[tuple[LayerSpec, ...]] = (
    LayerSpec("facilities", Text("Facilities", "公共设施"), "base", "point", 12),
    LayerSpec("privacy_zones", Text("Privacy zones", "隐私区域"), "cameras", "polygon", 12),
)
"""Collections of features without tiles: few, and drawn by those who work on them."""

COLLECTIONS: Final[tuple[LayerSpec, ...]] = (*LAYERS, *FEATURES_ONLY)

_BY_ID: Final = {layer.id: layer for layer in LAYERS}


def layer(layer_id: str) -> LayerSpec | None:
    """Return the layer of an id, or None.

    Parameters
    ----------
    layer_id : str
        Collection id.

    Examples
    --------
    >>> layer("grids").min_zoom
    9
    >>> layer("nothing") is None
    True
    """
    return _BY_ID.get(layer_id)


def legend(layer_ids: tuple[str, ...], theme: str | None = None) -> list[LegendEntry]:
    """Return the legend of the layers that are drawn, in drawing order.

    Parameters
    ----------
    layer_ids : tuple of str
        Layers on the map.
    theme : str or None
        ``deviation`` or ``coverage``: entries of the other theme are left out.

    Examples
    --------
    >>> [entry.label.en for entry in legend(("buildings",))]
    ['building']
    """
    return [
        entry
        for spec in LAYERS
        if spec.id in layer_ids
        for entry in spec.legend
        if entry.theme is None or entry.theme == theme
    ]
