"""Trees without cycles, skills, patterns of shifts, absences, ratio rules, counts of posts and staffing proposals.

Revision ID: 0025
Revises: 0024
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

NEW_ID = sa.text("gen_random_uuid()")
TABLES = ("shift_pattern", "absence", "ratio_rule", "post_count", "staffing_proposal")
INSIDE = """(case when area_code >= nullif(current_setting('gridward.lo', true), '')::bigint
 then area_code <= nullif(current_setting('gridward.hi', true), '')::bigint else false end
 and ((select current_setting('gridward.areas', true) = '')
 or (select nullif(current_setting('gridward.areas', true), '')::int8multirange) @> area_code))"""
FOLLOWS = {
    "shift_pattern": "exists (select from staff s where s.id = staff_id)",
    "absence": "exists (select from staff s where s.id = staff_id)",
    "post_count": f"exists (select from area a where a.id = area_id and {INSIDE})",
}

# after the row, when all rows of the statement are there; one change of a tree at a time, or two could close a ring
TREES = """
create function refuse_cycle() returns trigger language plpgsql
    security definer set search_path = public, pg_temp set gridward.owner = 'on' as $$
declare
    found boolean;
begin
    if new.parent_id is null then
        return null;
    end if;
    perform pg_advisory_xact_lock(hashtext('tree of ' || tg_table_name));
    execute format(
        'with recursive up as (select id, parent_id from %1$I where id = $1 union'
        ' select t.id, t.parent_id from %1$I t join up on t.id = up.parent_id)'
        ' select exists (select from up where parent_id = $2)', tg_table_name) into found using new.parent_id, new.id;
    if found or new.parent_id = new.id then
        raise exception 'a % can not be above itself', tg_table_name
            using errcode = '23514', constraint = tg_table_name || '_tree';
    end if;
    return null;
end $$;
create constraint trigger refuse_cycle after insert or update of parent_id on unit
    for each row execute function refuse_cycle();
create constraint trigger refuse_cycle after insert or update of parent_id on area
    for each row execute function refuse_cycle();
"""

ROLES = (
    ("adviser", "grid adviser", "网格指导员"),
    ("contact", "information contact", "治安信息员"),
    ("unit_head", "micro-grid head", "单元长"),
)
OFFICERS = ["police officer", "officer", "社区民警", "民警", "警员", "政法干警"]
HEADS = ["grid head", "village secretary", "网格长", "村书记", "村党组织书记", "社区书记"]
DEPUTIES = ["deputy", "deputy grid head", "副网格长", "网格员", "grid assistant"]
# code, English, Chinese, role, ways, posts, posts at most, within, counts only, optional, active
RULES: tuple[tuple[Any, ...], ...] = (
    ("one-head-per-grid", "One head in each grid, of its own village", "每个网格一名网格长(本村社区)",
     "grid_head", [{"per": "grid", "count": 1}], HEADS, 4, "village", False, False, True),
    ("one-deputy-per-grid", "A deputy in each grid, where there is one to spare", "有余力时每个网格一名副网格长",
     "deputy", [{"per": "grid", "count": 1}], DEPUTIES, 8, "village", False, True, True),
    ("one-officer-per-village", "At least one officer in each village", "一村一警",
     "police", [{"per": "village", "count": 1}], OFFICERS, 8, "town", False, False, False),
    ("two-officers-per-town", "At least two officers in each town", "各镇街不少于两名干警",
     "police", [{"per": "town", "count": 2}], OFFICERS, 8, "town", False, False, False),
    ("contacts-by-households", "A contact for each 20 households, or one in each group", "每20户或每组一名信息员",
     "contact", [{"per": "household", "every": 20}, {"per": "group", "count": 1}], [], 1, "village", True, False, False),
)  # fmt: skip


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    _columns()
    _tables()
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(TREES.encode())
    for table in TABLES:
        _secure(table)
    for table, condition in FOLLOWS.items():
        op.execute(sa.text(f"create policy inside on {table} to gridward_area using ({condition})"))
    # the rules are for everybody to read; who is limited to an area changes none
    op.execute(sa.text("create policy known on ratio_rule for select to gridward_area using (true)"))
    _first_rules()


def _columns() -> None:
    op.add_column(
        "unit", sa.Column("valid", pg.DATERANGE(), server_default=sa.text("'[,)'::daterange"), nullable=False)
    )
    op.add_column("unit", sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False))
    op.add_column(
        "staff",
        sa.Column("skills", pg.ARRAY(sa.String()), server_default=sa.text("'{}'::character varying[]"), nullable=False),
    )
    op.add_column("staff", sa.Column("max_posts", sa.Integer(), nullable=True))
    op.add_column("staff", sa.Column("full_time", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_check_constraint(op.f("ck_staff_max_posts_counted"), "staff", "max_posts between 0 and 1000")
    op.add_column("assignment", sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False))
    op.create_check_constraint(op.f("ck_assignment_share_of_one"), "assignment", "share > 0 and share <= 1")


def _tables() -> None:
    op.create_table(
        "shift_pattern",
        sa.Column("id", sa.UUID(), server_default=NEW_ID, nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("cycle_days", sa.Integer(), nullable=False),
        sa.Column("on_days", pg.ARRAY(sa.Integer()), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.CheckConstraint("last_day >= first_day", name=op.f("ck_shift_pattern_days_in_order")),
        sa.CheckConstraint("cycle_days between 1 and 366", name=op.f("ck_shift_pattern_cycle_counted")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_shift_pattern_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_pattern")),
    )
    op.create_index(op.f("ix_shift_pattern_staff_id"), "shift_pattern", ["staff_id"], unique=False)
    op.add_column("shift", sa.Column("pattern_id", sa.UUID(), nullable=True))
    op.create_foreign_key(
        op.f("fk_shift_pattern_id_shift_pattern"), "shift", "shift_pattern", ["pattern_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index(op.f("ix_shift_pattern_id"), "shift", ["pattern_id"], unique=False)
    op.create_table(
        "absence",
        sa.Column("id", sa.UUID(), server_default=NEW_ID, nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("period", pg.TSTZRANGE(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_absence_staff_id_staff"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(
        "ix_absence_staff_id_period", "absence", ["staff_id", "period"], unique=False, postgresql_using="gist"
    )
    _rule_tables()


def _rule_tables() -> None:
    op.create_table(
        "ratio_rule",
        sa.Column("id", sa.UUID(), server_default=NEW_ID, nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=False),
        sa.Column("title_zh", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("grid_kind", sa.String(), server_default="household", nullable=False),
        sa.Column("ways", pg.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("posts", pg.ARRAY(sa.String()), nullable=False),
        sa.Column("skill", sa.String(), nullable=True),
        sa.Column("max_posts", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("within", sa.String(), server_default="village", nullable=False),
        sa.Column("max_distance_m", sa.Double(), nullable=True),
        sa.Column("max_households", sa.Integer(), nullable=True),
        sa.Column("counts_only", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("optional", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "grid_kind in ('household', 'natural_village', 'water', 'micro', 'ten_household', 'dedicated', 'police', 'safety', 'cell')",
            name=op.f("ck_ratio_rule_grid_kind_known"),
        ),
        sa.CheckConstraint("within in ('village', 'town', 'anywhere')", name=op.f("ck_ratio_rule_within_known")),
        sa.CheckConstraint("max_posts between 1 and 1000", name=op.f("ck_ratio_rule_max_posts_counted")),
        sa.ForeignKeyConstraint(["role"], ["role.code"], name=op.f("fk_ratio_rule_role_role")),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territory.id"], name=op.f("fk_ratio_rule_territory_id_territory"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ratio_rule")),
        sa.UniqueConstraint("territory_id", "code", name=op.f("uq_ratio_rule_territory_id_code")),
    )
    op.create_index(op.f("ix_ratio_rule_territory_id"), "ratio_rule", ["territory_id"], unique=False)
    op.create_table(
        "post_count",
        sa.Column("area_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("count >= 0", name=op.f("ck_post_count_count_of_posts")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_post_count_area_id_area"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role"], ["role.code"], name=op.f("fk_post_count_role_role")),
        sa.ForeignKeyConstraint(
            ["territory_id"], ["territory.id"], name=op.f("fk_post_count_territory_id_territory"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("area_id", "role", name=op.f("pk_post_count")),
    )
    op.create_index(op.f("ix_post_count_territory_id"), "post_count", ["territory_id"], unique=False)
    op.create_table(
        "staffing_proposal",
        sa.Column("id", sa.UUID(), server_default=NEW_ID, nullable=False),
        sa.Column("plan_id", sa.UUID(), nullable=False),
        sa.Column("status", sa.String(), server_default="proposed", nullable=False),
        sa.Column("based_on", sa.String(), nullable=False),
        sa.Column("result", pg.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("asked_by", sa.UUID(), nullable=True),
        sa.Column("made_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("applied_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("status in ('proposed', 'applied')", name=op.f("ck_staffing_proposal_status_known")),
        sa.ForeignKeyConstraint(["asked_by"], ["account.id"], name=op.f("fk_staffing_proposal_asked_by_account")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_staffing_proposal_plan_id_plan"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staffing_proposal")),
    )
    op.create_index(op.f("ix_staffing_proposal_plan_id"), "staffing_proposal", ["plan_id"], unique=False)


def _secure(table: str) -> None:
    for rule in ("enable", "force"):
        op.execute(sa.text(f"alter table {table} {rule} row level security"))
    op.execute(sa.text(f"create policy everywhere on {table} to gridward_all using (true)"))
    op.execute(
        sa.text(
            f"create policy upkeep on {table} to gridward_owner using (current_setting('gridward.owner', true) = 'on')"
        )
    )


def _first_rules() -> None:
    for code, en, zh in ROLES:
        op.execute(
            sa.text(
                "insert into role (code, name_en, name_zh) values (:code, :en, :zh) on conflict do nothing"
            ).bindparams(code=code, en=en, zh=zh)
        )
    # as the database's superuser or owner without a scope, the policies would hide the rows from the insert
    op.execute(sa.text("select set_config('gridward.owner', 'on', true)"))
    statement = sa.text(
        "insert into ratio_rule (code, seq, title_en, title_zh, role, ways, posts, max_posts, within, counts_only,"
        " optional, active) values (:code, :seq, :en, :zh, :role, cast(:ways as jsonb), cast(:posts as varchar[]),"
        " :most, :within, :counts, :optional, :active)"
    )
    for seq, (code, en, zh, role, ways, posts, most, within, counts, optional, active) in enumerate(RULES, start=1):
        op.execute(
            statement.bindparams(
                code=code, seq=seq, en=en, zh=zh, role=role, ways=json.dumps(ways), posts=posts, most=most,
                within=within, counts=counts, optional=optional, active=active,
            )
        )  # fmt: skip


def downgrade() -> None:
    op.execute(sa.text("drop trigger refuse_cycle on area"))
    op.execute(sa.text("drop trigger refuse_cycle on unit"))
    op.execute(sa.text("drop function refuse_cycle()"))
    op.drop_column("shift", "pattern_id")
    for table in reversed(TABLES):
        op.drop_table(table)
    for table, columns in (
        ("assignment", ("revision",)),
        ("staff", ("full_time", "max_posts", "skills")),
        ("unit", ("revision", "valid")),
    ):
        for column in columns:
            op.drop_column(table, column)
    op.drop_constraint(op.f("ck_assignment_share_of_one"), "assignment", type_="check")
    for code, _, _ in ROLES:
        op.execute(
            sa.text(
                "delete from role r where code = :code and not exists (select from assignment a where a.role = r.code)"
                " and not exists (select from responsibility d where d.role = r.code)"
            ).bindparams(code=code)
        )
