"""Propose a water plan: reaches of about equal length, the warden's grid of each, and what land they pass."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import shapely

from gis.codes import reading_order
from gis.crs import to_lonlat
from gis.grid_patterns import Numbered, next_codes, pattern_for
from gis.measure import compactness, group_sums
from gis.overlay import GRID
from grid_partition import Atoms
from grid_partition.nesting import check_nesting
from grid_partition.water import TOLERANCE, Reaches, loose_pieces, partition_network, reach_shares
from grid_partition.water_strips import Strips, water_strips
from services.partition.drawing import BrokenTilingError, Drawn, describe_faults
from services.partition.ground import Ground
from services.partition.saving import plan_row, save_draft
from services.partition.spec import PlanSpec, Progress, ProposedPlan
from services.partition.water_check import MEETING_M, without_flagged
from services.partition.water_ground import WaterGround, name_of, read_water_ground, water_digest
from store.database import partition as sql
from store.database import water as water_sql
from store.database.bulk import copy_rows, ewkb_hex
from store.database.plans import plan_box
from store.database.work import UnitOfWork

Ints = npt.NDArray[np.int64]

BANK_M = 15.0
#: Share of all metres that rounding to the 1 cm grid may change.
ROUNDING = 1e-6


@dataclass(slots=True)
class _Made:
    """Reaches with their strips, before they are saved."""

    reaches: Reaches
    strips: Strips
    area: Ints
    drawn: Drawn
    atoms: Atoms


def propose_water(
    work: UnitOfWork,
    spec: PlanSpec,
    *,
    territory: str | UUID | None = None,
    name: str | None = None,
    executor: Executor | None = None,  # noqa: ARG001 - networks are small; one door for all kinds
    progress: Progress | None = None,
) -> ProposedPlan:
    """Propose a plan of water reaches and their wardens' grids; see `services.partition.propose_plan`."""
    tell = progress or (lambda _done, _note: None)
    tell(0.02, "reading the waters")
    spec = replace(spec, tolerance=TOLERANCE, bank=spec.bank or BANK_M)
    ground = read_water_ground(work, spec, territory)
    digest = water_digest(spec, ground)
    known = sql.find_plan_by_digest(work.session, ground.territory.id, spec.kind, digest)
    if known is not None:
        return ProposedPlan(known.id, True, known.quality)
    tell(0.15, "dividing into reaches")
    reaches = partition_network(
        ground.lines,
        target_length=float(spec.target or 0),
        parents=ground.parents,
        cut_points=ground.cuts,
        names=ground.channel,
        must_cut=ground.must_cut,
        join_stubs="border" not in spec.cut_at,
    )
    tell(0.4, "drawing the wardens' grids")
    strips = water_strips(reaches, bank=float(spec.bank or BANK_M), surfaces=ground.surfaces, within=ground.whole)
    tell(0.8, "proving that nothing is lost")
    made = _described(ground, spec, reaches, strips)
    made.drawn.quality |= _prove(ground, made)
    tell(0.9, "saving the draft")
    title = name or f"{ground.territory.name}, reaches of about {spec.target} m"
    plan = plan_row(work, spec, ground.territory, title, made.drawn.quality, digest)
    plan.based_on_id = ground.land_plan
    codes = _codes(work, ground, spec, made)
    titles = _titles(name_of(reaches.name), codes)
    save_draft(work, plan, _as_ground(ground), made.atoms, made.drawn, codes=codes, names=titles)
    _save_reaches(work, plan.id, ground, made, codes)
    tell(1.0, "draft saved")
    return ProposedPlan(plan.id, False, plan.quality)


def _as_ground(ground: WaterGround) -> Ground:
    nothing = np.empty(0, dtype=object)
    return Ground(ground.territory, ground.areas, ground.parents, ground.dwellings, ground.doors, nothing, np.empty(0))


def _area_of(ground: WaterGround, reaches: Reaches) -> Ints:
    """Return the leaf area that holds most of each reach; a reach on the very border goes to the nearest."""
    area = reaches.parent.copy()
    lost = np.flatnonzero(area < 0)
    if len(lost):
        area[lost] = shapely.STRtree(ground.parents).nearest(shapely.centroid(reaches.geometry[lost]))
    return area


def _described(ground: WaterGround, spec: PlanSpec, reaches: Reaches, strips: Strips) -> _Made:
    """Count doors, name the figures of quality, and bring strips into the form that all plans are saved in."""
    k, target = len(reaches.length), float(spec.target or 1)
    area = _area_of(ground, reaches)
    door, atom = shapely.STRtree(strips.atom).query(shapely.points(ground.doors), predicate="intersects")
    door, first = np.unique(door, return_index=True)
    atom = atom[first]
    households = np.asarray(ground.dwellings["households"], dtype=np.int64)[door]
    demand = group_sums(atom, households, len(strips.atom))
    atoms = Atoms(
        geometry=strips.atom,
        demand=demand,
        parent=area[strips.atom_reach],
        atom_of_point=atom,
        points=np.bincount(atom, minlength=len(strips.atom)),
    )
    exclave = shapely.get_num_geometries(strips.geometry) > 1
    drawn = Drawn(
        label=strips.atom_reach,
        of_dwelling=strips.atom_reach[atom],
        shapes=strips.geometry,
        parent=area,
        households=group_sums(strips.atom_reach, demand, k).round().astype(np.int64),
        dwellings=np.bincount(strips.atom_reach[atom], minlength=k),
        deviation=reaches.length / target - 1.0,
        exclave=exclave,
        quality=_quality(ground, reaches, strips, exclave, target),
        infeasible=[],
    )
    return _Made(reaches, strips, area, drawn, atoms)


def _quality(
    ground: WaterGround, reaches: Reaches, strips: Strips, exclave: npt.NDArray[np.bool_], target: float
) -> dict[str, Any]:
    off = np.abs(reaches.length / target - 1.0)
    rivers = name_of(reaches.name)
    inside = shapely.area(shapely.intersection(ground.surfaces, strips.corridor)).sum() if len(ground.surfaces) else 0.0
    return {
        "grids": len(reaches.length),
        "households": int(np.sum(ground.dwellings["households"][_near(ground, strips)])),
        "reaches": len(reaches.length),
        "length_m": float(reaches.length.sum()),
        "rivers": len(set(rivers.tolist()) - {""}),
        "share_within": float(reaches.fits.mean()),
        "share_within_feasible": float(reaches.fits[reaches.feasible].mean()) if reaches.feasible.any() else None,
        "feasible": int(reaches.feasible.sum()),
        "stubs": int(reaches.stub.sum()),
        "max_deviation": float(off.max()),
        "mean_deviation": float(off.mean()),
        "compactness": float(compactness(strips.geometry).mean()),
        "unavoidable": int((reaches.feasible & reaches.settled & ~reaches.fits).sum()),
        "exclaves": int(exclave.sum()),
        "area_error_m2": float(abs(shapely.area(strips.geometry).sum() - shapely.area(strips.corridor))),
        "corridor_m2": float(shapely.area(strips.corridor)),
        "water_surface_m2": float(inside),
        "cut_points": len(ground.cuts),
        "must_cut": int(ground.must_cut.sum()),
        "land_plan": str(ground.land_plan) if ground.land_plan else None,
    }


def _near(ground: WaterGround, strips: Strips) -> Ints:
    """Return the rows of the dwellings that stand in the managed strip."""
    found = shapely.STRtree(strips.atom).query(shapely.points(ground.doors), predicate="intersects")[0]
    return np.unique(found).astype(np.int64)


def _prove(ground: WaterGround, made: _Made) -> dict[str, bool]:
    """Measure whether the strips tile the corridor and each reach is whole.

    Raises
    ------
    BrokenTilingError
        They don't, or a metre is lost or in another's grid.
    """
    reaches, strips, drawn = made.reaches, made.strips, made.drawn
    report = check_nesting(made.atoms.geometry, made.atoms.parent, drawn.shapes, drawn.parent)
    report = without_flagged(report, drawn.exclave)
    expected = float(shapely.length(shapely.union_all(ground.lines, grid_size=GRID)))
    lost = expected - float(reaches.length.sum())
    outside = np.flatnonzero(strips.outside > MEETING_M)
    loose = loose_pieces(reaches)
    found = {"tiling_valid": report.valid, "contiguous": not loose.any()}
    if all(found.values()) and abs(lost) <= ROUNDING * expected + GRID and not len(outside):
        return found
    places = to_lonlat(shapely.point_on_surface(reaches.geometry[outside[:20]]), ground.territory.metric_srid)
    raise BrokenTilingError(
        "The wardens' grids don't hold the waters exactly, so nothing was saved.",
        metres_lost=lost,
        reaches_in_pieces=int((loose > 0).sum()),
        faults=describe_faults(report, ground.territory.metric_srid)
        + [
            {"kind": "reach outside its grid", "amount": float(strips.outside[row]), "place": [point.x, point.y]}
            for row, point in zip(outside[:20].tolist(), places, strict=True)
        ],
    )


def _save_reaches(work: UnitOfWork, plan_id: UUID, ground: WaterGround, made: _Made, codes: list[str]) -> None:
    """Write the reaches, each in the grid that carries its code, and their shares."""
    reaches, rivers = made.reaches, name_of(made.reaches.name)
    grids = water_sql.grid_ids(work.session, plan_id)
    ids = [uuid4() for _ in codes]
    lines = to_lonlat(reaches.geometry, ground.territory.metric_srid)
    shape = ewkb_hex(np.array([shapely.MultiLineString(list(shapely.get_parts(line))) for line in lines]))
    rows = (
        (
            ids[i], ground.territory.id, plan_id, grids[codes[i]], ground.areas["id"][made.area[i]], codes[i],
            rivers[i], float(reaches.length[i]), float(made.drawn.deviation[i]), bool(reaches.stub[i]),
            bool(reaches.fits[i]), _reason(reaches, i), shape[i],
        )
        for i in range(len(codes))
    )  # fmt: skip
    copy_rows(work.session, "river_reach", water_sql.REACH_COLUMNS, rows)
    if len(ground.land_shapes):
        land = _shares(reaches, ids, ground.land_shapes, ground.land["id"])
        copy_rows(work.session, "reach_grid", water_sql.REACH_GRID_COLUMNS, land)
    for areas, shapes in ground.levels:
        copy_rows(work.session, "reach_area", water_sql.REACH_AREA_COLUMNS, _shares(reaches, ids, shapes, areas))
    by_river, named = _by_river(ground, reaches)
    for areas, shapes in ground.levels:
        rows_of_level = ((plan_id, *row) for row in _shares(by_river, named, shapes, areas))
        copy_rows(work.session, "river_area", water_sql.RIVER_AREA_COLUMNS, rows_of_level)
    work.touch("river_reaches", ground.territory.id, plan_box(work.session, plan_id))


def _shares(
    reaches: Reaches, owner: list[Any], shapes: npt.NDArray[np.object_], ids: npt.NDArray[Any]
) -> Iterator[tuple[Any, Any, float, float]]:
    found = reach_shares(reaches, shapes)
    for row in range(len(found.reach)):
        place = ids[found.grid[row]]
        yield owner[found.reach[row]], place, float(found.length[row]), float(found.share[row])


def _by_river(ground: WaterGround, reaches: Reaches) -> tuple[Reaches, list[str]]:
    """Group the pieces of water by the name of their channel: a reach may run from one river into another."""
    name = name_of(ground.channel)[reaches.piece_line]
    named = np.flatnonzero(name != "")
    rivers, label = np.unique(name[named].astype(str), return_inverse=True)
    piece = reaches.piece[named]
    length = group_sums(label.ravel().astype(np.int64), shapely.length(piece), len(rivers))
    return replace(reaches, length=length, piece=piece, piece_label=label.ravel().astype(np.int64)), rivers.tolist()


def _reason(reaches: Reaches, row: int) -> str:
    """Say why a reach is off the length asked for."""
    if reaches.fits[row]:
        return ""
    if reaches.stub[row]:
        return "short-water"
    return "unbalanced" if reaches.feasible[row] else "uneven-water"


def _codes(work: UnitOfWork, ground: WaterGround, spec: PlanSpec, made: _Made) -> list[str]:
    """Give codes to the reaches of each area in reading order; an area with many takes a longer serial."""
    pattern = pattern_for(spec.kind, spec.code_pattern)
    prefixes = [str(code) for code in ground.areas["code"]]
    used = sql.grid_codes_starting(work.session, sorted({prefixes[p] for p in made.area.tolist()}))
    codes = [""] * len(made.area)
    centres = shapely.get_coordinates(shapely.centroid(made.reaches.geometry))
    for parent in np.unique(made.area).tolist():
        members = np.flatnonzero(made.area == parent)
        ordered = members[reading_order(centres[members])]
        of_area = [code for code in used if code.startswith(prefixes[parent])]
        serial = max(pattern.digits, len(str(len(of_area) + len(members))))
        wishes = [Numbered(prefixes[parent])] * len(members)
        fresh = next_codes(replace(pattern, digits=serial), wishes, of_area)
        for place, code in zip(ordered.tolist(), fresh, strict=True):
            codes[place] = code
    return codes


def _titles(rivers: npt.NDArray[np.object_], codes: list[str]) -> list[str]:
    """Name grids after their river, numbered in the order of their codes where it has several."""
    count: dict[str, int] = {}
    titles = [""] * len(codes)
    several = {river for river in rivers if river and (rivers == river).sum() > 1}
    for row in np.argsort(codes, kind="stable").tolist():
        river = rivers[row]
        count[river] = count.get(river, 0) + 1
        titles[row] = f"{river} {count[river]}" if river in several else river
    return titles


def quality_lines(quality: dict[str, Any]) -> list[str]:
    """Return the lines of a water plan's quality table."""
    return [
        f"  reaches               {quality['reaches']}",
        f"  water                 {quality['length_m'] / 1000:,.1f} km, {quality['rivers']} named rivers",
        f"  within ±20 %          {quality['share_within']:.1%} of all",
        *_long_lines(quality),
        f"  short waters          {quality['stubs']}",
        f"  largest deviation     {quality['max_deviation']:.1%}",
        f"  mean deviation        {quality['mean_deviation']:.1%}",
        f"  managed strip         {quality['corridor_m2'] / 1e6:,.2f} km²",
        f"  .. water surface      {quality['water_surface_m2'] / 1e6:,.2f} km²",
        f"  parted by a crossing  {quality['exclaves']}",
        f"  tiling error          {quality['area_error_m2']:.4f} m²",
    ]


def _long_lines(quality: dict[str, Any]) -> list[str]:
    """Say how many reaches fit on waters long enough for it, and how many others no cut could have helped."""
    if not quality["feasible"]:
        return ["  .. on long waters     no water is long enough"]
    lines = [f"  .. on long waters     {quality['share_within_feasible']:.1%} of {quality['feasible']}"]
    if quality.get("unavoidable"):
        lines.append(f"  .. no cut could help  {quality['unavoidable']}")
    return lines
