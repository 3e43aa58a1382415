"""Counting the rows of a new plan waits a moment for a vacuum at work, which then makes way.

Revision ID: 0039
Revises: 0038
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

# only the owner of a table may have it analysed; an automatic vacuum gives way after a second, and what still holds the
# table after three is another plan being written: the next count finds the rows of both
COUNT = """
create or replace function count_plan_rows() returns void language plpgsql
    security definer set search_path = public, pg_temp set gridward.owner = 'on' set lock_timeout = '3s' as $$
begin
    analyze grid_version (plan_id, grid_id, area_id);
    analyze atom (plan_id, grid_id, area_id);
exception when lock_not_available then
    null;
end $$
"""
BEFORE = """
create or replace function count_plan_rows() returns void language plpgsql
    security definer set search_path = public, pg_temp set gridward.owner = 'on' as $$
begin
    analyze (skip_locked) grid_version (plan_id, grid_id, area_id);
    analyze (skip_locked) atom (plan_id, grid_id, area_id);
end $$
"""


def upgrade() -> None:
    op.execute(sa.text(COUNT))


def downgrade() -> None:
    op.execute(sa.text(BEFORE))
