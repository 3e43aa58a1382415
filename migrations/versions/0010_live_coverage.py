"""Coverage that follows the cameras: batches of status and what must be computed again.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql as pg

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

UUID = pg.UUID(as_uuid=True)


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.add_column("camera", sa.Column("serviceable", sa.Boolean, server_default=sa.true(), nullable=False))
    for name in ("networked", "serviceable"):
        op.add_column("camera_status", sa.Column(name, sa.Boolean, nullable=True))
    op.create_table(
        "camera_heard",
        sa.Column("camera_id", UUID, sa.ForeignKey("camera.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
    )
    op.execute(
        sa.text("insert into camera_heard select camera_id, lower(period) from camera_status where upper_inf(period)")
    )
    op.add_column("coverage_run", sa.Column("live", sa.Boolean, server_default=sa.false(), nullable=False))
    op.create_index("uq_coverage_run_live", "coverage_run", ["plan_id"], unique=True, postgresql_where=sa.text("live"))
    op.add_column(
        "key_place_coverage",
        sa.Column("front", Geometry("POINT", srid=4326, spatial_index=False), nullable=True),
    )
    op.add_column("view_shed", sa.Column("metric_wkb", sa.LargeBinary, nullable=True))
    op.create_table(
        "coverage_check",
        sa.Column("id", UUID, server_default=sa.text("gen_random_uuid()"), primary_key=True),
        sa.Column("plan_id", UUID, sa.ForeignKey("plan.id", ondelete="CASCADE"), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.Column("equal", sa.Boolean, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("differences", pg.JSONB, server_default=sa.text("'[]'::jsonb"), nullable=False),
    )
    op.create_index("ix_coverage_check_plan_id_at", "coverage_check", ["plan_id", "at"])


def downgrade() -> None:
    op.drop_table("coverage_check")
    op.drop_column("view_shed", "metric_wkb")
    op.drop_column("key_place_coverage", "front")
    op.drop_index("uq_coverage_run_live", "coverage_run")
    op.drop_column("coverage_run", "live")
    op.drop_table("camera_heard")
    for name in ("serviceable", "networked"):
        op.drop_column("camera_status", name)
    op.drop_column("camera", "serviceable")
