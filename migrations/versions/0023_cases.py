"""What a case carries beyond its report: requests, tasks, texts beside the chain, contacts.

Revision ID: 0023
Revises: 0022
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

OLD_ROLES = (
    "planner", "reviewer", "intake_officer", "shift_leader", "dispatcher", "handling_unit", "inspector", "grid_staff",
    "analyst", "camera_administrator", "system_administrator", "security_administrator", "audit_administrator",
)  # fmt: skip
NEW_ROLES = ("street_office", "supervisor", "outside_body")
RIGHTS = ("export", "reporter_contact", "camera_network")

ACCOUNTS = ("openers", "dispatchers", "handlers", "rejecters", "checkers")
COUNTERS = ("rework_count", "extensions", "appeals", "rated_cycle", "wrong_dispatches")
FLAGS = ("urgent", "self_handled", "supervised")
TABLES = ("transition_text", "task", "incident_contact", "case_link")

# a step goes only with its whole case; nobody changes one, whoever asks
APPEND_ONLY = """
create function keep_steps() returns trigger language plpgsql
    security definer set search_path = public, pg_temp set gridward.owner = 'on' as $$
begin
    if exists (select from incident i where i.month = old.month and i.id = old.incident_id) then
        raise exception '% is append-only', tg_table_name using errcode = '42501';
    end if;
    return old;
end $$;
create trigger kept before delete on transition for each row execute function keep_steps();
create trigger never_emptied before truncate on transition for each statement execute function refuse_change();
revoke update, delete on transition from gridward_app, gridward_all, gridward_area;
"""


def _driver() -> Any:  # noqa: ANN401 - a psycopg connection
    """Return the plain connection: texts of several statements have no parameters."""
    return op.get_bind().connection.driver_connection


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    op.execute(sa.text("create extension if not exists pgcrypto"))
    _roles((*OLD_ROLES, *NEW_ROLES))
    for column, target in (("unit_id", "unit"), ("staff_id", "staff")):
        op.add_column("account", sa.Column(column, sa.UUID(), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_account_{column}_{target}"), "account", target, [column], ["id"], ondelete="SET NULL"
        )
    _incident()
    _tables()
    for table in TABLES:
        _secure(table)
    _driver().execute(APPEND_ONLY.encode())


def _roles(known: tuple[str, ...]) -> None:
    op.drop_constraint("role_known", "scope", type_="check")
    listed = ", ".join(f"'{role}'" for role in (*known, *RIGHTS))
    op.create_check_constraint("role_known", "scope", f"role in ({listed})")


def _incident() -> None:
    when = sa.TIMESTAMP(timezone=True)
    add = [
        sa.Column("item_code", sa.String(), nullable=True),
        sa.Column("state_at", when, server_default=sa.text("now()"), nullable=False),
        sa.Column("pending", sa.String(), nullable=True),
        sa.Column("requested_by", sa.UUID(), nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        *(sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False) for name in FLAGS),
        *(sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False) for name in COUNTERS),
        sa.Column("unit_id", sa.UUID(), nullable=True),
        sa.Column("returned_unit_id", sa.UUID(), nullable=True),
        sa.Column("referred_to", sa.String(), nullable=True),
        sa.Column("registered_by", sa.UUID(), nullable=True),
        *(
            sa.Column(name, pg.ARRAY(sa.UUID()), server_default=sa.text("'{}'::uuid[]"), nullable=False)
            for name in ACCOUNTS
        ),
        sa.Column("due_at", when, nullable=True),
        sa.Column("soon_at", when, nullable=True),
    ]
    for column in add:
        op.add_column("incident", column)
    for column, target in (
        ("requested_by", "account"), ("registered_by", "account"), ("unit_id", "unit"), ("returned_unit_id", "unit"),
    ):  # fmt: skip
        op.create_foreign_key(op.f(f"fk_incident_{column}_{target}"), "incident", target, [column], ["id"])
    # every case so far stands where its newest step took it, by the account of its first
    op.execute(sa.text("alter table incident disable trigger user"))
    op.execute(
        sa.text(
            "update incident i set registered_by = t.actor_id, state_at = i.reported_at from transition t"
            " where t.month = i.month and t.incident_id = i.id and t.seq = 1"
        )
    )
    op.execute(sa.text("alter table incident enable trigger user"))
    op.create_check_constraint("pending_known", "incident", "pending in ('return', 'suspension', 'extension', 'void')")
    for name, columns, where in (
        ("due", ["due_at", "id"], "due_at is not null"),
        ("town_due", ["town_code", "due_at", "id"], "due_at is not null"),
        ("unit", ["unit_id", "reported_at", "id"], "unit_id is not null"),
        ("master", ["master_id"], "master_id is not null"),
        ("registered_by", ["registered_by", "reported_at"], "registered_by is not null"),
        ("state", ["state", "state_at"], "state <> 'ARCHIVED'"),
    ):
        op.create_index(f"ix_incident_{name}", "incident", columns, postgresql_where=sa.text(where))


def _of_incident(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["month", "incident_id"], ["incident.month", "incident.id"],
        name=op.f(f"fk_{table}_month_incident_id_incident"), ondelete="CASCADE",
    )  # fmt: skip


def _case() -> list[sa.Column[Any]]:
    return [
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), autoincrement=False, nullable=False),
    ]


def _tables() -> None:
    when = sa.TIMESTAMP(timezone=True)
    op.create_table(
        "transition_text",
        *_case(),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("words", sa.String(), nullable=True),
        sa.Column("salt", sa.String(), nullable=True),
        sa.Column("from_public", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("erased_at", when, nullable=True),
        sa.ForeignKeyConstraint(
            ["month", "incident_id", "seq"], ["transition.month", "transition.incident_id", "transition.seq"],
            name=op.f("fk_transition_text_month_incident_id_seq_transition"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("month", "incident_id", "seq", name=op.f("pk_transition_text")),
    )  # fmt: skip
    op.create_table(
        "incident_contact",
        *_case(),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("erase_after", when, nullable=True),
        sa.Column("written_at", when, server_default=sa.text("now()"), nullable=False),
        _of_incident("incident_contact"),
        sa.PrimaryKeyConstraint("month", "incident_id", name=op.f("pk_incident_contact")),
    )
    op.create_index("ix_incident_contact_erase_after", "incident_contact", ["erase_after"])
    op.create_table(
        "case_link",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        *_case(),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("created_at", when, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", when, nullable=False),
        sa.Column("used_at", when, nullable=True),
        _of_incident("case_link"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_link")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_case_link_token_sha256")),
    )
    op.create_index("ix_case_link_incident", "case_link", ["month", "incident_id"])
    _task()


def _task() -> None:
    when = sa.TIMESTAMP(timezone=True)
    op.create_table(
        "task",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        *_case(),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), server_default="asked", nullable=False),
        sa.Column("cycle", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("unit_id", sa.UUID(), nullable=True),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("asked_by", sa.UUID(), nullable=True),
        sa.Column("asked_at", when, server_default=sa.text("now()"), nullable=False),
        *(
            sa.Column(name, when, nullable=True)
            for name in ("report_in_by", "due_at", "reported_in_at", "done_at", "signed_at", "deadlocked_at")
        ),
        sa.Column("score", sa.Integer(), nullable=True),
        _of_incident("task"),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_task_unit_id_unit")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_task_account_id_account")),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_task_asked_by_account")),
        sa.CheckConstraint(
            "kind in ('verify', 'check', 'handle', 'countersign', 'joint_call', 'supervise')",
            name=op.f("ck_task_kind_known"),
        ),
        sa.CheckConstraint(
            "state in ('asked', 'reported_in', 'done', 'signed', 'cancelled')", name=op.f("ck_task_state_known")
        ),
        sa.CheckConstraint("score between 1 and 5", name=op.f("ck_task_score_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index("ix_task_incident", "task", ["month", "incident_id"])
    for whose in ("unit", "account"):
        op.create_index(
            f"ix_task_{whose}_open", "task", [f"{whose}_id"],
            postgresql_where=sa.text("state in ('asked', 'reported_in', 'done')"),
        )  # fmt: skip


def _secure(table: str) -> None:
    """Let a row be seen by whoever sees its incident."""
    for rule in ("enable", "force"):
        op.execute(sa.text(f"alter table {table} {rule} row level security"))
    op.execute(sa.text(f"create policy everywhere on {table} to gridward_all using (true)"))
    op.execute(
        sa.text(
            f"create policy upkeep on {table} to gridward_owner using (current_setting('gridward.owner', true) = 'on')"
        )
    )
    op.execute(
        sa.text(
            f"create policy inside on {table} to gridward_area using"
            f" (exists (select from incident i where i.month = {table}.month and i.id = {table}.incident_id))"
        )
    )


def downgrade() -> None:
    _driver().execute(b"""
        drop trigger kept on transition;
        drop trigger never_emptied on transition;
        grant update, delete on transition to gridward_app, gridward_all, gridward_area;
        drop function keep_steps();
    """)
    for table in ("task", "case_link", "incident_contact", "transition_text"):
        op.drop_table(table)
    for name in ("due", "town_due", "unit", "master", "registered_by", "state"):
        op.drop_index(f"ix_incident_{name}", table_name="incident")
    op.drop_constraint("pending_known", "incident", type_="check")
    for column in (
        "item_code", "state_at", "pending", "requested_by", "review_on", *FLAGS, *COUNTERS, "unit_id",
        "returned_unit_id", "referred_to", "registered_by", *ACCOUNTS, "due_at", "soon_at",
    ):  # fmt: skip
        op.drop_column("incident", column)
    for column in ("unit_id", "staff_id"):
        op.drop_column("account", column)
    listed = ", ".join(f"'{role}'" for role in NEW_ROLES)
    op.execute(sa.text(f"delete from scope where role in ({listed})"))  # noqa: S608 - constants of this file
    _roles(OLD_ROLES)
    # the extension stays: other things of this database may use it by now
