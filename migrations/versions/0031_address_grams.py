"""Addresses are found by an index in the process: the one of their n-grams in the database goes.

Revision ID: 0031
Revises: 0030
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.drop_index("ix_dwelling_grams", table_name="dwelling")


def downgrade() -> None:
    op.execute(sa.text("create index ix_dwelling_grams on dwelling using gin (name_grams(address))"))
