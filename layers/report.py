"""What a report says, apart from the format it is handed over in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import shapely

from layers.folium_map import MapLayer
from layers.spec import Lang

DIGITS = 7  # of longitude and latitude in a page: a centimetre
Cell = str | float | int | None


@dataclass(frozen=True, slots=True)
class ReportTable:
    """One table: raw cells for machines, and what people read.

    Attributes
    ----------
    name, title : str
        Name in files; heading.
    columns, rows
        Raw: codes as text, figures as numbers.
    heads, shown
        As printed; nothing is printed of a table without heads.
    """

    name: str
    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    heads: Sequence[str] = ()
    shown: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class ReportLayer:
    """Shapes on the report's map.

    Attributes
    ----------
    name : str
        Layer in a GeoPackage; empty: not written there.
    title : str
    geometry : (n,) array of geometry, EPSG:4326
    styles : sequence of dict
        Leaflet path options of each shape.
    tips : sequence of str
        What to say of each.
    fields : mapping of str to sequence
        Attributes of each.
    point_radius : float
        Pixels.
    shown : bool
        Drawn at first.
    """

    name: str
    title: str
    geometry: npt.NDArray[Any]
    styles: Sequence[Mapping[str, Any]]
    tips: Sequence[str] = ()
    fields: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    point_radius: float = 4.0
    shown: bool = True

    def for_page(self) -> MapLayer:
        """Return the layer as a page draws it."""
        rounded = shapely.transform(self.geometry, lambda xy: np.round(xy, DIGITS))
        tips = self.tips or [""] * len(rounded)
        return MapLayer(
            self.title,
            [
                {
                    "type": "Feature",
                    "geometry": orjson.loads(shape),
                    "properties": {"tip": tip.strip(), "style": dict(style)},
                }
                for shape, tip, style in zip(shapely.to_geojson(rounded), tips, self.styles, strict=True)
            ],
            point_radius=self.point_radius,
            shown=self.shown,
        )


@dataclass(frozen=True, slots=True)
class ReportContent:
    """Everything a report says; texts are plain.

    Attributes
    ----------
    name : str
        ``coverage``, ``cameras`` or ``facilities``.
    title, subtitle : str
    facts : sequence of (label, value, note)
        Headline figures.
    tables : sequence of ReportTable
        The first is the report's own; others say more.
    layers : sequence of ReportLayer
        Bottom to top.
    legend : sequence of (colour, label)
    notes : sequence of str
        Definitions, sources, attribution, what is estimated or demo.
    box : tuple of float
        West, south, east, north in EPSG:4326.
    metric_srid : int
        CRS of the printed map.
    lang : {"en", "zh"}
    labels : sequence of (lon, lat, text)
        Written on the map.
    """

    name: str
    title: str
    subtitle: str
    facts: Sequence[tuple[str, str, str]]
    tables: Sequence[ReportTable]
    layers: Sequence[ReportLayer]
    legend: Sequence[tuple[str, str]]
    notes: Sequence[str]
    box: tuple[float, float, float, float]
    metric_srid: int
    lang: Lang = "en"
    labels: Sequence[tuple[float, float, str]] = ()

    def digest(self, *more: str) -> str:
        """Return what tells two contents apart: texts, cells, shapes and how they are drawn."""
        found = hashlib.sha256(
            orjson.dumps(
                [
                    list(more), self.name, self.title, self.subtitle, self.facts, self.legend, self.notes, self.box,
                    self.metric_srid, self.lang, self.labels,
                    [[table.name, table.title, table.columns, table.rows, table.heads, table.shown]
                     for table in self.tables],
                ],
                option=orjson.OPT_SERIALIZE_NUMPY,
            )
        )  # fmt: skip
        for layer in self.layers:
            facts = [layer.name, layer.title, layer.tips, layer.styles, layer.point_radius, layer.shown]
            found.update(orjson.dumps([facts, dict(layer.fields)], option=orjson.OPT_SERIALIZE_NUMPY, default=str))
            found.update(b"".join(shapely.to_wkb(layer.geometry)))
        return found.hexdigest()
