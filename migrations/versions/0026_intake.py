"""Photos, QR codes, devices and quotas of the open doors; the gazetteer and the n-grams of addresses.

Revision ID: 0026
Revises: 0025
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql as pg

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

AT = sa.TIMESTAMP(timezone=True)
NOW = sa.text("now()")
NEW_ID = sa.text("gen_random_uuid()")

# Called with their schema, so that a restore, which has no search path, can build the index.
# Trigrams can't hold names of one or two Chinese characters. Here a character of such a script is a gram, and each
# pair of neighbours is one; words of letters and digits give their beginning and their pairs. A boundary between the
# two is none: 解放路9号 and 解放路 9 号 have the same grams.
GRAMS = r"""
create function spaced_name(said text) returns text language sql immutable strict parallel safe as $$
    select btrim(regexp_replace(lower(normalize(said, NFKC)), '[[:punct:][:space:]·、。「」《》—]+', ' ', 'g'))
$$;

create function plain_name(said text) returns text language sql immutable strict parallel safe cost 200 as $$
    select replace(public.spaced_name(said), ' ', '')
$$;

create function name_grams(said text) returns text[] language sql immutable strict parallel safe cost 1000 as $$
    select coalesce(array_agg(distinct g), '{}') from (
        select c, substr(t, i + 1, 1) as n, i = 1 or substr(t, i - 1, 1) = ' ' or ascii(substr(t, i - 1, 1)) >= 11904
               as begins, ascii(c) >= 11904 as dense
        from public.spaced_name(said) t, generate_series(1, length(t)) i, substr(t, i, 1) c
        where c <> ' '
    ) s, lateral (values (case when dense then c when begins then ' ' || c end),
                         (case when n <> '' and n <> ' ' and (ascii(n) >= 11904) = dense then c || n end)) v(g)
    where g is not null
$$;
"""

INSIDE = """(case when area_code >= nullif(current_setting('gridward.lo', true), '')::bigint
 then area_code <= nullif(current_setting('gridward.hi', true), '')::bigint else false end
 and ((select current_setting('gridward.areas', true) = '')
 or (select nullif(current_setting('gridward.areas', true), '')::int8multirange) @> area_code))"""

# a photo follows its report as row security shows it, and one that has none yet stays with the scope that sent it
OF_INCIDENT = (
    "case when incident_id is null then made_for = current_setting('gridward.scope', true)"
    " else exists (select from incident i where i.month = media.month and i.id = media.incident_id) end"
)
FOLLOWS = {
    "media": OF_INCIDENT,
    "media_content": "exists (select from media m where m.id = media_id)",
    "qr_code": "(grid_id is not null and exists (select from grid g where g.id = grid_id))"
    " or (camera_id is not null and exists (select from camera c where c.id = camera_id))"
    " or (key_place_id is not null and exists (select from key_place k where k.id = key_place_id))",
    "gazetteer": INSIDE,
}
# the register of devices, the doors' counters and the state of the gazetteer: for the whole territory only
WHOLE_ONLY = ("device", "intake_quota", "gazetteer_state")


def upgrade() -> None:
    op.execute(sa.text("set local lock_timeout = '10s'"))
    _media()
    _codes_and_devices()
    _gazetteer()
    op.get_bind().connection.driver_connection.execute(GRAMS.encode())
    op.execute(sa.text("create index ix_dwelling_grams on dwelling using gin (name_grams(address))"))
    op.create_index("ix_dwelling_area_code", "dwelling", ["area_code"])
    op.create_index(
        "ix_incident_public_time",
        "incident",
        ["reported_at", "id"],
        postgresql_where=sa.text("channel in ('open311', 'plate')"),
    )
    # pictures are compressed already
    op.execute(sa.text("alter table media_content alter column content set storage external"))
    for table in (*FOLLOWS, *WHOLE_ONLY):
        op.execute(sa.text(f"alter table {table} enable row level security"))
        op.execute(sa.text(f"alter table {table} force row level security"))
        op.execute(sa.text(f"create policy everywhere on {table} to gridward_all using (true)"))
        op.execute(
            sa.text(
                f"create policy upkeep on {table} to gridward_owner"
                " using (current_setting('gridward.owner', true) = 'on')"
            )
        )
    for table, condition in FOLLOWS.items():
        op.execute(sa.text(f"create policy inside on {table} to gridward_area using ({condition})"))


def _media() -> None:
    op.create_table(
        "media",
        sa.Column("id", pg.UUID(as_uuid=True), server_default=NEW_ID, nullable=False),
        sa.Column("month", sa.Date(), nullable=True),
        sa.Column("incident_id", sa.BigInteger(), nullable=True),
        sa.Column("stage", sa.String(), server_default="other", nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column(
            "made_for",
            sa.String(),
            server_default=sa.text("coalesce(nullif(current_setting('gridward.scope', true), ''), 'all')"),
            nullable=False,
        ),
        sa.Column("created_at", AT, server_default=NOW, nullable=False),
        sa.Column("blurred_at", AT, nullable=True),
        sa.CheckConstraint("stage in ('before', 'after', 'other')", name=op.f("ck_media_stage_known")),
        sa.CheckConstraint("(month is null) = (incident_id is null)", name=op.f("ck_media_whole_key")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_media_account_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["month", "incident_id"],
            ["incident.month", "incident.id"],
            name=op.f("fk_media_month_incident_id_incident"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
    )
    op.create_index("ix_media_incident", "media", ["month", "incident_id"])
    op.create_index("ix_media_loose", "media", ["created_at"], postgresql_where=sa.text("incident_id is null"))
    op.create_table(
        "media_content",
        sa.Column("media_id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.String(), nullable=False),
        sa.Column("content", pg.BYTEA(), nullable=False),
        sa.CheckConstraint("size in ('full', 'thumb')", name=op.f("ck_media_content_size_known")),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f("fk_media_content_media_id_media"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("media_id", "size", name=op.f("pk_media_content")),
    )


def _territory(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_territory_id_territory")
    return sa.ForeignKeyConstraint(["territory_id"], ["territory.id"], name=name, ondelete="CASCADE")


def _codes_and_devices() -> None:
    targets = ("grid", "camera", "key_place")
    op.create_table(
        "qr_code",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("territory_id", sa.Uuid(), nullable=False),
        *(sa.Column(f"{target}_id", sa.Uuid(), nullable=True) for target in targets),
        sa.Column("issued_at", AT, server_default=NOW, nullable=False),
        sa.Column("withdrawn_at", AT, nullable=True),
        sa.CheckConstraint("num_nonnulls(grid_id, camera_id, key_place_id) = 1", name=op.f("ck_qr_code_one_target")),
        _territory("qr_code"),
        *(
            sa.ForeignKeyConstraint(
                [f"{target}_id"], [f"{target}.id"], name=op.f(f"fk_qr_code_{target}_id_{target}"), ondelete="CASCADE"
            )
            for target in targets
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_qr_code")),
    )
    for column in ("territory_id", *(f"{target}_id" for target in targets)):
        op.create_index(op.f(f"ix_qr_code_{column}"), "qr_code", [column])
    op.create_table(
        "device",
        sa.Column("id", pg.UUID(as_uuid=True), server_default=NEW_ID, nullable=False),
        sa.Column("territory_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("item_code", sa.String(), nullable=True),
        sa.Column("severity", sa.String(), server_default="minor", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("point", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("created_at", AT, server_default=NOW, nullable=False),
        sa.CheckConstraint("severity in ('minor', 'major', 'critical')", name=op.f("ck_device_severity_known")),
        _territory("device"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("territory_id", "code", name=op.f("uq_device_territory_id_code")),
    )
    op.create_index(op.f("ix_device_territory_id"), "device", ["territory_id"])
    op.create_table(
        "intake_quota",
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bucket", "since", name=op.f("pk_intake_quota")),
    )
    op.create_index("ix_intake_quota_since", "intake_quota", ["since"])


def _gazetteer() -> None:
    op.create_table(
        "gazetteer",
        sa.Column("id", pg.UUID(as_uuid=True), server_default=NEW_ID, nullable=False),
        sa.Column("territory_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("ref_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("official", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), server_default="", nullable=False) for name in ("within", "sounds", "initials")),
        sa.Column("grams", pg.ARRAY(sa.Text()), nullable=False),
        sa.Column("point", Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        sa.Column("reach_m", sa.Float(), server_default=sa.text("0"), nullable=False),
        sa.Column("area_code", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("source in ('derived', 'osm', 'file')", name=op.f("ck_gazetteer_source_known")),
        _territory("gazetteer"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gazetteer")),
    )
    op.create_index(op.f("ix_gazetteer_territory_id"), "gazetteer", ["territory_id"])
    op.create_index("ix_gazetteer_point", "gazetteer", ["point"], postgresql_using="gist")
    op.create_index("ix_gazetteer_grams", "gazetteer", ["grams"], postgresql_using="gin")
    op.create_table(
        "gazetteer_state",
        sa.Column("territory_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", AT, server_default=NOW, nullable=False),
        _territory("gazetteer_state"),
        sa.PrimaryKeyConstraint("territory_id", name=op.f("pk_gazetteer_state")),
    )


def downgrade() -> None:
    op.drop_index("ix_incident_public_time", table_name="incident")
    op.drop_index("ix_dwelling_area_code", table_name="dwelling")
    op.drop_index("ix_dwelling_grams", table_name="dwelling")
    for table in ("media_content", "media", "qr_code", "device", "intake_quota", "gazetteer_state", "gazetteer"):
        op.drop_table(table)
    for function in ("name_grams", "plain_name", "spaced_name"):
        op.execute(sa.text(f"drop function {function}(text)"))
