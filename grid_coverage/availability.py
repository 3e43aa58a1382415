"""Coverage over time: what is seen on average while cameras go offline and come back.

A stretch of street is seen for the part of the period in which enough of its cameras are up *at once*: the outages
of exactly the cameras that see it are laid over each other. Multiplying the availabilities of cameras would take
outages for independent, but a power cut takes a whole street.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.errors import InvalidInputError
from grid_coverage.compiled import kernel
from grid_coverage.demand import MOST_FOLDS


@dataclass(frozen=True, slots=True)
class Outages:
    """When each camera was down, as shares of a period from 0 to 1; disjoint and in order for each camera.

    Attributes
    ----------
    offsets : (c + 1,) int64
        Where the outages of each camera begin.
    start, end : (o,) float64
    """

    offsets: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]

    @classmethod
    def of(cls, camera: ArrayLike, start: ArrayLike, end: ArrayLike, *, count: int) -> Outages:
        """Sort outages by camera, cut them to the period and unite those that meet.

        Parameters
        ----------
        camera : (o,) array of int
            Number of the camera.
        start, end : (o,) array of float
            Shares of the period; what lies before 0 or after 1 is cut off.
        count : int
            Number of cameras.

        Raises
        ------
        InvalidInputError
            A camera has no such number, or a time is not finite or runs backwards.

        Examples
        --------
        >>> Outages.of([0, 0], [0.1, 0.15], [0.2, 0.3], count=2).availability.round(6).tolist()
        [0.8, 1.0]
        """
        who = np.asarray(camera, dtype=np.int64).ravel()
        low = np.asarray(start, dtype=np.float64).ravel()
        high = np.asarray(end, dtype=np.float64).ravel()
        wrong = (who < 0) | (who >= count) | ~np.isfinite(low) | ~np.isfinite(high) | (high < low)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise InvalidInputError(f"Outage {row} is of no known camera or ends before it begins.", row=row)
        low, high = np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)
        kept = high > low
        who, low, high = who[kept], low[kept], high[kept]
        order = np.lexsort((low, who))
        who, low, high = who[order], low[order], high[order]
        # cameras are laid end to end on one line, where a running maximum can't leak into the next one
        top = np.maximum.accumulate(who * 2.0 + high) if len(who) else high
        new = np.ones(len(who), dtype=bool)
        new[1:] = (who[1:] != who[:-1]) | (who[1:] * 2.0 + low[1:] > top[:-1])
        first = np.flatnonzero(new)
        ends = np.maximum.reduceat(high, first) if len(first) else high
        offsets = np.zeros(count + 1, dtype=np.int64)
        np.cumsum(np.bincount(who[first], minlength=count), out=offsets[1:])
        return cls(offsets, low[first].copy(), ends.copy())

    @property
    def availability(self) -> NDArray[np.float64]:
        """Part of the period in which each camera was up."""
        camera = np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))
        down = np.bincount(camera, weights=self.end - self.start, minlength=len(self.offsets) - 1)
        return np.asarray(1.0 - down, dtype=np.float64)

    def take(self, rows: ArrayLike) -> Outages:
        """Keep some cameras, by number or mask, in the order given."""
        at = np.asarray(rows)
        at = np.flatnonzero(at) if at.dtype == bool else at
        size = np.diff(self.offsets)[at]
        offsets = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
        row = np.repeat(self.offsets[at], size) + np.arange(offsets[-1]) - np.repeat(offsets[:-1], size)
        return Outages(offsets, self.start[row], self.end[row])


@dataclass(frozen=True, slots=True)
class TimeDepths:
    """How much of the period pieces of demand are seen by how many cameras.

    Attributes
    ----------
    share, share_upper : (s, 3) float64
        Part of the time with at least 1, 2 and 3 cameras: known, and if unknown headings looked there.
    lack, lack_upper : (s,) float64
        Cameras that lack to the need, on average over the time; `lack_upper` is that of the upper bound of cover.
    met, met_upper : (s,) float64
        Part of the time in which the need is met.
    """

    share: NDArray[np.float64]
    share_upper: NDArray[np.float64]
    lack: NDArray[np.float64]
    lack_upper: NDArray[np.float64]
    met: NDArray[np.float64]
    met_upper: NDArray[np.float64]


def time_depths(
    offsets: NDArray[np.int64],
    shed: NDArray[np.int64],
    *,
    known: NDArray[np.bool_],
    need: NDArray[np.int64],
    outages: Outages,
) -> TimeDepths:
    """Lay the outages of the cameras of each piece of demand over each other.

    Parameters
    ----------
    offsets : (s + 1,) int64
        Where the cameras of each piece begin in `shed`.
    shed : (t,) int64
        Cameras, piece by piece.
    known : (c,) bool
        Whether the view of each camera is known.
    need : (s,) int64
        How many cameras each piece needs.
    outages : Outages
        Of the same cameras.

    Returns
    -------
    TimeDepths
    """
    table = add_times(offsets, shed, known, need, (outages.offsets, outages.start, outages.end))
    return TimeDepths(
        table[:, :MOST_FOLDS],
        table[:, MOST_FOLDS : 2 * MOST_FOLDS],
        *(table[:, 2 * MOST_FOLDS + column] for column in range(4)),
    )


@kernel
def add_times(
    offsets: NDArray[np.int64],
    shed: NDArray[np.int64],
    known: NDArray[np.bool_],
    need: NDArray[np.int64],
    outages: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Walk through the outages of the cameras of each piece with the depths of cover in hand."""
    first, start, end = outages
    found = np.zeros((len(offsets) - 1, 2 * MOST_FOLDS + 4))
    for piece in range(len(offsets) - 1):
        members = shed[offsets[piece] : offsets[piece + 1]]
        sure, upper, events = 0, 0, 0
        for camera in members:
            sure += int(known[camera])
            upper += 1
            events += 2 * (first[camera + 1] - first[camera])
        if events == 0:
            add_time(found[piece], 1.0, sure, upper, need[piece])
            continue
        moment, step, surely = np.empty(events), np.empty(events, dtype=np.int64), np.empty(events, dtype=np.int64)
        at = 0
        for camera in members:
            for outage in range(first[camera], first[camera + 1]):
                moment[at], step[at], surely[at] = start[outage], -1, int(known[camera])
                moment[at + 1], step[at + 1], surely[at + 1] = end[outage], 1, int(known[camera])
                at += 2
        order = np.argsort(moment)
        before = 0.0
        for event in order:
            add_time(found[piece], moment[event] - before, sure, upper, need[piece])
            before = moment[event]
            upper += step[event]
            sure += step[event] * surely[event]
        add_time(found[piece], 1.0 - before, sure, upper, need[piece])
    return found


@kernel
def add_time(row: NDArray[np.float64], share: float, known: int, upper: int, need: int) -> None:
    """Add a part of the period with even depth of cover."""
    if share <= 0.0:
        return
    for fold in range(MOST_FOLDS):
        if known > fold:
            row[fold] += share
        if upper > fold:
            row[MOST_FOLDS + fold] += share
    row[2 * MOST_FOLDS] += share * max(0, need - known)
    row[2 * MOST_FOLDS + 1] += share * max(0, need - upper)
    if known >= need:
        row[2 * MOST_FOLDS + 2] += share
    if upper >= need:
        row[2 * MOST_FOLDS + 3] += share
