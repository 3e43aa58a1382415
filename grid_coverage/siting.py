"""Where cameras could hang, and which way the chosen ones look best.

References
----------
Headings are tried again round those that were chosen, as in "exploration and exploitation" of camera placement
(arXiv 2411.17942): a fixed fan of headings is cheap to search and coarse, a second round makes it fine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from gis.errors import InvalidInputError
from gis.network import build_street_graph
from grid_coverage.candidates import Private, covered_points
from grid_coverage.placement import Demand
from grid_coverage.view_sheds import ViewSheds, view_sheds
from grid_coverage.walls import Walls

NEAR_STREET = 15.0
"""Walls farther than this (metres) from every street are not proposed: nobody could reach or feed a camera there."""

JUNCTION = 3
"""Straight pieces of street that meet at a junction at least."""


@dataclass(frozen=True, slots=True)
class Lens:
    """What every candidate looks through.

    Attributes
    ----------
    hfov : float
        Degrees.
    max_range : float
        Metres, cut to the level of detail already.
    """

    hfov: float
    max_range: float


def junctions(lines: ArrayLike) -> NDArray[np.float64]:
    """Find where streets meet.

    Parameters
    ----------
    lines : (n,) array of LineString, metric CRS

    Returns
    -------
    (j, 2) float64
        Vertices that three or more pieces of street share.

    Examples
    --------
    >>> import shapely
    >>> junctions([shapely.LineString([(0, 0), (50, 0), (90, 0)]), shapely.LineString([(50, 0), (50, 40)])]).tolist()
    [[50.0, 0.0]]
    """
    graph = build_street_graph(lines)
    ends = np.sort(np.column_stack([graph.tail, graph.head]), axis=1)
    pieces = np.unique(ends, axis=0) if len(ends) else ends
    degree = np.bincount(pieces.ravel(), minlength=len(graph.node))
    return np.asarray(graph.node[degree >= JUNCTION], dtype=np.float64)


def wall_places(walls: Walls, lines: ArrayLike, *, spacing: float = 25.0) -> NDArray[np.float64]:
    """Find places on outer walls along streets.

    Parameters
    ----------
    walls : Walls
    lines : (n,) array of LineString, metric CRS
        Streets.
    spacing : float
        Metres of wall for each place; corners count as places too.

    Returns
    -------
    (w, 2) float64
        On the walls; `view_sheds` hangs a camera just before the wall that suits its heading.
    """
    streets = np.asarray(lines, dtype=object).ravel()
    if not len(streets) or not len(walls.solid):
        return np.empty((0, 2))
    if not spacing > 0:
        raise InvalidInputError("spacing must be above 0 metres.", field="spacing")
    rings = shapely.get_exterior_ring(walls.solid)
    count = np.maximum(1, np.ceil(shapely.length(rings) / spacing)).astype(np.int64)
    ring = np.repeat(np.arange(len(rings)), count)
    rank = np.arange(len(ring)) - np.repeat(np.cumsum(count) - count, count)
    along = shapely.line_interpolate_point(rings[ring], rank / count[ring], normalized=True)
    xy = np.vstack([shapely.get_coordinates(along), shapely.get_coordinates(rings)])
    at, _ = shapely.STRtree(streets).query(shapely.points(xy), predicate="dwithin", distance=NEAR_STREET)
    return np.asarray(xy[np.unique(at)], dtype=np.float64)


def thin_out(xy: ArrayLike, most: int, *, least: float = 5.0) -> NDArray[np.int64]:
    """Keep at most so many places, spread evenly: one for each cell of a grid that grows until they fit.

    Parameters
    ----------
    xy : (n, 2) array of float, metric CRS
        The first of a cell stays, so put the better places first.
    most : int
        How many may stay.
    least : float
        Places nearer to each other than about this (metres) are one anyway.

    Returns
    -------
    (m,) int64
        Rows that stay, in order.
    """
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    if most < 1:
        raise InvalidInputError("most must be at least 1.", field="most")
    cell = least
    while True:
        _, first = np.unique(np.floor(points / cell).astype(np.int64), axis=0, return_index=True)
        if len(first) <= most:
            return np.sort(first)
        cell *= 1.15


def clear_of(xy: ArrayLike, places: ArrayLike, *, distance: float) -> NDArray[np.bool_]:
    """Tell which points keep a distance from places where no camera may hang.

    Parameters
    ----------
    xy : (n, 2) array of float, metric CRS
    places : (p,) array of geometry, metric CRS
        Buildings or points.
    distance : float
        Metres.

    Returns
    -------
    (n,) bool
    """
    points = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    kept = np.ones(len(points), dtype=bool)
    shapes = np.asarray(places, dtype=object).ravel()
    if len(shapes) and len(points):
        near, _ = shapely.STRtree(shapes).query(shapely.points(points), predicate="dwithin", distance=distance)
        kept[near] = False
    return kept


@dataclass(frozen=True, slots=True)
class Refined:
    """Headings after the second round.

    Attributes
    ----------
    azimuth : (p,) float64
        Degrees clockwise from grid north.
    sheds : ViewSheds
        Their view sheds.
    gain : (p,) float64
        Weight that each adds to those before it.
    covered : float
        Weight covered by all of them.
    """

    azimuth: NDArray[np.float64]
    sheds: ViewSheds
    gain: NDArray[np.float64]
    covered: float


def refine_headings(
    xy: NDArray[np.float64],
    azimuth: NDArray[np.float64],
    lens: Lens,
    walls: Walls,
    *,
    points: NDArray[np.float64],
    demand: Demand,
    private: Private | None = None,
    step: float = 45.0,
) -> Refined:
    """Turn each chosen camera to where it adds most beside the others, within half a step of its heading.

    Parameters
    ----------
    xy : (p, 2) float64
        Chosen cameras, in their order.
    azimuth : (p,) float64
        Degrees clockwise from grid north.
    lens : Lens
    walls : Walls
    points : (d, 2) float64
        Where the demand is.
    demand : Demand
        What is left for new cameras.
    private : Private, optional
        What no camera may look at.
    step : float
        Degrees between the headings of the first round.

    Returns
    -------
    Refined
        Never covers less than the cameras did before.
    """
    turns = np.array([0.0, -0.5, -0.375, -0.25, -0.125, 0.125, 0.25, 0.375, 0.5]) * step
    options = len(turns)
    tried = (azimuth[:, None] + turns[None, :]).ravel()
    sheds = view_sheds(np.repeat(xy, options, axis=0), walls, azimuth=tried, hfov=lens.hfov, max_range=lens.max_range)
    allowed = (private or Private()).allows(sheds)
    allowed[::options] = True
    covers = covered_points(sheds, points)
    chosen = _best_turns(covers, allowed, demand, options)
    gain = np.zeros(len(xy))
    count = np.zeros(len(points), dtype=np.int64)
    for camera, row in enumerate(chosen.tolist()):
        own = _seen(covers, row)
        gain[camera] = demand.weight[own[count[own] < demand.need[own]]].sum()
        count[own] += 1
    return Refined(tried[chosen] % 360.0, sheds.take(chosen), gain, float(gain.sum()))


def _best_turns(covers: csr_array, allowed: NDArray[np.bool_], demand: Demand, options: int) -> NDArray[np.int64]:
    """Choose one row of each block of `options`, camera after camera, with the others as they are by then."""
    cameras, pieces = covers.shape[0] // options, covers.shape[1]
    chosen = np.arange(cameras) * options
    count = np.bincount(covers[chosen].indices, minlength=pieces) if cameras else np.zeros(pieces, dtype=int)
    for camera in range(cameras):
        count[_seen(covers, chosen[camera])] -= 1
        left = np.where(count < demand.need, demand.weight, 0.0)
        worth = [
            left[_seen(covers, row)].sum() if allowed[row] else -1.0
            for row in range(camera * options, (camera + 1) * options)
        ]
        # the present heading comes first, so that equal ones leave the camera as it is
        chosen[camera] = camera * options + int(np.argmax(worth))
        count[_seen(covers, chosen[camera])] += 1
    return chosen


def _seen(covers: csr_array, row: int) -> NDArray[np.int64]:
    """Points that a row of a sparse matrix covers."""
    return np.asarray(covers.indices[covers.indptr[row] : covers.indptr[row + 1]])
