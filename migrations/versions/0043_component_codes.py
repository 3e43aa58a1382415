"""The search box finds components by how their code begins, without reading them all.

Revision ID: 0043
Revises: 0042
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.create_index("ix_component_code16", "component", ["code16"], postgresql_ops={"code16": "text_pattern_ops"})


def downgrade() -> None:
    op.drop_index("ix_component_code16", table_name="component")
