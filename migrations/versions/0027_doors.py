"""What the doors still lacked: files that jobs make, for whoever asked for them.

Revision ID: 0027
Revises: 0026
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.create_table(
        "job_output",
        sa.Column("job_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column(
            "made_for",
            sa.String(),
            nullable=False,
            server_default=sa.text("coalesce(nullif(current_setting('gridward.scope', true), ''), 'all')"),
        ),
        sa.Column("made_at", sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job_progress.id"], name=op.f("fk_job_output_job_id_job_progress"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_output")),
    )
    # tiles are packed already
    op.execute(sa.text("alter table job_output alter column content set storage external"))
    op.execute(sa.text("alter table job_output enable row level security"))
    op.execute(sa.text("alter table job_output force row level security"))
    op.execute(sa.text("create policy everywhere on job_output to gridward_all using (true)"))
    op.execute(
        sa.text(
            "create policy upkeep on job_output to gridward_owner"
            " using (current_setting('gridward.owner', true) = 'on')"
        )
    )
    # a file holds what its maker saw: nobody with other eyes opens it
    op.execute(
        sa.text(
            "create policy inside on job_output to gridward_area"
            " using (made_for = current_setting('gridward.scope', true))"
        )
    )


def downgrade() -> None:
    op.drop_table("job_output")
