"""first schema.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

from store.types import ShapelyGeometry, Xid8

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create extension if not exists postgis")
    op.execute("create extension if not exists btree_gist")
    op.create_table(
        "account",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("display", sa.String(), nullable=False),
        sa.Column("language", sa.String(), server_default="en", nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("disabled_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "layer_revision",
        sa.Column("layer", sa.String(), nullable=False),
        sa.Column("rev", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("layer", name=op.f("pk_layer_revision")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("territory_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column(
            "payload",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index("ix_outbox_at", "outbox", ["at"], unique=False)
    op.create_index("ix_outbox_xid_id", "outbox", ["xid", "id"], unique=False)
    op.create_table(
        "role",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_role")),
    )
    op.create_table(
        "territory",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "outline",
            ShapelyGeometry("MULTIPOLYGON", srid=4326),
            nullable=False,
        ),
        sa.Column("metric_srid", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("source_digest", sa.String(), nullable=True),
        sa.Column("attribution", sa.String(), server_default="", nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_territory")),
        sa.UniqueConstraint("name", name=op.f("uq_territory_name")),
    )
    op.create_index("ix_territory_outline", "territory", ["outline"], unique=False, postgresql_using="gist")
    op.create_table(
        "api_token",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_api_token_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_api_token_token_sha256")),
    )
    op.create_index(op.f("ix_api_token_account_id"), "api_token", ["account_id"], unique=False)
    op.create_table(
        "area",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "names",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("parent_id", sa.UUID(), nullable=True),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("area_code", sa.BigInteger(), nullable=False),
        sa.Column("town_code", sa.BigInteger(), nullable=False),
        sa.Column("county_code", sa.BigInteger(), nullable=False),
        sa.Column(
            "geom",
            ShapelyGeometry("MULTIPOLYGON", srid=4326),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column("valid", postgresql.DATERANGE(), server_default=sa.text("'[,)'"), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("code"), "="), (sa.column("valid"), "&&"), using="gist", name="ex_area_code_valid"
        ),
        sa.CheckConstraint("kind in ('county', 'town', 'village', 'group', 'zone')", name=op.f("ck_area_kind_known")),
        sa.ForeignKeyConstraint(["parent_id"], ["area.id"], name=op.f("fk_area_parent_id_area")),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_area_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area")),
        sa.UniqueConstraint("fid", name=op.f("uq_area_fid")),
    )
    op.create_index(op.f("ix_area_area_code"), "area", ["area_code"], unique=False)
    op.create_index("ix_area_geom", "area", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_area_geom_3857", "area", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_area_parent_id"), "area", ["parent_id"], unique=False)
    op.create_index(op.f("ix_area_path"), "area", ["path"], unique=False)
    op.create_index(op.f("ix_area_territory_id"), "area", ["territory_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("target", sa.String(), server_default="", nullable=False),
        sa.Column("request_id", sa.String(), server_default="", nullable=False),
        sa.Column(
            "details",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_audit_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_table(
        "barrier",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("cost", sa.Double(), nullable=False),
        sa.Column(
            "geom",
            ShapelyGeometry("LINESTRING", srid=4326),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_barrier_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_barrier")),
    )
    op.create_index("ix_barrier_geom", "barrier", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_barrier_territory_id"), "barrier", ["territory_id"], unique=False)
    op.create_table(
        "building",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("source_ref", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("levels", sa.Double(), nullable=True),
        sa.Column("height_m", sa.Double(), nullable=True),
        sa.Column(
            "geom",
            ShapelyGeometry("MULTIPOLYGON", srid=4326),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_building_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
        sa.UniqueConstraint("fid", name=op.f("uq_building_fid")),
    )
    op.create_index("ix_building_geom", "building", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_building_geom_3857", "building", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_building_territory_id"), "building", ["territory_id"], unique=False)
    op.create_table(
        "camera",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("gb28181_id", sa.String(), nullable=True),
        sa.Column("source_ref", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), server_default="", nullable=False),
        sa.Column("ownership", sa.String(), server_default="own", nullable=False),
        sa.Column("purpose", sa.String(), server_default="", nullable=False),
        sa.Column("mount", sa.String(), server_default="", nullable=False),
        sa.Column(
            "point",
            ShapelyGeometry("POINT", srid=4326),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="POINT",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("st_transform(point, 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column("source_crs", sa.String(), server_default="wgs84", nullable=False),
        sa.Column("height_m", sa.Double(), nullable=True),
        sa.Column("azimuth", sa.Double(), nullable=True),
        sa.Column("hfov", sa.Double(), nullable=True),
        sa.Column("max_range", sa.Double(), nullable=False),
        sa.Column("ptz", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("dome", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("indoor", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("networked", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("online", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("sensor_px", sa.Integer(), nullable=True),
        sa.Column("sign", sa.Boolean(), nullable=True),
        sa.Column("filing_no", sa.String(), nullable=True),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_camera_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera")),
        sa.UniqueConstraint("fid", name=op.f("uq_camera_fid")),
        sa.UniqueConstraint("gb28181_id", name=op.f("uq_camera_gb28181_id")),
        sa.UniqueConstraint("territory_id", "source_ref", name=op.f("uq_camera_territory_id_source_ref")),
    )
    op.create_index("ix_camera_geom_3857", "camera", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index("ix_camera_point", "camera", ["point"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_camera_territory_id"), "camera", ["territory_id"], unique=False)
    op.create_table(
        "facility",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column(
            "point",
            ShapelyGeometry("POINT", srid=4326),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_facility_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility")),
        sa.UniqueConstraint("fid", name=op.f("uq_facility_fid")),
    )
    op.create_index(op.f("ix_facility_kind"), "facility", ["kind"], unique=False)
    op.create_index("ix_facility_point", "facility", ["point"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_facility_territory_id"), "facility", ["territory_id"], unique=False)
    op.create_table(
        "grid",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "kind in ('household', 'natural_village', 'water', 'micro', 'ten_household', 'dedicated', 'police', 'safety', 'cell')",
            name=op.f("ck_grid_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_grid_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid")),
        sa.UniqueConstraint("code", name=op.f("uq_grid_code")),
        sa.UniqueConstraint("fid", name=op.f("uq_grid_fid")),
    )
    op.create_index(op.f("ix_grid_territory_id"), "grid", ["territory_id"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("body_sha256", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_idempotency_key_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "key", "route", name=op.f("pk_idempotency_key")),
    )
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"], unique=False)
    op.create_table(
        "job_progress",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("queue_id", sa.BigInteger(), nullable=True),
        sa.Column("account_id", sa.UUID(), nullable=True),
        sa.Column("state", sa.String(), server_default="queued", nullable=False),
        sa.Column("done", sa.Double(), server_default=sa.text("0"), nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column(
            "args",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("cancel_asked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')",
            name=op.f("ck_job_progress_state_known"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_job_progress_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_progress")),
    )
    op.create_table(
        "key_place",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column("weight", sa.Double(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "point",
            ShapelyGeometry("POINT", srid=4326),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="POINT",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("st_transform(point, 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_key_place_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_place")),
        sa.UniqueConstraint("fid", name=op.f("uq_key_place_fid")),
    )
    op.create_index("ix_key_place_geom_3857", "key_place", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_key_place_kind"), "key_place", ["kind"], unique=False)
    op.create_index("ix_key_place_point", "key_place", ["point"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_key_place_territory_id"), "key_place", ["territory_id"], unique=False)
    op.create_table(
        "landcover",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column(
            "geom",
            ShapelyGeometry("MULTIPOLYGON", srid=4326),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("kind in ('water', 'green', 'land')", name=op.f("ck_landcover_kind_known")),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_landcover_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_landcover")),
        sa.UniqueConstraint("fid", name=op.f("uq_landcover_fid")),
    )
    op.create_index("ix_landcover_geom", "landcover", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_landcover_geom_3857", "landcover", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_landcover_territory_id"), "landcover", ["territory_id"], unique=False)
    op.create_table(
        "plan",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("status", sa.String(), server_default="draft", nullable=False),
        sa.Column("based_on_id", sa.UUID(), nullable=True),
        sa.Column(
            "spec",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("spec_digest", sa.String(), nullable=False),
        sa.Column(
            "quality",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("author_id", sa.UUID(), nullable=True),
        sa.Column("approver_id", sa.UUID(), nullable=True),
        sa.Column("basis", sa.String(), server_default="", nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint(
            "kind in ('household', 'natural_village', 'water', 'micro', 'ten_household', 'dedicated', 'police', 'safety', 'cell')",
            name=op.f("ck_plan_kind_known"),
        ),
        sa.CheckConstraint("status in ('draft', 'review', 'published', 'retired')", name=op.f("ck_plan_status_known")),
        sa.ForeignKeyConstraint(["approver_id"], ["account.id"], name=op.f("fk_plan_approver_id_account")),
        sa.ForeignKeyConstraint(["author_id"], ["account.id"], name=op.f("fk_plan_author_id_account")),
        sa.ForeignKeyConstraint(["based_on_id"], ["plan.id"], name=op.f("fk_plan_based_on_id_plan")),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_plan_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_index(op.f("ix_plan_spec_digest"), "plan", ["spec_digest"], unique=False)
    op.create_index(op.f("ix_plan_territory_id"), "plan", ["territory_id"], unique=False)
    op.create_index(
        "uq_plan_published",
        "plan",
        ["territory_id", "kind"],
        unique=True,
        postgresql_where=sa.text("status = 'published'"),
    )
    op.create_table(
        "scope",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("area_path", sa.String(), nullable=True),
        sa.Column("valid", postgresql.TSTZRANGE(), server_default=sa.text("'[,)'"), nullable=False),
        sa.CheckConstraint(
            "role in ('planner', 'reviewer', 'intake_officer', 'shift_leader', 'dispatcher', 'handling_unit', 'inspector', 'grid_staff', 'analyst', 'camera_administrator', 'system_administrator', 'security_administrator', 'audit_administrator')",
            name=op.f("ck_scope_role_known"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_scope_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scope")),
    )
    op.create_index(op.f("ix_scope_account_id"), "scope", ["account_id"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("token_sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_session_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_session_token_sha256")),
    )
    op.create_index(op.f("ix_session_account_id"), "session", ["account_id"], unique=False)
    op.create_table(
        "sign_in_link",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("account_id", sa.UUID(), nullable=False),
        sa.Column("code_sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("used_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_sign_in_link_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_link")),
        sa.UniqueConstraint("code_sha256", name=op.f("uq_sign_in_link_code_sha256")),
    )
    op.create_index(op.f("ix_sign_in_link_account_id"), "sign_in_link", ["account_id"], unique=False)
    op.create_table(
        "street",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column("walkable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "geom",
            ShapelyGeometry("LINESTRING", srid=4326),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="LINESTRING",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_street_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_street")),
        sa.UniqueConstraint("fid", name=op.f("uq_street_fid")),
    )
    op.create_index("ix_street_geom", "street", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_street_geom_3857", "street", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_street_territory_id"), "street", ["territory_id"], unique=False)
    op.create_table(
        "waterway",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column(
            "geom",
            ShapelyGeometry("LINESTRING", srid=4326),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="LINESTRING",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_waterway_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waterway")),
        sa.UniqueConstraint("fid", name=op.f("uq_waterway_fid")),
    )
    op.create_index("ix_waterway_geom", "waterway", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_waterway_geom_3857", "waterway", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_waterway_territory_id"), "waterway", ["territory_id"], unique=False)
    op.create_table(
        "atom",
        sa.Column("plan_id", sa.UUID(), nullable=False),
        sa.Column("label", sa.Integer(), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("grid_id", sa.UUID(), nullable=True),
        sa.Column("area_id", sa.UUID(), nullable=False),
        sa.Column("demand", sa.Integer(), nullable=False),
        sa.Column(
            "geom",
            ShapelyGeometry("POLYGON", srid=4326),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="POLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_atom_area_id_area")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_atom_grid_id_grid")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_atom_plan_id_plan"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("plan_id", "label", name=op.f("pk_atom")),
        sa.UniqueConstraint("fid", name=op.f("uq_atom_fid")),
    )
    op.create_index("ix_atom_geom", "atom", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_atom_geom_3857", "atom", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_atom_grid_id"), "atom", ["grid_id"], unique=False)
    op.create_table(
        "camera_status",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("camera_id", sa.UUID(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("camera_id"), "="),
            (sa.column("period"), "&&"),
            using="gist",
            name="ex_camera_status_period",
        ),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["camera.id"], name=op.f("fk_camera_status_camera_id_camera"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_camera_status")),
    )
    op.create_table(
        "coverage_run",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("plan_id", sa.UUID(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column(
            "spec",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "summary",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_coverage_run_plan_id_plan"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_run")),
        sa.UniqueConstraint("plan_id", "digest", name=op.f("uq_coverage_run_plan_id_digest")),
    )
    op.create_index(op.f("ix_coverage_run_plan_id"), "coverage_run", ["plan_id"], unique=False)
    op.create_table(
        "dwelling",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("area_id", sa.UUID(), nullable=True),
        sa.Column("building_id", sa.UUID(), nullable=True),
        sa.Column("door_code", sa.String(), nullable=True),
        sa.Column("address", sa.String(), server_default="", nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("estimated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("evidence", sa.String(), nullable=True),
        sa.Column(
            "point",
            ShapelyGeometry("POINT", srid=4326),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="POINT",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("st_transform(point, 3857)", persisted=True),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_dwelling_area_id_area"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["building_id"],
            ["building.id"],
            name=op.f("fk_dwelling_building_id_building"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_dwelling_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dwelling")),
        sa.UniqueConstraint("fid", name=op.f("uq_dwelling_fid")),
        sa.UniqueConstraint("territory_id", "door_code", name=op.f("uq_dwelling_territory_id_door_code")),
    )
    op.create_index(op.f("ix_dwelling_area_id"), "dwelling", ["area_id"], unique=False)
    op.create_index(op.f("ix_dwelling_door_code"), "dwelling", ["door_code"], unique=False)
    op.create_index("ix_dwelling_geom_3857", "dwelling", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index("ix_dwelling_point", "dwelling", ["point"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_dwelling_territory_id"), "dwelling", ["territory_id"], unique=False)
    op.create_table(
        "grid_version",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("grid_id", sa.UUID(), nullable=False),
        sa.Column("plan_id", sa.UUID(), nullable=False),
        sa.Column("area_id", sa.UUID(), nullable=False),
        sa.Column("parent_grid_id", sa.UUID(), nullable=True),
        sa.Column("name", sa.String(), server_default="", nullable=False),
        sa.Column(
            "geom",
            ShapelyGeometry("MULTIPOLYGON", srid=4326),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "label_point",
            ShapelyGeometry("POINT", srid=4326),
            nullable=False,
        ),
        sa.Column("exclave", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("dwellings", sa.Integer(), nullable=False),
        sa.Column("deviation", sa.Double(), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("compactness", sa.Double(), nullable=False),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("valid", postgresql.TSTZRANGE(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("grid_id"), "="),
            (sa.column("valid"), "&&"),
            using="gist",
            name="ex_grid_version_valid",
        ),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_grid_version_area_id_area")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_grid_version_grid_id_grid")),
        sa.ForeignKeyConstraint(["parent_grid_id"], ["grid.id"], name=op.f("fk_grid_version_parent_grid_id_grid")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.id"], name=op.f("fk_grid_version_plan_id_plan"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_version")),
        sa.UniqueConstraint("fid", name=op.f("uq_grid_version_fid")),
        sa.UniqueConstraint("plan_id", "grid_id", name=op.f("uq_grid_version_plan_id_grid_id")),
    )
    op.create_index(op.f("ix_grid_version_area_id"), "grid_version", ["area_id"], unique=False)
    op.create_index("ix_grid_version_geom", "grid_version", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_grid_version_geom_3857", "grid_version", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_grid_version_grid_id"), "grid_version", ["grid_id"], unique=False)
    op.create_index(op.f("ix_grid_version_plan_id"), "grid_version", ["plan_id"], unique=False)
    op.create_table(
        "unit",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("parent_id", sa.UUID(), nullable=True),
        sa.Column("area_id", sa.UUID(), nullable=True),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_unit_area_id_area"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_parent_id_unit")),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_unit_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit_code")),
    )
    op.create_index(op.f("ix_unit_territory_id"), "unit", ["territory_id"], unique=False)
    op.create_table(
        "view_shed",
        sa.Column("camera_id", sa.UUID(), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("assumed", sa.Boolean(), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("flag", sa.String(), server_default="", nullable=False),
        sa.Column(
            "geom",
            ShapelyGeometry("MULTIPOLYGON", srid=4326),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column("inputs_digest", sa.String(), nullable=False),
        sa.Column("computed_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["camera.id"], name=op.f("fk_view_shed_camera_id_camera"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_view_shed_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("camera_id", name=op.f("pk_view_shed")),
        sa.UniqueConstraint("fid", name=op.f("uq_view_shed_fid")),
    )
    op.create_index("ix_view_shed_geom", "view_shed", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_view_shed_geom_3857", "view_shed", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_view_shed_territory_id"), "view_shed", ["territory_id"], unique=False)
    op.create_table(
        "component",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("code16", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner_unit_id", sa.UUID(), nullable=True),
        sa.Column(
            "point",
            ShapelyGeometry("POINT", srid=4326),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["owner_unit_id"], ["unit.id"], name=op.f("fk_component_owner_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_component_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_component")),
        sa.UniqueConstraint("code16", name=op.f("uq_component_code16")),
        sa.UniqueConstraint("fid", name=op.f("uq_component_fid")),
    )
    op.create_index(op.f("ix_component_owner_unit_id"), "component", ["owner_unit_id"], unique=False)
    op.create_index("ix_component_point", "component", ["point"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_component_territory_id"), "component", ["territory_id"], unique=False)
    op.create_table(
        "coverage_grid",
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("grid_id", sa.UUID(), nullable=False),
        sa.Column("street_m", sa.Double(), nullable=False),
        sa.Column("seen_m", sa.Double(), nullable=False),
        sa.Column("seen_m_upper", sa.Double(), nullable=False),
        sa.Column("k2_m", sa.Double(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("places_seen", sa.Integer(), nullable=False),
        sa.Column("places_seen_upper", sa.Integer(), nullable=False),
        sa.Column("cameras", sa.Integer(), nullable=False),
        sa.Column("online", sa.Integer(), nullable=False),
        sa.Column("incidents", sa.Integer(), nullable=False),
        sa.Column("gap_score", sa.Double(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_coverage_grid_grid_id_grid")),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["coverage_run.id"],
            name=op.f("fk_coverage_grid_run_id_coverage_run"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "grid_id", name=op.f("pk_coverage_grid")),
    )
    op.create_table(
        "gap",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("fid", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("grid_id", sa.UUID(), nullable=True),
        sa.Column("key_place_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column(
            "reason",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column(
            "geom",
            ShapelyGeometry(srid=4326),
            nullable=False,
        ),
        sa.Column(
            "geom_3857",
            Geometry(srid=3857, dimension=2, spatial_index=False, from_text="ST_GeomFromEWKT", name="geometry"),
            sa.Computed("st_transform(geom, 3857)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("kind in ('street', 'key_place')", name=op.f("ck_gap_kind_known")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_gap_grid_id_grid")),
        sa.ForeignKeyConstraint(
            ["key_place_id"], ["key_place.id"], name=op.f("fk_gap_key_place_id_key_place"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["coverage_run.id"], name=op.f("fk_gap_run_id_coverage_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gap")),
        sa.UniqueConstraint("fid", name=op.f("uq_gap_fid")),
    )
    op.create_index("ix_gap_geom", "gap", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_gap_geom_3857", "gap", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_gap_grid_id"), "gap", ["grid_id"], unique=False)
    op.create_index(op.f("ix_gap_run_id"), "gap", ["run_id"], unique=False)
    op.create_table(
        "key_place_coverage",
        sa.Column("run_id", sa.UUID(), nullable=False),
        sa.Column("key_place_id", sa.UUID(), nullable=False),
        sa.Column("seen", sa.String(), nullable=False),
        sa.Column("cameras", sa.Integer(), nullable=False),
        sa.CheckConstraint("seen in ('yes', 'no', 'maybe')", name=op.f("ck_key_place_coverage_seen_known")),
        sa.ForeignKeyConstraint(
            ["key_place_id"],
            ["key_place.id"],
            name=op.f("fk_key_place_coverage_key_place_id_key_place"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["coverage_run.id"],
            name=op.f("fk_key_place_coverage_run_id_coverage_run"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("run_id", "key_place_id", name=op.f("pk_key_place_coverage")),
    )
    op.create_table(
        "report",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("run_id", sa.UUID(), nullable=True),
        sa.Column("content", postgresql.BYTEA(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["coverage_run.id"], name=op.f("fk_report_run_id_coverage_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("name", "format", "digest", name=op.f("uq_report_name_format_digest")),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("work_no", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("post", sa.String(), nullable=False),
        sa.Column("unit_id", sa.UUID(), nullable=True),
        sa.Column("area_id", sa.UUID(), nullable=True),
        sa.Column(
            "duty_point",
            ShapelyGeometry("POINT", srid=4326),
            nullable=True,
        ),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_staff_area_id_area"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["territory_id"],
            ["territory.id"],
            name=op.f("fk_staff_territory_id_territory"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_staff_unit_id_unit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("work_no", name=op.f("uq_staff_work_no")),
    )
    op.create_index(op.f("ix_staff_area_id"), "staff", ["area_id"], unique=False)
    op.create_index("ix_staff_duty_point", "staff", ["duty_point"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_staff_territory_id"), "staff", ["territory_id"], unique=False)
    op.create_index(op.f("ix_staff_unit_id"), "staff", ["unit_id"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("grid_id", sa.UUID(), nullable=True),
        sa.Column("area_id", sa.UUID(), nullable=True),
        sa.Column("share", sa.Double(), server_default=sa.text("1"), nullable=False),
        sa.Column("ex_officio", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_head", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("valid", postgresql.TSTZRANGE(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("grid_id"), "="),
            (sa.column("valid"), "&&"),
            where=sa.text("is_head"),
            using="gist",
            name="ex_assignment_one_head",
        ),
        sa.CheckConstraint("num_nonnulls(grid_id, area_id) = 1", name=op.f("ck_assignment_one_target")),
        sa.ForeignKeyConstraint(["area_id"], ["area.id"], name=op.f("fk_assignment_area_id_area"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_assignment_grid_id_grid"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role"], ["role.code"], name=op.f("fk_assignment_role_role")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_assignment_staff_id_staff"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index(op.f("ix_assignment_area_id"), "assignment", ["area_id"], unique=False)
    op.create_index(op.f("ix_assignment_grid_id"), "assignment", ["grid_id"], unique=False)
    op.create_index(op.f("ix_assignment_staff_id"), "assignment", ["staff_id"], unique=False)
    op.create_table(
        "incident",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("territory_id", sa.UUID(), nullable=False),
        sa.Column("no", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("item", sa.String(), nullable=False),
        sa.Column("description", sa.String(), server_default="", nullable=False),
        sa.Column("state", sa.String(), server_default="REPORTED", nullable=False),
        sa.Column("severity", sa.String(), server_default="minor", nullable=False),
        sa.Column("handling_level", sa.String(), server_default="grid", nullable=False),
        sa.Column("reported_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("occurred_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column(
            "point",
            ShapelyGeometry("POINT", srid=4326),
            nullable=True,
        ),
        sa.Column(
            "geom_3857",
            Geometry(
                geometry_type="POINT",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            sa.Computed("st_transform(point, 3857)", persisted=True),
            nullable=True,
        ),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("locate_method", sa.String(), nullable=False),
        sa.Column("grid_version_id", sa.UUID(), nullable=True),
        sa.Column("alt_grid_version_id", sa.UUID(), nullable=True),
        sa.Column("component_id", sa.UUID(), nullable=True),
        sa.Column("area_code", sa.BigInteger(), nullable=False),
        sa.Column("town_code", sa.BigInteger(), nullable=False),
        sa.Column("county_code", sa.BigInteger(), nullable=False),
        sa.Column("master_id", sa.BigInteger(), nullable=True),
        sa.Column("cycle", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(
            ["alt_grid_version_id"],
            ["grid_version.id"],
            name=op.f("fk_incident_alt_grid_version_id_grid_version"),
        ),
        sa.ForeignKeyConstraint(["component_id"], ["component.id"], name=op.f("fk_incident_component_id_component")),
        sa.ForeignKeyConstraint(
            ["grid_version_id"], ["grid_version.id"], name=op.f("fk_incident_grid_version_id_grid_version")
        ),
        sa.ForeignKeyConstraint(["territory_id"], ["territory.id"], name=op.f("fk_incident_territory_id_territory")),
        sa.PrimaryKeyConstraint("month", "id", name=op.f("pk_incident")),
        postgresql_partition_by="RANGE (month)",
    )
    op.create_index("ix_incident_geom_3857", "incident", ["geom_3857"], unique=False, postgresql_using="gist")
    op.create_index("ix_incident_grid_version_id", "incident", ["grid_version_id"], unique=False)
    op.create_index("ix_incident_point", "incident", ["point"], unique=False, postgresql_using="gist")
    op.create_index("ix_incident_time", "incident", ["reported_at", "id"], unique=False)
    op.create_index("ix_incident_town_time", "incident", ["town_code", "reported_at", "id"], unique=False)
    op.create_table(
        "shift",
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("staff_id", sa.UUID(), nullable=False),
        sa.Column("period", postgresql.TSTZRANGE(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_shift_staff_id_staff"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
    )
    op.create_index("ix_shift_period", "shift", ["period"], unique=False, postgresql_using="gist")
    op.create_index("ix_shift_staff_id_period", "shift", ["staff_id", "period"], unique=False, postgresql_using="gist")
    op.create_table(
        "intake_key",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("channel_key", sa.String(), nullable=False),
        sa.Column("body_sha256", sa.String(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("no", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["month", "incident_id"],
            ["incident.month", "incident.id"],
            name=op.f("fk_intake_key_month_incident_id_incident"),
            ondelete="CASCADE",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("channel", "channel_key", name=op.f("pk_intake_key")),
        sa.UniqueConstraint("incident_id", name=op.f("uq_intake_key_incident_id")),
        sa.UniqueConstraint("no", name=op.f("uq_intake_key_no")),
    )
    op.create_table(
        "transition",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("incident_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("from_state", sa.String(), nullable=True),
        sa.Column("to_state", sa.String(), nullable=False),
        sa.Column("actor_id", sa.UUID(), nullable=True),
        sa.Column(
            "facts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
        ),
        sa.Column("at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("prev", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["account.id"], name=op.f("fk_transition_actor_id_account")),
        sa.ForeignKeyConstraint(
            ["month", "incident_id"],
            ["incident.month", "incident.id"],
            name=op.f("fk_transition_month_incident_id_incident"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("month", "incident_id", "seq", name=op.f("pk_transition")),
    )


def downgrade() -> None:
    op.drop_table("transition")
    op.drop_table("intake_key")
    op.drop_index("ix_shift_staff_id_period", table_name="shift", postgresql_using="gist")
    op.drop_index("ix_shift_period", table_name="shift", postgresql_using="gist")
    op.drop_table("shift")
    op.drop_index("ix_incident_town_time", table_name="incident")
    op.drop_index("ix_incident_time", table_name="incident")
    op.drop_index("ix_incident_point", table_name="incident", postgresql_using="gist")
    op.drop_index("ix_incident_grid_version_id", table_name="incident")
    op.drop_index("ix_incident_geom_3857", table_name="incident", postgresql_using="gist")
    op.drop_table("incident")
    op.drop_index(op.f("ix_assignment_staff_id"), table_name="assignment")
    op.drop_index(op.f("ix_assignment_grid_id"), table_name="assignment")
    op.drop_index(op.f("ix_assignment_area_id"), table_name="assignment")
    op.drop_table("assignment")
    op.drop_index(op.f("ix_staff_unit_id"), table_name="staff")
    op.drop_index(op.f("ix_staff_territory_id"), table_name="staff")
    op.drop_index("ix_staff_duty_point", table_name="staff", postgresql_using="gist")
    op.drop_index(op.f("ix_staff_area_id"), table_name="staff")
    op.drop_table("staff")
    op.drop_table("report")
    op.drop_table("key_place_coverage")
    op.drop_index(op.f("ix_gap_run_id"), table_name="gap")
    op.drop_index(op.f("ix_gap_grid_id"), table_name="gap")
    op.drop_index("ix_gap_geom_3857", table_name="gap", postgresql_using="gist")
    op.drop_index("ix_gap_geom", table_name="gap", postgresql_using="gist")
    op.drop_table("gap")
    op.drop_table("coverage_grid")
    op.drop_index(op.f("ix_component_territory_id"), table_name="component")
    op.drop_index("ix_component_point", table_name="component", postgresql_using="gist")
    op.drop_index(op.f("ix_component_owner_unit_id"), table_name="component")
    op.drop_table("component")
    op.drop_index(op.f("ix_view_shed_territory_id"), table_name="view_shed")
    op.drop_index("ix_view_shed_geom_3857", table_name="view_shed", postgresql_using="gist")
    op.drop_index("ix_view_shed_geom", table_name="view_shed", postgresql_using="gist")
    op.drop_table("view_shed")
    op.drop_index(op.f("ix_unit_territory_id"), table_name="unit")
    op.drop_table("unit")
    op.drop_index(op.f("ix_grid_version_plan_id"), table_name="grid_version")
    op.drop_index(op.f("ix_grid_version_grid_id"), table_name="grid_version")
    op.drop_index("ix_grid_version_geom_3857", table_name="grid_version", postgresql_using="gist")
    op.drop_index("ix_grid_version_geom", table_name="grid_version", postgresql_using="gist")
    op.drop_index(op.f("ix_grid_version_area_id"), table_name="grid_version")
    op.drop_table("grid_version")
    op.drop_index(op.f("ix_dwelling_territory_id"), table_name="dwelling")
    op.drop_index("ix_dwelling_point", table_name="dwelling", postgresql_using="gist")
    op.drop_index("ix_dwelling_geom_3857", table_name="dwelling", postgresql_using="gist")
    op.drop_index(op.f("ix_dwelling_door_code"), table_name="dwelling")
    op.drop_index(op.f("ix_dwelling_area_id"), table_name="dwelling")
    op.drop_table("dwelling")
    op.drop_index(op.f("ix_coverage_run_plan_id"), table_name="coverage_run")
    op.drop_table("coverage_run")
    op.drop_table("camera_status")
    op.drop_index(op.f("ix_atom_grid_id"), table_name="atom")
    op.drop_index("ix_atom_geom_3857", table_name="atom", postgresql_using="gist")
    op.drop_index("ix_atom_geom", table_name="atom", postgresql_using="gist")
    op.drop_table("atom")
    op.drop_index(op.f("ix_waterway_territory_id"), table_name="waterway")
    op.drop_index("ix_waterway_geom_3857", table_name="waterway", postgresql_using="gist")
    op.drop_index("ix_waterway_geom", table_name="waterway", postgresql_using="gist")
    op.drop_table("waterway")
    op.drop_index(op.f("ix_street_territory_id"), table_name="street")
    op.drop_index("ix_street_geom_3857", table_name="street", postgresql_using="gist")
    op.drop_index("ix_street_geom", table_name="street", postgresql_using="gist")
    op.drop_table("street")
    op.drop_index(op.f("ix_sign_in_link_account_id"), table_name="sign_in_link")
    op.drop_table("sign_in_link")
    op.drop_index(op.f("ix_session_account_id"), table_name="session")
    op.drop_table("session")
    op.drop_index(op.f("ix_scope_account_id"), table_name="scope")
    op.drop_table("scope")
    op.drop_index("uq_plan_published", table_name="plan", postgresql_where=sa.text("status = 'published'"))
    op.drop_index(op.f("ix_plan_territory_id"), table_name="plan")
    op.drop_index(op.f("ix_plan_spec_digest"), table_name="plan")
    op.drop_table("plan")
    op.drop_index(op.f("ix_landcover_territory_id"), table_name="landcover")
    op.drop_index("ix_landcover_geom_3857", table_name="landcover", postgresql_using="gist")
    op.drop_index("ix_landcover_geom", table_name="landcover", postgresql_using="gist")
    op.drop_table("landcover")
    op.drop_index(op.f("ix_key_place_territory_id"), table_name="key_place")
    op.drop_index("ix_key_place_point", table_name="key_place", postgresql_using="gist")
    op.drop_index(op.f("ix_key_place_kind"), table_name="key_place")
    op.drop_index("ix_key_place_geom_3857", table_name="key_place", postgresql_using="gist")
    op.drop_table("key_place")
    op.drop_table("job_progress")
    op.drop_index("ix_idempotency_key_created_at", table_name="idempotency_key")
    op.drop_table("idempotency_key")
    op.drop_index(op.f("ix_grid_territory_id"), table_name="grid")
    op.drop_table("grid")
    op.drop_index(op.f("ix_facility_territory_id"), table_name="facility")
    op.drop_index("ix_facility_point", table_name="facility", postgresql_using="gist")
    op.drop_index(op.f("ix_facility_kind"), table_name="facility")
    op.drop_table("facility")
    op.drop_index(op.f("ix_camera_territory_id"), table_name="camera")
    op.drop_index("ix_camera_point", table_name="camera", postgresql_using="gist")
    op.drop_index("ix_camera_geom_3857", table_name="camera", postgresql_using="gist")
    op.drop_table("camera")
    op.drop_index(op.f("ix_building_territory_id"), table_name="building")
    op.drop_index("ix_building_geom_3857", table_name="building", postgresql_using="gist")
    op.drop_index("ix_building_geom", table_name="building", postgresql_using="gist")
    op.drop_table("building")
    op.drop_index(op.f("ix_barrier_territory_id"), table_name="barrier")
    op.drop_index("ix_barrier_geom", table_name="barrier", postgresql_using="gist")
    op.drop_table("barrier")
    op.drop_index("ix_audit_at", table_name="audit")
    op.drop_table("audit")
    op.drop_index(op.f("ix_area_territory_id"), table_name="area")
    op.drop_index(op.f("ix_area_path"), table_name="area")
    op.drop_index(op.f("ix_area_parent_id"), table_name="area")
    op.drop_index("ix_area_geom_3857", table_name="area", postgresql_using="gist")
    op.drop_index("ix_area_geom", table_name="area", postgresql_using="gist")
    op.drop_index(op.f("ix_area_area_code"), table_name="area")
    op.drop_table("area")
    op.drop_index(op.f("ix_api_token_account_id"), table_name="api_token")
    op.drop_table("api_token")
    op.drop_index("ix_territory_outline", table_name="territory", postgresql_using="gist")
    op.drop_table("territory")
    op.drop_table("role")
    op.drop_index("ix_outbox_xid_id", table_name="outbox")
    op.drop_index("ix_outbox_at", table_name="outbox")
    op.drop_table("outbox")
    op.drop_table("layer_revision")
    op.drop_table("account")
