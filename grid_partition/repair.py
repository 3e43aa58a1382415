"""Mend drawn grids until they tile: snap corners, settle overlaps by a rule, fill gaps and slivers; tell everything.

Nothing is dropped silently: every piece of ground that changes its polygon is listed with its place and size.
Polygons that tile already are returned untouched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from gis.adjacency import border_segments, components, pair_sums
from gis.errors import InvalidInputError
from gis.measure import group_sums, mean_width
from gis.overlay import GRID, dissolve, snap_to_grid
from grid_partition.accept import accept_polygons
from grid_partition.repair_report import RULES, RepairOptions, RepairReport, TilingChange

__all__ = ["RULES", "RepairOptions", "RepairReport", "TilingChange", "repair_tiling"]

Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

#: Square metres below which a face is rounding and is not listed.
LEAST: Final = 1e-3
#: A polygon of which less than this share is claimed by it alone lies in others, and keeps its ground by any rule.
_ENCLOSED: Final = 0.1
#: A polygon that keeps less than this share of itself is covered by others: the rest would be splinters.
_COVERED: Final = 0.02


def repair_tiling(polygons: npt.ArrayLike, options: RepairOptions | None = None) -> RepairReport:
    """Make drawn polygons meet without gaps and overlaps.

    Parameters
    ----------
    polygons : (n,) array of Polygon or MultiPolygon
        Metric CRS, on the 1 cm grid; invalid ones are mended first.
    options : RepairOptions, optional

    Returns
    -------
    RepairReport

    Raises
    ------
    InvalidInputError
        A polygon has no surface, or the options can't be meant.

    Examples
    --------
    >>> report = repair_tiling([shapely.box(0, 0, 10, 10), shapely.box(9.7, 0, 20, 10)])
    >>> [change.kind for change in report.changes], shapely.area(report.geometry).tolist()
    (['snapped'], [100.0, 100.0])
    """
    asked = options or RepairOptions()
    if asked.overlap not in RULES:
        raise InvalidInputError(f"Overlaps are settled by one of {', '.join(RULES)}.", field="overlap")
    if not 0.0 <= asked.tolerance <= 100.0:
        raise InvalidInputError("The tolerance is 0 to 100 metres.", field="tolerance")
    given = accept_polygons(polygons, "polygons")
    if not len(given):
        raise InvalidInputError("There are no polygons.", field="polygons")
    sound, changes = _sound(given)
    if not changes and shapely.coverage_is_valid(sound):
        return _closed(sound, asked)
    snapped, moved = _snap(sound, asked.tolerance)
    again, broken = _sound(snapped)
    if shapely.coverage_is_valid(again) and not broken:
        report = _closed(again, asked)
        report.changes = [*changes, *moved, *report.changes]
        return report
    faces, owner, settled = _settle(again, asked)
    geometry = _collect(faces, owner, len(given))
    return RepairReport(geometry, [*changes, *moved, *settled])


def _closed(polygons: Geometries, asked: RepairOptions) -> RepairReport:
    """Fill the holes between polygons whose borders match."""
    holes = _holes(shapely.coverage_union_all(polygons))
    if not len(holes):
        return RepairReport(polygons)
    limit = _largest_gap(polygons, asked)
    small = shapely.area(holes) <= limit
    changes = [TilingChange("open gap", _place(hole), float(hole.area), (), -1) for hole in holes[~small]]
    if not small.any():
        return RepairReport(polygons, changes)
    faces, owner, settled = _settle(polygons, asked)
    return RepairReport(_collect(faces, owner, len(polygons)), settled)


def _sound(polygons: Geometries) -> tuple[Geometries, list[TilingChange]]:
    """Mend polygons that cross themselves, keeping their surfaces."""
    broken = np.flatnonzero(~shapely.is_valid(polygons))
    if not len(broken):
        return polygons, []
    out = polygons.copy()
    changes = []
    for row in broken.tolist():
        mended = shapely.make_valid(polygons[row], method="structure", keep_collapsed=False)
        parts = [part for part in shapely.get_parts(mended) if part.geom_type == "Polygon"]
        if not parts:
            raise InvalidInputError("A polygon has no ground of its own.", field="polygons", rows=[row])
        out[row] = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
        differs = float(shapely.area(shapely.symmetric_difference(out[row], shapely.make_valid(polygons[row]))))
        changes.append(TilingChange("invalid", _place(out[row]), differs, (row,), row))
    return out, changes


def _snap(polygons: Geometries, tolerance: float) -> tuple[Geometries, list[TilingChange]]:
    """Move corners onto a corner of another polygon within the tolerance, the later polygon's onto the earlier's."""
    if tolerance == 0.0:
        return polygons, []
    xy, of = shapely.get_coordinates(polygons, return_index=True)
    places, spot = np.unique(xy, axis=0, return_inverse=True)
    spot = spot.ravel()
    first = np.full(len(places), len(polygons), dtype=np.int64)
    np.minimum.at(first, spot, of)
    last = np.full(len(places), -1, dtype=np.int64)
    np.maximum.at(last, spot, of)
    pairs = cKDTree(places).query_pairs(tolerance, output_type="ndarray")
    # corners of one polygon stay apart, and a corner that two share stays where it is
    if len(pairs):
        pairs = pairs[(first[pairs[:, 0]] != first[pairs[:, 1]]) | (last[pairs[:, 0]] != last[pairs[:, 1]])]
    goal = _goals(places, first, last, pairs)
    moved = goal != np.arange(len(places))
    if not moved.any():
        return polygons, []
    out = shapely.set_coordinates(polygons.copy(), places[goal][spot])
    sound = shapely.is_valid(out)
    out[sound] = shapely.remove_repeated_points(out[sound], 0.0)
    # rings that fell into a point are mended afterwards; a polygon smaller than the tolerance would vanish, and stays
    mended = shapely.make_valid(out[~sound], method="structure", keep_collapsed=False)
    gone = np.flatnonzero(~sound)[shapely.area(mended) == 0]
    out[gone] = polygons[gone]
    moved[spot[np.isin(of, gone)]] = False
    changes = []
    for row in np.unique(of[moved[spot]]).tolist():
        mine = np.unique(spot[(of == row) & moved[spot]])
        differs = abs(float(shapely.area(shapely.make_valid(out[row])) - shapely.area(polygons[row])))
        changes.append(TilingChange("snapped", shapely.Point(places[mine[0]]), differs, (row,), row))
    return out, sorted(changes, key=lambda change: -change.area)


def _goals(places: npt.NDArray[np.float64], first: Ints, last: Ints, pairs: Ints) -> Ints:
    """Choose where each corner goes: the nearest one that is shared, or of an earlier polygon, and does not move."""
    goal = np.arange(len(places))
    if not len(pairs):
        return goal
    shared = last > first
    length = np.hypot(*(places[pairs[:, 0]] - places[pairs[:, 1]]).T)
    rank = np.where(shared, -1, first)
    still = np.ones(len(places), dtype=bool)
    fixed = np.zeros(len(places), dtype=bool)
    for row in np.argsort(length, kind="stable").tolist():
        one, other = pairs[row].tolist()
        keep, move = (one, other) if (rank[one], one) <= (rank[other], other) else (other, one)
        if still[keep] and still[move] and not fixed[move] and not shared[move]:
            goal[move], still[move], fixed[keep] = keep, False, True
    return goal


def _settle(polygons: Geometries, asked: RepairOptions) -> tuple[Geometries, Ints, list[TilingChange]]:
    """Cut all polygons along each other and give every face one owner."""
    lines = shapely.transform(shapely.boundary(polygons), snap_to_grid)
    noded = shapely.union_all(lines, grid_size=GRID)
    faces = np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))), dtype=object)
    inner = shapely.point_on_surface(faces)
    face, claim = shapely.STRtree(polygons).query(inner, predicate="intersects")
    claims: list[list[int]] = [[] for _ in range(len(faces))]
    for at, polygon in zip(face.tolist(), claim.tolist(), strict=True):
        claims[at].append(polygon)
    claims = [sorted(each) for each in claims]
    number = np.array([len(each) for each in claims])
    owner = np.full(len(faces), -1, dtype=np.int64)
    for at in np.flatnonzero(number == 1).tolist():
        owner[at] = claims[at][0]
    borders = _borders(faces)
    _keep_enclosed(faces, claims, owner, polygons)
    overlaps = _overlaps(faces, claims, owner, polygons, borders, asked)
    changes = _covered(faces, claims, owner, polygons, borders) + overlaps
    changes += _gaps(faces, number, owner, polygons, borders, asked)
    changes += _strays(faces, owner, borders, asked.tolerance)
    order = {"covered": 0, "overlap": 1, "gap": 2, "sliver": 3, "stray piece": 4, "open gap": 5}
    return faces, owner, sorted(changes, key=lambda change: (order[change.kind], -change.area))


def _keep_enclosed(faces: Geometries, claims: list[list[int]], owner: Ints, polygons: Geometries) -> None:
    """Give polygons that lie in others the ground they claim, the smallest first."""
    held = owner >= 0
    own = group_sums(owner[held], shapely.area(faces[held]), len(polygons))
    areas = shapely.area(polygons)
    enclosed = np.flatnonzero(own < _ENCLOSED * areas)
    rank = {row: at for at, row in enumerate(enclosed[np.lexsort((enclosed, areas[enclosed]))].tolist())}
    for at, rivals in enumerate(claims):
        inner = [row for row in rivals if row in rank]
        if len(rivals) > 1 and inner:
            owner[at] = min(inner, key=rank.__getitem__)


def _covered(
    faces: Geometries, claims: list[list[int]], owner: Ints, polygons: Geometries, borders: _Borders
) -> list[TilingChange]:
    """Leave polygons out of which others hold all but splinters, the splinters going to a neighbour."""
    held = owner >= 0
    left = group_sums(owner[held], shapely.area(faces[held]), len(polygons))
    areas = shapely.area(polygons)
    changes = []
    for row in np.flatnonzero(left < _COVERED * areas).tolist():
        splinters = np.flatnonzero(owner == row)
        owner[splinters] = -1
        for at in splinters.tolist():
            owner[at] = _longest(at, owner, borders)
        mine = [at for at, rivals in enumerate(claims) if row in rivals and owner[at] >= 0]
        holder = int(np.argmax(group_sums(owner[mine], shapely.area(faces[mine]), len(polygons))))
        changes.append(TilingChange("covered", _place(polygons[row]), float(areas[row]), (row,), holder))
    return changes


@dataclass(frozen=True, slots=True)
class _Borders:
    """Length of the border between faces: neighbours of face f are ``other[start[f]:start[f + 1]]``."""

    start: Ints
    other: Ints
    length: npt.NDArray[np.float64]

    def of(self, face: int) -> tuple[Ints, npt.NDArray[np.float64]]:
        here = slice(self.start[face], self.start[face + 1])
        return self.other[here], self.length[here]


def _borders(faces: Geometries) -> _Borders:
    segments = border_segments(faces, exact=True)
    inner = segments.right >= 0
    first, second, length = pair_sums(segments.left[inner], segments.right[inner], segments.length[inner])
    a, b, shared = np.r_[first, second], np.r_[second, first], np.r_[length, length]
    order = np.lexsort((b, a))
    start = np.searchsorted(a[order], np.arange(len(faces) + 1))
    return _Borders(start.astype(np.int64), b[order].astype(np.int64), shared[order])


def _longest(face: int, owner: Ints, borders: _Borders, among: list[int] | None = None) -> int:
    """Return the polygon with the longest border around a face, -1 for none."""
    other, length = borders.of(face)
    known = owner[other] >= 0
    if among is not None:
        known &= np.isin(owner[other], among)
    if not known.any():
        return -1
    sums = group_sums(owner[other[known]], length[known], int(owner.max()) + 1)
    return int(np.argmax(sums))


def _overlaps(
    faces: Geometries,
    claims: list[list[int]],
    owner: Ints,
    polygons: Geometries,
    borders: _Borders,
    asked: RepairOptions,
) -> list[TilingChange]:
    changes = []
    areas = shapely.area(polygons).tolist()
    for at in sorted((at for at, each in enumerate(claims) if len(each) > 1), key=lambda at: len(claims[at])):
        rivals = claims[at]
        winner = min(rivals)
        if owner[at] >= 0:
            winner = int(owner[at])
        elif asked.overlap == "smaller":
            winner = min(rivals, key=lambda row: (areas[row], row))
        elif asked.overlap == "border":
            found = _longest(at, owner, borders, rivals)
            winner = winner if found < 0 else found
        owner[at] = winner
        if faces[at].area > LEAST:
            changes.append(TilingChange("overlap", _place(faces[at]), float(faces[at].area), tuple(rivals), winner))
    return changes


def _gaps(
    faces: Geometries, number: Ints, owner: Ints, polygons: Geometries, borders: _Borders, asked: RepairOptions
) -> list[TilingChange]:
    """Give enclosed ground that nobody claims to the neighbour with the longest border."""
    limit = _largest_gap(polygons, asked)
    changes = []
    # polygonize makes faces of holes only, so a face without a claim is enclosed
    for at in np.flatnonzero(number == 0).tolist():
        area = float(faces[at].area)
        narrow = bool(mean_width(faces[at : at + 1])[0] < asked.tolerance)
        if area > limit and not narrow:
            changes.append(TilingChange("open gap", _place(faces[at]), area, (), -1))
            continue
        owner[at] = _longest(at, owner, borders)
        if area > LEAST:
            kind = "sliver" if narrow else "gap"
            changes.append(TilingChange(kind, _place(faces[at]), area, (), int(owner[at])))
    return changes


def _strays(faces: Geometries, owner: Ints, borders: _Borders, tolerance: float) -> list[TilingChange]:
    """Give splinters that the cutting left away from their polygon to the neighbour with the longest border."""
    a = np.repeat(np.arange(len(faces)), np.diff(borders.start))
    same = owner[a] == owner[borders.other]
    piece = components(len(faces), a[same], borders.other[same])
    area = group_sums(piece, shapely.area(faces), len(faces))
    around = group_sums(piece, shapely.length(faces), len(faces))
    around -= group_sums(piece[a[same]], borders.length[same], len(faces))
    width = np.divide(2 * area, around, out=np.zeros(len(faces)), where=around > 0)
    largest: dict[int, float] = {}
    for at in np.flatnonzero(owner >= 0).tolist():
        largest[int(owner[at])] = max(largest.get(int(owner[at]), 0.0), float(area[piece[at]]))
    changes = []
    for at in np.flatnonzero((owner >= 0) & (width[piece] < tolerance)).tolist():
        mine = int(owner[at])
        if area[piece[at]] >= largest[mine]:
            continue
        other, length = borders.of(at)
        foreign = (owner[other] >= 0) & (owner[other] != mine)
        if not foreign.any():
            continue
        sums = group_sums(owner[other[foreign]], length[foreign], int(owner.max()) + 1)
        owner[at] = int(np.argmax(sums))
        if faces[at].area > LEAST:
            changes.append(
                TilingChange("stray piece", _place(faces[at]), float(faces[at].area), (mine,), int(owner[at]))
            )
    return changes


def _collect(faces: Geometries, owner: Ints, count: int) -> Geometries:
    held = np.flatnonzero(owner >= 0)
    rows, label = np.unique(owner[held], return_inverse=True)
    geometry = np.full(count, shapely.Polygon(), dtype=object)
    geometry[rows] = dissolve(faces[held], label, len(rows))
    return geometry


def _holes(covered: shapely.Geometry) -> Geometries:
    rings = [ring for part in shapely.get_parts(covered) for ring in part.interiors]
    return np.array([shapely.Polygon(ring) for ring in rings], dtype=object)


def _largest_gap(polygons: Geometries, asked: RepairOptions) -> float:
    return float(np.median(shapely.area(polygons)) / 10) if asked.largest_gap is None else asked.largest_gap


def _place(geometry: shapely.Geometry) -> shapely.Geometry:
    return shapely.point_on_surface(geometry)
