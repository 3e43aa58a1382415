"""Divide atoms area class by area class: towns into grids of about equal households, the country by villages."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gis.measure import group_sums
from grid_partition import Atoms, Partition, PartitionOptions, partition_units
from grid_partition.labelled import partition_of
from grid_partition.scaleout import join_partitions
from grid_partition.villages import village_grids
from services.partition.area_rules import AreaRule, class_of_areas
from services.partition.ground import Ground
from services.partition.spec import PlanSpec

Ints = npt.NDArray[np.int64]
Tell = Callable[[float, str], None]

# share of the target by which a village may be off where no band is named, below and above
VILLAGE_BAND = (0.4, 1.5)


@dataclass(frozen=True, slots=True)
class Divided:
    """Atoms with their grids.

    Attributes
    ----------
    atoms : Atoms
        As given, but villages that were joined count as one parent.
    partition : Partition
    names : list of str
        Of each grid; the villages in it where it is made of villages.
    classes : dict
        Number of areas by how they were divided.
    """

    atoms: Atoms
    partition: Partition
    names: list[str]
    classes: dict[str, int]


def divide(
    ground: Ground, spec: PlanSpec, atoms: Atoms, options: PartitionOptions, *, executor: Executor | None, tell: Tell
) -> Divided:
    """Divide the atoms as the spec and its rules say.

    Parameters
    ----------
    ground : Ground
    spec : PlanSpec
    atoms : Atoms
    options : PartitionOptions
        With one value for each atom where it holds arrays.
    executor : Executor or None
    tell : callable
        Told the share done and a note.
    """
    if not spec.rules:
        whole = partition_units(
            atoms.geometry,
            atoms.demand,
            grids=spec.grids,
            target=spec.target,
            within=atoms.parent,
            seed=spec.seed,
            options=options,
            executor=executor,
            progress=tell,
        )
        return Divided(atoms, whole, [""] * len(whole.demand), {"household": len(ground.parents)})
    usual = AreaRule()
    of_area = _classes(ground, spec, atoms)
    found: list[tuple[Ints, Partition, dict[int, str]]] = []
    parent = atoms.parent.copy()
    done = 0
    for r in np.unique(of_area[atoms.parent]).tolist():
        rule = spec.rules[r] if r >= 0 else usual
        rows = np.flatnonzero(of_area[atoms.parent] == r)
        part = _Part(rows, rule, _options_of(options, spec, rule, rows))
        share = (done / len(atoms), len(rows) / len(atoms))
        if rule.divide == "natural_village":
            partition, names = _villages(ground, spec, atoms, part, executor)
            parent[rows] = partition.parent_of_grid[partition.labels]
        else:
            partition, names = _households(spec, atoms, part, executor, _scaled(tell, share)), {}
        done += len(rows)
        tell(done / len(atoms), f"{len(partition.demand)} grids of {rule.divide.replace('_', ' ')}")
        found.append((rows, partition, names))
    joined, order = join_partitions(atoms.geometry, [rows for rows, _, _ in found], [each for _, each, _ in found])
    named = [names.get(label, "") for _, each, names in found for label in range(len(each.demand))]
    counts = dict.fromkeys(("household", "natural_village"), 0)
    for r in of_area.tolist():
        counts[(spec.rules[r] if r >= 0 else usual).divide] += 1
    return Divided(replace(atoms, parent=parent), joined, [named[place] for place in order.tolist()], counts)


@dataclass(frozen=True, slots=True)
class _Part:
    """Atoms of one class, with its rule and options."""

    rows: Ints
    rule: AreaRule
    options: PartitionOptions


def _scaled(tell: Tell, share: tuple[float, float]) -> Tell:
    return lambda done, note: tell(share[0] + share[1] * done, note)


def _classes(ground: Ground, spec: PlanSpec, atoms: Atoms) -> Ints:
    return class_of_areas(
        spec.rules,
        kinds=ground.areas["kind"],
        names=ground.areas["name"],
        households=group_sums(atoms.parent, atoms.demand, len(ground.parents)),
        shapes=ground.parents,
    )


def _options_of(options: PartitionOptions, spec: PlanSpec, rule: AreaRule, rows: Ints) -> PartitionOptions:
    """Return the options of one class: its own limits, and the values of its atoms."""

    def mine(values: npt.ArrayLike | None) -> npt.ArrayLike | None:
        return None if values is None else np.asarray(values)[rows]

    return replace(
        options,
        # a rule with a target of its own has left the plan's band behind
        band=rule.band if rule.band is not None or rule.target is not None else options.band,
        tolerance=rule.tolerance if rule.tolerance is not None else spec.tolerance,
        fixed=mine(options.fixed),
        start=mine(options.start),
        soft_demand=mine(options.soft_demand),
        places=mine(options.places),
    )


def _households(spec: PlanSpec, atoms: Atoms, part: _Part, executor: Executor | None, tell: Tell) -> Partition:
    return partition_units(
        atoms.geometry[part.rows],
        atoms.demand[part.rows],
        target=part.rule.target if part.rule.target is not None else spec.target,
        within=atoms.parent[part.rows],
        seed=spec.seed,
        options=part.options,
        executor=executor,
        progress=tell,
    )


def _villages(
    ground: Ground, spec: PlanSpec, atoms: Atoms, part: _Part, executor: Executor | None
) -> tuple[Partition, dict[int, str]]:
    """Keep the areas of a class whole: small neighbours of one area above join, large ones are cut."""
    rows, village = part.rows, atoms.parent[part.rows]
    target = float(part.rule.target if part.rule.target is not None else spec.target or 0)
    band = part.options.band or (VILLAGE_BAND[0] * target, VILLAGE_BAND[1] * target)
    above = np.unique([str(parent) for parent in ground.areas["parent_id"]], return_inverse=True)[1].ravel()
    found = village_grids(
        atoms.geometry[rows],
        atoms.demand[rows],
        village,
        within=above[village],
        band=band,
        target=target,
        seed=spec.seed,
        executor=executor,
    )
    # a grid of several villages is kept under the one with the most households
    load = np.bincount(village, weights=atoms.demand[rows], minlength=len(ground.parents))
    lead = np.arange(len(ground.parents))
    for villages in found.villages:
        lead[villages] = max(villages, key=lambda each: (load[each], -each))
    made = partition_of(atoms.geometry[rows], atoms.demand[rows], found.labels, lead[village], band=band)
    unfit = [(int(made.parent_of_grid[grid]), 1, float(each)) for grid, each, _why in found.unfit]
    names = {grid: " + ".join(str(ground.areas["name"][v]) for v in held) for grid, held in enumerate(found.villages)}
    return replace(made, infeasible=unfit), names
