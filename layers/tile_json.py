"""What a tile set says of its layers: TileJSON's ``vector_layers``, for served tiles and for files of tiles."""

from __future__ import annotations

from typing import Any, Final

from layers.spec import LayerSpec

_NUMBERS: Final = frozenset(
    {"households", "deviation", "seen_share", "demand", "score", "azimuth", "count", "length_m"}
)
_TRUTHS: Final = frozenset({"exclave", "online", "unknown", "estimated"})


def vector_layer(spec: LayerSpec) -> dict[str, Any]:
    """Return a layer's entry in ``vector_layers``.

    Examples
    --------
    >>> from layers.catalogue import layer
    >>> vector_layer(layer("atoms"))["fields"]
    {'demand': 'Number'}
    """
    return {
        "id": spec.id,
        "description": spec.title.en,
        "minzoom": spec.min_zoom,
        "maxzoom": spec.max_zoom,
        "fields": {name: _kind(name) for name in spec.fields},
    }


def _kind(name: str) -> str:
    if name in _NUMBERS:
        return "Number"
    return "Boolean" if name in _TRUTHS else "String"
