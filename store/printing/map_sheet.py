"""A map on paper: shapes at a round scale, with scale bar and north arrow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import meridian_convergence, transform
from layers.palette import PALETTES
from layers.report import ReportContent, ReportLayer
from store.printing.text import draw
from store.types import STORAGE_SRID

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

POINT_M = 0.0254 / 72  # a typographic point in metres
PIXEL = 0.75  # points of a pixel, in which styles are written
FINE_POINTS = 0.15  # details smaller than this don't print
MARGIN = 0.03  # of the box, round the map
_LIGHT = PALETTES["light"]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where the map lies on the sheet (points), and what of the world it shows.

    Attributes
    ----------
    x, y, width, height : float
        Points from the lower left corner.
    scale : float
        Metres on the ground for one point.
    left, bottom : float
        Metric coordinates of the lower left corner.
    """

    x: float
    y: float
    width: float
    height: float
    scale: float
    left: float
    bottom: float

    @property
    def denominator(self) -> int:
        """Return n of the scale 1 : n."""
        return round(self.scale / POINT_M)

    def on_paper(self, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return metric coordinates as points on the sheet."""
        return (xy - (self.left, self.bottom)) / self.scale + (self.x, self.y)


def fit(box: shapely.Geometry, room: tuple[float, float, float, float]) -> Frame:
    """Choose the largest round scale at which a metric box fits into `room` (x, y, width, height in points)."""
    x, y, width, height = room
    west, south, east, north = shapely.bounds(box)
    span = max((east - west) * (1 + MARGIN) / width, (north - south) * (1 + MARGIN) / height, 1e-3)
    scale = round_up(span / POINT_M) * POINT_M
    left = (west + east - width * scale) / 2
    return Frame(x, y, width, height, scale, left, (south + north - height * scale) / 2)


def round_up(value: float) -> float:
    """Return the next multiple of a twentieth of a number's power of ten.

    Examples
    --------
    >>> round_up(8123), round_up(10001), round_up(5000)
    (8150.0, 10500.0, 5000.0)
    """
    step = 10.0 ** math.floor(math.log10(value)) / 20
    return float(math.ceil(round(value / step, 9)) * step)


def draw_map(canvas: Canvas, report: ReportContent, room: tuple[float, float, float, float]) -> Frame:
    """Draw a report's layers into `room`; return how."""
    box = transform(shapely.box(*report.box), STORAGE_SRID, report.metric_srid)
    frame = fit(box, room)
    canvas.saveState()
    clip = canvas.beginPath()
    clip.rect(frame.x, frame.y, frame.width, frame.height)
    canvas.setFillColor(_LIGHT.land)
    canvas.rect(frame.x, frame.y, frame.width, frame.height, stroke=0, fill=1)
    canvas.clipPath(clip, stroke=0, fill=0)
    for layer in report.layers:
        if layer.shown:
            _draw_layer(canvas, layer, frame, report.metric_srid)
    _draw_labels(canvas, report, frame)
    canvas.restoreState()
    canvas.setStrokeColor(_LIGHT.border)
    canvas.setLineWidth(0.6)
    canvas.rect(frame.x, frame.y, frame.width, frame.height, stroke=1, fill=0)
    _scale_bar(canvas, frame, (frame.x + 8, frame.y + 10))
    middle = shapely.centroid(shapely.box(*report.box))
    _north_arrow(canvas, frame, float(meridian_convergence(np.array([middle]), report.metric_srid)[0]))
    return frame


def _draw_layer(canvas: Canvas, layer: ReportLayer, frame: Frame, srid: int) -> None:
    if not len(layer.geometry):
        return
    metric = np.asarray(transform(layer.geometry, STORAGE_SRID, srid), dtype=object)
    window = (
        frame.left, frame.bottom, frame.left + frame.width * frame.scale, frame.bottom + frame.height * frame.scale,
    )  # fmt: skip
    seen = shapely.intersects(metric, shapely.box(*window))
    shapes = shapely.simplify(metric[seen], FINE_POINTS * frame.scale, preserve_topology=False)
    for shape, style in zip(shapes, np.asarray(layer.styles, dtype=object)[seen], strict=True):
        _pen(canvas, style)
        filled = 1 if style.get("fill") else 0
        for part in shapely.get_parts(shape):
            if isinstance(part, shapely.Point):
                x, y = frame.on_paper(shapely.get_coordinates(part))[0]
                canvas.circle(x, y, layer.point_radius * PIXEL * 0.6, stroke=1, fill=filled)
            else:
                _draw_part(canvas, part, frame, fill=filled)


def _draw_part(canvas: Canvas, part: shapely.Geometry, frame: Frame, *, fill: int) -> None:
    closed = isinstance(part, shapely.Polygon)
    path = canvas.beginPath()
    for line in shapely.get_rings(part) if closed else [part]:
        points = frame.on_paper(shapely.get_coordinates(line))
        if len(points) < 2:
            continue
        path.moveTo(*points[0])
        for x, y in points[1:]:
            path.lineTo(x, y)
        if closed:
            path.close()
    canvas.drawPath(path, stroke=1, fill=fill if closed else 0, fillMode=0)


def _pen(canvas: Canvas, style: Mapping[str, Any]) -> None:
    canvas.setStrokeColor(style.get("color", _LIGHT.text))
    canvas.setLineWidth(float(style.get("weight", 1.0)) * PIXEL * 0.8)
    dash = [float(part) * PIXEL for part in str(style.get("dashArray", "")).split()]
    canvas.setDash(dash or [])
    if style.get("fill"):
        canvas.setFillColor(style.get("fillColor", _LIGHT.text))
        canvas.setFillAlpha(float(style.get("fillOpacity", 1.0)))


def _draw_labels(canvas: Canvas, report: ReportContent, frame: Frame) -> None:
    if not report.labels:
        return
    canvas.setFillAlpha(1.0)
    canvas.setFillColor(_LIGHT.text)
    points = transform(shapely.points([(lon, lat) for lon, lat, _ in report.labels]), STORAGE_SRID, report.metric_srid)
    # a county's numbers would cover its map
    size = 8.0 if len(report.labels) <= 60 else 5.5 if len(report.labels) <= 300 else 0.0
    if size:
        for (x, y), (_, _, text) in zip(frame.on_paper(shapely.get_coordinates(points)), report.labels, strict=True):
            draw(canvas, (x, y - size / 3), text, size, bold=True, align="centre")


def bar_lengths(metres: float) -> tuple[float, float]:
    """Return the length of a scale bar of at most `metres` (1, 2 or 5 times a power of ten) and of its half.

    Examples
    --------
    >>> bar_lengths(1240.0), bar_lengths(230.0), bar_lengths(70.0)
    ((1000.0, 500.0), (200.0, 100.0), (50.0, 25.0))
    """
    power = 10.0 ** math.floor(math.log10(metres))
    # the logarithm of a number just below a power of ten may be rounded up to it
    length = next(step * power for step in (5, 2, 1, 0.5) if step * power <= metres)
    return float(length), length / 2


def _scale_bar(canvas: Canvas, frame: Frame, place: tuple[float, float]) -> None:
    x, y = place
    length, half = bar_lengths(frame.width * 0.25 * frame.scale)
    points = length / frame.scale
    canvas.setFillAlpha(0.8)
    canvas.setFillColor(_LIGHT.surface)
    canvas.rect(x - 4, y - 5, points + 30, 20, stroke=0, fill=1)
    canvas.setFillAlpha(1.0)
    canvas.setStrokeColor(_LIGHT.text)
    canvas.setLineWidth(0.5)
    canvas.setDash([])
    canvas.setFillColor(_LIGHT.text)
    canvas.rect(x, y, points / 2, 3, stroke=1, fill=1)
    canvas.setFillColor(_LIGHT.surface)
    canvas.rect(x + points / 2, y, points / 2, 3, stroke=1, fill=1)
    canvas.setFillColor(_LIGHT.text)
    for at, metres in ((0.0, 0.0), (points / 2, half), (points, length)):
        last = metres == length
        draw(canvas, (x + at, y + 6), _distance(metres, unit=last), 6.5, align="left" if last else "centre")


def _distance(metres: float, *, unit: bool) -> str:
    if metres >= 1000:
        return f"{metres / 1000:g}" + (" km" if unit else "")
    return f"{metres:g}" + (" m" if unit else "")


def _north_arrow(canvas: Canvas, frame: Frame, convergence: float) -> None:
    """Point to true north: on a metric grid it is off the vertical by the convergence of meridians."""
    canvas.saveState()
    canvas.translate(frame.x + frame.width - 18, frame.y + frame.height - 30)
    canvas.setFillColor(_LIGHT.text)
    draw(canvas, (0, -12), "N", 8, bold=True, align="centre")
    canvas.rotate(convergence)
    for points in (((0, 18), (6, -2), (0, 3)), ((0, 18), (-6, -2), (0, 3))):
        _triangle(canvas, points)
    canvas.restoreState()


def _triangle(canvas: Canvas, points: Sequence[tuple[float, float]]) -> None:
    path = canvas.beginPath()
    path.moveTo(*points[0])
    for x, y in points[1:]:
        path.lineTo(x, y)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)
