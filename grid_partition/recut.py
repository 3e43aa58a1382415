"""Run a new line through atoms: cut those it crosses, give a vertex to those it ends on, leave the others alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import shapely

from gis.measure import group_sums
from gis.overlay import GRID
from grid_partition.edits import BrokenResultError, DoorsOf, Edited, Patch

__all__ = ["overshoot", "recut"]

Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[np.object_]

#: Metres from a line within which rounding to the 1 cm grid can bend a border.
NEAR = 0.05
#: Metres by which a line is drawn past the border that it ends on, so that the two surely cross.
PAST = 0.015
#: Rounds of taking in neighbours whose border was bent; one nearly always suffices.
ROUNDS = 6


def recut(patch: Patch, lines: npt.ArrayLike, doors_of: DoorsOf) -> Edited:
    """Cut the atoms of a patch along lines.

    Parameters
    ----------
    patch : Patch
    lines : (m,) array of LineString
        Metric CRS; ends that do not reach a border leave no trace.
    doors_of : callable
        Asked once for the dwellings in the atoms that are cut.

    Returns
    -------
    Edited
        Atoms that tile what the patch tiles, under the grids that they were under. Households and doors of a cut
        atom go to the piece that each door lies in; what an atom counts is never lost, even where its doors changed
        since the plan was made: the difference is shared out in proportion.

    References
    ----------
    Hobby (1999), Practical segment intersection with finite precision output (snap rounding).
    """
    cuts = np.atleast_1d(np.asarray(lines, dtype=object))
    tree = shapely.STRtree(patch.geometry)
    local = np.unique(tree.query(cuts, predicate="dwithin", distance=NEAR)[1])
    if not len(local):
        return Edited.of(patch)
    for _ in range(ROUNDS):
        faces, origin = _faces(patch.geometry[local], cuts)
        bent = _bent_outside(patch, tree, local, faces)
        if not len(bent):
            break
        local = np.union1d(local, bent)
    else:
        raise BrokenResultError("The new border can't be fitted to its neighbours here.", place=cuts[0].centroid)
    return _assemble(patch, local, faces, local[origin], doors_of)


def overshoot(line: shapely.LineString) -> shapely.LineString:
    """Draw a line a little past both its ends."""
    xy = shapely.get_coordinates(line)
    first, last = xy[0] - xy[1], xy[-1] - xy[-2]
    head = xy[0] + first / np.hypot(*first) * PAST
    tail = xy[-1] + last / np.hypot(*last) * PAST
    return shapely.LineString(np.vstack([head, xy, tail]))


def _faces(atoms: Geometries, cuts: Geometries) -> tuple[Geometries, Ints]:
    """Node the borders of atoms with the cuts; return the faces and the atom that each lies in."""
    linework = shapely.union_all(np.r_[shapely.boundary(atoms), cuts], grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(linework)))
    inside = shapely.point_on_surface(faces)
    tree = shapely.STRtree(atoms)
    origin = np.full(len(faces), -1, dtype=np.int64)
    face, atom = tree.query(inside, predicate="intersects")
    origin[face[::-1]] = atom[::-1]
    # a face as thin as the rounding may lie just outside of its atom; a hole of the neighbourhood lies far outside
    lost = np.flatnonzero(origin < 0)
    thin = lost[shapely.area(faces[lost]) < GRID * shapely.length(faces[lost])]
    face, atom = tree.query(inside[thin], predicate="dwithin", distance=2 * GRID)
    origin[thin[face[::-1]]] = atom[::-1]
    real = origin >= 0
    return np.asarray(faces[real], dtype=object), origin[real]


def _bent_outside(patch: Patch, tree: shapely.STRtree, local: Ints, faces: Geometries) -> Ints:
    """Return atoms beyond `local` whose border no longer matches the new faces."""
    around = np.unique(tree.query(faces, predicate="dwithin", distance=GRID)[1])
    ring = np.setdiff1d(around, local)
    if not len(ring):
        return ring
    edges = shapely.coverage_invalid_edges(np.r_[faces, patch.geometry[ring]])
    return ring[~shapely.is_empty(edges[len(faces) :])]


def _assemble(patch: Patch, local: Ints, faces: Geometries, origin: Ints, doors_of: DoorsOf) -> Edited:
    """Put the new faces in the place of the atoms that changed; those that came out equal stay what they are."""
    same = shapely.equals_identical(shapely.normalize(faces), shapely.normalize(patch.geometry[origin]))
    fresh, source = faces[~same], origin[~same]
    rest = np.setdiff1d(np.arange(len(patch.grid)), np.setdiff1d(local, origin[same]))
    demand, dwellings = _share(patch, fresh, source, doors_of)
    edited = Edited(
        geometry=np.r_[patch.geometry[rest], fresh],
        grid=np.r_[patch.grid[rest], patch.grid[source]],
        demand=np.r_[patch.demand[rest], demand],
        dwellings=np.r_[patch.dwellings[rest], dwellings],
        source=np.r_[rest, source],
        kept=np.r_[np.ones(len(rest), dtype=bool), np.zeros(len(fresh), dtype=bool)],
        parent=patch.parent,
        skipped={},
    )
    gone = np.setdiff1d(local, origin)
    return _inherit(patch, edited, gone) if len(gone) else edited


def _inherit(patch: Patch, edited: Edited, gone: Ints) -> Edited:
    """Give what atoms that rounding closed had counted to the nearest atom of their grid."""
    demand, dwellings = edited.demand.copy(), edited.dwellings.copy()
    for atom in gone.tolist():
        heirs = np.flatnonzero(edited.grid == patch.grid[atom])
        if not len(heirs):
            raise BrokenResultError("A grid as thin as the rounding would vanish.", place=patch.geometry[atom].centroid)
        heir = heirs[np.argmin(shapely.distance(edited.geometry[heirs], patch.geometry[atom]))]
        demand[heir] += patch.demand[atom]
        dwellings[heir] += patch.dwellings[atom]
    return replace(edited, demand=demand, dwellings=dwellings)


def _share(patch: Patch, pieces: Geometries, source: Ints, doors_of: DoorsOf) -> tuple[Ints, Ints]:
    """Share out households and doors of the cut atoms among their pieces."""
    pieces_of = np.bincount(source, minlength=len(patch.grid))
    whole = pieces_of[source] == 1
    demand, dwellings = np.where(whole, patch.demand[source], 0), np.where(whole, patch.dwellings[source], 0)
    several = np.flatnonzero((pieces_of > 1) & ((patch.demand > 0) | (patch.dwellings > 0)))
    if not len(several):
        return demand, dwellings
    doors = doors_of(patch.geometry[several])
    points = np.asarray(shapely.points(doors.xy), dtype=object)
    for atom in several.tolist():
        mine = np.flatnonzero(source == atom)
        near = (
            np.flatnonzero(shapely.dwithin(patch.geometry[atom], points, GRID / 2)) if len(points) else np.empty(0, int)
        )
        home = mine[_piece_of(pieces[mine], points[near])]
        loads = group_sums(home, doors.households[near], len(pieces))[mine]
        numbers = group_sums(home, np.ones(len(near)), len(pieces))[mine]
        area = shapely.area(pieces[mine])
        demand[mine] = _apportion(int(patch.demand[atom]), loads, area)
        dwellings[mine] = _apportion(int(patch.dwellings[atom]), numbers, area)
    return demand, dwellings


def _piece_of(pieces: Geometries, points: Geometries) -> Ints:
    """Return the piece that each point lies in; the nearest for points on the rounded border."""
    if not len(points):
        return np.empty(0, dtype=np.int64)
    apart = shapely.distance(points[:, None], pieces[None, :])
    nearest: Ints = np.argmin(apart, axis=1).astype(np.int64)
    return nearest


def _apportion(total: int, weight: npt.NDArray[np.float64], area: npt.NDArray[np.float64]) -> Ints:
    """Share a whole number out by weight (by area where nothing weighs), largest remainders first."""
    by = weight if weight.sum() > 0 else area
    exact = total * by / by.sum()
    shares = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(-(exact - shares), kind="stable")
    shares[order[: total - int(shares.sum())]] += 1
    return np.asarray(shares, dtype=np.int64)
