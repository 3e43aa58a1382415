"""The duty that a session, a token or a job acts in, and how much narrower than its account a job is.

Revision ID: 0030
Revises: 0029
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    # no duty is the first one of the account, as it was before there was a choice
    op.add_column("session", sa.Column("duty", sa.String()))
    op.add_column("api_token", sa.Column("duty", sa.String()))
    op.add_column("job_progress", sa.Column("acting", pg.JSONB()))


def downgrade() -> None:
    op.drop_column("job_progress", "acting")
    op.drop_column("api_token", "duty")
    op.drop_column("session", "duty")
