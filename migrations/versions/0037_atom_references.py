"""Atoms come by the hundred thousand: what they refer to is looked up once for each statement, and they have one shape.

Revision ID: 0037
Revises: 0036
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

OWNER = "security definer set search_path = public, pg_temp set gridward.owner = 'on'"
KEYS = {"plan": "plan_id", "grid": "grid_id", "area": "area_id"}

# as a foreign key does it: what is referred to must be there, and stays until the transaction ends
_LOOK = """
    wanted := array(select distinct {key} from fresh where {key} is not null);
    perform from {table} t where t.id = any(wanted) for key share;
    get diagnostics found = row_count;
    if found < cardinality(wanted) then
        raise exception 'an atom refers to a {table} that there is not'
            using errcode = '23503', table = 'atom', constraint = 'fk_atom_{key}_{table}';
    end if;
"""
_WHOLE = """
create function atom_refers() returns trigger language plpgsql {owner} as $$
declare
    wanted uuid[];
    found bigint;
begin
"""
REFERS = _WHOLE + "".join(_LOOK.format(table=table, key=key) for table, key in KEYS.items()) + "return null; end $$"

# a plan takes its atoms along; a grid or an area that has atoms stays
FOLLOWS = """
create function atom_follows_plan() returns trigger language plpgsql {owner} as $$
begin
    delete from atom where plan_id in (select id from gone);
    return null;
end $$
"""
HOLDS = """
create function atom_holds() returns trigger language plpgsql {owner} as $$
begin
    if tg_table_name = 'grid' and exists (select from atom where grid_id in (select id from gone))
        or tg_table_name = 'area' and exists (select from atom where area_id in (select id from gone)) then
        raise exception 'an atom refers to the % that was to be deleted', tg_table_name
            using errcode = '23503', table = 'atom',
            constraint = format('fk_atom_%s_id_%s', tg_table_name, tg_table_name);
    end if;
    return null;
end $$
"""
FRESH, GONE = "referencing new table as fresh", "referencing old table as gone"
# name, table, after what, which rows it sees, function
TRIGGERS = (
    ("refers", "atom", "insert", FRESH, "atom_refers"),
    ("refers_again", "atom", "update", FRESH, "atom_refers"),
    ("atoms_follow", "plan", "delete", GONE, "atom_follows_plan"),
    ("atoms_hold", "grid", "delete", GONE, "atom_holds"),
    ("atoms_hold", "area", "delete", GONE, "atom_holds"),
)


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    for table, key in KEYS.items():
        op.drop_constraint(f"fk_atom_{key}_{table}", "atom", type_="foreignkey")
    for function in (REFERS, FOLLOWS, HOLDS):
        op.execute(sa.text(function.format(owner=OWNER)))
    for name, table, event, rows, function in TRIGGERS:
        op.execute(
            sa.text(
                f"create trigger {name} after {event} on {table} {rows} for each statement execute function {function}()"
            )
        )
    op.drop_index("ix_atom_geom_3857", table_name="atom")
    op.drop_column("atom", "geom_3857")
    # of one grid in one plan: the copies of a grid have its identity in common
    op.drop_index("ix_atom_grid_id", table_name="atom")
    op.create_index("ix_atom_grid_id_plan_id", "atom", ["grid_id", "plan_id"])


def downgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.drop_index("ix_atom_grid_id_plan_id", table_name="atom")
    op.create_index("ix_atom_grid_id", "atom", ["grid_id"])
    op.execute(
        sa.text(
            "alter table atom add column geom_3857 geometry(polygon, 3857)"
            " generated always as (st_transform(geom, 3857)) stored"
        )
    )
    op.create_index("ix_atom_geom_3857", "atom", ["geom_3857"], postgresql_using="gist")
    for name, table, *_ in TRIGGERS:
        op.execute(sa.text(f"drop trigger {name} on {table}"))
    for function in ("atom_refers", "atom_follows_plan", "atom_holds"):
        op.execute(sa.text(f"drop function {function}()"))
    for table, key in KEYS.items():
        op.create_foreign_key(
            f"fk_atom_{key}_{table}", "atom", table, [key], ["id"], ondelete="CASCADE" if table == "plan" else None
        )
