"""The life of plans: steps, comments, lineage, area change sets, responsibilities, plans that wait for their day.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql as pg

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KINDS = (
    "household", "natural_village", "water", "micro", "ten_household", "dedicated", "police", "safety", "cell",
)  # fmt: skip
LINEAGE_KINDS = ("keep", "rename", "renumber", "merge", "split", "transfer")

# what every kind of grid starts with until an office writes its own list
DUTIES = (
    ("grid_head", "Answers for the grid: knows its borders, buildings and key places", "对网格负总责:掌握网格边界、楼栋和重点部位"),
    ("grid_head", "Walks the grid, reports what is broken or dangerous, and checks that it was mended", "日常巡查,上报问题隐患,核实处置结果"),
    ("grid_head", "Settles small disputes in the grid and passes on what is larger, one level up", "就地化解小矛盾,重大问题逐级上报"),
    ("grid_head", "Keeps the count of households and the list of doors up to date", "核对户数和门牌,保持台账准确"),
    ("deputy", "Stands in for the grid head", "网格长不在岗时代行职责"),
)  # fmt: skip

UUID = pg.UUID(as_uuid=True)
AT = sa.TIMESTAMP(timezone=True)


def _known(column: str, values: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(value) for value in values)})"


def _key() -> sa.Column[object]:
    return sa.Column("id", UUID, primary_key=True, server_default=sa.text("gen_random_uuid()"))


def _to(name: str, target: str, *, ondelete: str | None = None, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, UUID, sa.ForeignKey(target, ondelete=ondelete), nullable=nullable)


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, AT, server_default=sa.func.now(), nullable=False)


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    _plan_columns()
    _steps_and_comments()
    _change_sets_and_lineage()
    _responsibilities()


def _plan_columns() -> None:
    for name in ("submitted_at", "approved_at", "effective_at", "retired_at"):
        op.add_column("plan", sa.Column(name, AT, nullable=True))
    op.drop_constraint("status_known", "plan", type_="check")
    states = ("draft", "review", "scheduled", "published", "retired")
    op.create_check_constraint("status_known", "plan", _known("status", states))
    op.create_index(
        "uq_plan_scheduled",
        "plan",
        ["territory_id", "kind"],
        unique=True,
        postgresql_where=sa.text("status = 'scheduled'"),
    )
    op.execute(
        sa.text("""
        update plan p set effective_at = v.since, retired_at = case when p.status = 'retired' then v.until end
        from (select plan_id, min(lower(valid)) as since, max(upper(valid)) as until from grid_version
              where valid is not null group by plan_id) v
        where v.plan_id = p.id and p.status in ('published', 'retired')
        """)
    )


def _steps_and_comments() -> None:
    op.create_table(
        "plan_step",
        _key(),
        _to("plan_id", "plan.id", ondelete="CASCADE", nullable=False),
        sa.Column("action", sa.String, nullable=False),
        _to("actor_id", "account.id"),
        sa.Column("note", sa.String, server_default="", nullable=False),
        sa.Column("facts", pg.JSONB, server_default=sa.text("'{}'::jsonb"), nullable=False),
        _now("at"),
    )
    op.create_index("ix_plan_step_plan_id", "plan_step", ["plan_id"])
    op.create_table(
        "comment",
        _key(),
        _to("plan_id", "plan.id", ondelete="CASCADE", nullable=False),
        _to("grid_id", "grid.id"),
        _to("reply_to_id", "comment.id", ondelete="CASCADE"),
        _to("author_id", "account.id"),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("point", Geometry("POINT", srid=4326, spatial_index=False), nullable=True),
        _now("created_at"),
        sa.Column("resolved_at", AT, nullable=True),
        _to("resolved_by_id", "account.id"),
        sa.Column("revision", sa.BigInteger, server_default=sa.text("1"), nullable=False),
    )
    for column in ("plan_id", "reply_to_id"):
        op.create_index(f"ix_comment_{column}", "comment", [column])
    op.create_index("ix_comment_point", "comment", ["point"], postgresql_using="gist")


def _change_sets_and_lineage() -> None:
    op.create_table(
        "change_set",
        _key(),
        _to("territory_id", "territory.id", ondelete="CASCADE", nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("basis", sa.String, server_default="", nullable=False),
        sa.Column("effective_on", sa.Date, nullable=False),
        _to("author_id", "account.id"),
        _now("created_at"),
        sa.Column("settled_at", AT, nullable=True),
        sa.Column("figures", pg.JSONB, server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.UniqueConstraint("territory_id", "name", name="uq_change_set_territory_id_name"),
    )
    op.create_index("ix_change_set_territory_id", "change_set", ["territory_id"])
    op.create_table(
        "lineage",
        _key(),
        sa.Column("kind", sa.String, nullable=False),
        _to("from_grid_id", "grid.id", ondelete="CASCADE"),
        _to("to_grid_id", "grid.id", ondelete="CASCADE"),
        _to("from_area_id", "area.id", ondelete="CASCADE"),
        _to("to_area_id", "area.id", ondelete="CASCADE"),
        _to("from_plan_id", "plan.id", ondelete="CASCADE"),
        _to("plan_id", "plan.id", ondelete="CASCADE"),
        _to("change_set_id", "change_set.id", ondelete="CASCADE"),
        sa.Column("area_share", sa.Float, nullable=False),
        sa.Column("household_share", sa.Float, nullable=False),
        sa.Column("area_m2", sa.Float, nullable=False),
        sa.Column("households", sa.Integer, nullable=False),
        sa.Column("effective_at", AT, nullable=False),
        sa.CheckConstraint(_known("kind", LINEAGE_KINDS), name="kind_known"),
        sa.CheckConstraint(
            "num_nonnulls(from_grid_id, to_grid_id) = 2 and num_nonnulls(from_area_id, to_area_id) = 0"
            " or num_nonnulls(from_grid_id, to_grid_id) = 0 and num_nonnulls(from_area_id, to_area_id) = 2",
            name="one_pair",
        ),
        sa.CheckConstraint("num_nonnulls(plan_id, change_set_id) = 1", name="one_cause"),
    )
    for column in ("from_grid_id", "to_grid_id", "from_area_id", "to_area_id", "plan_id", "change_set_id"):
        op.create_index(f"ix_lineage_{column}", "lineage", [column])


def _responsibilities() -> None:
    op.create_table(
        "responsibility",
        _key(),
        _to("territory_id", "territory.id", ondelete="CASCADE"),
        sa.Column("grid_kind", sa.String, nullable=False),
        _to("grid_id", "grid.id", ondelete="CASCADE"),
        sa.Column("role", sa.String, sa.ForeignKey("role.code"), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("duty_en", sa.String, nullable=False),
        sa.Column("duty_zh", sa.String, nullable=False),
        _to("unit_id", "unit.id", ondelete="SET NULL"),
        sa.CheckConstraint(_known("grid_kind", KINDS), name="grid_kind_known"),
    )
    for column in ("territory_id", "grid_id"):
        op.create_index(f"ix_responsibility_{column}", "responsibility", [column])
    table = sa.table(
        "responsibility", *(sa.column(name) for name in ("grid_kind", "role", "seq", "duty_en", "duty_zh"))
    )
    rows = [
        {"grid_kind": kind, "role": role, "seq": seq, "duty_en": en, "duty_zh": zh}
        for kind in KINDS
        for seq, (role, en, zh) in enumerate(DUTIES, start=1)
    ]
    op.bulk_insert(table, rows)


def downgrade() -> None:
    for table in ("responsibility", "lineage", "change_set", "comment", "plan_step"):
        op.drop_table(table)
    op.drop_index("uq_plan_scheduled", "plan")
    # a plan that waits for its day is, before this step, one in review
    op.execute(sa.text("update plan set status = 'review' where status = 'scheduled'"))
    op.drop_constraint("status_known", "plan", type_="check")
    op.create_check_constraint("status_known", "plan", _known("status", ("draft", "review", "published", "retired")))
    for name in ("retired_at", "effective_at", "approved_at", "submitted_at"):
        op.drop_column("plan", name)
