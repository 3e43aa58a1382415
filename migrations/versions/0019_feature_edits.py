"""Facilities and privacy zones are edited as features: a revision for the one, a number for the other.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.add_column("facility", sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False))
    op.add_column("privacy_zone", sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False))
    op.create_unique_constraint("uq_privacy_zone_fid", "privacy_zone", ["fid"])


def downgrade() -> None:
    op.drop_column("privacy_zone", "fid")
    op.drop_column("facility", "revision")
