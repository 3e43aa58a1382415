"""Files that were sent for a job to read: they wait where every worker finds them.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.create_table(
        "job_file",
        sa.Column("job_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job_progress.id"], name=op.f("fk_job_file_job_id_job_progress"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_job_file")),
    )
    # most of them are packed already: trying again costs seconds and saves nothing
    op.execute(sa.text("alter table job_file alter column content set storage external"))


def downgrade() -> None:
    op.drop_table("job_file")
