"""Water lines noded, cut at borders and joints and divided into short pieces: what reaches are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from gis.adjacency import components
from gis.errors import InvalidGeometryError, InvalidInputError
from gis.index import first_holding
from gis.overlay import GRID, snap_to_grid
from grid_partition.accept import LINES, accept_places, accept_polygons

__all__ = ["Pieces", "Waters", "accept_waters", "cut_pieces", "join_runs"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

#: A bridge or sluice cuts the line that passes within this many metres.
NEAR = 15.0


@dataclass(frozen=True, slots=True)
class Waters:
    """Checked input: lines on the 1 cm grid.

    Attributes
    ----------
    lines : (n,) array of LineString
    source : (n,) int64
        Row of the caller's line.
    parents : (p,) array of Polygon or MultiPolygon, or None
    cuts : (c, 2) float64
        Bridges and sluices.
    must : (c,) bool
        Those where reaches always end.
    """

    lines: Geometries
    source: Ints
    parents: Geometries | None
    cuts: Floats
    must: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Straight runs of water between nodes.

    Attributes
    ----------
    geometry : (m,) array of LineString
    length : (m,) float64
    source : (m,) int64
        Row of the line each piece is of.
    parent : (m,) int64
        Position of the parent, -1 outside of all, 0 when there are none.
    tail, head : (m,) int64
        Nodes at the ends; pieces that meet where reaches always end have a node of their own there each.
    joint : (v,) bool
        Nodes where reaches had best end: confluences, bridges, sluices.
    """

    geometry: Geometries
    length: Floats
    source: Ints
    parent: Ints
    tail: Ints
    head: Ints
    joint: npt.NDArray[np.bool_]


def accept_waters(
    lines: npt.ArrayLike,
    parents: npt.ArrayLike | None,
    cut_points: npt.ArrayLike | None,
    must_cut: npt.ArrayLike | None = None,
) -> Waters:
    """Check the input of `partition_network`.

    Parameters
    ----------
    lines, parents, cut_points, must_cut
        As there.

    Returns
    -------
    Waters

    Raises
    ------
    InvalidGeometryError, InvalidInputError
    """
    given = np.asarray(lines, dtype=object)
    bad = np.flatnonzero(~np.isin(shapely.get_type_id(given), LINES))
    if given.ndim != 1 or len(bad):
        row = int(bad[0]) if len(bad) else 0
        raise InvalidGeometryError(f"lines: not a line (row {row}).", field="lines", rows=bad.tolist())
    coordinates, row_of = shapely.get_coordinates(given, return_index=True)
    endless = np.unique(row_of[~np.isfinite(coordinates).all(axis=1)])
    if len(endless):
        rows = endless.tolist()
        raise InvalidGeometryError(f"lines: a coordinate is not finite (row {rows[0]}).", field="lines", rows=rows)
    single, source = shapely.get_parts(given, return_index=True)
    for ring in np.flatnonzero(shapely.get_type_id(single) == shapely.GeometryType.LINEARRING).tolist():
        single[ring] = shapely.LineString(single[ring].coords)
    single = np.asarray(shapely.transform(single, snap_to_grid), dtype=object)
    real = shapely.length(single) > 0
    cuts = _accept_cuts(cut_points)
    return Waters(
        single[real],
        source[real].astype(np.int64),
        None if parents is None else accept_polygons(parents, "parents"),
        cuts,
        _accept_must(must_cut, len(cuts)),
    )


def _accept_cuts(points: npt.ArrayLike | None) -> Floats:
    if points is None:
        return np.empty((0, 2))
    given = np.asarray(points)
    geometric = given.dtype == object and bool(shapely.is_geometry(given).all())
    return accept_places(shapely.get_coordinates(given) if geometric else given, "cut_points")


def _accept_must(must_cut: npt.ArrayLike | None, n: int) -> npt.NDArray[np.bool_]:
    if must_cut is None:
        return np.zeros(n, dtype=bool)
    given = np.asarray(must_cut)
    if given.shape != (n,) or given.dtype != np.bool_:
        raise InvalidInputError(
            f"must_cut has shape {given.shape}; true or false is needed for each of {n} cut points.",
            field="must_cut",
        )
    return given


def cut_pieces(waters: Waters, longest: float) -> Pieces:
    """Node the lines at 1 cm, cut them at parent borders, bridges and sluices, and divide long runs evenly.

    Parameters
    ----------
    waters : Waters
    longest : float
        Metres of a piece at most.

    Returns
    -------
    Pieces
    """
    noded = _noded(waters)
    marks = _on_lines(noded, waters)
    stretches = _divided(noded, marks, longest)
    middle = shapely.line_interpolate_point(stretches, 0.5, normalized=True)
    tree = shapely.STRtree(waters.lines)
    piece, line = tree.query_nearest(middle, all_matches=True)
    source = np.full(len(stretches), np.iinfo(np.int64).max)
    np.minimum.at(source, piece, waters.source[line])
    parent = (
        np.zeros(len(stretches), dtype=np.int64)
        if waters.parents is None
        else first_holding(waters.parents, np.asarray(middle, dtype=object))
    )
    tail, head, place = _nodes(stretches)
    joint = np.bincount(np.r_[tail, head], minlength=len(place)) > 2
    if len(marks):
        places = np.asarray(shapely.points(place), dtype=object)
        at = shapely.STRtree(places).nearest(shapely.points([mark.xy for mark in marks]))
        joint[at] = True
        tail, head, joint = _severed(tail, head, joint, np.unique(at[[mark.must for mark in marks]]))
    return Pieces(stretches, shapely.length(stretches), source, parent, tail, head, joint)


def _severed(
    tail: Ints, head: Ints, joint: npt.NDArray[np.bool_], at: Ints
) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
    """Give each piece a node of its own where reaches always end, so that no reach goes on there."""
    ends = np.r_[tail, head]
    apart = np.flatnonzero(np.isin(ends, at))
    ends[apart] = len(joint) + np.arange(len(apart))
    return ends[: len(tail)], ends[len(tail) :], np.r_[joint, np.ones(len(apart), dtype=bool)]


def join_runs(pieces: Pieces, label: Ints) -> tuple[Geometries, Ints]:
    """Join pieces of one line and label that follow each other where no third one meets them.

    Parameters
    ----------
    pieces : Pieces
    label : (m,) int64

    Returns
    -------
    runs : (r,) array of LineString
    lead : (r,) int64
        A piece of each.
    """
    m = len(label)
    if not m:
        return pieces.geometry, np.empty(0, dtype=np.int64)
    node = np.r_[pieces.tail, pieces.head]
    order = np.argsort(node, kind="stable")
    passed = np.bincount(node)[node[order]] == 2
    first, second = (order[passed] % m).reshape(-1, 2).T
    same = (label[first] == label[second]) & (pieces.source[first] == pieces.source[second]) & (first != second)
    run = components(m, first[same], second[same])
    members = np.split(np.argsort(run, kind="stable"), np.cumsum(np.bincount(run))[:-1])
    lines = np.empty(len(members), dtype=object)
    for row, mine in enumerate(members):
        whole = (
            pieces.geometry[mine[0]]
            if len(mine) == 1
            else shapely.line_merge(shapely.multilinestrings(pieces.geometry[mine]))
        )
        lines[row] = whole
    return lines, np.array([mine[0] for mine in members], dtype=np.int64)


def _noded(waters: Waters) -> Geometries:
    """Cut the lines where they meet each other and where they cross a parent's border."""
    if not len(waters.lines):
        return np.empty(0, dtype=object)
    lines = waters.lines
    if waters.parents is not None:
        borders = np.asarray(shapely.boundary(waters.parents), dtype=object)
        line, border = shapely.STRtree(borders).query(lines, predicate="intersects")
        crossed = np.unique(line)
        if len(crossed):
            near = shapely.union_all(borders[np.unique(border)])
            apart = shapely.difference(lines[crossed], near, grid_size=GRID)
            along = shapely.intersection(lines[crossed], near, grid_size=GRID)
            rest = np.ones(len(lines), dtype=bool)
            rest[crossed] = False
            lines = np.r_[lines[rest], shapely.get_parts(apart), shapely.get_parts(along)]
            lines = lines[shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING]
    merged = shapely.get_parts(shapely.union_all(lines, grid_size=GRID))
    return np.asarray(merged[shapely.length(merged) > 0], dtype=object)


class _Mark(NamedTuple):
    """A bridge or sluice on a line: the line's row, how far along, where, and whether reaches always end there."""

    row: int
    far: float
    xy: tuple[float, float]
    must: bool


def _on_lines(lines: Geometries, waters: Waters) -> list[_Mark]:
    """Find the line that each bridge or sluice lies on, and how far along."""
    if not len(lines) or not len(waters.cuts):
        return []
    points = np.asarray(shapely.points(waters.cuts), dtype=object)
    cut, line = shapely.STRtree(lines).query_nearest(points, max_distance=NEAR, all_matches=False)
    along = np.asarray(shapely.line_locate_point(lines[line], points[cut]), dtype=np.float64)
    places = shapely.get_coordinates(shapely.line_interpolate_point(lines[line], along))
    found = zip(line.tolist(), along.tolist(), places.tolist(), waters.must[cut].tolist(), strict=True)
    return [_Mark(row, far, (x, y), must) for row, far, (x, y), must in found]


def _divided(lines: Geometries, marks: list[_Mark], longest: float) -> Geometries:
    """Cut lines at the marks and into equal pieces of at most so many metres, on the 1 cm grid."""
    if not len(lines):
        return lines
    stops: dict[int, list[float]] = {}
    for mark in marks:
        stops.setdefault(mark.row, []).append(mark.far)
    length = shapely.length(lines)
    row_of: list[int] = []
    begin: list[float] = []
    end: list[float] = []
    for row in np.flatnonzero((length > longest) | np.isin(np.arange(len(lines)), list(stops))).tolist():
        inner = sorted(far for far in stops.get(row, ()) if 1.0 < far < length[row] - 1.0)
        ends = np.array([0.0, *inner, length[row]])
        for one, other in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True):
            cut = np.linspace(one, other, max(2, int(np.ceil((other - one) / longest)) + 1))
            row_of += [row] * (len(cut) - 1)
            begin += cut[:-1].tolist()
            end += cut[1:].tolist()
    whole = np.ones(len(lines), dtype=bool)
    whole[row_of] = False
    cut_lines = [_substring(lines[row], a, b) for row, a, b in zip(row_of, begin, end, strict=True)]
    pieces = np.r_[lines[whole], np.array(cut_lines, dtype=object)] if cut_lines else lines[whole]
    pieces = np.asarray(shapely.transform(pieces, snap_to_grid), dtype=object)
    return np.asarray(pieces[shapely.length(pieces) > 0], dtype=object)


def _substring(line: shapely.Geometry, begin: float, end: float) -> shapely.Geometry:
    """Return the part of a line between two distances from its start."""
    xy = shapely.get_coordinates(line)
    along = np.r_[0.0, np.cumsum(np.hypot(*np.diff(xy, axis=0).T))]
    inner = (along > begin + 1e-9) & (along < end - 1e-9)
    ends = [[np.interp(at, along, axis) for axis in xy.T] for at in (begin, end)]
    return shapely.LineString([ends[0], *xy[inner].tolist(), ends[1]])


def _nodes(lines: Geometries) -> tuple[Ints, Ints, Floats]:
    """Give numbers to the end points of lines."""
    if not len(lines):
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 2))
    first = shapely.get_coordinates(shapely.get_point(lines, 0))
    last = shapely.get_coordinates(shapely.get_point(lines, -1))
    keys = np.rint(np.r_[first, last] / GRID).astype(np.int64)
    places, number = np.unique(keys, axis=0, return_inverse=True)
    number = number.ravel().astype(np.int64)
    return number[: len(lines)], number[len(lines) :], places * GRID
