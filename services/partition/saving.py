"""Write a proved proposal as a draft: the plan, its grids with codes, its atoms."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt
import shapely

from gis.codes import reading_order
from gis.crs import to_lonlat
from gis.grid_patterns import CodePattern, Numbered, next_codes, pattern_for
from grid_partition import Atoms
from services.grid_shapes import renew_shapes
from services.partition.drawing import Drawn
from services.partition.ground import Ground
from services.partition.spec import PlanSpec
from store.database import partition as sql
from store.database.bulk import copy_rows, ewkb_hex
from store.database.models import Plan, Territory
from store.database.plans import plan_box
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
    codes: list[str] | None = None,
    names: list[str] | None = None,
    parent_grids: list[UUID] | None = None,
    grid_ids: list[UUID | None] | None = None,
) -> None:
    """Write the plan's grids and atoms; without `codes` the grids are numbered in their areas.

    Grids that live on from another plan are named in `grid_ids`, with their codes in `codes`; None is a new grid.
    """
    session, territory = work.session, ground.territory
    count = len(drawn.shapes)
    known = grid_ids or [None] * count
    ids = [each or uuid4() for each in known]
    codes = codes or number_grids(
        work, ground, drawn, pattern=pattern_for(plan.kind, (plan.spec or {}).get("code_pattern"))
    )
    fresh = [i for i in range(count) if known[i] is None]
    copy_rows(session, "grid", sql.GRID_COLUMNS, ((ids[i], territory.id, plan.kind, codes[i]) for i in fresh))
    metric = drawn.shapes
    shapes = to_lonlat(metric, territory.metric_srid)
    labels = to_lonlat(shapely.point_on_surface(metric), territory.metric_srid)
    area = shapely.area(metric)
    compactness = 4 * np.pi * area / shapely.length(metric) ** 2
    shape_hex = ewkb_hex(np.array([shapely.MultiPolygon(list(shapely.get_parts(shape))) for shape in shapes]))
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
    copy_rows(session, "grid_version", sql.VERSION_COLUMNS, versions)
    atom_hex = ewkb_hex(to_lonlat(atoms.geometry, territory.metric_srid))
    rows = (
        (
            plan.id, i, ids[drawn.label[i]], ground.areas["id"][atoms.parent[i]], int(atoms.demand[i]),
            int(atoms.points[i]), atom_hex[i],
        )
        for i in range(len(atom_hex))
    )  # fmt: skip
    copy_rows(session, "atom", sql.ATOM_COLUMNS, rows)
    renew_shapes(work, plan.id)
    box = plan_box(session, plan.id)
    for layer in ("grids", "grid_labels", "atoms"):
        work.touch(layer, territory.id, box)


def number_grids(
    work: UnitOfWork,
    ground: Ground,
    drawn: Drawn,
    *,
    fresh: npt.NDArray[np.bool_] | None = None,
    pattern: CodePattern | None = None,
) -> list[str]:
    """Give codes to the grids of each area, north-west to south-east, after every code ever given there.

    Only grids that are `fresh` get one; the others keep theirs, and "" stands in its place.
    """
    new = np.ones(len(drawn.shapes), dtype=bool) if fresh is None else fresh
    area_codes = [str(code) for code in ground.areas["code"]]
    form = pattern or pattern_for("household")
    stems = [form.object_code] if form.object_code else sorted({area_codes[p] for p in drawn.parent})
    used = sql.grid_codes_starting(work.session, stems)
    codes = [""] * len(drawn.shapes)
    centres = shapely.get_coordinates(shapely.centroid(drawn.shapes))
    for parent in np.unique(drawn.parent):
        members = np.flatnonzero((drawn.parent == parent) & new)
        ordered = members[reading_order(centres[members])]
        given = next_codes(form, [Numbered(area_codes[parent])] * len(members), used)
        for place, code in zip(ordered, given, strict=True):
            codes[place] = code
    return codes
