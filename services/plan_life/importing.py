"""Import drawn grids as a draft: check or mend their borders, build atoms inside them, keep codes that are known."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final, Unpack
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.codes import parse_grid_code
from gis.crs import to_lonlat, to_wgs84
from gis.errors import InvalidInputError
from gis.grid_patterns import NESTED
from gis.wording import counted
from grid_partition import Atoms
from grid_partition.labelled import partition_of
from grid_partition.repair import RepairOptions, RepairReport, repair_tiling
from services.ingest.fields import Field, code_text, short_text
from services.ingest.outlines import read_outlines, snap_outlines
from services.ingest.places import declared_crs
from services.ingest.rows import LoadOptions, RejectedRowsError, RowLoad, parse_cells, require_rows, start_load
from services.partition.drawing import draw
from services.partition.ground import Ground, read_ground
from services.partition.saving import number_grids, plan_row, save_draft
from services.partition.spec import PlanSpec
from services.plan_edits.refusals import TooManyVerticesError
from services.plan_life.import_atoms import atoms_inside
from services.plan_life.import_report import TOLD, ImportReport
from services.plan_life.states import note_step
from store.database import plan_imports as sql
from store.database.models.plan import GRID_KINDS
from store.database.partition import find_territory
from store.database.work import UnitOfWork
from store.files.atom_borders import read_atom_borders
from store.files.tables import read_table
from store.files.well_known_text import with_outlines

Geometries = npt.NDArray[np.object_]
Progress = Callable[[float, str], None]

FIELDS = (
    Field("code", code_text, ("grid_code", "编码", "网格编码", "代码", "网格代码"), unique=True),
    Field("name", short_text, ("grid_name", "名称", "网格名称")),
)
MOST_VERTICES: Final = 200_000
MOST_GRIDS: Final = 20_000


class NeedsRepairError(InvalidInputError):
    """The borders of the file leave gaps or overlap; every place rides along in ``faults``."""

    code = "grids-need-repair"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file becomes a plan.

    Attributes
    ----------
    kind : str
        Grid kind.
    name : str or None
        Of the plan; the file's without it.
    repair : bool
        Mend borders that do not meet, instead of refusing the file.
    tolerance_m : float
        Metres within which corners are the same one.
    overlap : str
        Who gets ground that several claim: ``border``, ``first`` or ``smaller``.
    """

    kind: str = "household"
    name: str | None = None
    repair: bool = False
    tolerance_m: float = 0.5
    overlap: str = "border"


def import_plan(
    work: UnitOfWork,
    path: Path | str,
    asked: ImportOptions | None = None,
    *,
    progress: Progress | None = None,
    **options: Unpack[LoadOptions],
) -> ImportReport:
    """Read polygons from a file as a draft.

    Parameters
    ----------
    work : UnitOfWork
    path : Path or str
        GeoJSON, GeoPackage or Shapefile.
    asked : ImportOptions, optional
    progress : callable, optional
    **options
        See `LoadOptions`: territory, crs, mapping, dry_run, swap_axes, sheet.

    Raises
    ------
    NeedsRepairError
        Borders leave gaps or overlap, and no repair was asked for.
    RejectedRowsError, TooManyVerticesError, InvalidInputError
    """
    work.actor.require("planner")
    how = asked or ImportOptions()
    if how.kind not in GRID_KINDS:
        raise InvalidInputError(f"Grid kinds: {', '.join(GRID_KINDS)}.", field="kind")
    tell = progress or (lambda _done, _note: None)
    tell(0.02, "reading the file")
    load, metric = _read(work, path, how, options)
    report = ImportReport(None, load.table.file, warnings=load.report.warnings, dry_run=bool(options.get("dry_run")))
    tell(0.1, "checking the borders")
    srid = load.territory.metric_srid
    mended = repair_tiling(metric, RepairOptions(how.tolerance_m, how.overlap))
    labels = [str(code or f"#{line}") for code, line in _named_rows(load)]
    report.changes = _changes(mended, labels, srid)
    if not mended.untouched and not how.repair:
        raise _needs_repair(load, report)
    grids = _leave_out_covered(load, mended)
    tell(0.2, "building atoms")
    ground = read_ground(work, PlanSpec(kind="household"), load.territory.id)
    borders = read_atom_borders(Path(path)) if mended.untouched else {}
    ground, atoms, grid_of_atom = atoms_inside(work, load, ground, grids, report, borders=borders)
    tell(0.7, "saving")
    _save(work, load, how, report, ground=ground, atoms=atoms, grid_of_atom=grid_of_atom)
    tell(1.0, "draft saved")
    return report


def _read(work: UnitOfWork, path: Path | str, how: ImportOptions, options: LoadOptions) -> tuple[RowLoad, Geometries]:
    table = with_outlines(read_table(path, sheet=options.get("sheet")))
    territory = find_territory(work.session, options.get("territory"))
    _refuse_large(start_load(work, "grids", table, options, territory))
    if how.repair and table.geometry is not None:
        table = replace(table, geometry=_untangled(table.geometry))
    load = start_load(work, "grids", table, options, territory)
    parse_cells(load, FIELDS)
    west, south, east, north = load.territory.outline.bounds
    metric = snap_outlines(load, read_outlines(load, (west, south, east, north)), load.territory.metric_srid)
    try:
        require_rows(load, skippable=False)
    except RejectedRowsError as error:
        error.fields["rejected"] = [asdict(problem) for problem in error.report.rejected[:TOLD]]
        raise
    return load, metric[load.kept]


def _refuse_large(load: RowLoad) -> None:
    table = load.table
    if table.geometry is None:
        raise InvalidInputError(
            f"{table.file} has no outlines; grids need polygons, in a table as well-known text in a column wkt.",
            file=table.file,
        )
    if len(table.geometry) > MOST_GRIDS:
        raise InvalidInputError(
            f"{table.file} has {len(table.geometry)} features; at most {MOST_GRIDS}.", file=table.file
        )
    corners = shapely.get_num_coordinates(table.geometry)
    if corners.max(initial=0) > MOST_VERTICES:
        row = int(np.argmax(corners))
        raise TooManyVerticesError(
            f"{table.file}: feature {row + 1} has {int(corners[row]):,} corners; at most {MOST_VERTICES:,}."
            " Simplify it first.",
            file=table.file,
            row=row + 1,
            place=_begins(load, table.geometry[row]),
        )


def _begins(load: RowLoad, shape: shapely.Geometry) -> list[float]:
    """Return the first corner of an outline as longitude and latitude."""
    x, y = shapely.get_coordinates(shape)[0]
    corner = shapely.Point(y, x) if load.options.get("swap_axes") else shapely.Point(x, y)
    place = to_wgs84(corner, declared_crs(load))
    return [place.x, place.y]


def _untangled(shapes: Geometries) -> Geometries:
    """Mend outlines that cross themselves, before the check that would refuse them."""
    out = np.array(shapes, dtype=object)
    for row, shape in enumerate(out):
        if shape is None or shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_valid:
            continue
        # make_valid leaves corners out that are no numbers, without a word
        if np.isfinite(shapely.get_coordinates(shape)).all():
            mended = shapely.make_valid(shape, method="structure", keep_collapsed=False)
            if mended.geom_type in ("Polygon", "MultiPolygon") and not mended.is_empty:
                out[row] = mended
    return out


def _leave_out_covered(load: RowLoad, mended: RepairReport) -> Geometries:
    """Leave out rows whose polygon others cover; the report lists them. Return the outlines of the others."""
    stays = ~shapely.is_empty(mended.geometry)
    load.good[load.kept[~stays]] = False
    return mended.geometry[stays]


def _named_rows(load: RowLoad) -> list[tuple[str | None, int]]:
    return [(load.values["code"][row], int(load.table.lines[row])) for row in load.kept]


def _changes(mended: RepairReport, labels: list[str], srid: int) -> list[dict[str, Any]]:
    if not mended.changes:
        return []
    places = to_lonlat(np.array([change.place for change in mended.changes], dtype=object), srid)
    return [
        {
            "kind": change.kind,
            "place": [point.x, point.y],
            "area_m2": change.area,
            "grids": [labels[row] for row in change.polygons],
            "given_to": labels[change.given_to] if change.given_to >= 0 else None,
        }
        for change, point in zip(mended.changes, places, strict=True)
    ]


def _needs_repair(load: RowLoad, report: ImportReport) -> NeedsRepairError:
    faults = [change for change in report.changes if change["kind"] != "open gap"]
    kinds = sorted({change["kind"] for change in faults})
    first = faults[0]
    return NeedsRepairError(
        f"{load.table.file}: the borders do not meet in {counted(len(faults), 'place')} ({', '.join(kinds)}), first at"
        f" {first['place'][0]:.6f}, {first['place'][1]:.6f}. Correct them, or ask for repair.",
        file=load.table.file,
        place=first["place"],
        faults=faults[:TOLD],
        count=len(faults),
    )


def _save(
    work: UnitOfWork,
    load: RowLoad,
    how: ImportOptions,
    report: ImportReport,
    *,
    ground: Ground,
    atoms: Atoms,
    grid_of_atom: npt.NDArray[np.int64],
) -> None:
    mean = float(np.sum(atoms.demand)) / (int(grid_of_atom.max()) + 1)
    partition = partition_of(
        atoms.geometry, atoms.demand, grid_of_atom, atoms.parent, band=(0.9 * mean, max(1.1 * mean, 1.0))
    )
    drawn = draw(ground, atoms, partition)
    spec = PlanSpec(kind=how.kind, target=max(1, round(mean)))
    digest = hashlib.sha256(b"".join(shapely.to_wkb(drawn.shapes))).hexdigest()
    title = (how.name or Path(load.table.file).stem)[:120]
    nested = work.session.begin_nested()
    plan = plan_row(work, spec, load.territory, title, {**drawn.quality, "imported_from": load.table.file}, digest)
    codes, ids = _identities(work, load, how.kind)
    fresh = np.array([code is None for code in codes])
    told = [code for code in codes if code is not None]
    # polygons of any kind lie in areas, so that new ones are numbered as household grids are
    numbering = replace(spec, kind="household") if how.kind in NESTED else spec
    given = number_grids(work, ground, drawn, numbering, fresh=fresh, kept=told) if fresh.any() else []
    final = [code if code is not None else given[at] for at, code in enumerate(codes)]
    names = [str(load.values["name"][row] or "") for row in load.kept]
    save_draft(work, plan, ground, atoms, drawn, codes=final, names=names, grid_ids=ids)
    report.grids, report.atoms = len(final), len(atoms.geometry)
    report.households = int(np.sum(atoms.demand))
    report.codes_kept, report.codes_given = int((~fresh).sum()), int(fresh.sum())
    if report.dry_run:
        nested.rollback()
        return
    note_step(work, plan, "import", load.table.file, at=sql.now(work.session), facts={"changes": len(report.changes)})
    nested.commit()
    report.plan_id = plan.id


def _identities(work: UnitOfWork, load: RowLoad, kind: str) -> tuple[list[str | None], list[UUID | None]]:
    """Return the code and the grid of each row: known codes are that grid, valid free ones stay, None is numbered."""
    told = [load.values["code"][row] for row in load.kept]
    codes_told = [code for code in told if code]
    known = sql.grids_by_code(work.session, codes_told, territory_id=load.territory.id, kind=kind)
    codes: list[str | None] = []
    ids: list[UUID | None] = []
    for code in told:
        holder = known.get(code) if code else None
        if holder is not None and (holder.territory_id, holder.kind) == (load.territory.id, kind):
            codes.append(code)
            ids.append(holder.id)
        else:
            codes.append(code if code and holder is None and _valid(code) else None)
            ids.append(None)
    return codes, ids


def _valid(code: str) -> bool:
    try:
        return parse_grid_code(code) == code
    except InvalidInputError:
        return False
