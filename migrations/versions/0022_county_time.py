"""Incidents of a county in the order of time, for lists of accounts that see one county.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_incident_county_time", "incident", ["county_code", "reported_at", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_incident_county_time", table_name="incident")
