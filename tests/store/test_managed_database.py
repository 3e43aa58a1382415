"""A database as a provider gives it: PostGIS is there already, and the owner of the tables is no superuser."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from gis.errors import UnavailableError
from services import health
from store.cluster import ClusterUrls, templates
from store.database import backup, schema
from store.database.actor import Actor
from store.database.engine import Database
from tests.api.town import build_town

WEST, EAST = 990101001001, 990101001002
LIMITED = Actor(None, "mei", frozenset({"planner"}), "west", ((WEST, WEST),))


@pytest.fixture(scope="module")
def managed(cluster_urls: ClusterUrls, template_database: str) -> Iterator[str]:
    """URL of a database whose owner may log in and nothing else; extensions and roles are the provider's work."""
    role = database = f"managed_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(cluster_urls.named("postgres").owner, autocommit=True) as admin:
        admin.execute(
            sql.SQL("create role {} login password 'x' nosuperuser nocreaterole").format(sql.Identifier(role))
        )
        admin.execute(
            sql.SQL("create database {} owner {} template template0 encoding 'UTF8'").format(
                sql.Identifier(database), sql.Identifier(role)
            )
        )
    with psycopg.connect(cluster_urls.named(database).owner, autocommit=True) as admin:
        for extension in ("postgis", "btree_gist", "pgcrypto"):
            admin.execute(f"create extension {extension}")
        admin.execute(sql.SQL("alter schema public owner to {}").format(sql.Identifier(role)))
    parts = urlsplit(cluster_urls.named(database).owner)
    host = parts.netloc.rpartition("@")[2]
    yield urlunsplit(parts._replace(netloc=f"{role}:x@{host}"))
    templates.drop_database(cluster_urls, database)
    with psycopg.connect(cluster_urls.named("postgres").owner, autocommit=True) as admin:
        admin.execute(sql.SQL('revoke set on parameter "gridward.owner" from {}').format(sql.Identifier(role)))
        admin.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


def test_without_the_roles_the_upgrade_says_what_to_do_and_changes_nothing(managed):
    with pytest.raises(UnavailableError) as refused:
        schema.upgrade(managed)
    remedy = str(refused.value.fields["remedy"])
    assert 'grant gridward_owner to "managed_' in remedy
    assert 'grant set on parameter "gridward.owner" to "managed_' in remedy
    assert schema.current_revision(managed) is None


def test_a_limited_account_sees_its_area_although_the_box_is_not_leakproof(managed, cluster_urls, tmp_path):
    # what the refusal said, word for word
    with pytest.raises(UnavailableError) as refused:
        schema.upgrade(managed)
    with psycopg.connect(cluster_urls.named("postgres").owner, autocommit=True) as admin:
        admin.execute(str(refused.value.fields["remedy"]).partition(": ")[2].encode())
    before, after = schema.upgrade(managed)
    assert (before, after) == (None, schema.newest_revision())
    assert schema.is_leakproof(managed) is False
    assert schema.upgrade(managed) == (after, after)
    database = Database(managed, managed)
    try:
        town = build_town(database)
        assert health.check(database).checks["row_security"].startswith("slow")
        assert health.check(database).ready
        with database.work(LIMITED) as work:
            seen = set(work.session.scalars(sa.text("select distinct area_code from camera")))
            assert seen == {WEST}
            box = "st_makeenvelope(24.9, 60.1, 25.0, 60.2, 4326)"
            inside = work.session.scalar(sa.text(f"select count(*) from camera where point && {box}"))
        assert inside == 4
        with database.work(Actor.system()) as work:
            assert work.session.scalar(sa.text("select count(*) from camera")) == len(town.cameras)
        with database.owner_work(Actor.system()) as work:
            assert work.session.scalar(sa.text("select count(*) from camera")) == len(town.cameras)
    finally:
        database.dispose()
    assert backup.backup(managed, tmp_path / "managed.dump") > 10_000
