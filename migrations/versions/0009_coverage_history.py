"""Coverage of a day, a month or a status: what a run was asked, proposals, costs and privacy zones.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql as pg

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UUID = pg.UUID(as_uuid=True)
AT = sa.TIMESTAMP(timezone=True)
MEANS = ("online", "places_seen", "places_seen_upper")  # averages over a month are no whole numbers
ADDED = ("k3_m", "open_m2", "seen_m2", "seen_m2_upper", "networked", "serviceable")


def _key() -> sa.Column[object]:
    return sa.Column("id", UUID, primary_key=True, server_default=sa.text("gen_random_uuid()"))


def _to(name: str, target: str, *, ondelete: str | None = None, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, UUID, sa.ForeignKey(target, ondelete=ondelete), nullable=nullable)


def _text(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.String, server_default="", nullable=False)


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.Float, nullable=False)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, AT, server_default=sa.func.now(), nullable=False)


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    _runs()
    _zones_and_costs()
    _placements()


def _runs() -> None:
    op.add_column("coverage_run", sa.Column("present", sa.Boolean, server_default=sa.true(), nullable=False))
    for name in ("begins_at", "ends_at"):
        op.add_column("coverage_run", sa.Column(name, AT, nullable=True))
    for name in MEANS:
        op.alter_column("coverage_grid", name, type_=sa.Float)
    for name in ADDED:
        op.add_column("coverage_grid", sa.Column(name, sa.Float, server_default=sa.text("0"), nullable=False))
    op.add_column("key_place_coverage", sa.Column("share", sa.Float, server_default=sa.text("0"), nullable=False))
    op.execute(sa.text("update key_place_coverage set share = 1 where seen = 'yes'"))
    op.execute(sa.text("update coverage_grid set networked = cameras, serviceable = online"))


def _zones_and_costs() -> None:
    op.create_table(
        "privacy_zone",
        _key(),
        _to("territory_id", "territory.id", ondelete="CASCADE", nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
        _to("author_id", "account.id"),
        _now("created_at"),
        sa.Column("revision", sa.BigInteger, server_default=sa.text("1"), nullable=False),
    )
    op.create_index("ix_privacy_zone_territory_id", "privacy_zone", ["territory_id"])
    op.create_index("ix_privacy_zone_geom", "privacy_zone", ["geom"], postgresql_using="gist")
    op.create_table(
        "camera_cost",
        _to("territory_id", "territory.id", ondelete="CASCADE", nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        _number("purchase"),
        _number("yearly"),
        _text("currency"),
        _text("source"),
        sa.PrimaryKeyConstraint("territory_id", "kind", name="pk_camera_cost"),
        sa.CheckConstraint("purchase > 0", name="purchase_positive"),
        sa.CheckConstraint("yearly >= 0", name="yearly_positive"),
    )


def _placements() -> None:
    op.create_table(
        "placement",
        _key(),
        _to("plan_id", "plan.id", ondelete="CASCADE", nullable=False),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("spec", pg.JSONB, server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("summary", pg.JSONB, server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("edited", sa.Boolean, server_default=sa.false(), nullable=False),
        _to("author_id", "account.id"),
        _now("created_at"),
        sa.Column("revision", sa.BigInteger, server_default=sa.text("1"), nullable=False),
    )
    op.create_index("ix_placement_plan_id", "placement", ["plan_id"])
    op.create_table(
        "placement_camera",
        _to("placement_id", "placement.id", ondelete="CASCADE", nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("point", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("azimuth", sa.Float, nullable=True),
        _number("hfov"),
        _number("max_range"),
        sa.Column("sensor_px", sa.Integer, nullable=True),
        sa.Column("ptz", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("dome", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("mount", sa.String, nullable=False),
        _number("gain"),
        _number("cost"),
        _to("grid_id", "grid.id"),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
        sa.PrimaryKeyConstraint("placement_id", "rank", name="pk_placement_camera"),
    )
    op.create_index("ix_placement_camera_geom", "placement_camera", ["geom"], postgresql_using="gist")
    op.create_index("ix_placement_camera_point", "placement_camera", ["point"], postgresql_using="gist")


def downgrade() -> None:
    for table in ("placement_camera", "placement", "camera_cost", "privacy_zone"):
        op.drop_table(table)
    # runs of a day or a month would pass for the present
    op.execute(sa.text("delete from coverage_run where not present"))
    op.drop_column("key_place_coverage", "share")
    for name in ADDED:
        op.drop_column("coverage_grid", name)
    for name in MEANS:
        op.alter_column("coverage_grid", name, type_=sa.Integer, postgresql_using=f"round({name})::integer")
    for name in ("ends_at", "begins_at", "present"):
        op.drop_column("coverage_run", name)
