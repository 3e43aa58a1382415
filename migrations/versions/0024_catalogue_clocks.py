"""Catalogue, calendars, clocks and notifications.

Revision ID: 0024
Revises: 0023
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

# rows that are read by way of another row follow it, as row security itself shows it
OF_INCIDENT = "exists (select from incident i where i.month = {table}.month and i.id = {table}.incident_id)"
FOLLOWS = {
    "case_limit": OF_INCIDENT.format(table="case_limit"),
    "clock": OF_INCIDENT.format(table="clock"),
    "clock_reckoning": "exists (select from clock c where c.id = clock_id)",
    "clock_event": "exists (select from clock c where c.id = clock_id)",
    "notification": f"month is null or {OF_INCIDENT.format(table='notification')}",
    "notification_read": "exists (select from notification n where n.id = notification_id)",
}
# who else is told concerns whole territories: nothing of it for whoever is limited to an area
WHOLE_ONLY = ("webhook", "delivery", "delivery_try")
TABLES = (
    "catalogue", "catalogue_item", "time_limit", "area_class", "lead_unit", "calendar", "calendar_day", "case_limit",
    "clock", "clock_reckoning", "clock_event", "notification", "notification_read", "webhook", "delivery",
    "delivery_try",
)  # fmt: skip
# a result once reckoned stays beside every later one
KEPT = """
revoke update, delete on clock_reckoning from gridward_app, gridward_all, gridward_area;
create trigger append_only before update on clock_reckoning for each row execute function refuse_change();
create trigger append_only before update on delivery_try for each row execute function refuse_change();
"""


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    _catalogue()
    _clocks()
    _notices()
    for table in (*FOLLOWS, *WHOLE_ONLY):
        _secure(table)
    for table, condition in FOLLOWS.items():
        op.execute(sa.text(f"create policy inside on {table} to gridward_area using ({condition})"))
    op.get_bind().connection.driver_connection.execute(KEPT.encode())


def _secure(table: str) -> None:
    for rule in ("enable", "force"):
        op.execute(sa.text(f"alter table {table} {rule} row level security"))
    op.execute(sa.text(f"create policy everywhere on {table} to gridward_all using (true)"))
    op.execute(
        sa.text(
            f"create policy upkeep on {table} to gridward_owner using (current_setting('gridward.owner', true) = 'on')"
        )
    )


def _catalogue() -> None:
    op.create_table(
        "catalogue",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("file", sa.String(), server_default="", nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("loaded_by", sa.UUID(), nullable=True),
        sa.Column("loaded_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["loaded_by"], ["account.id"], name=op.f("fk_catalogue_loaded_by_account")),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territory.id"], name=op.f("fk_catalogue_territory_id_territory"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue")),
        sa.UniqueConstraint("territory_id", "version", name=op.f("uq_catalogue_territory_id_version")),
    )
    op.create_index(op.f("ix_catalogue_territory_id"), "catalogue", ["territory_id"], unique=False)
    op.create_table(
        "catalogue_item",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("catalogue_id", sa.UUID(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), server_default="event", nullable=False),
        sa.Column("class_code", sa.String(), nullable=False),
        sa.Column("class_en", sa.String(), nullable=False),
        sa.Column("class_zh", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=False),
        sa.Column("title_zh", sa.String(), nullable=False),
        sa.Column("filing_en", sa.String(), server_default="", nullable=False),
        sa.Column("filing_zh", sa.String(), server_default="", nullable=False),
        sa.Column("closing_en", sa.String(), server_default="", nullable=False),
        sa.Column("closing_zh", sa.String(), server_default="", nullable=False),
        sa.Column("severity", sa.String(), server_default="minor", nullable=False),
        sa.Column("difficulty", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("self_handling", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("public", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "synonyms", pg.ARRAY(sa.String()), server_default=sa.text("'{}'::character varying[]"), nullable=False
        ),
        sa.Column("terms", pg.ARRAY(sa.String()), server_default=sa.text("'{}'::character varying[]"), nullable=False),
        sa.CheckConstraint("kind in ('event', 'component')", name=op.f("ck_catalogue_item_kind_known")),
        sa.CheckConstraint("severity in ('minor', 'major', 'critical')", name=op.f("ck_catalogue_item_severity_known")),
        sa.CheckConstraint("difficulty between 1 and 5", name=op.f("ck_catalogue_item_difficulty_known")),
        sa.ForeignKeyConstraint(
            ["catalogue_id"],
            ["catalogue.id"],
            name=op.f("fk_catalogue_item_catalogue_id_catalogue"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_item")),
        sa.UniqueConstraint("catalogue_id", "code", name=op.f("uq_catalogue_item_catalogue_id_code")),
    )
    op.create_table(
        "time_limit",
        sa.Column("item_id", sa.UUID(), nullable=False),
        sa.Column("area_class", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(), server_default="", nullable=False),
        sa.Column("amount", sa.Double(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.CheckConstraint(
            "unit in ('minute', 'emergency_hour', 'emergency_day', 'work_hour', 'work_day', 'day')",
            name=op.f("ck_time_limit_unit_known"),
        ),
        sa.CheckConstraint("area_class between 1 and 4", name=op.f("ck_time_limit_area_class_known")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["catalogue_item.id"], name=op.f("fk_time_limit_item_id_catalogue_item"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", "area_class", "seq", name=op.f("pk_time_limit")),
    )
    op.create_table(
        "area_class",
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("area_class", sa.Integer(), nullable=False),
        sa.CheckConstraint("area_class between 1 and 4", name=op.f("ck_area_class_area_class_known")),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territory.id"], name=op.f("fk_area_class_territory_id_territory"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("territory_id", "area", name=op.f("pk_area_class")),
    )
    op.create_table(
        "lead_unit",
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=False),
        sa.Column("unit_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territory.id"], name=op.f("fk_lead_unit_territory_id_territory"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_lead_unit_unit_id_unit"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("territory_id", "item", "area", "unit_id", name=op.f("pk_lead_unit")),
    )
    op.create_index(op.f("ix_lead_unit_unit_id"), "lead_unit", ["unit_id"], unique=False)
    op.create_table(
        "calendar",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), server_default="", nullable=False),
        sa.Column("title_zh", sa.String(), server_default="", nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("hours", pg.ARRAY(sa.String()), nullable=False),
        sa.Column("week", pg.ARRAY(sa.Integer()), nullable=False),
        sa.Column("announced", pg.ARRAY(sa.Integer()), nullable=True),
        sa.Column("loaded_by", sa.UUID(), nullable=True),
        sa.Column("loaded_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["loaded_by"], ["account.id"], name=op.f("fk_calendar_loaded_by_account")),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territory.id"], name=op.f("fk_calendar_territory_id_territory"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar")),
        sa.UniqueConstraint("territory_id", "version", name=op.f("uq_calendar_territory_id_version")),
    )
    op.create_index(op.f("ix_calendar_territory_id"), "calendar", ["territory_id"], unique=False)
    op.create_table(
        "calendar_day",
        sa.Column("calendar_id", sa.UUID(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.Column("title", sa.String(), server_default="", nullable=False),
        sa.Column("hours", pg.ARRAY(sa.String()), nullable=True),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendar.id"], name=op.f("fk_calendar_day_calendar_id_calendar"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("calendar_id", "day", name=op.f("pk_calendar_day")),
    )


def _clocks() -> None:
    op.create_table(
        "case_limit",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("catalogue_id", sa.UUID(), nullable=True),
        sa.Column("item_code", sa.String(), nullable=True),
        sa.Column("area_class", sa.Integer(), nullable=False),
        sa.Column("limits", pg.JSONB(), nullable=False),
        sa.Column("frozen_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["catalogue_id"], ["catalogue.id"], name=op.f("fk_case_limit_catalogue_id_catalogue")),
        sa.ForeignKeyConstraint(
            ["month", "incident_id"],
            ["incident.month", "incident.id"],
            name=op.f("fk_case_limit_month_incident_id_incident"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("month", "incident_id", "cycle", "seq", name=op.f("pk_case_limit")),
    )
    op.create_table(
        "clock",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cycle", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("owes", sa.String(), nullable=False),
        sa.Column("limits", pg.JSONB(), nullable=False),
        sa.Column("calendar_id", sa.UUID(), nullable=True),
        sa.Column("measure", sa.String(), nullable=False),
        sa.Column("total_us", sa.BigInteger(), nullable=False),
        sa.Column("spent_us", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("started_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("since", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("soon_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("due_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("far_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("provisional", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("history", pg.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("fired", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("round", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("next_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("ended_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('stage', 'total', 'phase', 'review')", name=op.f("ck_clock_kind_known")),
        sa.CheckConstraint("measure in ('wall', 'work')", name=op.f("ck_clock_measure_known")),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name=op.f("fk_clock_calendar_id_calendar")),
        sa.ForeignKeyConstraint(
            ["month", "incident_id"],
            ["incident.month", "incident.id"],
            name=op.f("fk_clock_month_incident_id_incident"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock")),
    )
    op.create_index("ix_clock_incident", "clock", ["month", "incident_id"], unique=False)
    op.create_index(
        "ix_clock_next_at",
        "clock",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("ended_at is null and next_at is not null"),
    )
    op.create_index(
        "uq_clock_open",
        "clock",
        ["month", "incident_id", "kind", "seq"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "clock_reckoning",
        sa.Column("clock_id", sa.UUID(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("calendar_id", sa.UUID(), nullable=True),
        sa.Column("limits", pg.JSONB(), nullable=False),
        sa.Column("total_us", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("provisional", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "reason in ('start', 'resume', 'extension', 'calendar', 'rule')",
            name=op.f("ck_clock_reckoning_reason_known"),
        ),
        sa.ForeignKeyConstraint(["calendar_id"], ["calendar.id"], name=op.f("fk_clock_reckoning_calendar_id_calendar")),
        sa.ForeignKeyConstraint(
            ["clock_id"], ["clock.id"], name=op.f("fk_clock_reckoning_clock_id_clock"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("clock_id", "seq", name=op.f("pk_clock_reckoning")),
    )
    op.create_table(
        "clock_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("clock_id", sa.UUID(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("reached_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("fired_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("acted_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(), server_default="", nullable=False),
        sa.CheckConstraint("percent in (80, 100, 150)", name=op.f("ck_clock_event_percent_known")),
        sa.ForeignKeyConstraint(
            ["clock_id"], ["clock.id"], name=op.f("fk_clock_event_clock_id_clock"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_event")),
        sa.UniqueConstraint("clock_id", "round", "percent", name=op.f("uq_clock_event_clock_id_round_percent")),
    )
    op.create_index(
        "ix_clock_event_open", "clock_event", ["id"], unique=False, postgresql_where=sa.text("acted_at is null")
    )


def _notices() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("unit_id", sa.UUID(), nullable=True),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("month", sa.Date(), nullable=True),
        sa.Column("incident_id", sa.BigInteger(), nullable=True),
        sa.Column("facts", pg.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("num_nonnulls(role, account_id) > 0", name=op.f("ck_notification_somebody")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_notification_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["month", "incident_id"],
            ["incident.month", "incident.id"],
            name=op.f("fk_notification_month_incident_id_incident"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territory.id"], name=op.f("fk_notification_territory_id_territory"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["unit.id"], name=op.f("fk_notification_unit_id_unit"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
    )
    op.create_index("ix_notification_account_id", "notification", ["account_id", "id"], unique=False)
    op.create_index("ix_notification_at", "notification", ["at"], unique=False)
    op.create_index("ix_notification_incident", "notification", ["month", "incident_id"], unique=False)
    op.create_index("ix_notification_role", "notification", ["role", "id"], unique=False)
    op.create_table(
        "notification_read",
        sa.Column("notification_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_notification_read_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f("fk_notification_read_notification_id_notification"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("notification_id", "account_id", name=op.f("pk_notification_read")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("secret", sa.String(), server_default="", nullable=False),
        sa.Column("kinds", pg.ARRAY(sa.String()), server_default=sa.text("'{}'::character varying[]"), nullable=False),
        sa.Column("unit_id", sa.UUID(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_webhook_created_by_account")),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territory.id"], name=op.f("fk_webhook_territory_id_territory"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_webhook_unit_id_unit"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("webhook_id", sa.UUID(), nullable=False),
        sa.Column("notification_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), server_default="queued", nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint("state in ('queued', 'sent', 'given_up')", name=op.f("ck_delivery_state_known")),
        sa.ForeignKeyConstraint(
            ["notification_id"],
            ["notification.id"],
            name=op.f("fk_delivery_notification_id_notification"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_delivery_webhook_id_webhook"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("webhook_id", "notification_id", name=op.f("uq_delivery_webhook_id_notification_id")),
    )
    op.create_index(
        "ix_delivery_next_at", "delivery", ["next_at"], unique=False, postgresql_where=sa.text("state = 'queued'")
    )
    op.create_index(op.f("ix_delivery_notification_id"), "delivery", ["notification_id"], unique=False)
    op.create_table(
        "delivery_try",
        sa.Column("delivery_id", sa.UUID(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_try_delivery_id_delivery"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery_id", "seq", name=op.f("pk_delivery_try")),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
