"""Codes of drafts: a code is unique among grids that are or were in force, and within a plan.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# a version that is valid at some time belongs to a plan that was published, or that waits for its day
GIVEN = """
update grid g set code_given_at = f.at
from (
    select grid_id, min(least(lower(valid), now())) as at from grid_version where valid is not null group by grid_id
) f
where f.grid_id = g.id
"""

ONCE_A_PLAN = """
create function grid_code_once_a_plan() returns trigger language plpgsql as $$
declare
    twice text;
begin
    select g.code into twice
    from added a
    join grid g on g.id = a.grid_id
    join grid o on o.code = g.code and o.id <> g.id
    join grid_version v on v.plan_id = a.plan_id and v.grid_id = o.id
    limit 1;
    if twice is not null then
        raise exception 'two grids of one plan have the code %', twice
            using errcode = '23505', constraint = 'grid_code_once_a_plan';
    end if;
    return null;
end $$
"""

# drafts that share a code can't share it under the old rule: all but the first get a code that nobody uses
APART = """
update grid g set code = g.code || '~' || g.fid
where g.code_given_at is null and exists (
    select from grid o where o.code = g.code and o.id <> g.id and (o.code_given_at is not null or o.fid < g.fid)
)
"""


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.add_column("grid", sa.Column("code_given_at", sa.TIMESTAMP(timezone=True), nullable=True))
    op.execute(sa.text(GIVEN))
    op.drop_constraint(op.f("uq_grid_code"), "grid", type_="unique")
    op.create_index("ix_grid_code", "grid", ["code"], postgresql_ops={"code": "text_pattern_ops"})
    op.create_index(
        "uq_grid_code_given", "grid", ["code"], unique=True, postgresql_where=sa.text("code_given_at is not null")
    )
    op.execute(sa.text(ONCE_A_PLAN))
    op.execute(
        sa.text(
            "create trigger grid_code_once_a_plan after insert on grid_version referencing new table as added"
            " for each statement execute function grid_code_once_a_plan()"
        )
    )


def downgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.execute(sa.text("drop trigger grid_code_once_a_plan on grid_version"))
    op.execute(sa.text("drop function grid_code_once_a_plan()"))
    op.execute(sa.text(APART))
    op.drop_index("uq_grid_code_given", table_name="grid")
    op.drop_index("ix_grid_code", table_name="grid")
    op.create_unique_constraint(op.f("uq_grid_code"), "grid", ["code"])
    op.drop_column("grid", "code_given_at")
