"""Whoever left a mail address is told when their case ends: when the next try is due.

Revision ID: 0033
Revises: 0032
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.add_column("incident_contact", sa.Column("tell", sa.String(), nullable=True))
    op.add_column("incident_contact", sa.Column("tell_at", sa.TIMESTAMP(timezone=True), nullable=True))
    # a constant default: no row is written anew
    op.add_column(
        "incident_contact", sa.Column("tell_tries", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.create_index(
        "ix_incident_contact_tell_at", "incident_contact", ["tell_at"], postgresql_where=sa.text("tell_at is not null")
    )


def downgrade() -> None:
    op.drop_index("ix_incident_contact_tell_at", table_name="incident_contact")
    for column in ("tell_tries", "tell_at", "tell"):
        op.drop_column("incident_contact", column)
