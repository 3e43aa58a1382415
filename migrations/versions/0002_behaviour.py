"""What tables alone don't say: partitions, notifications, append-only rows, the job queue, rights, roles.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# app sessions can't create tables: the owner's function makes the month's partition on first use
MONTHS = """
create function ensure_incident_month(first date) returns void
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    start date := date_trunc('month', first)::date;
    child text := 'incident_p' || to_char(start, 'YYYYMM');
begin
    if start < date '1990-01-01' or start > (now() + interval '2 years')::date then
        raise exception 'month % is out of range', start using errcode = '22008';
    end if;
    if to_regclass(child) is null then
        perform pg_advisory_xact_lock(hashtext('incident partitions'));
        if to_regclass(child) is null then
            execute format('create table %I partition of incident for values from (%L) to (%L)',
                           child, start, (start + interval '1 month')::date);
        end if;
    end if;
end $$
"""

NOTIFY = """
create function outbox_notify() returns trigger language plpgsql as $$
begin
    perform pg_notify('gridward_outbox', '');
    return null;
end $$
"""

APPEND_ONLY = """
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = '42501';
end $$
"""

ROLES = (
    ("grid_head", "grid head", "网格长"),
    ("deputy", "deputy", "副网格长"),
    ("assistant", "assistant", "网格员"),
    ("police", "police officer", "社区民警"),
)

RIGHTS = """
do $$
begin
    if not exists (select from pg_roles where rolname = 'gridward_app') then
        create role gridward_app nologin;
    end if;
    -- an owner that an administrator made a member already may not grant it
    if not pg_has_role(current_user, 'gridward_app', 'member') then
        execute format('grant gridward_app to %I', current_user);
    end if;
exception when insufficient_privilege then
    raise exception 'The owner may not create the role gridward_app; create it once as an administrator:'
        ' create role gridward_app; grant gridward_app to %;', current_user;
end $$;
grant usage on schema public to gridward_app;
grant select, insert, update, delete on all tables in schema public to gridward_app;
grant usage, select on all sequences in schema public to gridward_app;
alter default privileges in schema public grant select, insert, update, delete on tables to gridward_app;
alter default privileges in schema public grant usage, select on sequences to gridward_app;
revoke insert, update, delete on spatial_ref_sys, alembic_version from gridward_app;
revoke execute on function ensure_incident_month(date) from public;
grant execute on function ensure_incident_month(date) to gridward_app;
"""


def upgrade() -> None:
    op.execute(sa.text("create sequence incident_id_seq"))
    op.execute(sa.text("create sequence incident_no_seq"))
    for statement in (MONTHS, NOTIFY, APPEND_ONLY):
        op.execute(sa.text(statement))
    op.execute(
        sa.text(
            "create trigger outbox_notify after insert on outbox for each statement execute function outbox_notify()"
        )
    )
    # a case may be erased whole by retention; an audit row may not
    for table, events in (("transition", "update"), ("audit", "update or delete")):
        op.execute(
            sa.text(
                f"create trigger append_only before {events} on {table} for each row execute function refuse_change()"
            )
        )
    roles = sa.table("role", sa.column("code"), sa.column("name_en"), sa.column("name_zh"))
    op.bulk_insert(roles, [{"code": code, "name_en": en, "name_zh": zh} for code, en, zh in ROLES])
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema().encode())
    op.execute(sa.text(RIGHTS))


def downgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    driver.execute(b"""
        do $$ declare item record; begin
            for item in select oid::regclass as name from pg_class
                where relname like 'procrastinate%' and relkind = 'r' loop
                execute format('drop table if exists %s cascade', item.name);
            end loop;
            for item in select oid::regprocedure as name from pg_proc where proname like 'procrastinate%' loop
                execute format('drop function if exists %s cascade', item.name);
            end loop;
            for item in select oid::regtype as name from pg_type
                where typname like 'procrastinate%' and typtype in ('e', 'c') loop
                execute format('drop type if exists %s cascade', item.name);
            end loop;
        end $$
    """)
    op.execute(sa.text("drop trigger append_only on audit"))
    op.execute(sa.text("drop trigger append_only on transition"))
    op.execute(sa.text("drop trigger outbox_notify on outbox"))
    op.execute(sa.text("delete from role"))
    for function in ("outbox_notify()", "refuse_change()", "ensure_incident_month(date)"):
        op.execute(sa.text(f"drop function {function}"))
    op.execute(sa.text("drop sequence incident_no_seq"))
    op.execute(sa.text("drop sequence incident_id_seq"))
    # the role stays: other databases of this server may use it; its rights here go with the tables
    op.execute(sa.text("alter default privileges in schema public revoke all on tables from gridward_app"))
    op.execute(sa.text("alter default privileges in schema public revoke all on sequences from gridward_app"))
