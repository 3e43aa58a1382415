"""The schema command on a real database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
from alembic.config import Config
from alembic.script import ScriptDirectory

from store.database import schema


def test_upgrade_reaches_the_newest_revision_and_repeats_quietly(fresh_database_urls):
    assert schema.current_revision(fresh_database_urls.owner) == schema.newest_revision()
    assert schema.upgrade(fresh_database_urls.owner) == (schema.newest_revision(), schema.newest_revision())


def test_two_upgrades_at_once_make_one_schema(empty_urls):
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(schema.upgrade, [empty_urls.owner] * 2))
    newest = schema.newest_revision()
    assert sorted(results, key=str) == [(newest, newest), (None, newest)]


def test_revisions_read_from_text_are_alembics_own():
    config = Config()
    config.set_main_option("script_location", str(schema.migrations_folder()))
    scripts = ScriptDirectory.from_config(config)
    assert schema.newest_revision() == scripts.get_current_head()
    assert schema.revisions() == {script.revision: script.down_revision for script in scripts.walk_revisions()}


def test_box_overlap_is_leakproof_after_upgrade(fresh_database_urls):
    assert schema.is_leakproof(fresh_database_urls.owner)


def test_the_application_role_owns_nothing_and_creates_nothing(fresh_database_urls):
    with psycopg.connect(fresh_database_urls.app, autocommit=True) as connection:
        assert connection.execute("select count(*) from account").fetchone() == (0,)
        owned = connection.execute("select count(*) from pg_class where relowner = current_user::regrole").fetchone()
        assert owned == (0,)
        try:
            connection.execute("create table intruder (id int)")
        except psycopg.errors.InsufficientPrivilege:
            return
    raise AssertionError("the application's role could create a table")
