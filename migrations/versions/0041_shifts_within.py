"""The shifts of a week are found by the index of shifts, whatever part of the staff somebody sees.

Revision ID: 0041
Revises: 0040
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

# see 0040: keys alone, whose rows are read under row security
STEPS = (
    """
create function shifts_within(since timestamptz, until timestamptz) returns setof uuid
    language sql stable parallel safe rows 1000 security definer set search_path = public, pg_temp as $$
    select h.id from shift h where h.period && tstzrange(since, until)
$$""",
    "revoke execute on function shifts_within(timestamptz, timestamptz) from public",
    "grant execute on function shifts_within(timestamptz, timestamptz) to gridward_all, gridward_area",
)


def upgrade() -> None:
    for step in STEPS:
        op.execute(sa.text(step))


def downgrade() -> None:
    op.execute(sa.text("drop function shifts_within(timestamptz, timestamptz)"))
