"""What ought to be seen: streets, key places and how much of each is needed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.errors import InvalidGeometryError, InvalidInputError

MOST_FOLDS = 3
"""Cover is counted for at least one, two and three cameras; needs can't ask for more."""


@dataclass(frozen=True, slots=True)
class Streets:
    """Streets to be seen.

    Attributes
    ----------
    line : (m,) array of LineString, metric CRS
        Centre lines, each stretch of street once.
    weight : (m,) float64
        Weight of a metre by class; 1 = an ordinary street, 0 = of no account.
    """

    line: NDArray[np.object_]
    weight: NDArray[np.float64]

    @classmethod
    def of(cls, line: ArrayLike, weight: ArrayLike = 1.0) -> Streets:
        """Check lines and weights and lay them out.

        Parameters
        ----------
        line : (m,) array of LineString, metric CRS
        weight : (m,) array of float or float

        Returns
        -------
        Streets

        Raises
        ------
        InvalidGeometryError
            Something is not a LineString with finite coordinates; the error names the row.
        InvalidInputError
            A weight is negative or not finite, or there is another number of them.
        """
        lines = np.asarray(line, dtype=object).ravel()
        wrong = np.flatnonzero(shapely.get_type_id(lines) != shapely.GeometryType.LINESTRING)
        if len(wrong):
            row = int(wrong[0])
            kind = getattr(lines[row], "geom_type", "missing")
            raise InvalidGeometryError(f"Street {row} is {kind}, not a LineString; take its parts.", row=row)
        coords, owner = shapely.get_coordinates(lines, return_index=True)
        bad = ~np.isfinite(coords).all(axis=1)
        if bad.any():
            row = int(owner[bad][0])
            raise InvalidGeometryError(f"Street {row} has a coordinate that is not a finite number.", row=row)
        return cls(lines, _weights(weight, len(lines), "street"))


@dataclass(frozen=True, slots=True)
class KeyPoints:
    """Key places to be seen, each as one point in the open (see `grid_coverage.snap.snap_out`).

    Attributes
    ----------
    xy : (n, 2) float64
        Metres, metric CRS.
    weight : (n,) float64
        Weight by kind; 1 = an ordinary key place.
    need : (n,) int64
        How many cameras ought to see it, 1 to `MOST_FOLDS`; 0 = none needed.
    """

    xy: NDArray[np.float64]
    weight: NDArray[np.float64]
    need: NDArray[np.int64]

    @classmethod
    def of(cls, xy: ArrayLike, weight: ArrayLike = 1.0, need: ArrayLike = 1) -> KeyPoints:
        """Check points, weights and needs and lay them out.

        Parameters
        ----------
        xy : (n, 2) array of float, metric CRS
        weight : (n,) array of float or float
        need : (n,) array of int or int

        Returns
        -------
        KeyPoints

        Raises
        ------
        InvalidGeometryError
            A point is not finite; the error names the row.
        InvalidInputError
            A weight or need is out of bounds, or there is another number of them.
        """
        points = np.ascontiguousarray(np.asarray(xy, dtype=np.float64).reshape(-1, 2))
        bad = np.flatnonzero(~np.isfinite(points).all(axis=1))
        if len(bad):
            raise InvalidGeometryError(f"Key place {int(bad[0])} has no finite position.", row=int(bad[0]))
        needs = _spread(need, len(points), "key place", "need")
        wrong = np.flatnonzero(~np.isin(needs, range(MOST_FOLDS + 1)))
        if len(wrong):
            raise InvalidInputError(
                f"Key place {int(wrong[0])} needs {needs[wrong[0]]} cameras; give 0 to {MOST_FOLDS}.",
                row=int(wrong[0]),
                field="need",
            )
        return cls(points, _weights(weight, len(points), "key place"), needs.astype(np.int64))


@dataclass(frozen=True, slots=True)
class Needs:
    """How much is needed and how what is missing adds up to a score.

    Attributes
    ----------
    street_folds : int
        How many cameras ought to see each stretch of street, 1 to `MOST_FOLDS`.
    street_score : float
        Score of one metre of an ordinary street that lacks one camera.
    place_score : float
        Score of one ordinary key place that lacks one camera.
    incident_score : float
        Score of one incident a year on ground that is not seen.
    incidents : (k,) float64 or None
        Incidents a year in each grid.
    shortest : float
        Gaps of street shorter than this (metres) count in the sums but are not listed as places.
    """

    street_folds: int = 1
    street_score: float = 0.01
    place_score: float = 1.0
    incident_score: float = 0.1
    incidents: NDArray[np.float64] | None = field(default=None)
    shortest: float = 10.0

    def __post_init__(self) -> None:
        if self.street_folds not in range(1, MOST_FOLDS + 1):
            raise InvalidInputError(f"street_folds must be 1 to {MOST_FOLDS}.", field="street_folds")
        for name in ("street_score", "place_score", "incident_score", "shortest"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise InvalidInputError(f"{name} must be a finite number, 0 or more.", field=name)

    def incidents_of(self, grids: int) -> NDArray[np.float64]:
        """Return the yearly incidents of each grid, zeros when none are given."""
        if self.incidents is None:
            return np.zeros(grids)
        return _weights(self.incidents, grids, "grid")


def _spread(values: ArrayLike, count: int, thing: str, name: str) -> NDArray[np.float64]:
    """Spread a scalar over all rows; refuse another length."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim and array.shape != (count,):
        raise InvalidInputError(
            f"There are {count} rows ({thing}) but {name} has shape {array.shape}; give one value, or one each.",
            field=name,
        )
    return np.ascontiguousarray(np.broadcast_to(array, (count,)))


def _weights(values: ArrayLike, count: int, thing: str) -> NDArray[np.float64]:
    """Return finite weights of 0 or more, or name the first row that is not."""
    weights = _spread(values, count, thing, "weight")
    bad = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if len(bad):
        raise InvalidInputError(
            f"The weight of {thing} {int(bad[0])} must be a finite number, 0 or more.", row=int(bad[0]), field="weight"
        )
    return weights
