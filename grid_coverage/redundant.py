"""Cameras that could go, or be turned, without any loss of what is seen.

Taking a camera away never makes another one easier to spare. One pass over the cameras, those that see least first,
therefore finds a set that can go together and to which none can be added.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from gis.errors import InvalidInputError
from grid_coverage.demand import KeyPoints, Streets
from grid_coverage.gaps import grid_polygons
from grid_coverage.intervals import pieces_inside, points_inside, ring_table, segment_lines
from grid_coverage.stretches import stretches
from grid_coverage.view_sheds import ViewSheds


@dataclass(frozen=True, slots=True)
class Spare:
    """What each camera adds, and which could go.

    Attributes
    ----------
    removable : (r,) int64
        Cameras that can all go together, those that see least first.
    sees_m : (c,) float64
        Metres of street that each sees.
    loss_m : (c,) float64
        Metres that would lack a camera if this one alone went.
    loss_places : (c,) int64
        Key places that would.
    """

    removable: NDArray[np.int64]
    sees_m: NDArray[np.float64]
    loss_m: NDArray[np.float64]
    loss_places: NDArray[np.int64]


def spare_cameras(
    grids: ArrayLike,
    sheds: ViewSheds,
    *,
    streets: Streets,
    key_points: KeyPoints,
    folds: int = 1,
    tolerance: float = 0.05,
) -> Spare:
    """Find cameras that could go without loss of street or key places.

    Parameters
    ----------
    grids : (k,) array of Polygon or MultiPolygon, metric CRS
        Ground that counts.
    sheds : ViewSheds
        Cameras that count. Those of unknown heading see nothing for certain, cover up for none, and are never
        called removable: nobody knows what would be lost.
    streets : Streets
        Those of weight 0 don't count.
    key_points : KeyPoints
    folds : int
        How many cameras a street needs.
    tolerance : float
        Metres of street in all that a camera may take along and still be called removable: rounding.

    Returns
    -------
    Spare

    Raises
    ------
    InvalidInputError
        `tolerance` is negative or not finite.

    Examples
    --------
    >>> import shapely
    >>> from grid_coverage import KeyPoints, Streets, prepare_walls, view_sheds
    >>> sheds = view_sheds([[0, 0], [5, 0]], prepare_walls([]), azimuth=90, hfov=90, max_range=[40, 20])
    >>> street = Streets.of([shapely.LineString([(-50, 0), (50, 0)])])
    >>> none = KeyPoints.of([])
    >>> spare_cameras([shapely.box(-60, -60, 60, 60)], sheds, streets=street, key_points=none).removable.tolist()
    [1]
    """
    if not (np.isfinite(tolerance) and tolerance >= 0):
        raise InvalidInputError("tolerance must be a finite number of metres, 0 or more.", field="tolerance")
    covers, metres, place, need = _pieces(grids, sheds, streets, key_points, folds)
    count = np.bincount(covers.indices, minlength=len(need)).astype(np.int64)
    sees_m, loss_m, lost = np.zeros(len(sheds)), np.zeros(len(sheds)), np.zeros(len(sheds), dtype=np.int64)
    for camera in range(len(sheds)):
        own, missed = _missed(covers, camera, count, need)
        sees_m[camera], loss_m[camera], lost[camera] = metres[own].sum(), metres[missed].sum(), place[missed].sum()
    removable = []
    for camera in np.lexsort((np.arange(len(sheds)), sees_m)):
        own, missed = _missed(covers, camera, count, need)
        if sheds.known[camera] and metres[missed].sum() <= tolerance and not place[missed].any():
            removable.append(camera)
            count[own] -= 1
    return Spare(np.array(removable, dtype=np.int64), sees_m, loss_m, lost)


def _missed(
    covers: csr_array, camera: int, count: NDArray[np.int64], need: NDArray[np.int64]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the pieces that a camera sees, and those of them that would lack a camera without it."""
    own = covers.indices[covers.indptr[camera] : covers.indptr[camera + 1]]
    return own, own[count[own] <= need[own]]


def _pieces(
    grids: ArrayLike, sheds: ViewSheds, streets: Streets, key_points: KeyPoints, folds: int
) -> tuple[csr_array, NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
    """List stretches of street and key places: who surely sees them, their metres, which are places, their need."""
    areas = grid_polygons(grids)
    rings, views = ring_table(areas), ring_table(sheds.polygon)
    segments = segment_lines(streets.line)
    cut = stretches(segments, pieces_inside(segments, rings), pieces_inside(segments, views))
    counted = streets.weight[segments.line[cut.segment]] > 0
    metres = np.where(counted, (cut.high - cut.low) * segments.length[cut.segment], 0.0)
    inside = np.zeros(len(key_points.xy), dtype=bool)
    inside[points_inside(key_points.xy, rings)[0]] = True
    point, camera = points_inside(key_points.xy, views)
    row = np.concatenate([cut.shed, camera])
    column = np.concatenate([np.repeat(np.arange(len(cut)), np.diff(cut.offsets)), len(cut) + point])
    known = sheds.known[row]
    shape = (len(sheds), len(cut) + len(inside))
    covers = csr_array((np.ones(int(known.sum()), dtype=bool), (row[known], column[known])), shape=shape)
    covers.sum_duplicates()
    place = np.concatenate([np.zeros(len(cut), dtype=bool), inside & (key_points.need > 0)])
    need = np.concatenate([np.full(len(cut), folds, dtype=np.int64), key_points.need])
    return covers, np.concatenate([metres, np.zeros(len(inside))]), place, need
