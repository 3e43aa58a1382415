"""Reaches of water plans and what ground they pass.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

from store.types import ShapelyGeometry

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of reaches and their shares."""
    op.create_table(
        "river_reach",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("plan_id", sa.UUID(), nullable=False),
        sa.Column("grid_id", sa.UUID(), nullable=False),
        sa.Column("area_id", sa.UUID(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("river", sa.String(), server_default="", nullable=False),
        sa.Column("length_m", sa.Float(), nullable=False),
        sa.Column("deviation", sa.Float(), nullable=False),
        sa.Column("stub", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("fits", sa.Boolean(), nullable=False),
        sa.Column("unfit_reason", sa.String(), server_default="", nullable=False),
        sa.Column("geom", ShapelyGeometry("MULTILINESTRING", srid=4326), nullable=False),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTILINESTRING",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "unfit_reason in ('', 'short-water', 'uneven-water', 'unbalanced')",
            name=op.f("ck_river_reach_unfit_reason_known"),
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_river_reach_area_id_area")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_river_reach_grid_id_grid")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_river_reach_plan_id_plan"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territory.id"], name=op.f("fk_river_reach_territory_id_territory"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_river_reach")),
        sa.UniqueConstraint("code", name=op.f("uq_river_reach_code")),
        sa.UniqueConstraint("fid", name=op.f("uq_river_reach_fid")),
    )
    for column in ("area_id", "grid_id", "plan_id", "territory_id"):
        op.create_index(op.f(f"ix_river_reach_{column}"), "river_reach", [column], unique=False)
    for column in ("geom", "geom_3857"):
        op.create_index(f"ix_river_reach_{column}", "river_reach", [column], unique=False, postgresql_using="gist")
    _share_table("reach_grid", ("reach_id", "river_reach"), ("grid_id", "grid"))
    _share_table("reach_area", ("reach_id", "river_reach"), ("area_id", "area"))
    _share_table(
        "river_area", ("plan_id", "plan"), ("area_id", "area"), sa.Column("river", sa.String(), nullable=False)
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("river_area", "reach_area", "reach_grid", "river_reach"):
        op.drop_table(table)


def _share_table(table: str, owner: tuple[str, str], place: tuple[str, str], *more: sa.Column[str]) -> None:
    """Make a table that says how many metres of something lie in a place, and which share of it."""
    op.create_table(
        table,
        sa.Column(owner[0], sa.UUID(), nullable=False),
        *more,
        sa.Column(place[0], sa.UUID(), nullable=False),
        sa.Column("length_m", sa.Float(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"), ondelete="CASCADE"
            )
            for column, target in (owner, place)
        ),
        sa.PrimaryKeyConstraint(owner[0], *(column.name for column in more), place[0], name=op.f(f"pk_{table}")),
    )
    op.create_index(op.f(f"ix_{table}_{place[0]}"), table, [place[0]], unique=False)
