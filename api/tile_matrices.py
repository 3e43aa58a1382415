"""The tile matrix set, described by ourselves: on an intranet nobody can look it up at the standard's address."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from layers.spec import TILE_MAX_ZOOM

MATRIX_SET: Final = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
WEB_MERCATOR: Final = "http://www.opengis.net/def/crs/EPSG/0/3857"
_HALF_WORLD_M: Final = 20037508.3427892
_TILE_PX: Final = 256
_PIXEL_M: Final = 0.00028
"""The standard's pixel, which scale denominators are counted with."""


@cache
def web_mercator_quad() -> dict[str, Any]:
    """Return WebMercatorQuad as OGC Two Dimensional Tile Matrix Set 2.0 describes it, down to the deepest zoom served.

    Examples
    --------
    >>> web_mercator_quad()["tileMatrices"][1]["matrixWidth"]
    2
    """
    matrices = []
    for z in range(TILE_MAX_ZOOM + 1):
        cell = 2 * _HALF_WORLD_M / (_TILE_PX * 2**z)
        matrices.append(
            {
                "id": str(z),
                "scaleDenominator": cell / _PIXEL_M,
                "cellSize": cell,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-_HALF_WORLD_M, _HALF_WORLD_M],
                "tileWidth": _TILE_PX,
                "tileHeight": _TILE_PX,
                "matrixWidth": 2**z,
                "matrixHeight": 2**z,
            }
        )
    return {
        "id": "WebMercatorQuad",
        "title": "Google Maps Compatible for the World",
        "uri": MATRIX_SET,
        "crs": WEB_MERCATOR,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": matrices,
    }
