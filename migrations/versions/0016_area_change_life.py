"""Change sets of areas pass through review: drawn areas, states, steps, comments.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql as pg

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

UUID = pg.UUID(as_uuid=True)
AT = sa.TIMESTAMP(timezone=True)
STATES = "status in ('draft', 'review', 'scheduled', 'published', 'retired')"
NO_FACTS = sa.text("'{}'::jsonb")

# until now a change set was in force, or waited for its day, as soon as it was written
LIVED = """
update change_set set status = case when settled_at is null then 'scheduled' else 'published' end,
    published_at = created_at
"""
DRAWN = """
insert into area_draft (change_set_id, line, code, kind, name, geom, area_id)
select l.change_set_id, row_number() over (partition by l.change_set_id order by a.code), a.code, a.kind, a.name,
       a.geom, a.id
from (select distinct change_set_id, to_area_id from lineage where change_set_id is not null) l
join area a on a.id = l.to_area_id
"""
UNKNOWN_BEFORE = "delete from change_set where status in ('draft', 'review')"


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    for name in ("submitted_at", "approved_at", "published_at", "retired_at"):
        op.add_column("change_set", sa.Column(name, AT, nullable=True))
    for name, default in (("status", "draft"), ("file", "")):
        op.add_column("change_set", sa.Column(name, sa.String, server_default=default, nullable=False))
    op.add_column("change_set", sa.Column("replaces", sa.String, nullable=True))
    op.add_column("change_set", sa.Column("report", pg.JSONB, server_default=NO_FACTS, nullable=False))
    op.add_column("change_set", sa.Column("revision", sa.BigInteger, server_default=sa.text("1"), nullable=False))
    op.add_column("change_set", sa.Column("approver_id", UUID, nullable=True))
    op.create_foreign_key(op.f("fk_change_set_approver_id_account"), "change_set", "account", ["approver_id"], ["id"])
    op.alter_column("change_set", "effective_on", nullable=True)
    op.execute(sa.text(LIVED))
    op.create_check_constraint("status_known", "change_set", STATES)
    _drawn_areas()
    _steps_and_comments()
    op.execute(sa.text(DRAWN))


def _key() -> sa.Column[object]:
    return sa.Column("id", UUID, primary_key=True, server_default=sa.text("gen_random_uuid()"))


def _of_change_set() -> sa.Column[object]:
    return sa.Column("change_set_id", UUID, sa.ForeignKey("change_set.id", ondelete="CASCADE"), nullable=False)


def _drawn_areas() -> None:
    op.create_table(
        "area_draft",
        _key(),
        _of_change_set(),
        sa.Column("line", sa.Integer, nullable=False),
        *(sa.Column(name, sa.String, nullable=False) for name in ("code", "kind", "name")),
        sa.Column("geom", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False), nullable=False),
        sa.Column("area_id", UUID, sa.ForeignKey("area.id", ondelete="SET NULL"), nullable=True),
        sa.UniqueConstraint("change_set_id", "code", name="uq_area_draft_change_set_id_code"),
    )
    op.create_index("ix_area_draft_area_id", "area_draft", ["area_id"])
    op.create_index("ix_area_draft_geom", "area_draft", ["geom"], postgresql_using="gist")


def _steps_and_comments() -> None:
    op.create_table(
        "change_step",
        _key(),
        _of_change_set(),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("actor_id", UUID, sa.ForeignKey("account.id"), nullable=True),
        sa.Column("note", sa.String, server_default="", nullable=False),
        sa.Column("facts", pg.JSONB, server_default=NO_FACTS, nullable=False),
        sa.Column("at", AT, server_default=sa.func.now(), nullable=False),
    )
    op.create_table(
        "change_comment",
        _key(),
        _of_change_set(),
        sa.Column("author_id", UUID, sa.ForeignKey("account.id"), nullable=True),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("area_code", sa.String, nullable=True),
        sa.Column("point", Geometry("POINT", srid=4326, spatial_index=False), nullable=True),
        sa.Column("created_at", AT, server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_change_comment_point", "change_comment", ["point"], postgresql_using="gist")
    for table in ("change_step", "change_comment"):
        op.create_index(f"ix_{table}_change_set_id", table, ["change_set_id"])


def downgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    for table in ("change_comment", "change_step", "area_draft"):
        op.drop_table(table)
    # what never came into force has no place in the older schema
    op.execute(sa.text(UNKNOWN_BEFORE))
    op.alter_column("change_set", "effective_on", nullable=False)
    op.drop_constraint("status_known", "change_set", type_="check")
    for name in (
        "approver_id", "revision", "report", "replaces", "file", "status", "retired_at", "published_at", "approved_at",
        "submitted_at",
    ):  # fmt: skip
        op.drop_column("change_set", name)
