"""Propose a plan: atoms from the ground, balanced grids from the atoms, a draft in the database.

The proposal is one transaction: a plan that does not tile its areas exactly, or that loses a household, is never saved.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import orjson
import shapely

from gis.codes import next_grid_codes, reading_order
from gis.crs import to_lonlat, to_metric
from gis.errors import GridwardError, InvalidInputError
from grid_partition import (
    Atoms,
    Partition,
    PartitionOptions,
    TilingReport,
    build_atoms,
    partition_units,
)
from grid_partition.barriers import barrier_factor
from grid_partition.nesting import check_nesting
from store.database import partition as sql
from store.database.bulk import Columns, copy_rows, ewkb_hex
from store.database.models import Plan, Territory
from store.database.plans import plan_box
from store.database.work import UnitOfWork

Progress = Callable[[float, str], None]
ENGINE = 2  # raise when the engine's answer to equal inputs changes, so that no old plan is taken for a new one

# what may be proposed, with the usual target: households a grid, or metres a side for cells
TARGETS = {"household": 300, "natural_village": 300, "micro": 65, "ten_household": 10, "cell": 100}


class BrokenTilingError(GridwardError):
    """The computed grids would leave a gap, an overlap or a stray piece; nothing was saved."""

    code = "broken-tiling"


@dataclass(frozen=True, slots=True)
class PlanSpec:
    """What a plan is asked to be.

    Attributes
    ----------
    kind : str
        Grid kind.
    target : int or None
        Households a grid (metres a side for cells); exactly one of `target` and `grids`.
    grids : int or None
        Number of grids; of household grids only.
    tolerance : float
        Allowed deviation from the mean of the parent area, as a fraction.
    within : str or None
        Code of the area to divide; None is the whole territory.
    seed : int
        Equal seeds and inputs give equal plans.
    """

    kind: str = "household"
    target: int | None = 300
    grids: int | None = None
    tolerance: float = 0.10
    within: str | None = None
    seed: int = 0

    def check(self) -> None:
        """Raise InvalidInputError when the numbers can't be meant."""
        if (self.target is None) == (self.grids is None):
            raise InvalidInputError("Give either a target (households a grid) or a number of grids.", field="target")
        wanted = self.target if self.target is not None else self.grids
        if wanted is None or wanted < 1:
            raise InvalidInputError("A target or a number of grids must be at least 1.", field="target")
        if not 0.0 < self.tolerance <= 1.0:
            raise InvalidInputError(
                "The tolerance is a fraction above 0 and at most 1, such as 0.1 for ±10 %.", field="tolerance"
            )
        if self.kind not in TARGETS:
            known = ", ".join(TARGETS)
            raise InvalidInputError(f"Grids of the kind {self.kind} can't be proposed; known: {known}.", field="kind")
        if self.kind != "household" and self.target is None:
            raise InvalidInputError(f"The number of {self.kind} grids follows from their target.", field="grids")


@dataclass(slots=True)
class ProposedPlan:
    """A saved draft and what there is to say of it."""

    plan_id: UUID
    reused: bool
    quality: dict[str, Any]
    infeasible: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class Ground:
    """Inputs of one partition, in the territory's metric CRS."""

    territory: Territory
    areas: Columns
    parents: npt.NDArray[np.object_]
    dwellings: Columns
    points: npt.NDArray[np.float64]
    lines: npt.NDArray[np.object_]
    factors: npt.NDArray[np.float64]


def propose_plan(
    work: UnitOfWork,
    spec: PlanSpec,
    *,
    territory: str | UUID | None = None,
    name: str | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> ProposedPlan:
    """Divide a territory (or one of its areas) into grids of a kind and save them as a draft.

    Equal inputs return the plan that is already there.

    Raises
    ------
    InvalidInputError
        The spec can't be meant, or the territory has no dwellings to balance.
    BrokenTilingError
        The result failed its own proof; nothing is saved.
    CancelledError
        `progress` raised it; nothing is saved.
    """
    work.actor.require("planner")
    spec.check()
    if spec.kind != "household":
        from services.partition_kinds import propose_kind  # noqa: PLC0415 - the other kinds build on this module

        return propose_kind(work, spec, territory=territory, name=name, executor=executor, progress=progress)
    tell = progress or (lambda _done, _note: None)
    tell(0.02, "reading the ground")
    ground = read_ground(work, spec, territory)
    digest = digest_of(spec, ground)
    known = sql.find_plan_by_digest(work.session, ground.territory.id, spec.kind, digest)
    if known is not None:
        return ProposedPlan(known.id, True, known.quality, known.quality.get("infeasible", []))
    tell(0.1, "building atoms")
    atoms = _build(ground, spec)
    tell(0.3, "dividing into grids")
    partition = partition_units(
        atoms.geometry,
        atoms.demand,
        grids=spec.grids,
        target=spec.target,
        within=atoms.parent,
        seed=spec.seed,
        options=PartitionOptions(tolerance=spec.tolerance, barriers=ground.lines, barrier_cost=ground.factors),
        executor=executor,
        progress=lambda done, note: tell(0.3 + 0.5 * done, note),
    )
    tell(0.85, "proving the tiling")
    drawn = draw(ground, atoms, partition)
    tell(0.92, "saving the draft")
    title = name or _title(ground.territory.name, spec)
    plan = plan_row(work, spec, ground.territory, title, drawn.quality, digest)
    save_draft(work, plan, ground, atoms, drawn)
    tell(1.0, "draft saved")
    return ProposedPlan(plan.id, False, plan.quality, drawn.infeasible)


def read_ground(work: UnitOfWork, spec: PlanSpec, territory: str | UUID | None) -> Ground:
    """Read areas, dwellings inside them and lines that borders may follow."""
    place = sql.find_territory(work.session, territory)
    areas = sql.read_leaf_areas(work.session, place.id, spec.within)
    dwellings = sql.read_dwellings(work.session, place.id)
    borders = sql.read_border_lines(work.session, place.id)
    srid = place.metric_srid
    parents = np.asarray(to_metric(areas["geom"], srid), dtype=object)
    points = np.asarray(to_metric(dwellings["point"], srid), dtype=object)
    # a point on an outer border belongs to the area; intersects, unlike within, keeps it
    inside = np.unique(shapely.STRtree(parents).query(points, predicate="intersects")[0])
    kept = {key: values[inside] for key, values in dwellings.items()}
    if not len(inside) or not int(np.sum(kept["households"])):
        raise InvalidInputError(
            f"{place.name} has no household in the chosen area; load some with `gridward load dwellings`.",
            territory=place.name,
        )
    factors = barrier_factor(borders["source"], borders["kind"])
    used = np.isfinite(factors)
    lines = np.asarray(to_metric(borders["geom"][used], srid), dtype=object) if used.any() else np.array([], object)
    return Ground(place, areas, parents, kept, shapely.get_coordinates(points[inside]), lines, factors[used])


def digest_of(spec: PlanSpec, ground: Ground) -> str:
    """Return a digest that equal inputs share."""
    parts = hashlib.sha256(orjson.dumps([ENGINE, asdict(spec)]))
    for geometries in (ground.parents, ground.lines):
        for data in shapely.to_wkb(geometries):
            parts.update(data)
    parts.update(np.ascontiguousarray(ground.points).tobytes())
    parts.update(np.asarray(ground.dwellings["households"], dtype=np.int64).tobytes())
    parts.update(ground.factors.tobytes())
    return parts.hexdigest()


def _build(ground: Ground, spec: PlanSpec) -> Atoms:
    households = np.asarray(ground.dwellings["households"], dtype=np.int64)
    target = spec.target if spec.target is not None else households.sum() / max(spec.grids or 1, 1)
    return build_atoms(
        shapely.union_all(ground.parents, grid_size=0.01),
        ground.points,
        demand=households,
        barriers=ground.lines,
        barrier_cost=ground.factors,
        parents=ground.parents,
        max_demand=max(1.0, 0.25 * float(target)),
    )


@dataclass(slots=True)
class Drawn:
    """The grids as they will be stored: shapes in lon/lat, figures in metres."""

    label: npt.NDArray[np.int64]
    shapes: npt.NDArray[np.object_]
    parent: npt.NDArray[np.int64]
    households: npt.NDArray[np.int64]
    dwellings: npt.NDArray[np.int64]
    deviation: npt.NDArray[np.float64]
    exclave: npt.NDArray[np.bool_]
    quality: dict[str, Any]
    infeasible: list[dict[str, Any]]


def draw(ground: Ground, atoms: Atoms, partition: Partition) -> Drawn:
    """Shape and count the grids, and prove them; raise BrokenTilingError when the proof fails."""
    label = np.asarray(partition.labels, dtype=np.int64)
    shapes = np.asarray(partition.dissolve(), dtype=object)
    parent = np.asarray(partition.parent_of_grid, dtype=np.int64)
    households = np.bincount(label, weights=atoms.demand, minlength=len(shapes)).round().astype(np.int64)
    dwellings = np.bincount(label[atoms.atom_of_point], minlength=len(shapes))
    outline = shapely.coverage_union_all(atoms.geometry)
    report = check_nesting(atoms.geometry, atoms.parent, shapes, parent)
    expected = int(np.sum(ground.dwellings["households"]))
    if not report.valid or int(households.sum()) != expected:
        raise BrokenTilingError(
            "The grids don't tile their areas exactly, so nothing was saved.",
            households=expected,
            households_in_grids=int(households.sum()),
            faults=describe_faults(report, ground.territory.metric_srid),
        )
    mean = np.array([households[parent == p].mean() for p in parent])
    deviation = np.divide(households - mean, mean, out=np.zeros(len(shapes)), where=mean > 0)
    infeasible = [
        {"area": str(ground.areas["name"][p]), "grids": int(k), "households_a_grid": float(each)}
        for p, k, each in partition.infeasible
    ]
    quality = {
        **_plain(asdict(partition.quality)),
        "grids": len(shapes),
        "households": expected,
        "tiling_valid": True,
        "exclaves": int(np.sum(shapely.get_num_geometries(shapes) > 1)),
        # the outline noded like the atoms: new nodes on a slanting border are rounded to the 1 cm grid too
        "territory_area_m2": float(outline.area),
        "area_error_m2": float(abs(shapely.area(shapes).sum() - outline.area)),
        "outline_rounding_m2": float(abs(outline.area - shapely.area(shapely.union_all(ground.parents)))),
        "infeasible": infeasible,
    }
    exclave = shapely.get_num_geometries(shapes) > 1
    return Drawn(label, shapes, parent, households, dwellings, deviation, exclave, quality, infeasible)


def describe_faults(report: TilingReport, metric_srid: int, limit: int = 20) -> list[dict[str, Any]]:
    """Return the first faults of a tiling with a point in lon/lat that a map can show."""
    faults = report.faults[:limit]
    if not faults:
        return []
    places = to_lonlat(np.array([shapely.point_on_surface(fault.place) for fault in faults]), metric_srid)
    return [
        {"kind": fault.kind, "amount": fault.amount, "place": [point.x, point.y]}
        for fault, point in zip(faults, places, strict=True)
    ]


def _title(territory: str, spec: PlanSpec) -> str:
    if spec.target is not None:
        return f"{territory}, about {spec.target} households a grid"
    return f"{territory}, {spec.grids} grids"


def plan_row(
    work: UnitOfWork, spec: PlanSpec, territory: Territory, title: str, quality: dict[str, Any], digest: str
) -> Plan:
    """Insert the row of a draft."""
    plan = Plan(
        id=uuid4(),
        territory_id=territory.id,
        kind=spec.kind,
        name=title,
        spec=asdict(spec),
        spec_digest=digest,
        quality=quality,
        author_id=work.actor.account_id,
    )
    sql.save_plan(work.session, plan)
    return plan


def save_draft(
    work: UnitOfWork,
    plan: Plan,
    ground: Ground,
    atoms: Atoms,
    drawn: Drawn,
    *,
    codes: list[str] | None = None,
    names: list[str] | None = None,
    parent_grids: list[UUID] | None = None,
) -> None:
    """Write the plan's grids and atoms; without `codes` the grids are numbered in their areas."""
    session, territory = work.session, ground.territory
    count = len(drawn.shapes)
    grid_ids = [uuid4() for _ in range(count)]
    codes = codes or _number(work, ground, drawn)
    copy_rows(
        session, "grid", sql.GRID_COLUMNS, ((grid_ids[i], territory.id, plan.kind, codes[i]) for i in range(count))
    )
    metric = drawn.shapes
    shapes = to_lonlat(metric, territory.metric_srid)
    labels = to_lonlat(shapely.point_on_surface(metric), territory.metric_srid)
    area = shapely.area(metric)
    compactness = 4 * np.pi * area / shapely.length(metric) ** 2
    shape_hex = ewkb_hex(np.array([shapely.MultiPolygon(list(shapely.get_parts(shape))) for shape in shapes]))
    label_hex = ewkb_hex(labels)
    versions = (
        (
            grid_ids[i], plan.id, ground.areas["id"][drawn.parent[i]], shape_hex[i], label_hex[i],
            bool(drawn.exclave[i]),
            int(drawn.households[i]), int(drawn.dwellings[i]), float(drawn.deviation[i]), float(area[i]),
            float(compactness[i]), names[i] if names else "", parent_grids[i] if parent_grids else None,
        )
        for i in range(count)
    )  # fmt: skip
    copy_rows(session, "grid_version", sql.VERSION_COLUMNS, versions)
    atom_hex = ewkb_hex(to_lonlat(atoms.geometry, territory.metric_srid))
    rows = (
        (plan.id, i, grid_ids[drawn.label[i]], ground.areas["id"][atoms.parent[i]], int(atoms.demand[i]), atom_hex[i])
        for i in range(len(atom_hex))
    )
    copy_rows(session, "atom", sql.ATOM_COLUMNS, rows)
    box = plan_box(session, plan.id)
    for layer in ("grids", "grid_labels", "atoms"):
        work.touch(layer, territory.id, box)


def _number(work: UnitOfWork, ground: Ground, drawn: Drawn) -> list[str]:
    """Give codes to the grids of each area, north-west to south-east, after every code ever given there."""
    area_codes = [str(code) for code in ground.areas["code"]]
    used = sql.grid_codes_starting(work.session, sorted({area_codes[p] for p in drawn.parent}))
    codes = [""] * len(drawn.shapes)
    centres = shapely.get_coordinates(shapely.centroid(drawn.shapes))
    for parent in np.unique(drawn.parent):
        members = np.flatnonzero(drawn.parent == parent)
        ordered = members[reading_order(centres[members])]
        fresh = next_grid_codes(area_codes[parent], len(members), used)
        for place, code in zip(ordered, fresh, strict=True):
            codes[place] = code
    return codes


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value.item() if isinstance(value, np.generic) else value for key, value in values.items()}
