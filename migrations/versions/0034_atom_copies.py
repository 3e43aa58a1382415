"""Atoms that are copied with their plan bring the code of their area along instead of having it looked up one by one.

Revision ID: 0034
Revises: 0033
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

INSERT = (
    "create trigger place_in_area before insert on atom for each row when (new.area_code = 0)"
    " execute function place_in_area('area')"
)
UPDATE = (
    "create trigger place_in_area_again before update of area_id, geom on atom for each row"
    " execute function place_in_area('area')"
)
BOTH = (
    "create trigger place_in_area before insert or update of area_id, geom on atom for each row"
    " execute function place_in_area('area')"
)


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.execute(sa.text("drop trigger place_in_area on atom"))
    op.execute(sa.text(INSERT))
    op.execute(sa.text(UPDATE))


def downgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.execute(sa.text("drop trigger place_in_area_again on atom"))
    op.execute(sa.text("drop trigger place_in_area on atom"))
    op.execute(sa.text(BOTH))
