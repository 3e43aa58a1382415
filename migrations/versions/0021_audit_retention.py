"""The audit trail becomes a chain that a sealing job writes, and may be cut off where it is old.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# what of a row is sealed, as text that does not depend on a session's settings
TEXT = """
create function audit_text(entry audit) returns text
    language sql stable set search_path = public, pg_temp as $$
    select jsonb_build_array(entry.id, to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
                             entry.account_id, entry.action, entry.target, entry.request_id, entry.details)::text
$$;
"""

# one sealer at a time; whoever writes the trail waits for none of them, because a row is sealed after its commit
SEAL = """
create function seal_audit(most int) returns int
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    entry audit;
    last_seq bigint := 0;
    last_digest bytea := ''::bytea;
    done int := 0;
begin
    if not pg_try_advisory_xact_lock(hashtext('audit chain')) then
        return 0;
    end if;
    select seq, digest into last_seq, last_digest from (
        (select seq, digest from audit where seq is not null order by seq desc limit 1)
        union all (select through_seq, digest from audit_retired order by through_seq desc limit 1)
        union all select 0, ''::bytea) ends order by seq desc limit 1;
    for entry in select * from audit where seq is null order by id limit most loop
        last_seq := last_seq + 1;
        last_digest := sha256(last_digest || convert_to(audit_text(entry), 'UTF8'));
        update audit set seq = last_seq, digest = last_digest where id = entry.id;
        done := done + 1;
    end loop;
    return done;
end $$;
revoke execute on function seal_audit(int) from public;
grant execute on function seal_audit(int) to gridward_app, gridward_all;
"""

# the table's own guard, whoever asks: a change only seals, a deletion only takes what is half a year old
GUARD = """
create function guard_audit() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
    if tg_op = 'UPDATE' and old.seq is null and old.digest is null and new.seq is not null and new.digest is not null
       and (new.id, new.at, new.account_id, new.action, new.target, new.request_id, new.details)
           is not distinct from
           (old.id, old.at, old.account_id, old.action, old.target, old.request_id, old.details) then
        return new;
    end if;
    if tg_op = 'DELETE' and old.seq is not null and old.at < now() - interval '6 months'
       and current_setting('gridward.retire', true) = 'on' then
        return old;
    end if;
    raise exception '% is append-only', tg_table_name using errcode = '42501';
end $$;
drop trigger append_only on audit;
create trigger append_only before update or delete on audit for each row execute function guard_audit();
create trigger never_emptied before truncate on audit for each statement execute function refuse_change();
create trigger append_only before update or delete on audit_retired for each row execute function refuse_change();
create trigger never_emptied before truncate on audit_retired for each statement execute function refuse_change();
revoke update, delete on audit from gridward_app, gridward_all, gridward_area;
revoke select on audit from gridward_area;
revoke insert, update, delete on audit_retired from gridward_app, gridward_all, gridward_area;
revoke select on audit_retired from gridward_area;
"""


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.add_column("audit", sa.Column("seq", sa.BigInteger(), nullable=True))
    op.add_column("audit", sa.Column("digest", sa.LargeBinary(), nullable=True))
    op.create_unique_constraint(op.f("uq_audit_seq"), "audit", ["seq"])
    op.create_index("ix_audit_unsealed", "audit", ["id"], postgresql_where=sa.text("seq is null"))
    op.create_index("ix_audit_account_id", "audit", ["account_id", "id"])
    op.create_table(
        "audit_retired",
        sa.Column("through_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("through_seq", name=op.f("pk_audit_retired")),
    )
    driver = op.get_bind().connection.driver_connection
    for block in (TEXT, SEAL, GUARD):
        driver.execute(block.encode())


def downgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    driver.execute(b"""
        drop trigger append_only on audit;
        drop trigger never_emptied on audit;
        create trigger append_only before update or delete on audit for each row execute function refuse_change();
        grant select, update, delete on audit to gridward_app, gridward_all, gridward_area;
        drop table audit_retired;
        drop function guard_audit();
        drop function seal_audit(int);
        drop function audit_text(audit);
    """)
    op.drop_index("ix_audit_account_id", table_name="audit")
    op.drop_index("ix_audit_unsealed", table_name="audit")
    op.drop_constraint(op.f("uq_audit_seq"), "audit", type_="unique")
    op.drop_column("audit", "digest")
    op.drop_column("audit", "seq")
