"""The queue's own indexes: over open cases in each order and area, and over what counts ask.

Revision ID: 0029
Revises: 0028
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

OPEN = (
    "state in ('REPORTED', 'VERIFYING', 'ACCEPTED', 'OPENED', 'DISPATCHED', 'IN_PROGRESS', 'SUSPENDED', 'RESOLVED',"
    " 'CHECKING', 'CHECKED')"
)
INDEXES = {
    "county_due": (["county_code", "due_at", "id"], "due_at is not null"),
    "open": (["reported_at", "id"], OPEN),
    "area_open": (["area_code", "reported_at", "id"], OPEN),
    "town_open": (["town_code", "reported_at", "id"], OPEN),
    "county_open": (["county_code", "reported_at", "id"], OPEN),
    "live": (["county_code", "town_code", "area_code", "state", "due_at", "soon_at"], "state <> 'ARCHIVED'"),
}


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    for name, (columns, where) in INDEXES.items():
        op.create_index(f"ix_incident_{name}", "incident", columns, postgresql_where=sa.text(where))


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(f"ix_incident_{name}", table_name="incident")
