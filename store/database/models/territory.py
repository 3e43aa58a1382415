"""The ground: territory, areas, dwellings, buildings, streets, waters and places that matter."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, area_key, gist, one_of
from store.types import At, FeatureId, Json, Revision, ShapelyGeometry, UuidKey, tile_geometry

AREA_KINDS = ("county", "town", "village", "group", "zone")


def territory_key() -> Any:  # noqa: ANN401 - mapped_column's own return type is opaque
    """Build the foreign key that each ground table carries."""
    return mapped_column(sa.ForeignKey("territory.id", ondelete="CASCADE"), index=True)


class Territory(Base):
    """A city or county under management, with the one metric CRS that all its measures use."""

    __tablename__ = "territory"

    id: Mapped[UuidKey]
    name: Mapped[str] = mapped_column(unique=True)
    outline: Mapped[Any] = mapped_column(ShapelyGeometry("MULTIPOLYGON"))
    metric_srid: Mapped[int]
    source: Mapped[str | None]
    source_digest: Mapped[str | None]
    attribution: Mapped[str] = mapped_column(server_default="")
    demo: Mapped[bool] = mapped_column(server_default=sa.false())
    created_at: Mapped[At]

    __table_args__ = (gist("territory", "outline"),)


class Area(Base):
    """An administrative area; a tree of any depth with valid time, `path` from the root by code."""

    __tablename__ = "area"

    id: Mapped[UuidKey]
    fid: Mapped[FeatureId]
    territory_id: Mapped[UUID] = territory_key()
    code: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    names: Mapped[Json]
    parent_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("area.id"), index=True)
    path: Mapped[str] = mapped_column(index=True)
    area_code: Mapped[int] = mapped_column(sa.BigInteger, index=True)
    town_code: Mapped[int] = mapped_column(sa.BigInteger)
    county_code: Mapped[int] = mapped_column(sa.BigInteger)
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("MULTIPOLYGON"))
    geom_3857: Mapped[Any] = tile_geometry("geom", "MULTIPOLYGON")
    valid: Mapped[pg.Range[date]] = mapped_column(pg.DATERANGE, server_default=sa.text("'[,)'"))
    revision: Mapped[Revision]

    __table_args__ = (
        one_of("kind", *AREA_KINDS),
        pg.ExcludeConstraint(
            (sa.column("code"), "="), (sa.column("valid"), "&&"), using="gist", name="ex_area_code_valid"
        ),
        gist("area", "geom"),
        gist("area", "geom_3857"),
    )


class Building(Base):
    """A building footprint; wall of the view sheds and evidence of households."""

    __tablename__ = "building"

    id: Mapped[UuidKey]
    fid: Mapped[FeatureId]
    territory_id: Mapped[UUID] = territory_key()
    source_ref: Mapped[str | None]
    kind: Mapped[str]
    levels: Mapped[float | None]
    height_m: Mapped[float | None]
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("MULTIPOLYGON"))
    geom_3857: Mapped[Any] = tile_geometry("geom", "MULTIPOLYGON")

    __table_args__ = (gist("building", "geom"), gist("building", "geom_3857"))


class Dwelling(Base):
    """A door with a count of households: places, never the people behind it."""

    __tablename__ = "dwelling"

    id: Mapped[UuidKey]
    fid: Mapped[FeatureId]
    territory_id: Mapped[UUID] = territory_key()
    area_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("area.id", ondelete="SET NULL"), index=True)
    building_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("building.id", ondelete="SET NULL"))
    door_code: Mapped[str | None] = mapped_column(index=True)
    address: Mapped[str] = mapped_column(server_default="")
    households: Mapped[int] = mapped_column(sa.CheckConstraint("households >= 0", name="households_counted"))
    estimated: Mapped[bool] = mapped_column(server_default=sa.false())
    evidence: Mapped[str | None]
    point: Mapped[Any] = mapped_column(ShapelyGeometry("POINT"))
    geom_3857: Mapped[Any] = tile_geometry("point", "POINT")
    area_code: Mapped[int] = area_key()

    __table_args__ = (
        sa.UniqueConstraint("territory_id", "door_code"),
        gist("dwelling", "point"),
        gist("dwelling", "geom_3857"),
        sa.Index("ix_dwelling_area_code", "area_code"),
    )


class Street(Base):
    """A street centre line with its class (OSM highway value)."""

    __tablename__ = "street"

    id: Mapped[UuidKey]
    fid: Mapped[FeatureId]
    territory_id: Mapped[UUID] = territory_key()
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    names: Mapped[Json]
    walkable: Mapped[bool] = mapped_column(server_default=sa.true())
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("LINESTRING"))
    geom_3857: Mapped[Any] = tile_geometry("geom", "LINESTRING")

    __table_args__ = (gist("street", "geom"), gist("street", "geom_3857"))


class Barrier(Base):
    """A line that grid borders prefer (rail, wall, river bank); `cost` < 1 makes a border there cheaper."""

    __tablename__ = "barrier"

    id: Mapped[UuidKey]
    territory_id: Mapped[UUID] = territory_key()
    kind: Mapped[str]
    cost: Mapped[float]
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("LINESTRING"))

    __table_args__ = (gist("barrier", "geom"),)


class Waterway(Base):
    """The line of a river, stream, canal, drain or ditch."""

    __tablename__ = "waterway"

    id: Mapped[UuidKey]
    fid: Mapped[FeatureId]
    territory_id: Mapped[UUID] = territory_key()
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("LINESTRING"))
    geom_3857: Mapped[Any] = tile_geometry("geom", "LINESTRING")

    __table_args__ = (gist("waterway", "geom"), gist("waterway", "geom_3857"))


class Landcover(Base):
    """Water and green surfaces of the base map."""

    __tablename__ = "landcover"

    id: Mapped[UuidKey]
    fid: Mapped[FeatureId]
    territory_id: Mapped[UUID] = territory_key()
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    geom: Mapped[Any] = mapped_column(ShapelyGeometry("MULTIPOLYGON"))
    geom_3857: Mapped[Any] = tile_geometry("geom", "MULTIPOLYGON")

    __table_args__ = (
        one_of("kind", "water", "green", "land"),
        gist("landcover", "geom"),
        gist("landcover", "geom_3857"),
    )


class KeyPlace(Base):
    """A place that should be seen: junction, school, hospital, market, station, square, alley."""

    __tablename__ = "key_place"

    id: Mapped[UuidKey]
    fid: Mapped[FeatureId]
    territory_id: Mapped[UUID] = territory_key()
    kind: Mapped[str] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(server_default="")
    names: Mapped[Json]
    weight: Mapped[float] = mapped_column(server_default=sa.text("1"))
    point: Mapped[Any] = mapped_column(ShapelyGeometry("POINT"))
    geom_3857: Mapped[Any] = tile_geometry("point", "POINT")
    revision: Mapped[Revision]
    area_code: Mapped[int] = area_key()

    __table_args__ = (gist("key_place", "point"), gist("key_place", "geom_3857"))


class Facility(Base):
    """A service point open to the public."""

    __tablename__ = "facility"

    id: Mapped[UuidKey]
    fid: Mapped[FeatureId]
    territory_id: Mapped[UUID] = territory_key()
    kind: Mapped[str] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(server_default="")
    names: Mapped[Json]
    point: Mapped[Any] = mapped_column(ShapelyGeometry("POINT"))
    area_code: Mapped[int] = area_key()
    revision: Mapped[Revision]

    __table_args__ = (gist("facility", "point"),)


class Component(Base):
    """A city component (lamp, manhole, valve): 16-digit code, and the unit that owns and mends it."""

    __tablename__ = "component"

    id: Mapped[UuidKey]
    fid: Mapped[FeatureId]
    territory_id: Mapped[UUID] = territory_key()
    code16: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    owner_unit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("unit.id"), index=True)
    point: Mapped[Any] = mapped_column(ShapelyGeometry("POINT"))
    area_code: Mapped[int] = area_key()

    __table_args__ = (
        gist("component", "point"),
        # the search box asks how codes begin
        sa.Index("ix_component_code16", "code16", postgresql_ops={"code16": "text_pattern_ops"}),
    )
