"""Territories and their areas, as lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from store.database import territories as sql
from store.database.work import Box, UnitOfWork


@dataclass(frozen=True, slots=True)
class TerritoryView:
    """A territory with the plan in use; `bbox` in EPSG:4326."""

    id: UUID
    name: str
    bbox: Box
    metric_srid: int
    attribution: str
    plan_id: UUID | None
    demo: bool


@dataclass(frozen=True, slots=True)
class AreaView:
    """An administrative area; `bbox` in EPSG:4326."""

    id: UUID
    code: str
    kind: str
    name: str
    parent_id: UUID | None
    bbox: Box


def list_territories(work: UnitOfWork) -> list[TerritoryView]:
    """Return every territory, by name."""
    return [
        TerritoryView(
            row.id,
            row.name,
            (row.west, row.south, row.east, row.north),
            row.metric_srid,
            row.attribution,
            row.plan_id,
            row.demo,
        )
        for row in sql.list_territories(work.session)
    ]


def list_areas(work: UnitOfWork, territory_id: UUID | None = None, on: date | None = None) -> list[AreaView]:
    """Return the areas valid on a day (today), parents before children."""
    return [
        AreaView(row.id, row.code, row.kind, row.name, row.parent_id, (row.west, row.south, row.east, row.north))
        for row in sql.list_areas(work.session, territory_id, on)
    ]
