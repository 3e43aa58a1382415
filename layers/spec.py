"""What a map layer is: its names, geometry, zooms, fields and legend."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Lang = Literal["en", "zh"]
LANGS: Final[tuple[Lang, ...]] = ("en", "zh")
Geometry = Literal["point", "line", "polygon"]
Group = Literal["base", "grids", "cameras", "incidents"]
Swatch = Literal["fill", "hatch", "line", "dash", "icon"]

TILE_MAX_ZOOM: Final = 16
"""Deepest zoom that tiles are cut for; the client scales them up beyond it."""


@dataclass(frozen=True, slots=True)
class Text:
    """A label in every language of the product."""

    en: str
    zh: str

    def to_dict(self) -> dict[str, str]:
        """Return the label keyed by language."""
        return {"en": self.en, "zh": self.zh}


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One line of a legend: a mark and what it means.

    Parameters
    ----------
    label : Text
        What it means.
    swatch : {"fill", "hatch", "line", "dash", "icon"}
        How the mark is drawn.
    light, dark : str
        Its colour in each theme, ``#RRGGBB``.
    image : str or None
        Name of the image that the client draws (`layers.style.IMAGES`).
    theme : {"deviation", "coverage"} or None
        The entry stands in the legend only under this theme of the map.
    """

    label: Text
    swatch: Swatch
    light: str
    dark: str
    image: str | None = None
    theme: Literal["deviation", "coverage"] | None = None

    def to_dict(self) -> dict[str, object]:
        """Return the entry as JSON values."""
        return {
            "label": self.label.to_dict(),
            "swatch": self.swatch,
            "light": self.light,
            "dark": self.dark,
            "image": self.image,
            "theme": self.theme,
        }


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One map layer, which is also one OGC collection and one MVT source layer.

    Parameters
    ----------
    id : str
        Collection id, MVT layer name and MapLibre source id.
    title : Text
        Name in the layer switch.
    group : {"base", "grids", "cameras", "incidents"}
        Where the layer stands in the layer switch.
    geometry : {"point", "line", "polygon"}
        Of its features.
    min_zoom, max_zoom : int
        Zooms that tiles exist for (WebMercatorQuad); outside them a tile is 404.
    fields : tuple of str
        Attributes in the tiles.
    legend : tuple of LegendEntry
        What its marks mean.
    visible : bool
        Whether it is drawn before anyone touched the switch.
    """

    id: str
    title: Text
    group: Group
    geometry: Geometry
    min_zoom: int
    max_zoom: int = TILE_MAX_ZOOM
    fields: tuple[str, ...] = ()
    legend: tuple[LegendEntry, ...] = field(default=())
    visible: bool = True

    def to_dict(self) -> dict[str, object]:
        """Return the specification as JSON values, without address and revision."""
        return {
            "id": self.id,
            "title": self.title.to_dict(),
            "group": self.group,
            "geometry": self.geometry,
            "min_zoom": self.min_zoom,
            "max_zoom": self.max_zoom,
            "fields": list(self.fields),
            "legend": [entry.to_dict() for entry in self.legend],
            "visible": self.visible,
        }
