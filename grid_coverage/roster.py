"""Who can be assigned, what has to be held, and the rules in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.errors import InvalidInputError

ANYWHERE = -1
"""Village of staff who may serve in all of them; as a town, any town."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Who can be assigned.

    Attributes
    ----------
    xy : (n, 2) float64
        Where each starts from, metric CRS; nan = unknown: within no `Rules.max_distance`, and where there is none taken
        to be as far from a post as the others are.
    village : (n,) int64
        Number of the village each belongs to; `ANYWHERE` (-1) = all of the town.
    town : (n,) int64
        Number of the town each belongs to; `ANYWHERE` (-1) = all.
    capacity : (n,) int64
        How many posts each can hold; 1 = exclusive, more = the posts share a holder.
    skills : (n,) int64
        Set of skills, a bit each.
    """

    xy: NDArray[np.float64]
    village: NDArray[np.int64]
    town: NDArray[np.int64]
    capacity: NDArray[np.int64]
    skills: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        village: ArrayLike,
        *,
        town: ArrayLike = ANYWHERE,
        xy: ArrayLike | None = None,
        capacity: ArrayLike = 1,
        skills: ArrayLike = 0,
    ) -> Self:
        """Check columns and lay them out; scalars hold for everybody.

        Raises
        ------
        InvalidInputError
            Lengths differ, or a capacity is negative.
        """
        home = np.asarray(village, dtype=np.int64).ravel()
        count = len(home)
        most = _column(capacity, count, "capacity")
        if (most < 0).any():
            row = int(np.argmax(most < 0))
            raise InvalidInputError(f"Staff {row}: capacity must be 0 or more.", row=row, field="capacity")
        return cls(_places(xy, count), home, _column(town, count, "town"), most, _column(skills, count, "skills"))


@dataclass(frozen=True, slots=True)
class Posts:
    """What has to be held: one head for each grid, say.

    Attributes
    ----------
    xy : (m, 2) float64
        Middle of each grid, metric CRS.
    village : (m,) int64
        Number of its village.
    town : (m,) int64
        Number of its town; `ANYWHERE` (-1) = not told.
    skills : (m,) int64
        Set of skills that its holder must have, a bit each; 0 = none.
    load : (m,) float64
        Work that comes with it (households, say).
    required : (m,) bool
        Whether it is missed when vacant; others are held only where a `Minimum` asks for it.
    """

    xy: NDArray[np.float64]
    village: NDArray[np.int64]
    town: NDArray[np.int64]
    skills: NDArray[np.int64]
    load: NDArray[np.float64]
    required: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        village: ArrayLike,
        *,
        town: ArrayLike = ANYWHERE,
        xy: ArrayLike | None = None,
        skills: ArrayLike = 0,
        load: ArrayLike = 1.0,
        required: ArrayLike = True,
    ) -> Self:
        """Check columns and lay them out; scalars hold for all posts.

        Raises
        ------
        InvalidInputError
            Lengths differ, or a load is negative or not finite.
        """
        home = np.asarray(village, dtype=np.int64).ravel()
        count = len(home)
        work = np.broadcast_to(np.asarray(load, dtype=np.float64), home.shape).copy()
        if not (np.isfinite(work) & (work >= 0)).all():
            row = int(np.argmin(np.isfinite(work) & (work >= 0)))
            raise InvalidInputError(f"Post {row}: load must be a finite number, 0 or more.", row=row, field="load")
        return cls(
            _places(xy, count),
            home,
            _column(town, count, "town"),
            _column(skills, count, "skills"),
            work,
            _column(required, count, "required").astype(np.bool_),
        )


@dataclass(frozen=True, slots=True)
class Minimum:
    """At least so many different people with a skill hold posts in a village, in a town, or anywhere.

    Attributes
    ----------
    name : str
        How the rule is named when it is missed.
    village : int
        Number of the village; `ANYWHERE` (-1) = every village of `town`.
    skill : int
        Bits of the skill; 0 = anybody counts.
    count : int
        How many people; one who holds several posts there counts once.
    town : int
        Number of the town; `ANYWHERE` (-1) = every town.
    either : tuple of Minimum
        Other ways to meet the rule: it is kept when this one or any of those is.
    """

    name: str
    village: int
    skill: int
    count: int
    town: int = ANYWHERE
    either: tuple[Minimum, ...] = ()

    @property
    def ways(self) -> tuple[Minimum, ...]:
        """Every way to meet the rule, this one first."""
        return (self, *(way for other in self.either for way in other.ways))

    def held_by(self, posts: Posts) -> NDArray[np.int64]:
        """Return the posts whose holders may count, in order."""
        here = np.ones(len(posts.village), dtype=np.bool_)
        if self.village != ANYWHERE:
            here &= posts.village == self.village
        if self.town != ANYWHERE:
            here &= posts.town == self.town
        return np.flatnonzero(here)


@dataclass(frozen=True, slots=True)
class Rules:
    """What an assignment has to keep.

    Attributes
    ----------
    within_village : bool
        Whether staff hold posts in their own village only.
    within_town : bool
        Whether staff hold posts in their own town only.
    max_distance : float
        Metres from staff to post; nobody knows that of staff of unknown place, who hold no post under a limit.
    max_load : float
        Sum of the loads of one holder.
    minimums : tuple of Minimum
    balance : float
        How many metres farther one goes to spare a colleague who has one post more already.
    nearest : int
        Pairs to start from: so many nearest staff of each post and nearest posts of each of the staff. Others are
        taken in as soon as they can better the answer.
    time_limit : float
        Seconds after which the search for whole numbers in one part takes the best answer so far.
    """

    within_village: bool = True
    within_town: bool = True
    max_distance: float = np.inf
    max_load: float = np.inf
    minimums: tuple[Minimum, ...] = ()
    balance: float = 1000.0
    nearest: int = 5
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
