"""Who can be assigned, what has to be held, and the rules in between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.errors import InvalidInputError

ANYWHERE = -1
"""Village of staff who may serve in all of them."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Who can be assigned.

    Attributes
    ----------
    xy : (n, 2) float64
        Where each starts from, metric CRS; nan = unknown, taken to be as far from a post as the others are.
    village : (n,) int64
        Number of the village each belongs to; `ANYWHERE` (-1) = all.
    capacity : (n,) int64
        How many posts each can hold.
    skills : (n,) int64
        Set of skills, a bit each.
    """

    xy: NDArray[np.float64]
    village: NDArray[np.int64]
    capacity: NDArray[np.int64]
    skills: NDArray[np.int64]

    @classmethod
    def of(
        cls, village: ArrayLike, *, xy: ArrayLike | None = None, capacity: ArrayLike = 1, skills: ArrayLike = 0
    ) -> Staff:
        """Check columns and lay them out; scalars hold for everybody.

        Raises
        ------
        InvalidInputError
            Lengths differ, or a capacity is negative.
        """
        home = np.asarray(village, dtype=np.int64).ravel()
        most = _column(capacity, len(home), "capacity")
        if (most < 0).any():
            row = int(np.argmax(most < 0))
            raise InvalidInputError(f"Staff {row}: capacity must be 0 or more.", row=row, field="capacity")
        return cls(_places(xy, len(home)), home, most, _column(skills, len(home), "skills"))


@dataclass(frozen=True, slots=True)
class Posts:
    """What has to be held: one head for each grid.

    Attributes
    ----------
    xy : (m, 2) float64
        Middle of each grid, metric CRS.
    village : (m,) int64
        Number of its village.
    skills : (m,) int64
        Set of skills that its holder must have, a bit each; 0 = none.
    load : (m,) float64
        Work that comes with it (households, say).
    """

    xy: NDArray[np.float64]
    village: NDArray[np.int64]
    skills: NDArray[np.int64]
    load: NDArray[np.float64]

    @classmethod
    def of(
        cls, village: ArrayLike, *, xy: ArrayLike | None = None, skills: ArrayLike = 0, load: ArrayLike = 1.0
    ) -> Posts:
        """Check columns and lay them out; scalars hold for all posts.

        Raises
        ------
        InvalidInputError
            Lengths differ, or a load is negative or not finite.
        """
        home = np.asarray(village, dtype=np.int64).ravel()
        work = np.broadcast_to(np.asarray(load, dtype=np.float64), home.shape).copy()
        if not (np.isfinite(work) & (work >= 0)).all():
            row = int(np.argmin(np.isfinite(work) & (work >= 0)))
            raise InvalidInputError(f"Post {row}: load must be a finite number, 0 or more.", row=row, field="load")
        return cls(_places(xy, len(home)), home, _column(skills, len(home), "skills"), work)


@dataclass(frozen=True, slots=True)
class Minimum:
    """At least so many posts of a village must be held by staff with a skill.

    Attributes
    ----------
    name : str
        How the rule is named when it is missed.
    village : int
        Number of the village; `ANYWHERE` (-1) = all posts together.
    skill : int
        Bits of the skill.
    count : int
        How many posts.
    """

    name: str
    village: int
    skill: int
    count: int


@dataclass(frozen=True, slots=True)
class Rules:
    """What an assignment has to keep.

    Attributes
    ----------
    within_village : bool
        Whether staff hold posts in their own village only.
    max_distance : float
        Metres from staff to post; staff of unknown place pass.
    max_load : float
        Sum of the loads of one head.
    minimums : tuple of Minimum
    balance : float
        How many metres farther one goes to spare a colleague who has one post more already.
    nearest : int
        Pairs considered: so many nearest staff of each post and nearest posts of each of the staff.
    time_limit : float
        Seconds after which the best answer so far is taken.
    """

    within_village: bool = True
    max_distance: float = np.inf
    max_load: float = np.inf
    minimums: tuple[Minimum, ...] = ()
    balance: float = 1000.0
    nearest: int = 20
    time_limit: float = 60.0


def _places(xy: ArrayLike | None, count: int) -> NDArray[np.float64]:
    """Return positions as (n, 2), all nan when none are given; half a position is none."""
    if xy is None:
        return np.full((count, 2), np.nan)
    places = np.asarray(xy, dtype=np.float64).reshape(-1, 2).copy()
    if len(places) != count:
        raise InvalidInputError(f"There are {count} rows but {len(places)} positions.", field="xy")
    places[~np.isfinite(places).all(axis=1)] = np.nan
    return places


def _column(values: ArrayLike, count: int, field: str) -> NDArray[np.int64]:
    """Spread a scalar over all rows; refuse another length."""
    column = np.asarray(values, dtype=np.int64)
    if column.ndim and column.shape != (count,):
        raise InvalidInputError(f"There are {count} rows but {field} has shape {column.shape}.", field=field)
    return np.broadcast_to(column, (count,)).copy()
