"""Policies read the envelope of an account's areas once for each question, no longer once for each row.

The bounds stand inside a CASE, for which the planner makes the same guess in either form, so the plans stay.

Revision ID: 0044
Revises: 0043
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

# as PostgreSQL writes them out
BY_ROW = tuple(f"(NULLIF(current_setting('gridward.{end}'::text, true), ''::text))::bigint" for end in ("lo", "hi"))
ONCE = tuple(f'( SELECT {text} AS "nullif")' for text in BY_ROW)
POLICIES = """
select quote_ident(polname) as name, polrelid::regclass::text as relation, pg_get_expr(polqual, polrelid) as sees,
       pg_get_expr(polwithcheck, polrelid) as writes
from pg_policy order by 2, 1
"""


def upgrade() -> None:
    rewrite(BY_ROW, ONCE)


def downgrade() -> None:
    rewrite(ONCE, BY_ROW)


def rewrite(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    connection = op.get_bind()
    for policy in connection.execute(sa.text(POLICIES)).all():
        clauses = [
            f"{keyword} ({replaced(text, old, new)})"
            for keyword, text in (("using", policy.sees), ("with check", policy.writes))
            if text is not None and old[0] in text
        ]
        if clauses:
            # not `sa.text`, to which the casts would look like binds
            connection.exec_driver_sql(f"alter policy {policy.name} on {policy.relation} {' '.join(clauses)}")


def replaced(text: str, old: tuple[str, ...], new: tuple[str, ...]) -> str:
    for before, after in zip(old, new, strict=True):
        text = text.replace(before, after)
    return text
