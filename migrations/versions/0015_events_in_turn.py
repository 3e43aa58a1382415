"""Events take their numbers one transaction at a time, so that numbers follow the order of commits.

Revision ID: 0015
Revises: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# A statement trigger runs before the identity hands out numbers; the lock goes with the end of the transaction, when
# its rows can be seen. Nobody who writes an event can forget it.
IN_TURN = """
create function outbox_in_turn() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('outbox'));
    return null;
end $$
"""


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.execute(sa.text(IN_TURN))
    op.execute(
        sa.text(
            "create trigger outbox_in_turn before insert on outbox for each statement execute function outbox_in_turn()"
        )
    )
    op.drop_index("ix_outbox_xid_id", table_name="outbox")


def downgrade() -> None:
    op.create_index("ix_outbox_xid_id", "outbox", ["xid", "id"], unique=False)
    op.execute(sa.text("drop trigger outbox_in_turn on outbox"))
    op.execute(sa.text("drop function outbox_in_turn()"))
