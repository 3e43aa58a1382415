"""Key places are found by where they were looked for: live coverage reads those of a few grids.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.create_index("ix_key_place_coverage_front", "key_place_coverage", ["front"], postgresql_using="gist")


def downgrade() -> None:
    op.drop_index("ix_key_place_coverage_front", table_name="key_place_coverage")
