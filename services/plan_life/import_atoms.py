"""Atoms inside imported grids: those of the plan that was exported, or fresh ones, each grid in its area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import numpy as np
import numpy.typing as npt
import shapely

from gis.crs import to_lonlat, to_metric
from gis.errors import InvalidInputError
from gis.index import locate
from gis.measure import group_sums
from gis.overlay import dissolve
from grid_partition import Atoms, build_atoms
from grid_partition.atoms import NEAR
from grid_partition.held_borders import bend_to_borders, hold_borders
from grid_partition.inner_borders import atoms_between
from services.ingest.rows import RowLoad
from services.partition.ground import Ground
from services.plan_life.import_report import TOLD, ImportReport
from store.database import plan_imports as sql
from store.database import plans as plan_sql
from store.database.work import UnitOfWork

Geometries = npt.NDArray[np.object_]


def atoms_inside(
    work: UnitOfWork,
    load: RowLoad,
    ground: Ground,
    grids: Geometries,
    report: ImportReport,
    *,
    borders: Mapping[str, shapely.Geometry] | None = None,
) -> tuple[Ground, Atoms, npt.NDArray[np.int64]]:
    """Build atoms inside the grids; return the ground inside them, the atoms with areas as parents, and their grids.

    Those of a plan that is here already are taken over, else those that the file brings along: `borders` has the lines
    between them by the code of their grid, EPSG:4326. Only without either they are drawn anew.
    """
    whole = shapely.coverage_union_all(grids)
    shapely.prepare(whole)
    inside = shapely.dwithin(whole, shapely.points(ground.points), NEAR)
    households = np.asarray(ground.dwellings["households"], dtype=np.int64)
    report.outside = {"dwellings": int((~inside).sum()), "households": int(households[~inside].sum())}
    if not inside.any():
        raise InvalidInputError("No household lies in the grids of the file; is it of another place?", field="file")
    kept = replace(
        ground,
        points=ground.points[inside],
        dwellings={key: values[inside] for key, values in ground.dwellings.items()},
    )
    made = (
        _known_atoms(work, load, kept, grids)
        or _sent_atoms(load, kept, grids, borders or {})
        or _fresh_atoms(kept, whole, grids)
    )
    shapes = dissolve(made.geometry, made.parent, len(grids))
    report.corners_added = int(shapely.get_num_coordinates(shapes).sum() - shapely.get_num_coordinates(grids).sum())
    area = _areas_of(ground, grids, report)
    atoms = replace(made, parent=area[made.parent])
    return kept, atoms, np.asarray(made.parent, dtype=np.int64)


def _fresh_atoms(ground: Ground, whole: shapely.Geometry, grids: Geometries) -> Atoms:
    households = np.asarray(ground.dwellings["households"], dtype=np.int64)
    made = build_atoms(
        whole,
        ground.points,
        demand=households,
        barriers=bend_to_borders(ground.lines, grids),
        barrier_cost=ground.factors,
        parents=grids,
        compounds=ground.compounds if len(ground.compounds) else None,
        max_demand=float(max(1.0, 0.25 * households.sum() / len(grids))),
    )
    return hold_borders(made, grids)


def _known_atoms(work: UnitOfWork, load: RowLoad, ground: Ground, grids: Geometries) -> Atoms | None:
    """Take over the atoms of a plan whose grids are, corner by corner, those of the file: it was exported from here."""
    codes = [load.values["code"][row] for row in load.kept]
    if not all(codes):
        return None
    plans = sql.plans_with_grids(work.session, load.territory.id, [str(code) for code in codes])
    found = (_atoms_of_twin(work, plan_id, codes, ground, grids) for plan_id in plans)
    return next((atoms for atoms in found if atoms is not None), None)


def _atoms_of_twin(
    work: UnitOfWork, plan_id: UUID, codes: list[str | None], ground: Ground, grids: Geometries
) -> Atoms | None:
    """Return the atoms of a plan with these codes, if its grids have the same corners, too."""
    srid = ground.territory.metric_srid
    stored = plan_sql.grid_shapes(work.session, plan_id)
    place = {str(code): row for row, code in enumerate(stored["code"])}
    if len(place) != len(codes) or any(code not in place for code in codes):
        return None
    shapes = np.asarray(to_metric(stored["geom"], srid), dtype=object)[[place[str(code)] for code in codes]]
    if not np.all(shapely.normalize(_single(shapes)) == shapely.normalize(_single(grids))):
        return None
    atoms = plan_sql.atom_shapes(work.session, plan_id)
    row = {stored["id"][place[str(code)]]: at for at, code in enumerate(codes)}
    parent = np.array([row.get(grid, -1) for grid in atoms["grid_id"]], dtype=np.int64)
    geometry = np.asarray(to_metric(atoms["geom"], srid), dtype=object)
    if not len(geometry) or (parent < 0).any():
        return None
    return _counted(geometry, parent, ground)


def _sent_atoms(
    load: RowLoad, ground: Ground, grids: Geometries, borders: Mapping[str, shapely.Geometry]
) -> Atoms | None:
    """Take over the atoms that the file brings along, if they make up its grids corner by corner."""
    lines = [borders.get(str(load.values["code"][row])) for row in load.kept]
    if not borders or any(line is None for line in lines):
        return None
    metric = np.asarray(to_metric(np.array(lines, dtype=object), ground.territory.metric_srid), dtype=object)
    found = atoms_between(grids, metric)
    return None if found is None else _counted(*found, ground)


def _counted(geometry: Geometries, parent: npt.NDArray[np.int64], ground: Ground) -> Atoms:
    """Return atoms with the doors that lie in each now."""
    home = locate(geometry, np.asarray(shapely.points(ground.points), dtype=object))
    return Atoms(
        geometry=geometry,
        demand=group_sums(home, ground.dwellings["households"], len(geometry)),
        parent=parent,
        atom_of_point=home,
        points=np.bincount(home, minlength=len(geometry)),
    )


def _single(shapes: Geometries) -> Geometries:
    """Unwrap surfaces of one part, which some formats wrap and others do not."""
    lone = shapely.get_num_geometries(shapes) == 1
    return np.where(lone, shapely.get_geometry(shapes, 0), shapes)


def _areas_of(ground: Ground, grids: Geometries, report: ImportReport) -> npt.NDArray[np.int64]:
    """Put each grid into the area that holds most of it."""
    grid, area = shapely.STRtree(ground.parents).query(grids, predicate="intersects")
    shared = shapely.area(shapely.intersection(grids[grid], ground.parents[area]))
    best = np.full(len(grids), -1, dtype=np.int64)
    order = np.lexsort((area, -shared, grid))
    lead = np.r_[True, np.diff(grid[order]) > 0] if len(order) else np.empty(0, dtype=bool)
    best[grid[order][lead]] = area[order][lead]
    if (best < 0).any():
        row = int(np.flatnonzero(best < 0)[0])
        place = to_lonlat(shapely.point_on_surface(grids[row]), ground.territory.metric_srid)
        raise InvalidInputError(
            f"Grid {row + 1} of the file lies in no area of the territory.", row=row + 1, place=[place.x, place.y]
        )
    total = shapely.area(grids)
    inside = np.zeros(len(grids))
    inside[grid[order][lead]] = shared[order][lead]
    report.crossing = [
        {"row": int(row) + 1, "area": str(ground.areas["code"][best[row]]), "share": float(inside[row] / total[row])}
        for row in np.flatnonzero(inside < 0.99 * total)
    ][:TOLD]
    return best
