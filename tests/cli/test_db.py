"""`gridward db` on real databases: state, upgrade, backup → restore → compare, and refusals."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from cli import main
from store.cluster import PrivateCluster, binaries
from store.database import schema


@pytest.fixture(autouse=True)
def no_outside_settings(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith("GRIDWARD_") and not name.startswith("GRIDWARD_TEST"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def gridward(capsys):
    """Run a command with --json and return (exit code, answer or problem)."""

    def call(*words: str):
        capsys.readouterr()
        code = main.run([*words, "--json"])
        captured = capsys.readouterr()
        return code, json.loads(captured.out if code == 0 else captured.err.splitlines()[-1])

    return call


def use(monkeypatch, urls):
    monkeypatch.setenv("GRIDWARD_DATABASE_URL", urls.app)
    monkeypatch.setenv("GRIDWARD_DATABASE_OWNER_URL", urls.owner)


def fill(urls) -> None:
    """Rows with what a dump must carry: geometry, generated columns, partitions, rare characters, sequences."""
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        connection.execute("insert into account (name, display) values ('anna', '安娜 𠮷'), ('bob', 'Bob')")
        connection.execute("select ensure_incident_month('2026-11-01')")
        connection.execute("insert into layer_revision (layer, rev) values ('grids', 7)")
        connection.execute("""insert into outbox (kind, payload) values ('layer', '{"layer": "grids", "rev": 7}')""")
        connection.execute("""
            insert into territory (name, outline, metric_srid)
            select 'Test', st_multi(st_makeenvelope(24.9, 60.1, 25.0, 60.2, 4326)), 3067
        """)


def contents(urls) -> dict[str, str]:
    """Digest of every table's rows in order, and each sequence's place; PostGIS' own excepted."""
    found: dict[str, str] = {}
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        tables = connection.execute(
            "select c.oid::regclass::text, relkind = 'S' from pg_class c where relkind in ('r', 'S') "
            "and relnamespace = 'public'::regnamespace and not exists "
            "(select from pg_depend d where d.objid = c.oid and d.deptype = 'e') order by 1"
        ).fetchall()
        for table, is_sequence in tables:
            rows = "(select last_value, is_called from {})" if is_sequence else "{}"
            digest = "select count(*) || ':' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from "
            row = connection.execute(sql.SQL(digest + rows + " t").format(sql.SQL(table))).fetchone()
            found[table] = row[0]
    return found


def definition(urls) -> list[str]:
    """The whole schema as pg_dump writes it, rights included.

    Brackets and casts are left out: a check over a list of words is re-parsed by the restore and printed otherwise.
    """
    program = binaries.find_binaries().program("pg_dump")
    command = [program, "--schema-only", "--dbname", urls.owner]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    text = re.sub(r"::(character varying|text)|[()\[\]]", "", text)
    # newer versions write a random key
    return [line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def test_backup_restore_compare(monkeypatch, fresh_database_urls, empty_urls, gridward, tmp_path):
    fill(fresh_database_urls)
    use(monkeypatch, fresh_database_urls)
    file = tmp_path / "town.backup"
    code, facts = gridward("db", "backup", str(file))
    assert (code, facts["bytes"]) == (0, file.stat().st_size)
    assert [path.name for path in tmp_path.iterdir()] == ["town.backup"]

    use(monkeypatch, empty_urls)
    code, facts = gridward("db", "restore", str(file))
    assert code == 0
    assert (facts["schema"], facts["leakproof"]) == (schema.newest_revision(), True)
    before = contents(fresh_database_urls)
    assert before["account"].startswith("2:")
    assert before["territory"].startswith("1:")
    # events are ordered by the transaction ids of their own server
    assert before["outbox"].startswith("1:")
    # both sides noted what was done: the source after its backup, the copy that it was filled from one
    after = contents(empty_urls)
    assert {name for name in before if after[name] != before[name]} <= {"outbox", "audit", "audit_id_seq"}
    assert after["outbox"] == "0:"
    with psycopg.connect(empty_urls.owner, autocommit=True, options="-c gridward.owner=on") as connection:
        found = connection.execute("select action, target from audit where action like 'db.%' order by id").fetchall()
    assert found == [("db.restore", "town.backup")]
    with psycopg.connect(fresh_database_urls.owner, autocommit=True, options="-c gridward.owner=on") as connection:
        found = connection.execute("select action, target from audit where action like 'db.%' order by id").fetchall()
    assert found == [("db.backup", "town.backup")]
    assert definition(empty_urls) == definition(fresh_database_urls)
    with psycopg.connect(empty_urls.app, autocommit=True) as connection:
        assert connection.execute("select count(*) from account").fetchone() == (2,)


def test_a_backup_restores_for_an_owner_of_another_name(
    monkeypatch, fresh_database_urls, empty_urls, gridward, tmp_path, other_owner
):
    """A private database's owner is `gridward`; that of a database of one's own, or of a provider, hardly ever is."""
    fill(fresh_database_urls)
    use(monkeypatch, fresh_database_urls)
    file = tmp_path / "town.backup"
    assert gridward("db", "backup", str(file))[0] == 0
    with psycopg.connect(empty_urls.owner, autocommit=True) as connection:
        for extension in ("postgis", "btree_gist", "pgcrypto"):
            connection.execute(sql.SQL("create extension {}").format(sql.SQL(extension)))
        for what in (sql.SQL("database {}").format(sql.Identifier(connection.info.dbname)), sql.SQL("schema public")):
            connection.execute(sql.SQL("alter {} owner to {}").format(what, sql.Identifier(other_owner)))
    owner = re.sub("//[^@]*@", f"//{other_owner}@", empty_urls.owner)
    monkeypatch.setenv("GRIDWARD_DATABASE_URL", empty_urls.app)
    monkeypatch.setenv("GRIDWARD_DATABASE_OWNER_URL", owner)
    code, facts = gridward("db", "restore", str(file))
    assert code == 0, facts
    with psycopg.connect(owner, autocommit=True) as connection:
        # what a later upgrade makes is open to the application, too
        connection.execute("create table later (id int)")
        for role in ("gridward_app", "gridward_all", "gridward_area"):
            told = connection.execute("select has_table_privilege(%s, 'later', 'insert')", (role,)).fetchone()
            assert told == (True,)


@pytest.fixture
def other_owner(cluster_urls):
    """A login that owns no tables yet and is no superuser, in the roles that an administrator puts an owner in."""
    role = f"owner_{os.getpid()}"
    with psycopg.connect(cluster_urls.named("postgres").owner, autocommit=True) as connection:
        connection.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
        connection.execute(
            sql.SQL("grant gridward_app, gridward_all, gridward_area, gridward_owner to {}").format(
                sql.Identifier(role)
            )
        )
        connection.execute(sql.SQL('grant set on parameter "gridward.owner" to {}').format(sql.Identifier(role)))
    return role


def test_restore_refuses_a_database_with_tables(monkeypatch, fresh_database_urls, gridward, tmp_path):
    use(monkeypatch, fresh_database_urls)
    file = tmp_path / "a.backup"
    assert gridward("db", "backup", str(file))[0] == 0
    before = contents(fresh_database_urls)
    code, problem = gridward("db", "restore", str(file))
    assert (code, problem["code"]) == (2, "conflict")
    assert "not empty" in problem["detail"]
    assert contents(fresh_database_urls) == before


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "Cannot read"), (b"", "is empty"), (b"PK\x03\x04rest", "is not a backup"), (b"PGDMP garbage", "damaged")],
)
def test_restore_refuses_what_is_no_backup(monkeypatch, empty_urls, gridward, tmp_path, content, words):
    use(monkeypatch, empty_urls)
    file = tmp_path / "bad.backup"
    if content is not None:
        file.write_bytes(content)
    code, problem = gridward("db", "restore", str(file))
    assert code == 2
    assert words in problem["detail"]
    assert problem["file"] == str(file)


def test_a_backup_that_was_cut_off_restores_nothing(monkeypatch, fresh_database_urls, empty_urls, gridward, tmp_path):
    fill(fresh_database_urls)
    use(monkeypatch, fresh_database_urls)
    whole, cut = tmp_path / "whole.backup", tmp_path / "cut.backup"
    gridward("db", "backup", str(whole))
    data = whole.read_bytes()
    # past the table of contents: the first tables would load before the end is missed
    cut.write_bytes(data[: len(data) - 200])
    use(monkeypatch, empty_urls)
    code, problem = gridward("db", "restore", str(cut))
    assert code == 2, problem
    assert contents(empty_urls) == {}


def test_a_dump_of_another_program_is_refused(monkeypatch, empty_urls, gridward, cluster_urls, tmp_path):
    with psycopg.connect(empty_urls.owner, autocommit=True) as connection:
        connection.execute("create table theirs (n int)")
    file = tmp_path / "theirs.backup"
    program = binaries.find_binaries().program("pg_dump")
    subprocess.run([program, "-Fc", "-f", str(file), "--dbname", empty_urls.owner], check=True)
    with psycopg.connect(empty_urls.owner, autocommit=True) as connection:
        connection.execute("drop table theirs")
    use(monkeypatch, empty_urls)
    code, problem = gridward("db", "restore", str(file))
    assert code == 2
    assert "not of a Gridward database" in problem["detail"]


def test_a_backup_of_a_newer_schema_is_refused(monkeypatch, fresh_database_urls, empty_urls, gridward, tmp_path):
    with psycopg.connect(fresh_database_urls.owner, autocommit=True) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    use(monkeypatch, fresh_database_urls)
    file = tmp_path / "newer.backup"
    assert gridward("db", "backup", str(file))[0] == 0
    code, problem = gridward("db", "upgrade")
    assert (code, problem["schema"]) == (2, "9999")
    use(monkeypatch, empty_urls)
    code, problem = gridward("db", "restore", str(file))
    assert (code, problem["schema"]) == (2, "9999")
    assert contents(empty_urls) == {}


def test_backup_into_a_missing_or_closed_place_is_bad_input(monkeypatch, fresh_database_urls, gridward, tmp_path):
    use(monkeypatch, fresh_database_urls)
    code, problem = gridward("db", "backup", str(tmp_path / "no" / "such.backup"))
    assert (code, problem["code"]) == (2, "invalid-input")
    code, problem = gridward("db", "backup", str(tmp_path))
    assert "is a folder" in problem["detail"]


def test_a_failed_backup_keeps_the_earlier_one(monkeypatch, gridward, tmp_path):
    monkeypatch.setenv("GRIDWARD_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    file = tmp_path / "good.backup"
    file.write_bytes(b"PGDMP earlier")
    code, problem = gridward("db", "backup", str(file))
    assert (code, problem["code"]) == (2, "unavailable")
    assert file.read_bytes() == b"PGDMP earlier"
    assert [path.name for path in tmp_path.iterdir()] == ["good.backup"]


def test_a_backup_on_a_full_disk_keeps_the_earlier_one(monkeypatch, fresh_database_urls, gridward, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("may not mount a small file system here")
    try:
        (small / "a.backup").write_bytes(b"PGDMP earlier")
        use(monkeypatch, fresh_database_urls)
        code, problem = gridward("db", "backup", str(small / "a.backup"))
        assert (code, problem["code"]) == (2, "unavailable")
        assert "No disk space" in problem["detail"]
        assert [path.name for path in small.iterdir()] == ["a.backup"]
        assert (small / "a.backup").read_bytes() == b"PGDMP earlier"
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_upgrade_makes_the_schema_of_an_empty_database(monkeypatch, empty_urls, gridward):
    use(monkeypatch, empty_urls)
    code, facts = gridward("db", "upgrade")
    assert (code, facts) == (0, {"before": None, "after": schema.newest_revision(), "leakproof": True})
    code, facts = gridward("db", "status")
    assert (facts["state"], facts["schema"]) == ("external", schema.newest_revision())


def test_commands_do_not_migrate_a_database_of_the_users_own(monkeypatch, empty_urls, gridward):
    use(monkeypatch, empty_urls)
    code, problem = gridward("account", "create", "anna", "--role", "planner")
    assert (code, problem["code"]) == (2, "conflict")
    assert "gridward db upgrade" in problem["remedy"]


def test_commands_ask_for_a_backup_before_an_older_schema_changes(monkeypatch, fresh_database_urls, gridward):
    first = next(revision for revision, before in schema.revisions().items() if before is None)
    with psycopg.connect(fresh_database_urls.owner, autocommit=True) as connection:
        connection.execute("update alembic_version set version_num = %s", (first,))
    use(monkeypatch, fresh_database_urls)
    code, problem = gridward("account", "create", "anna", "--role", "planner")
    assert (code, problem["schema"]) == (2, first)
    assert "gridward db backup" in problem["remedy"]


def test_stop_leaves_a_database_of_the_users_own_alone(monkeypatch, fresh_database_urls, gridward):
    use(monkeypatch, fresh_database_urls)
    code, problem = gridward("db", "stop")
    assert (code, problem["setting"]) == (2, "GRIDWARD_DATABASE_URL")


def test_an_unreachable_database_is_said(monkeypatch, gridward):
    monkeypatch.setenv("GRIDWARD_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    code, problem = gridward("db", "status")
    assert (code, problem["code"]) == (2, "unavailable")
    monkeypatch.setenv("GRIDWARD_DATABASE_URL", "mysql://nobody@127.0.0.1:9/none")
    code, problem = gridward("db", "status")
    assert (code, problem["code"]) == (2, "unavailable")


def test_start_status_stop_of_the_private_database(monkeypatch, gridward, capsys):
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    folder.chmod(0o711)
    monkeypatch.setenv("GRIDWARD_HOME", str(folder / "home"))
    try:
        assert gridward("db", "status")[1]["state"] == "absent"
        code, facts = gridward("db", "start")
        assert (code, facts["state"], facts["schema"]) == (0, "running", None)
        assert facts["postgis"].startswith("3.")
        assert main.run(["db", "status"]) == 0
        assert "runs as" in capsys.readouterr().out
        assert gridward("db", "stop") == (0, {"stopped": True})
        assert gridward("db", "stop") == (0, {"stopped": False})
        assert gridward("db", "status")[1]["state"] == "stopped"
    finally:
        PrivateCluster(folder / "home").stop(force=True)
        shutil.rmtree(folder, ignore_errors=True)
