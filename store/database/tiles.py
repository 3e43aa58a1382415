"""SQL of the map: vector tiles and features of every layer, and what decides that they are stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.layer_sources import SOURCES, LayerSource
from store.database.read_lane import Found
from store.database.tile_statements import EXTENT, WORLD_M, Box, tile_box, tile_text, tile_values

__all__ = [
    "EXTENT", "WORLD_M", "Box", "View", "read_attributions", "read_tile", "read_view", "tile_box",
    "tile_statement", "view_in", "view_statement",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class View:
    """What one look at the map shows: territories, their plans and runs, and the revisions of all layers.

    Attributes
    ----------
    territories, plans, runs : tuple of UUID
        In a fixed order; a territory without a plan adds none.
    waters, cells : tuple of UUID
        Plans of these kinds, which are layers of their own: the one that is looked at, else the one in use.
    published : frozenset of UUID
        Those of all these plans that are published: they hardly change.
    revisions : Mapping
        Layer → revision; a layer that never changed is absent.
    box : tuple of float or None
        West, south, east, north of the territories in EPSG:4326.
    """

    territories: tuple[UUID, ...]
    plans: tuple[UUID, ...]
    runs: tuple[UUID, ...]
    revisions: Mapping[str, int]
    box: Box | None
    waters: tuple[UUID, ...] = ()
    cells: tuple[UUID, ...] = ()
    published: frozenset[UUID] = frozenset()

    def scope_of(self, source: LayerSource) -> list[UUID]:
        """Return the ids that the rows of `source` hang on."""
        ids = {
            "territory": self.territories, "plan": self.plans, "run": self.runs,
            "water": self.waters, "cell": self.cells,
        }  # fmt: skip
        return list(ids[source.follows])


_VIEW = sa.text("""
select t.id as territory_id, p.id as plan_id, r.id as run_id, w.id as water_id, c.id as cell_id,
       st_xmin(t.outline) as west, st_ymin(t.outline) as south, st_xmax(t.outline) as east, st_ymax(t.outline) as north,
       p.status as plan_status, w.status as water_status, c.status as cell_status,
       (select jsonb_object_agg(layer, rev) from layer_revision) as revisions
from territory t
left join lateral (
    select id, kind, status from plan
    where territory_id = t.id
      and case when cast(:plan as uuid) is null then kind = 'household' and status <> 'retired' else id = :plan end
    order by (status = 'scheduled' and effective_at <= now()) desc, status = 'published' desc, created_at desc, id
    limit 1
) p on true
left join lateral (
    select id from coverage_run where plan_id = p.id and present order by created_at desc, id limit 1
) r on true
left join lateral (
    select id, status from plan
    where territory_id = t.id and kind = 'water'
      and case when p.kind = 'water' then id = p.id else status <> 'retired' end
    order by (status = 'scheduled' and effective_at <= now()) desc, status = 'published' desc, created_at desc, id
    limit 1
) w on true
left join lateral (
    select id, status from plan
    where territory_id = t.id and kind = 'cell'
      and case when p.kind = 'cell' then id = p.id else status <> 'retired' end
    order by (status = 'scheduled' and effective_at <= now()) desc, status = 'published' desc, created_at desc, id
    limit 1
) c on true
where (cast(:territory as uuid) is null or t.id = :territory) and (cast(:plan as uuid) is null or p.id is not null)
order by t.id
""")


def read_view(session: Session, *, plan: UUID | None = None, territory: UUID | None = None) -> View:
    """Return what the map shows now: for each territory the published household plan, else the newest draft.

    Parameters
    ----------
    session : Session
    plan : UUID or None
        Show this plan instead, and its territory alone.
    territory : UUID or None
        Show this territory alone.
    """
    return _view(session.execute(_VIEW, {"plan": plan, "territory": territory}).all())


def view_statement(*, plan: UUID | None = None, territory: UUID | None = None) -> tuple[sa.TextClause, dict[str, Any]]:
    """Return the statement that `read_view` runs, and its values."""
    return _VIEW, {"plan": plan, "territory": territory}


def view_in(found: Found) -> View:
    """Return the view that `view_statement` found."""
    return _view(found.rows())


def _view(rows: Sequence[Any]) -> View:
    box = None
    if rows:
        box = (
            min(row.west for row in rows),
            min(row.south for row in rows),
            max(row.east for row in rows),
            max(row.north for row in rows),
        )
    return View(
        tuple(row.territory_id for row in rows),
        tuple(row.plan_id for row in rows if row.plan_id),
        tuple(row.run_id for row in rows if row.run_id),
        (rows[0].revisions or {}) if rows else {},
        box,
        tuple(row.water_id for row in rows if row.water_id),
        tuple(row.cell_id for row in rows if row.cell_id),
        frozenset(
            plan
            for row in rows
            for plan, status in (
                (row.plan_id, row.plan_status), (row.water_id, row.water_status), (row.cell_id, row.cell_status),
            )
            if status == "published"
        ),
    )  # fmt: skip


def tile_statement(
    layer: str, view: View, z: int, x: int, y: int, *, masked: bool = False
) -> tuple[sa.TextClause, dict[str, Any]]:
    """Build the one statement that cuts a tile, and its values."""
    values = tile_values(layer, view.scope_of(SOURCES[layer]), view.runs, z, x, y)
    return tile_text(layer, z, masked=masked), values


def read_tile(session: Session, layer: str, view: View, z: int, x: int, y: int, *, masked: bool = False) -> bytes:
    """Return one tile as Mapbox Vector Tile bytes, empty when nothing is there.

    Features are in the order of their ids: without it PostgreSQL gives the same tile in different bytes.
    With `masked`, data of the camera network are left out.
    """
    statement, values = tile_statement(layer, view, z, x, y, masked=masked)
    return bytes(session.execute(statement, values).scalar_one() or b"")


def _columns(source: LayerSource) -> str:
    return "".join(f'{expression} as "{name}", ' for name, expression in source.columns.items())


def read_attributions(session: Session, view: View) -> list[str]:
    """Return the attributions of the territories in view, each once, in alphabetical order."""
    statement = sa.text(
        "select distinct attribution from territory where id = any(:ids) and attribution <> '' order by 1"
    )
    return list(session.scalars(statement, {"ids": list(view.territories)}))
