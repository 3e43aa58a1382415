"""Reports that were named, kept and scheduled.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

UUID = pg.UUID(as_uuid=True)


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.create_table(
        "report_schedule",
        sa.Column("id", UUID, server_default=sa.text("gen_random_uuid()"), primary_key=True),
        sa.Column("territory_id", UUID, sa.ForeignKey("territory.id", ondelete="CASCADE"), nullable=False),
        sa.Column("plan_id", UUID, sa.ForeignKey("plan.id", ondelete="CASCADE"), nullable=True),
        *(sa.Column(name, sa.String, nullable=False) for name in ("name", "title", "format", "lang")),
        sa.Column("day", sa.SmallInteger, nullable=False),
        sa.Column("hour", sa.SmallInteger, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        sa.Column("active", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.Column("last_month", sa.String, nullable=True),
        sa.Column("last_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("author_id", UUID, sa.ForeignKey("account.id"), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("day between 1 and 28", name="day_in_every_month"),
        sa.CheckConstraint("hour between 0 and 23", name="hour_of_day"),
    )
    op.create_index("ix_report_schedule_territory_id", "report_schedule", ["territory_id"])
    op.create_table(
        "kept_report",
        sa.Column("id", UUID, server_default=sa.text("gen_random_uuid()"), primary_key=True),
        sa.Column("report_id", UUID, sa.ForeignKey("report.id"), nullable=False),
        sa.Column("plan_id", UUID, sa.ForeignKey("plan.id", ondelete="CASCADE"), nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("lang", sa.String, nullable=False),
        sa.Column("month", sa.String, nullable=True),
        sa.Column("schedule_id", UUID, sa.ForeignKey("report_schedule.id", ondelete="SET NULL"), nullable=True),
        sa.Column("author_id", UUID, sa.ForeignKey("account.id"), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.UniqueConstraint("report_id", "title", name="uq_kept_report_report_id_title"),
    )
    op.create_index("ix_kept_report_plan_id", "kept_report", ["plan_id"])


def downgrade() -> None:
    op.drop_table("kept_report")
    op.drop_table("report_schedule")
