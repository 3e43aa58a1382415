"""Codes of reaches follow those of their grids, which are a draft's own until it comes into force.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# whoever may renumber a grid may not need the right to write reaches
FOLLOW = """
create function reach_code_follows_grid() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    update river_reach set code = new.code where grid_id = new.id;
    return null;
end $$
"""

# as in 0012: reaches of drafts that share a code can't share it under the old rule
APART = """
update river_reach r set code = r.code || '~' || r.fid
where exists (select from river_reach o where o.code = r.code and o.fid < r.fid)
"""


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.drop_constraint(op.f("uq_river_reach_code"), "river_reach", type_="unique")
    op.execute(sa.text(FOLLOW))
    op.execute(
        sa.text(
            "create trigger reach_code_follows_grid after update of code on grid"
            " for each row when (old.code is distinct from new.code) execute function reach_code_follows_grid()"
        )
    )


def downgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.execute(sa.text("drop trigger reach_code_follows_grid on grid"))
    op.execute(sa.text("drop function reach_code_follows_grid()"))
    op.execute(sa.text(APART))
    op.create_unique_constraint(op.f("uq_river_reach_code"), "river_reach", ["code"])
