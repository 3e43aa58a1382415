"""Kept reports for accounts of some areas: those of the very same areas, with or without the names of cameras.

Revision ID: 0035
Revises: 0034
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

SCOPE = "current_setting('gridward.scope', true)"
# a scope that was never set is null, and nothing is in it
OWN = f"made_for in ({SCOPE}, {SCOPE} || '!camera_network')"
KEPT = "exists (select from report r where r.id = report_id)"


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.execute(sa.text(f"alter policy inside on report using ({OWN})"))
    op.execute(sa.text(f"create policy inside on kept_report to gridward_area using ({KEPT})"))


def downgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.execute(sa.text("drop policy inside on kept_report"))
    op.execute(sa.text(f"alter policy inside on report using (made_for = {SCOPE})"))
