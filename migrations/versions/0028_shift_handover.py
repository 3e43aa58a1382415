"""What one shift of the desk hands to the next.

Revision ID: 0028
Revises: 0027
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

POLICIES = (
    "alter table shift_handover enable row level security",
    "alter table shift_handover force row level security",
    "create policy everywhere on shift_handover to gridward_all using (true)",
    "create policy upkeep on shift_handover to gridward_owner using (current_setting('gridward.owner', true) = 'on')",
    "create policy inside on shift_handover to gridward_area using (made_for = current_setting('gridward.scope', true))",
)


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    when = sa.TIMESTAMP(timezone=True)
    op.create_table(
        "shift_handover",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("since", when, nullable=False),
        sa.Column("given_at", when, server_default=sa.func.now(), nullable=False),
        sa.Column("given_by", sa.UUID(), nullable=True),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("sheet", pg.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("taken_at", when, nullable=True),
        sa.Column("taken_by", sa.UUID(), nullable=True),
        sa.Column("taken_note", sa.String(), nullable=True),
        sa.Column(
            "made_for",
            sa.String(),
            nullable=False,
            server_default=sa.text("coalesce(nullif(current_setting('gridward.scope', true), ''), 'all')"),
        ),
        sa.CheckConstraint("(taken_at is null) = (taken_note is null)", name=op.f("ck_shift_handover_taken_whole")),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_shift_handover_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["given_by"], ["account.id"], name=op.f("fk_shift_handover_given_by_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["taken_by"], ["account.id"], name=op.f("fk_shift_handover_taken_by_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_handover")),
    )
    op.create_index("ix_shift_handover_given_at", "shift_handover", ["territory_id", "given_at"])
    for statement in POLICIES:
        op.execute(sa.text(statement))


def downgrade() -> None:
    op.drop_table("shift_handover")
