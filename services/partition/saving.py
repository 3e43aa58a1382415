"""Write a proved proposal as a draft: the plan, its grids with codes, its atoms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import shapely

from gis.codes import reading_order
from gis.crs import to_lonlat
from gis.grid_patterns import Numbered, next_codes, pattern_for
from grid_partition import Atoms
from services.grid_shapes import renew_shapes
from services.partition.drawing import Drawn
from services.partition.ground import Ground
from services.partition.spec import PlanSpec
from store.database import partition as sql
from store.database.bulk import copy_rows, ewkb_hex
from store.database.grid_codes import drafted_codes
from store.database.models import Plan, Territory
from store.database.plans import count_rows, plan_box
from store.database.work import UnitOfWork


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


def save_draft(  # noqa: PLR0913 - what a draft may bring along
    work: UnitOfWork,
    plan: Plan,
    ground: Ground,
    atoms: Atoms,
    drawn: Drawn,
    *,
    codes: list[str],
    names: list[str] | None = None,
    parent_grids: list[UUID] | None = None,
    grid_ids: list[UUID | None] | None = None,
) -> None:
    """Write the plan's grids and atoms.

    Grids that live on from another plan are named in `grid_ids`; None is a new grid.
    """
    session, territory = work.session, ground.territory
    count = len(drawn.shapes)
    known = grid_ids or [None] * count
    ids = [each or uuid4() for each in known]
    fresh = [i for i in range(count) if known[i] is None]
    copy_rows(session, "grid", sql.GRID_COLUMNS, ((ids[i], territory.id, plan.kind, codes[i]) for i in fresh))
    metric = drawn.shapes
    shapes = to_lonlat(metric, territory.metric_srid)
    labels = to_lonlat(shapely.point_on_surface(metric), territory.metric_srid)
    area = shapely.area(metric)
    compactness = 4 * np.pi * area / shapely.length(metric) ** 2
    parts, of = shapely.get_parts(shapes, return_index=True)
    shape_hex = ewkb_hex(np.asarray(shapely.multipolygons(parts, indices=of), dtype=object))
    label_hex = ewkb_hex(labels)
    versions = (
        (
            ids[i], plan.id, ground.areas["id"][drawn.parent[i]], shape_hex[i], label_hex[i],
            bool(drawn.exclave[i]),
            int(drawn.households[i]), int(drawn.dwellings[i]), float(drawn.deviation[i]), float(area[i]),
            float(compactness[i]), names[i] if names else "", parent_grids[i] if parent_grids else None,
        )
        for i in range(count)
    )  # fmt: skip
    sql.copy_versions(session, versions)
    atom_hex = ewkb_hex(to_lonlat(atoms.geometry, territory.metric_srid))
    rows = (
        (
            plan.id, i, ids[drawn.label[i]], ground.areas["id"][atoms.parent[i]], int(atoms.demand[i]),
            int(atoms.points[i]), atom_hex[i],
        )
        for i in range(len(atom_hex))
    )  # fmt: skip
    copy_rows(session, "atom", sql.ATOM_COLUMNS, rows)
    count_rows(session)
    renew_shapes(work, plan.id)
    box = plan_box(session, plan.id)
    for layer in ("grids", "grid_labels", "atoms"):
        work.touch(layer, territory.id, box)


def number_grids(
    work: UnitOfWork,
    ground: Ground,
    drawn: Drawn,
    spec: PlanSpec,
    *,
    fresh: npt.NDArray[np.bool_] | None = None,
    kept: Sequence[str] = (),
) -> list[str]:
    """Give codes to the grids of each area, north-west to south-east, above every code ever in force there.

    Numbers that drafts of other kinds use are passed over while there are others, so that both can come into force.

    Parameters
    ----------
    work : UnitOfWork
    ground : Ground
        Its areas are those that codes go on from: grids, for kinds that lie inside grids.
    drawn : Drawn
    spec : PlanSpec
        Its kind and code pattern count.
    fresh : (k,) bool array, optional
        Grids that get a code; the others keep theirs, and "" stands in its place.
    kept : sequence of str
        Further codes of the same plan.
    """
    new = np.ones(len(drawn.shapes), dtype=bool) if fresh is None else fresh
    form = pattern_for(spec.kind, spec.code_pattern)
    above = [str(code) for code in ground.areas["code"]]
    stems = sorted({form.stem(above[parent]) for parent in drawn.parent[new]})
    used = [*sql.grid_codes_starting(work.session, stems), *kept]
    beside = drafted_codes(work.session, stems, territory_id=ground.territory.id, kind=spec.kind)
    order = _numbering_order(drawn, new, cells=spec.kind == "cell")
    wanted = [Numbered(above[drawn.parent[grid]]) for grid in order]
    codes = [""] * len(drawn.shapes)
    given = next_codes(form, wanted, used, spoken_for=beside, widen=spec.kind == "cell")
    for place, code in zip(order, given, strict=True):
        codes[place] = code
    return codes


def _numbering_order(drawn: Drawn, new: npt.NDArray[np.bool_], *, cells: bool) -> list[int]:
    """Return the grids to number, area by area; cells come in their order."""
    centres = shapely.get_coordinates(shapely.centroid(drawn.shapes))
    order: list[int] = []
    of_area = np.argsort(drawn.parent, kind="stable")
    for members in np.split(of_area, np.flatnonzero(np.diff(drawn.parent[of_area])) + 1):
        mine = members[new[members]]
        order += (mine if cells else mine[reading_order(centres[mine])]).tolist()
    return order
