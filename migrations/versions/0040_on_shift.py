"""Who is on shift at a moment is answered by the index of shifts, whatever part of the staff somebody sees.

Revision ID: 0040
Revises: 0039
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

# No operator on a range is leakproof, so under row security the index of periods may not be used: every shift ever kept
# was read, and its staff member looked up, before its time was compared. These two look first, and tell keys alone;
# what those keys stand for is read under row security as before. The owner's own policy holds no condition, because
# any condition bars that index to an owner who is no superuser.
STEPS = (
    "create policy on_duty on shift for select to gridward_owner using (true)",
    """
create function on_shift(moment timestamptz, many bigint) returns setof uuid
    language sql stable parallel safe rows 100 security definer set search_path = public, pg_temp as $$
    select h.staff_id from shift h where h.period @> moment limit many
$$""",
    """
create function is_on_shift(staff uuid, moment timestamptz) returns boolean
    language sql stable parallel safe security definer set search_path = public, pg_temp as $$
    select exists (select from shift h where h.staff_id = staff and h.period @> moment)
$$""",
    "revoke execute on function on_shift(timestamptz, bigint), is_on_shift(uuid, timestamptz) from public",
    """
grant execute on function on_shift(timestamptz, bigint), is_on_shift(uuid, timestamptz) to gridward_all, gridward_area
""",
)


def upgrade() -> None:
    for step in STEPS:
        op.execute(sa.text(step))


def downgrade() -> None:
    op.execute(sa.text("drop function is_on_shift(uuid, timestamptz)"))
    op.execute(sa.text("drop function on_shift(timestamptz, bigint)"))
    op.execute(sa.text("drop policy on_duty on shift"))
