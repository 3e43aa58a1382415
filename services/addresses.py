"""Addresses by any part of them: an index in the process finds doors, the database shows those that may be seen."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np
import numpy.typing as npt

from casework.name_index import Among, NameIndex
from store.database import addresses as sql
from store.database import territories
from store.database.actor import Actor
from store.database.addresses import Doors
from store.database.work import UnitOfWork

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Kept:
    """The addresses as of a revision.

    Attributes
    ----------
    as_of : tuple of int
        Revisions of the doors and of the areas.
    index : NameIndex
    doors : (n,) array of int64
        The door of each row.
    areas : (n,) array of int64
        The area that it lies in.
    rows_of : dict
        First and last row (exclusive) of each territory.
    """

    as_of: tuple[int, int]
    index: NameIndex
    doors: Numbers
    areas: Numbers
    rows_of: dict[UUID, tuple[int, int]]


class Addresses:
    """The addresses of all territories, kept in the process until doors or areas change.

    An n-gram index of the database would be exact, too, but slow where it matters: a character that every address has
    leads to every door, and under row security no index of texts may be used at all.
    """

    def __init__(self) -> None:
        self._kept: _Kept | None = None
        self._lock = threading.Lock()

    def find(self, work: UnitOfWork, text: str, *, limit: int, territory: UUID | None = None) -> Doors:
        """Find the doors whose address holds each word of a text, in areas of the actor.

        Parameters
        ----------
        work : UnitOfWork
        text : str
        limit : int
        territory : UUID or None
            Look in this territory only.
        """
        kept = self.get(work)
        low, high = (0, len(kept.doors)) if territory is None else kept.rows_of.get(territory, (0, 0))
        found = kept.index.find(text, limit=limit, among=_among(kept, work.actor, low, high))
        return Doors(kept.doors[found.rows], found.ranks)

    def get(self, work: UnitOfWork) -> _Kept:
        """Return the addresses, read when they were never or are of another revision.

        While one thread reads them anew, the others go on with those before.
        """
        now = sql.revisions(work.session)
        kept = self._kept
        if kept is not None and (kept.as_of == now or not self._lock.acquire(blocking=False)):
            return kept
        if kept is None:
            self._lock.acquire()
        try:
            kept = self._kept
            if kept is None or kept.as_of != now:
                # what an account sees of it is told by its areas at each question, and by row security after that
                with work.everywhere():
                    self._kept = kept = _read(work, kept, now)
        finally:
            self._lock.release()
        return kept


def _among(kept: _Kept, actor: Actor, low: int, high: int) -> Among | None:
    """Return which rows an actor may find, None for all."""
    if not actor.is_limited and (low, high) == (0, len(kept.doors)):
        return None
    ranges = actor.areas or ()

    def among(rows: Numbers) -> npt.NDArray[np.bool_]:
        counted = (rows >= low) & (rows < high)
        if not actor.is_limited:
            return counted
        codes = kept.areas[rows]
        inside = np.zeros(len(rows), dtype=bool)
        for first, last in ranges:
            inside |= (codes >= first) & (codes <= last)
        return counted & inside

    return among


def _read(work: UnitOfWork, before: _Kept | None, now: tuple[int, int]) -> _Kept:
    if before is not None and before.as_of[0] == now[0]:
        return replace(before, as_of=now, areas=_areas_of(work, before.doors))
    numbers: list[Numbers] = []
    names: list[str] = []
    rows_of = {}
    for territory in territories.list_territories(work.session):
        columns = sql.read_addresses(work.session, territory.id)
        rows_of[territory.id] = (len(names), len(names) + len(columns["fid"]))
        numbers.append(columns["fid"].astype(np.int64))
        names += columns["address"].tolist()
    known = np.concatenate(numbers) if numbers else np.empty(0, np.int64)
    return _Kept(now, NameIndex(names), known, _areas_of(work, known), rows_of)


def _areas_of(work: UnitOfWork, doors: Numbers) -> Numbers:
    columns = sql.read_area_codes(work.session)
    numbers, codes = columns["fid"].astype(np.int64), columns["area_code"].astype(np.int64)
    if not len(numbers):
        return np.zeros(len(doors), dtype=np.int64)
    at = np.minimum(np.searchsorted(numbers, doors), len(numbers) - 1)
    # a door that is gone lies nowhere
    found: Numbers = np.where(numbers[at] == doors, codes[at], 0)
    return found
