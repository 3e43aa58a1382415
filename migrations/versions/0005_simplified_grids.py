"""Grids drawn simpler for low zooms, and a territory's own limits of quality.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import geoalchemy2
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KINDS = (
    "household", "natural_village", "water", "micro", "ten_household", "dedicated", "police", "safety", "cell",
)  # fmt: skip

# shapes of a plan whose borders changed are out of date all at once: a neighbour's simplified border moved too
FORGET = """
create function forget_grid_shapes() returns trigger
    language plpgsql security definer set search_path = public, pg_temp as $$
begin
    if tg_op = 'UPDATE' then
        delete from grid_shape where plan_id in (
            select n.plan_id from new_rows n join old_rows o on o.id = n.id
            where n.geom is distinct from o.geom or n.plan_id <> o.plan_id or n.grid_id <> o.grid_id);
    elsif tg_op = 'INSERT' then
        delete from grid_shape where plan_id in (select plan_id from new_rows);
    else
        delete from grid_shape where plan_id in (select plan_id from old_rows);
    end if;
    return null;
end $$
"""
ROWS = {
    "insert": "new table as new_rows",
    "update": "old table as old_rows new table as new_rows",
    "delete": "old table as old_rows",
}


def upgrade() -> None:
    op.create_table(
        "grid_shape",
        sa.Column("plan_id", sa.UUID(), nullable=False),
        sa.Column("grid_id", sa.UUID(), nullable=False),
        sa.Column("max_zoom", sa.Integer(), nullable=False),
        sa.Column(
            "geom_3857",
            geoalchemy2.types.Geometry(geometry_type="MULTIPOLYGON", srid=3857, spatial_index=False, nullable=False),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_grid_shape_plan_id_plan"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_grid_shape_grid_id_grid"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("plan_id", "grid_id", "max_zoom", name=op.f("pk_grid_shape")),
    )
    op.create_index("ix_grid_shape_geom_3857", "grid_shape", ["geom_3857"], postgresql_using="gist")
    op.create_table(
        "quality_limit",
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("figure", sa.String(), nullable=False),
        sa.Column("ok", sa.Float(), nullable=False),
        sa.Column("watch", sa.Float(), nullable=False),
        sa.CheckConstraint(
            f"kind in ({', '.join(repr(kind) for kind in KINDS)})", name=op.f("ck_quality_limit_kind_known")
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_quality_limit_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("territory_id", "kind", "figure", name=op.f("pk_quality_limit")),
    )
    op.execute(sa.text(FORGET))
    for event, tables in ROWS.items():
        op.execute(
            sa.text(
                f"create trigger forget_grid_shapes_{event} after {event} on grid_version referencing {tables} "
                "for each statement execute function forget_grid_shapes()"
            )
        )


def downgrade() -> None:
    for event in ROWS:
        op.execute(sa.text(f"drop trigger forget_grid_shapes_{event} on grid_version"))
    op.execute(sa.text("drop function forget_grid_shapes()"))
    op.drop_table("quality_limit")
    op.drop_index("ix_grid_shape_geom_3857", table_name="grid_shape")
    op.drop_table("grid_shape")
