"""Why grids lie outside the tolerance or the band: every one of them gets a reason, proven where that can be done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gis.measure import group_sums
from grid_partition.accept import Units
from grid_partition.block_problems import Division
from grid_partition.model import Misfit, MisfitKind, PartitionOptions
from grid_partition.problem import PartProblem
from grid_partition.proofs import Effort, Sums, joined_ends, missed_sums, neighbours_of, reachable_sums
from grid_partition.quality import beyond_band

__all__ = ["find_misfits", "infeasible_counts"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Band = tuple[float, float]

#: Groups of units of one grid around which a proof is sought.
SOURCES = 4


def find_misfits(
    units: Units, labels: Ints, division: Division, *, asked: Band, options: PartitionOptions
) -> list[Misfit]:
    """Explain all grids outside the tolerance or the band, part by part.

    Parameters
    ----------
    units : Units
    labels : (n,) int64
    division : Division
    asked : (low, high)
        What a grid may have by the caller's target or number of grids.
    options : PartitionOptions

    Returns
    -------
    list of Misfit
        By parent and part.
    """
    k, blocks, tolerance = int(labels.max()) + 1, division.blocks, options.tolerance
    load, largest = group_sums(labels, units.demand, k), np.zeros(k)
    np.maximum.at(largest, labels, units.demand)
    guest = blocks.of_unit[division.carrier] != blocks.of_unit
    joined = group_sums(labels[guest], units.demand[guest], k)
    found: list[Misfit] = []
    effort = Effort()
    for problem, mine in zip(division.problems, division.members, strict=True):
        parent = int(units.parent[mine[0]])
        mean = float(division.plan.mean[parent])
        grids, region = np.unique(labels[mine], return_inverse=True)
        part = _Part(
            problem,
            grids,
            region.ravel().astype(np.int64),
            load[grids],
            joined[grids],
            largest[grids],
            asked=asked,
            judged=options.band or (mean * (1.0 - tolerance), mean * (1.0 + tolerance)),
            tolerance=tolerance,
            islands=bool(blocks.joined[blocks.of_unit[mine[0]]]),
            name=int(units.parents[parent]),
            effort=effort,
        )
        found.extend(part.misfits())
    return sorted(found, key=lambda misfit: misfit.parent)


def infeasible_counts(misfits: list[Misfit]) -> list[tuple[int, int, float]]:
    """List the numbers of grids that don't fit: (parent, k, demand per grid)."""
    every = ((misfit.parent, k, each) for misfit in misfits for k, each in misfit.counts)
    return sorted(set(every), key=lambda row: row[:2])


def _outside(load: Floats, band: Band) -> Bools:
    return np.asarray(beyond_band(load, *band) != 0.0)


def _said(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100.0 else f"{value:.3g}"


def _range(values: Floats) -> str:
    low, high = _said(float(values.min())), _said(float(values.max()))
    return low if low == high else f"{low} to {high}"


def _band(band: Band) -> str:
    return f"{_said(band[0])}–{_said(band[1])}"


def _misses(value: float, band: Band) -> bool:
    return bool(beyond_band(np.array([value]), *band)[0])


@dataclass(slots=True)
class _Part:
    """One part with its grids.

    Attributes
    ----------
    problem : PartProblem
    grids : (g,) int64
        Labels of its grids.
    region : (m,) int64
        Place in ``grids`` of each unit's grid.
    load, joined, largest : (g,) float64
        Demand of each grid, of the exclaves that joined it, and of its largest unit.
    asked : (low, high)
        What a grid may have by the caller's target or number of grids.
    judged : (low, high)
        What a grid of the parent may have, as the quality is judged.
    tolerance : float
    islands : bool
        The part is a group of islands.
    name : int
        Value of the parent.
    effort : Effort
        Left for proofs.
    """

    problem: PartProblem
    grids: Ints
    region: Ints
    load: Floats
    joined: Floats
    largest: Floats
    asked: Band
    judged: Band
    tolerance: float
    islands: bool
    name: int
    effort: Effort

    def misfits(self) -> Iterator[Misfit]:
        """Yield the reasons of this part's grids."""
        out, problem = _outside(self.load, self.judged), self.problem
        if not self.load.any():
            if out.any():
                yield self._misfit("count", out, self.judged, f"no demand here ({_band(self.judged)})")
            return
        told = np.zeros(len(self.grids), dtype=bool)
        alone = list(self._alone(out, self.judged, told))
        if _misses(problem.mean, self.asked) or _misses(problem.mean, self.judged):
            if alone and problem.full + problem.closed > 0:
                alone[0] = self._with_rest(alone[0], ~told)
            else:
                alone.append(self._count(~told))
        yield from alone
        wanted = self.judged
        if _misses(problem.mean, self.judged):  # then grids are to be even about the share
            wanted = (problem.mean * (1.0 - self.tolerance), problem.mean * (1.0 + self.tolerance))
        yield from self._alone(_outside(self.load, wanted) & ~told, wanted, told)
        yield from self._coarse(_outside(self.load, wanted) & ~told, wanted)

    def _misfit(self, kind: MisfitKind, out: Bools, band: Band, text: str, sums: Sums = ()) -> Misfit:
        return Misfit(self.name, kind, tuple(self.grids[out].tolist()), *band, text, sums=sums)

    def _counts(self) -> tuple[tuple[int, float], ...]:
        """Return the number of grids that aren't full and the next one, where their means miss what was asked for."""
        mean, free = self.problem.mean, self._free()
        if not _misses(mean, self.asked):
            return ()
        other = free + 1 if mean > self.asked[1] else free - 1
        means = [(k, mean * free / k) for k in sorted((free, other)) if 0 < k <= len(self.problem)]
        return tuple((k, each) for k, each in means if _misses(each, self.asked))

    def _free(self) -> int:
        return self.problem.k - self.problem.full - self.problem.closed

    def _count(self, rest: Bools) -> Misfit:
        """Say that no number of grids fits this part."""
        counts = self._counts()
        band = self.asked if counts else self.judged
        out = rest & (_outside(self.load, band) | _outside(self.load, self.judged))
        text = ", ".join(f"k={k}: {_said(each)}" for k, each in counts)
        if not counts:
            text = f"k={self._free()}: {_said(self.problem.mean)}; {_band(band)} about the parent's mean"
        return replace(self._misfit("count", out if out.any() else np.ones_like(out), band, text), counts=counts)

    def _with_rest(self, misfit: Misfit, rest: Bools) -> Misfit:
        """Add to the reason of full grids what they leave for the others."""
        free, mean = self._free(), self.problem.mean
        others = f"the other {free} grids share {_said(mean * free)}: {_said(mean)} each"
        text = f"{misfit.text}; {others if free > 1 else f'the other grid has {_said(mean)}'}"
        grids = tuple(sorted((*misfit.grids, *self.grids[rest].tolist())))
        return replace(misfit, grids=grids, text=text, counts=self._counts())

    def _alone(self, out: Bools, band: Band, told: Bools) -> Iterator[Misfit]:
        """Yield grids that one unit, fixed units or an exclave put outside, and mark them as told."""
        k, demand, fixed = len(self.grids), self.problem.demand, self.problem.fixed >= 0
        most, may = band[1] * (1.0 + 1e-9), f"at most {_said(band[1])}"
        island = np.zeros(k)
        if self.islands:
            np.maximum.at(island, self.region, demand)
        held = group_sums(self.region[fixed], demand[fixed], k)
        shut = np.zeros(k, dtype=bool)
        shut[self.region[fixed & (self.problem.fixed < self.problem.closed)]] = True
        ways: tuple[tuple[MisfitKind, Bools, Floats, str, str], ...] = (
            ("unit", self.largest > most, self.largest, "one unit alone has|units alone have", may),
            ("exclave", island > most, island, "one island alone has|islands alone have", may),
            ("fixed", held > most, held, "fixed units alone have|fixed units alone have", may),
            ("fixed", shut, self.load, "a closed grid has|closed grids have", _band(band)),
        )
        for kind, mine, load, who, may in ways:
            if (each := out & mine & ~told).any():
                told |= each
                yield self._misfit(
                    kind, each, band, f"{who.split('|')[int(each.sum() > 1)]} {_range(load[each])} ({may})"
                )
        swollen = out & ~told & (self.load > most) & (self.load - self.joined <= most)
        for r in np.flatnonzero(swollen).tolist():
            told[r] = True
            text = f"an exclave of {_said(self.joined[r])} joined: {_said(self.load[r])} ({_band(band)})"
            yield self._misfit("exclave", np.arange(k) == r, band, text)

    def _coarse(self, out: Bools, band: Band) -> Iterator[Misfit]:
        """Yield what whole units forbid, and what the search left."""
        if not out.any():
            return
        demand = self.problem.demand
        if sums := missed_sums(demand, *band, self.effort):
            yield self._whole_units(out, band, demand, sums)
            return
        if not self.islands and self.effort.units > 0:
            self.effort.units -= len(demand)
            group = joined_ends(self.problem, band[0])
            grouped = group_sums(group, demand, int(group.max()) + 1)
            if len(grouped) < len(demand) and (sums := missed_sums(grouped, *band, self.effort)):
                yield self._whole_units(out, band, grouped, sums)
                return
            for r, sums in self._necks(np.flatnonzero(out), band, group):
                out[r] = False
                text = f"units at a neck: {' or '.join(map(_said, sums))}, none in {_band(band)}"
                yield self._misfit("neck", np.arange(len(out)) == r, band, text, sums)
        if out.any():
            grids = "one grid" if out.sum() == 1 else f"{int(out.sum())} grids"
            text = f"the search left {grids} outside ({_band(band)}): {_range(self.load[out])}, best found"
            yield self._misfit("search", out, band, text)

    def _whole_units(self, out: Bools, band: Band, load: Floats, sums: Sums) -> Misfit:
        what = "units" if len(load) == len(self.problem) else "ends that hang on one unit,"
        said = " or ".join(map(_said, sums))
        text = f"{what} of {_range(load[load > 0.0])}: sums {said}, none in {_band(band)}"
        return self._misfit("whole units", out, band, text, sums)

    def _necks(self, rows: Ints, band: Band, group: Ints) -> Iterator[tuple[int, Sums]]:
        """Yield grids with a unit that no set of neighbours brings into the band, and what they come to."""
        around = neighbours_of(self.problem, group)
        for r in rows.tolist():
            mine = np.unique(group[self.region == r])
            sources = [v for v in mine.tolist() if around.load[v] > 0.0]
            for v in sorted(sources, key=lambda v: (len(around.beside[v]), -around.load[v]))[:SOURCES]:
                if sums := reachable_sums(around, v, band, self.effort):
                    yield r, sums
                    break
