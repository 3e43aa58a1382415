"""Both ends of every coverage figure: ground seen twice and three times, and the gap score, if unknown headings look.

Revision ID: 0036
Revises: 0035
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

ADDED = ("k2_m_upper", "k3_m_upper", "gap_score_least")


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    for name in ADDED:
        op.add_column("coverage_grid", sa.Column(name, sa.Float, server_default=sa.text("0"), nullable=False))
    # what older runs found lies within these; a score of at least nothing is true of each
    op.execute(sa.text("update coverage_grid set k2_m_upper = seen_m_upper, k3_m_upper = seen_m_upper"))


def downgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    for name in ADDED:
        op.drop_column("coverage_grid", name)
