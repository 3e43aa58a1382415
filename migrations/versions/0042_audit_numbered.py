"""No line of the audit trail is put in with a number, a digest, an id or a time made up.

Revision ID: 0042
Revises: 0041
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

# rights by column cost a write nothing: what the application may not name, the table's own defaults fill in
ROLES = "gridward_app, gridward_all, gridward_area"
STEPS = (
    f"revoke insert on audit from {ROLES}",
    f"grant insert (account_id, action, target, request_id, details) on audit to {ROLES}",
    # the owner has every right, so the table refuses it as well; only the sealing job numbers lines, afterwards
    """
create trigger never_numbered before insert on audit for each row
    when (new.seq is not null or new.digest is not null) execute function refuse_change()""",
)
BACK = (
    "drop trigger never_numbered on audit",
    f"revoke insert (account_id, action, target, request_id, details) on audit from {ROLES}",
    f"grant insert on audit to {ROLES}",
)


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    for step in STEPS:
        op.execute(sa.text(step))


def downgrade() -> None:
    for step in BACK:
        op.execute(sa.text(step))
