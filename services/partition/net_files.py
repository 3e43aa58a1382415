"""Police and safety nets from a file: polygons that another department drew, checked row by row, saved whole or not."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import orjson
import shapely

from gis.codes import clean_code, reading_order
from gis.crs import to_lonlat, to_metric
from gis.errors import InvalidInputError
from gis.grid_patterns import Numbered, next_codes, pattern_for
from gis.index import first_holding
from gis.measure import group_sums
from grid_partition.overlays import overlapping_pairs
from services.ingest.fields import Field, short_text
from services.ingest.outlines import read_outlines, snap_outlines
from services.ingest.report import LoadReport
from services.ingest.rows import LoadOptions, RowLoad, parse_cells, require_rows, start_load
from services.partition.net_saving import NetGrids, save_net_grids, spread
from services.partition.net_shares import map_where_possible
from services.partition.spec import PlanSpec
from store.database import nets as sql
from store.database import partition as partition_sql
from store.database.models import Plan, Territory
from store.database.work import UnitOfWork
from store.files.tables import Table, read_table

Shapes = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]

#: Square metres that two polygons of a net may share: drawing inaccuracy, not a doubt about who answers.
OVERLAP_M2 = 1.0
#: Share of a polygon that must lie inside the territory.
INSIDE = 0.5
#: Shares of a polygon's ground below which an area does not count as covered.
_COVERED = 0.01
_CODE = re.compile(r"[\w.\-/]{1,40}")


def _net_code(cell: str) -> str:
    code = clean_code(cell, what="Grid code")
    if _CODE.fullmatch(code) is None:
        raise InvalidInputError(
            f"'{cell}' is no grid code.",
            reason="is no grid code",
            remedy="give at most 40 letters, digits, points, hyphens or slashes",
        )
    return code


CODE = Field("code", _net_code, ("grid_code", "net_code", "编码", "代码", "网格编码", "codebase"), unique=True)
NAME = Field("name", short_text, ("grid_name", "net_name", "名称", "网格名称", "派出所", "警务区"))


@dataclass(frozen=True, slots=True)
class LoadedNet:
    """A net that was read from a file.

    Attributes
    ----------
    plan_id : UUID or None
        None after a dry run.
    reused : bool
        The very same file had made this plan before.
    report : LoadReport
    quality : dict
    """

    plan_id: UUID | None
    reused: bool
    report: LoadReport
    quality: dict[str, Any]


def load_net(
    work: UnitOfWork,
    path: Path | str,
    spec: PlanSpec,
    *,
    name: str | None = None,
    **options: Unpack[LoadOptions],
) -> LoadedNet:
    """Take the polygons of a file as a net and map it onto the household grids in use.

    Parameters
    ----------
    work : UnitOfWork
    path : Path or str
        GeoJSON, GeoPackage or Shapefile.
    spec : PlanSpec
        Kind ``police`` or ``safety``; its code pattern numbers polygons that bring no code.
    name : str or None
        Name of the plan.
    **options
        See `LoadOptions`.

    Returns
    -------
    LoadedNet

    Raises
    ------
    RejectedRowsError, InvalidInputError, UnknownCrsError
        Nothing is saved.
    """
    work.actor.require("planner")
    if spec.kind not in ("police", "safety"):
        raise InvalidInputError(f"A net is of the kind police or safety, not {spec.kind}.", field="kind")
    table = read_table(path, sheet=options.get("sheet"))
    if table.geometry is None:
        raise InvalidInputError(
            f"{table.file} has no outlines. A net needs polygons: GeoJSON, GeoPackage or Shapefile.", file=table.file
        )
    territory = partition_sql.find_territory(work.session, options.get("territory"))
    load = start_load(work, f"{spec.kind} net", table, options, territory)
    parse_cells(load, (CODE, NAME))
    metric = _checked_shapes(load)
    known = _refuse_taken(load, spec.kind)
    require_rows(load)
    digest = _digest(spec, table, load)
    found = partition_sql.find_plan_by_digest(work.session, territory.id, spec.kind, digest)
    if found is not None:
        load.report.unchanged, load.report.plan_id = True, found.id
        return LoadedNet(found.id, True, load.report, found.quality)
    load.report.accepted = len(load.kept)
    if load.report.dry_run:
        return LoadedNet(None, False, load.report, {})
    plan = _save(load, spec, metric, known, name=name, digest=digest)
    load.report.plan_id = plan.id
    return LoadedNet(plan.id, False, load.report, plan.quality)


def _checked_shapes(load: RowLoad) -> Shapes:
    """Return the outlines in the metric CRS; rows that are broken, outside or on top of others are refused."""
    srid = load.territory.metric_srid
    west, south, east, north = load.territory.outline.bounds
    metric = snap_outlines(load, read_outlines(load, (west, south, east, north)), srid)
    _refuse_outside(load, metric)
    _refuse_overlaps(load, metric)
    return metric


def _refuse_outside(load: RowLoad, metric: Shapes) -> None:
    outline = np.asarray(to_metric(np.array([load.territory.outline], dtype=object), load.territory.metric_srid))[0]
    kept = load.kept
    if not len(kept):
        return
    shapely.prepare(outline)
    inside = shapely.area(shapely.intersection(metric[kept], outline)) / shapely.area(metric[kept])
    for row, share in zip(kept.tolist(), inside.tolist(), strict=True):
        if share < INSIDE:
            load.reject(
                row,
                "geometry",
                _place(metric[row], load.territory.metric_srid),
                reason=f"lies to {1 - share:.0%} outside the territory {load.territory.name}",
                remedy="leave the row out, correct its outline, or check the --crs",
            )
    part = [row for row, share in zip(kept.tolist(), inside.tolist(), strict=True) if INSIDE <= share < 1 - 1e-6]
    if part:
        load.report.warnings.append(
            f"{len(part)} polygons reach beyond the territory (first: {load.table.named(part[0])}); their ground"
            " outside the grids is listed with the shares."
        )


def _refuse_overlaps(load: RowLoad, metric: Shapes) -> None:
    """Refuse the later one of two polygons that share ground: nobody could say who answers there."""
    kept = load.kept
    if not len(kept):
        return
    for one, other, area in overlapping_pairs(metric[kept], least=OVERLAP_M2):
        first, second = int(kept[one]), int(kept[other])
        if load.good[first] and load.good[second]:
            shared = shapely.intersection(metric[first], metric[second])
            load.reject(
                second,
                "geometry",
                _place(shared, load.territory.metric_srid),
                reason=f"shares {area:,.0f} m² with {load.table.named(first)}",
                remedy="draw the border of the two polygons once",
            )


def _place(shape: shapely.Geometry, srid: int) -> str:
    point = to_lonlat(np.array([shapely.point_on_surface(shape)], dtype=object), srid)[0]
    return f"{point.x:.6f}, {point.y:.6f}"


def _refuse_taken(load: RowLoad, kind: str) -> dict[str, sql.KnownCode]:
    """Refuse codes of grids of another kind, of another territory, or that ended: a code never comes back."""
    codes = [code for row in load.kept if (code := load.values["code"][row])]
    partition_sql.grid_codes_starting(load.work.session, ["-"])  # takes the lock under which codes are given
    known = sql.known_codes(load.work.session, codes, kind=kind, territory_id=load.territory.id)
    for row in load.kept.tolist():
        code = load.values["code"][row]
        before = known.get(code)
        if before is None:
            continue
        if (before.kind, before.territory_id) != (kind, load.territory.id):
            reason, remedy = f"is the code of a {before.kind} grid already", "give the polygon a code of its own"
        elif before.ended:
            reason, remedy = "is the code of a grid that ended; codes are not given again", "give it a new code"
        else:
            continue
        load.reject(row, load.column_of("code"), code, reason=reason, remedy=remedy)
    return known


def _digest(spec: PlanSpec, table: Table, load: RowLoad) -> str:
    parts = hashlib.sha256(orjson.dumps([spec.kind, spec.code_pattern, load.report.crs, load.kept.tolist()]))
    for field in (CODE, NAME):
        parts.update(orjson.dumps(load.values[field.name]))
    if table.geometry is not None:
        for data in shapely.to_wkb(table.geometry[load.kept]):
            parts.update(data)
    return parts.hexdigest()


def _save(
    load: RowLoad, spec: PlanSpec, metric: Shapes, known: dict[str, sql.KnownCode], *, name: str | None, digest: str
) -> Plan:
    work, territory, kept = load.work, load.territory, load.kept
    shapes = metric[kept]
    households, dwellings = _counted(work, territory, shapes)
    deviation = spread(households.astype(np.float64))
    wishes, area_ids = _areas(work, territory, shapes)
    codes = _codes(load, spec, shapes, wishes)
    identities = [known.get(code) for code in codes]
    quality = _quality(shapes, households, deviation, spec.tolerance)
    plan = Plan(
        id=uuid4(),
        territory_id=territory.id,
        kind=spec.kind,
        name=name or f"{territory.name}, {spec.kind} net from {load.table.file}",
        spec={"kind": spec.kind, "file": load.table.file, "crs": load.report.crs, "code_pattern": spec.code_pattern},
        spec_digest=digest,
        quality=quality,
        author_id=work.actor.account_id,
    )
    partition_sql.save_plan(work.session, plan)
    made = NetGrids(
        ids=[one.grid_id if one else uuid4() for one in identities],
        fresh=[one is None for one in identities],
        codes=codes,
        names=[load.values["name"][row] or "" for row in kept],
        area_ids=area_ids,
        shapes=shapes,
        households=households,
        dwellings=dwellings,
        deviation=deviation,
        floors=[None] * len(kept),
        zones=[None] * len(kept),
        loads=[None] * len(kept),
    )
    save_net_grids(work, plan, territory, made)
    mapped = map_where_possible(work, plan)
    load.report.counts = {"grids": len(kept), "households": int(households.sum())}
    if mapped is None:
        load.report.warnings.append(
            "There is no household plan yet: the net is saved, but shares are not. Run `gridward plan map` later."
        )
    return plan


def _counted(work: UnitOfWork, territory: Territory, shapes: Shapes) -> tuple[Ints, Ints]:
    """Count households and doors in each polygon."""
    doors = sql.read_doors(work.session, territory.id)
    if not len(doors["point"]):
        return np.zeros(len(shapes), dtype=np.int64), np.zeros(len(shapes), dtype=np.int64)
    points = np.asarray(to_metric(doors["point"], territory.metric_srid), dtype=object)
    at = first_holding(shapes, points)
    held = at >= 0
    households = group_sums(at[held], np.asarray(doors["households"], dtype=np.float64)[held], len(shapes))
    return households.round().astype(np.int64), np.bincount(at[held], minlength=len(shapes))


def _areas(work: UnitOfWork, territory: Territory, shapes: Shapes) -> tuple[list[Numbered], list[UUID]]:
    """Tell under which area each polygon is kept: the one with most of its ground, or the nearest."""
    areas = partition_sql.read_leaf_areas(work.session, territory.id, None)
    grounds = np.asarray(to_metric(areas["geom"], territory.metric_srid), dtype=object)
    tree = shapely.STRtree(grounds)
    of_shape, of_area = tree.query(shapes, predicate="intersects")
    size = shapely.area(shapely.intersection(shapes[of_shape], grounds[of_area]))
    wishes, ids = [], []
    for row, shape in enumerate(shapes):
        mine = of_shape == row
        covered, ground = of_area[mine], size[mine]
        lead = int(covered[np.argmax(ground)]) if len(covered) else int(np.atleast_1d(tree.nearest(shape))[0])
        area = float(shapely.area(shape))
        several = int((ground > _COVERED * area).sum()) > 1
        whole = not several and bool(len(ground)) and ground.max() > (1 - _COVERED) * shapely.area(grounds[lead])
        wishes.append(Numbered(str(areas["code"][lead]), merged=several, whole=bool(whole)))
        ids.append(areas["id"][lead])
    return wishes, ids


def _codes(load: RowLoad, spec: PlanSpec, shapes: Shapes, wishes: list[Numbered]) -> list[str]:
    """Return the file's codes, and new ones for polygons that bring none."""
    codes = [load.values["code"][row] or "" for row in load.kept]
    order = reading_order(shapely.get_coordinates(shapely.centroid(shapes))).tolist()
    without = [row for row in order if not codes[row]]
    if without:
        pattern = pattern_for(spec.kind, spec.code_pattern)
        stems = [pattern.object_code] if pattern.object_code else sorted({wishes[row].area for row in without})
        used = partition_sql.grid_codes_starting(load.work.session, stems)
        fresh = next_codes(pattern, [wishes[row] for row in without], [*used, *codes])
        for row, code in zip(without, fresh, strict=True):
            codes[row] = code
    return codes


def _quality(shapes: Shapes, households: Ints, deviation: npt.NDArray[np.float64], tolerance: float) -> dict[str, Any]:
    pieces = shapely.get_num_geometries(shapes)
    area = shapely.area(shapes)
    return {
        "grids": len(shapes),
        "households": int(households.sum()),
        "from_file": True,
        "contiguous": bool((pieces == 1).all()),
        "exclaves": int((pieces > 1).sum()),
        "max_deviation": float(np.abs(deviation).max()),
        "mean_deviation": float(np.abs(deviation).mean()),
        "share_within": float((np.abs(deviation) <= tolerance).mean()),
        "compactness": float((4 * np.pi * area / shapely.length(shapes) ** 2).mean()),
        "area_m2": float(area.sum()),
        "area_error_m2": 0.0,
        "infeasible": [],
    }
