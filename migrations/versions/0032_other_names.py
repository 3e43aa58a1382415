"""Streets, key places and facilities have other names, as areas do.

Revision ID: 0032
Revises: 0031
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TABLES = ("street", "key_place", "facility")


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    for table in TABLES:
        # a constant default: no row is written anew
        op.add_column(table, sa.Column("names", pg.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False))


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_column(table, "names")
