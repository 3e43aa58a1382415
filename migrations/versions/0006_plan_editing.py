"""Edits with undo: the log, the atoms that were cut, doors of each atom.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql as pg

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KINDS = ("split", "merge", "border", "reassign", "draw", "improve", "lock", "rename", "recode", "undo", "redo")
STATES = ("live", "undone", "dropped")
UUID = pg.UUID(as_uuid=True)

# each door counts once, in the atom with the lowest label that holds it, as the partition counts it
COUNT_DOORS = """
update atom a set dwellings = c.doors
from (
    select plan_id, label, count(*) as doors
    from (
        select distinct on (a.plan_id, d.id) a.plan_id, a.label
        from dwelling d
        join plan p on p.territory_id = d.territory_id
        join atom a on a.plan_id = p.id and a.geom && d.point and st_intersects(a.geom, d.point)
        order by a.plan_id, d.id, a.label
    ) homes
    group by plan_id, label
) c
where c.plan_id = a.plan_id and c.label = a.label
"""

ADDED_ONLY = """
create function edit_added_only() returns trigger language plpgsql as $$
begin
    if to_jsonb(new) - 'state' is distinct from to_jsonb(old) - 'state' then
        raise exception 'edit is append-only' using errcode = '42501';
    end if;
    return new;
end $$
"""


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.add_column("atom", sa.Column("dwellings", sa.Integer, server_default=sa.text("0"), nullable=False))
    op.execute(sa.text(COUNT_DOORS))
    # labels of cut atoms: above all that a partition gives, so that edits of one plan need no common counter
    op.execute(sa.text("create sequence atom_label_seq as integer minvalue 100000000"))
    op.create_table(
        "atom_past",
        sa.Column("plan_id", UUID, sa.ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("label", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("area_id", UUID, sa.ForeignKey("area.id"), nullable=False),
        sa.Column("demand", sa.Integer, nullable=False),
        sa.Column("dwellings", sa.Integer, nullable=False),
        sa.Column("geom", Geometry("POLYGON", srid=4326, spatial_index=False), nullable=False),
    )
    op.create_table(
        "edit",
        sa.Column("plan_id", UUID, sa.ForeignKey("plan.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("author_id", UUID, sa.ForeignKey("account.id"), nullable=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.func.now(), nullable=False),
        *(
            sa.Column(name, pg.JSONB, server_default=sa.text("'{}'::jsonb"), nullable=False)
            for name in ("request", "before", "after")
        ),
        sa.Column("grids", pg.ARRAY(UUID), nullable=False),
        sa.Column("state", sa.String, server_default="live", nullable=False),
        sa.Column("undoes", sa.BigInteger, nullable=True),
        *(
            sa.CheckConstraint(f"{column} in ({', '.join(repr(value) for value in values)})", name=f"{column}_known")
            for column, values in (("kind", KINDS), ("state", STATES))
        ),
    )
    op.create_index("ix_edit_plan_id_author_id", "edit", ["plan_id", "author_id", "seq"])
    op.execute(sa.text(ADDED_ONLY))
    op.execute(
        sa.text("create trigger added_only before update on edit for each row execute function edit_added_only()")
    )


def downgrade() -> None:
    op.execute(sa.text("drop trigger added_only on edit"))
    op.execute(sa.text("drop function edit_added_only()"))
    op.drop_table("edit")
    op.drop_table("atom_past")
    op.execute(sa.text("drop sequence atom_label_seq"))
    op.drop_column("atom", "dwellings")
