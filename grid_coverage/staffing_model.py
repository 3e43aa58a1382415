"""The elastic assignment of one batch of posts as a linear program whose pairs come in as they are needed.

Columns: a pair each; for each of the staff a rung for every post more, each dearer than the last, and a tail that
stands for the rungs not written yet; a vacancy for each post; a presence for each person who may count once although
holding several posts; a slack and a switch for each way to meet a minimum.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csc_array, hstack

from grid_coverage.roster import Posts, Rules, Staff
from grid_coverage.staffing_pairs import Pairs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Blocks:
    """Rows of a sparse matrix, gathered as (row, column, value)."""

    def __init__(self) -> None:
        self._parts: list[tuple[Ints, Ints, Floats]] = []

    def add(self, row: Any, column: Any, value: Any) -> None:  # noqa: ANN401 - array-likes
        """Add entries; scalars are spread."""
        rows, columns, values = np.broadcast_arrays(
            np.asarray(row, dtype=np.int64), np.asarray(column, dtype=np.int64), np.asarray(value, dtype=np.float64)
        )
        self._parts.append((rows.ravel(), columns.ravel(), values.ravel()))

    def matrix(self, rows: int, columns: int) -> csc_array:
        """Return them as a matrix."""
        if not self._parts:
            return csc_array((rows, columns))
        row, column, value = (np.concatenate(parts) for parts in zip(*self._parts, strict=True))
        return csc_array(coo_array((value, (row, column)), shape=(rows, columns)))


class Program(NamedTuple):
    """A linear program: cost, equalities, upper bounds on rows and columns, and which columns must be whole."""

    cost: Floats
    equal: csc_array
    equal_to: Floats
    below: csc_array
    below_than: Floats
    upper: Floats
    whole: NDArray[np.bool_]


@dataclass(slots=True)
class Model:
    """The batch: its pairs, what every pair does to each row, and the rest of the columns.

    Attributes
    ----------
    staff : Staff
        None with more capacity than pairs.
    posts : Posts
    rules : Rules
        Whose minimums are those of the batch.
    pairs : Pairs
        All allowed pairs.
    rungs : (n,) int64
        Rungs written for each of the staff.
    equal, below : csc_array
        What each pair does to the equality rows and to the upper-bound rows.
    """

    staff: Staff
    posts: Posts
    rules: Rules
    pairs: Pairs
    rungs: Ints = field(init=False)
    equal: csc_array = field(init=False)
    below: csc_array = field(init=False)
    _presence: Pairs = field(init=False)
    _ways: list[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        """Work out the rows that the pairs take part in."""
        even = -(-len(self.posts.village) // max(1, int((self.staff.capacity > 0).sum())))
        self.rungs = np.minimum(self.staff.capacity, even + 2)
        self._ways = [(number, way.count) for number, rule in enumerate(self.rules.minimums) for way in rule.ways]
        self._lay_rows()

    @property
    def ways(self) -> int:
        """How many ways there are to meet the minimums, all together."""
        return len(self._ways)

    @property
    def penalty(self) -> Floats:
        """Price of each vacancy in missed people: one vacancy weighs more than all minimums together."""
        dear = 1.0 + sum(rule.count for rule in self.rules.minimums)
        return np.where(self.posts.required, dear, 0.0)

    def _lay_rows(self) -> None:
        """Lay out the pairs' part of the matrices: posts, staff | loads, ways to meet minimums, presences."""
        pairs, everyone, posted = self.pairs, len(self.staff.village), len(self.posts.village)
        column = np.arange(len(pairs.staff))
        equal, below = Blocks(), Blocks()
        equal.add(pairs.post, column, 1.0)
        equal.add(posted + pairs.staff, column, 1.0)
        base = 0
        if np.isfinite(self.rules.max_load):
            below.add(pairs.staff, column, self.posts.load[pairs.post])
            base = everyone
        present_staff, present_way, row = [], [], base + len(self._ways)
        first = np.searchsorted(pairs.post, np.arange(posted + 1))
        for number, way in enumerate(way for rule in self.rules.minimums for way in rule.ways):
            there = np.concatenate(
                [column[:0], *(column[first[post] : first[post + 1]] for post in way.held_by(self.posts))]
            )
            counted = there[(self.staff.skills[pairs.staff[there]] & way.skill) == way.skill]
            once = (self.staff.capacity[pairs.staff[counted]] > 1) & (way.count > 1)
            below.add(base + number, counted[~once], -1.0)
            people, place = np.unique(pairs.staff[counted[once]], return_inverse=True)
            below.add(row + place, counted[once], -1.0)
            present_staff.append(people)
            present_way.append(np.full(len(people), number))
            row += len(people)
        none = np.empty(0, dtype=np.int64)
        self._presence = Pairs(
            np.concatenate([none, *present_staff]), np.concatenate([none, *present_way]), np.empty(0)
        )
        self.equal = equal.matrix(posted + everyone, len(column))
        self.below = below.matrix(row, len(column))

    def program(self, active: Ints, *, missed: float | None) -> Program:
        """Return the program over some pairs.

        Parameters
        ----------
        active : (a,) int64
            Pairs that take part.
        missed : float or None
            None: miss as little as can be. A number: miss no more than that, at least cost.

        Returns
        -------
        Program
            Its first `a` columns are the pairs.
        """
        everyone, posted, ways = len(self.staff.village), len(self.posts.village), len(self._ways)
        rungs = self.rungs if missed is not None else np.zeros_like(self.rungs)
        climber = np.repeat(np.arange(everyone), rungs)
        step = np.arange(len(climber)) - np.repeat(np.cumsum(rungs) - rungs, rungs)
        sizes = [len(active), len(climber), everyone, posted, len(self._presence.staff), ways, ways]
        starts = np.concatenate(([0], np.cumsum(sizes)))
        at = [np.arange(low, high) for low, high in itertools.pairwise(starts)]
        _, rung, tail, empty, present, slack, switch = at
        equal, below = Blocks(), Blocks()
        equal.add(np.arange(posted), empty, 1.0)
        equal.add(posted + climber, rung, -1.0)
        equal.add(posted + np.arange(everyone), tail, -1.0)
        rows, equal_to = self._switch_rows(equal, switch)
        base = everyone if np.isfinite(self.rules.max_load) else 0
        counts = np.array([count for _, count in self._ways], dtype=np.float64)
        below.add(base + np.arange(ways), slack, -1.0)
        below.add(base + np.arange(ways), switch, counts)
        below.add(base + self._presence.post, present, -1.0)
        below.add(base + ways + np.arange(len(present)), present, 1.0)
        below_than = np.concatenate((np.full(base, self.rules.max_load), np.zeros(ways + len(present))))
        cost = np.zeros(int(starts[-1]))
        if missed is None:
            cost[empty], cost[slack] = self.penalty, 1.0
        else:
            cost[: len(active)] = self.pairs.distance[active]
            cost[rung], cost[tail] = self.rules.balance * step, self.rules.balance * rungs
            below.add(len(below_than), empty, self.penalty)
            below.add(len(below_than), slack, 1.0)
            below_than = np.append(below_than, missed)
        upper = np.ones(len(cost))
        # a pair is bound by its post's row alone, so that what it would cost beyond its worth is told in full
        upper[: len(active)], upper[empty], upper[slack] = np.inf, np.inf, np.inf
        upper[tail] = self.staff.capacity - rungs
        whole = np.zeros(len(cost), dtype=np.bool_)
        whole[: len(active)] = True
        whole[switch] = True
        return Program(
            cost,
            self._joined(self.equal, active, equal, rows, len(cost)),
            equal_to,
            self._joined(self.below, active, below, len(below_than), len(cost)),
            below_than,
            upper,
            whole,
        )

    def _switch_rows(self, equal: Blocks, switch: Ints) -> tuple[int, Floats]:
        """Have each minimum met in exactly one way; return the count of equality rows and their right side."""
        posted = len(self.posts.village)
        base = posted + len(self.staff.village)
        number = np.array([rule for rule, _ in self._ways], dtype=np.int64)
        equal.add(base + number, switch, 1.0)
        rules = len(self.rules.minimums)
        right = np.concatenate((np.ones(posted), np.zeros(len(self.staff.village)), np.ones(rules)))
        return base + rules, right

    @staticmethod
    def _joined(pairs: csc_array, active: Ints, others: Blocks, rows: int, columns: int) -> csc_array:
        """Put the columns of the active pairs before those of the rest, over `rows` rows."""
        own = pairs[:, active]
        grown = csc_array((own.data, own.indices, own.indptr), shape=(rows, len(active)))
        rest = others.matrix(rows, columns)[:, len(active) :]
        return csc_array(hstack((grown, rest), format="csc"))

    def reduced(self, of_equal: Floats, of_below: Floats, *, priced: bool) -> Floats:
        """Return what each pair would cost beyond its worth at the prices of the rows; (k,), negative = betters."""
        cost = self.pairs.distance if priced else np.zeros(len(self.pairs.staff))
        worth = self.equal.T @ of_equal[: self.equal.shape[0]] + self.below.T @ of_below[: self.below.shape[0]]
        return np.asarray(cost - worth, dtype=np.float64)

    def grow_rungs(self, solution: Floats, active: int) -> bool:
        """Write more rungs for whoever stands on the tail; tell whether anybody did."""
        start = active + int(self.rungs.sum())
        used = solution[start : start + len(self.rungs)] > 1e-7
        if not used.any():
            return False
        self.rungs[used] = np.minimum(self.staff.capacity[used], 2 * self.rungs[used] + 1)
        return True
