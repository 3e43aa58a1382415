"""Professional nets on household grids, and dedicated grids by floor.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let grids name floors, zone and load; add what nets share with grids, and which floors a grid holds."""
    op.execute(sa.text("set local lock_timeout = '5s'"))
    op.add_column("grid_version", sa.Column("floor_low", sa.Integer(), nullable=True))
    op.add_column("grid_version", sa.Column("floor_high", sa.Integer(), nullable=True))
    op.add_column("grid_version", sa.Column("zone", sa.String(), nullable=True))
    op.add_column("grid_version", sa.Column("load", sa.Float(), nullable=True))
    op.create_check_constraint(
        "floors_in_order",
        "grid_version",
        "(floor_low is null) = (floor_high is null) and (floor_low is null or floor_low <= floor_high)",
    )
    op.create_table(
        "net_share",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("base_plan_id", sa.Uuid(), nullable=False),
        sa.Column("net_grid_id", sa.Uuid(), nullable=True),
        sa.Column("grid_id", sa.Uuid(), nullable=True),
        sa.Column("area_m2", sa.Float(), nullable=False),
        sa.Column("share_of_net", sa.Float(), nullable=True),
        sa.Column("share_of_grid", sa.Float(), nullable=True),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("objects", pg.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_net_share_plan_id_plan"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["base_plan_id"], ["plan.id"], name=op.f("fk_net_share_base_plan_id_plan"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["net_grid_id"], ["grid.id"], name=op.f("fk_net_share_net_grid_id_grid"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_net_share_grid_id_grid"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_net_share")),
    )
    for column in ("plan_id", "base_plan_id", "net_grid_id", "grid_id"):
        op.create_index(op.f(f"ix_net_share_{column}"), "net_share", [column])
    op.create_table(
        "grid_floor",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("building_id", sa.Uuid(), nullable=True),
        sa.Column("floors", pg.INT4RANGE(), nullable=False),
        sa.Column("load", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_grid_floor_plan_id_plan"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_grid_floor_grid_id_grid"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["building_id"], ["building.id"], name=op.f("fk_grid_floor_building_id_building"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_floor")),
        # one floor of a building is in one grid of a plan, whoever writes it
        pg.ExcludeConstraint(
            (sa.column("plan_id"), "="),
            (sa.column("building_id"), "="),
            (sa.column("floors"), "&&"),
            using="gist",
            name="ex_grid_floor_once",
        ),
    )
    for column in ("plan_id", "grid_id", "building_id"):
        op.create_index(op.f(f"ix_grid_floor_{column}"), "grid_floor", [column])
    # a restored database may lack the default rights of new tables
    op.execute(sa.text("grant select, insert, update, delete on net_share, grid_floor to gridward_app"))
    op.execute(sa.text("grant usage, select on all sequences in schema public to gridward_app"))


def downgrade() -> None:
    """Drop the tables and columns; plans of nets and dedicated grids stay without shares and floors."""
    op.drop_table("grid_floor")
    op.drop_table("net_share")
    op.drop_constraint("floors_in_order", "grid_version", type_="check")
    for column in ("load", "zone", "floor_high", "floor_low"):
        op.drop_column("grid_version", column)
