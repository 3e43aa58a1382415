"""The private cluster on a real machine: as root and as an ordinary user, killed, raced, and badly housed."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from gis.errors import ConflictError, UnavailableError
from store.cluster import PrivateCluster, binaries
from store.cluster.account import account_for
from store.cluster.folders import SOCKET_PATH_BYTES, check_space, exclusive, reachable, socket_folder
from store.cluster.process import read_pid_file, serves

ROOT = Path(__file__).parents[2]
is_root = os.geteuid() == 0


@pytest.fixture
def place():
    """Short folder that the server's account may pass through; pytest's own is closed to it when run by root."""
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    folder.chmod(0o711)
    yield folder
    for data in folder.rglob("PG_VERSION"):
        if data.parent.parent.name != "base":
            PrivateCluster(data.parent.parent).stop(force=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def shared():
    """One running cluster for the tests that leave it as it was."""
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    folder.chmod(0o711)
    cluster = PrivateCluster(folder / "home", durable=False)
    cluster.ensure()
    yield cluster
    cluster.stop(force=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def seed():
    """A complete, stopped cluster to copy: creating one takes far longer."""
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    folder.chmod(0o711)
    cluster = PrivateCluster(folder / "home", durable=False)
    cluster.ensure()
    cluster.stop(force=True)
    yield cluster.folders.home
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def cluster(place, seed):
    """A stopped cluster of this test's own, in `place / "home"`."""
    subprocess.run(["cp", "-a", str(seed), str(place / "home")], check=True)
    return PrivateCluster(place / "home", durable=False)


def ask(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement).fetchone()
    return row[0] if row else None


def test_ensure_gives_a_complete_database(shared):
    urls = shared.ensure()
    assert ask(urls.owner, "select postgis_version() like '3%'") is True
    assert ask(urls.owner, "select count(*) from pg_extension where extname = 'btree_gist'") == 1
    assert ask(urls.app, "select current_user || ' ' || current_setting('is_superuser')") == "gridward_app off"
    assert ask(urls.app, "show jit") == "off"
    assert ask(urls.owner, "select datcollate from pg_database where datname = current_database()") == "C.UTF-8"
    assert ask(urls.owner, "show server_encoding") == "UTF8"


def test_ensure_listens_on_a_private_socket_only(shared):
    urls = shared.ensure()
    assert ask(urls.owner, "show listen_addresses") == ""
    server = read_pid_file(shared.folders.data)
    folder = server.socket.stat()
    assert stat.S_IMODE(folder.st_mode) == 0o700
    assert stat.S_IMODE(shared.folders.data.stat().st_mode) == 0o700
    assert folder.st_uid == shared.folders.data.stat().st_uid
    assert len(os.fsencode(server.socket / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES


def test_ensure_again_is_quick_and_keeps_the_server(shared):
    before = shared.status().pid
    started = time.perf_counter()
    shared.ensure()
    # measured at about 0.05 s; the bound leaves room for a busy machine
    assert time.perf_counter() - started < 10.0
    assert shared.status().pid == before


@pytest.mark.skipif(not is_root, reason="only root drops its children to another account")
def test_as_root_the_server_runs_as_an_unprivileged_account(shared):
    pid = shared.status().pid
    owner = Path(f"/proc/{pid}").stat().st_uid
    assert owner != 0
    assert owner == shared.folders.data.stat().st_uid
    assert shared.status().account == pwd.getpwuid(owner).pw_name


def test_an_ordinary_user_gets_a_cluster_too(place):
    """Run as another account where we are root; where we are not, every test of this file is that test."""
    python = shutil.which("python3", path="/usr/bin:/bin")
    if not is_root:
        pytest.skip("already an ordinary user")
    if python is None:
        pytest.skip("no system Python that another account could read")
    user = pwd.getpwnam("nobody")
    home = place / "theirs"
    home.mkdir()
    os.chown(home, user.pw_uid, user.pw_gid)
    source = place / "source"
    # the checkout may be closed to others; these packages need the standard library only
    for package in ("gis", "store"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["chmod", "-R", "a+rX", str(source)], check=True)
    program = (
        "import sys; from pathlib import Path; from store.cluster import PrivateCluster\n"
        "cluster = PrivateCluster(Path(sys.argv[1]) / 'home'); cluster.ensure()\n"
        "state = cluster.status(); assert state.state == 'running', state\n"
        "print(state.account, cluster.folders.data.stat().st_uid, cluster.stop(), cluster.status().state)"
    )
    answer = subprocess.run(
        [python, "-c", program, str(home)],
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.split() == ["nobody", str(user.pw_uid), "True", "stopped"]


@pytest.mark.skipif(not is_root, reason="needs two accounts")
def test_another_users_data_folder_is_refused_by_name(place):
    other = pwd.getpwnam("nobody")
    data = place / "pg"
    data.mkdir()
    os.chown(data, other.pw_uid, other.pw_gid)
    program = (
        "import sys; from pathlib import Path; from store.cluster.account import account_for\n"
        "from gis.errors import UnavailableError\n"
        "try: account_for(Path(sys.argv[1]))\n"
        "except UnavailableError as error: print(error.message)"
    )
    python = shutil.which("python3", path="/usr/bin:/bin")
    if python is None or not os.access(ROOT, os.R_OK):
        pytest.skip("no system Python that another account could read")
    source = place / "source"
    for package in ("gis", "store"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(["chmod", "-R", "a+rX", str(source)], check=True)
    third = pwd.getpwnam("daemon")
    answer = subprocess.run(
        [python, "-c", program, str(data)],
        user=third.pw_uid,
        group=third.pw_gid,
        extra_groups=[],
        cwd="/",
        env={"PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "belongs to nobody, not to daemon" in answer.stdout, answer.stderr


def test_the_server_comes_back_after_kill_9(cluster):
    urls = cluster.ensure()
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (42)")
        connection.execute("set synchronous_commit = on")
        connection.execute("insert into kept values (43)")
    first = cluster.status().pid
    os.kill(first, signal.SIGKILL)
    urls = cluster.ensure()
    assert cluster.status().pid != first
    assert ask(urls.owner, "select sum(n) from kept") == 85


def test_start_waits_out_orphans_of_a_killed_server(cluster):
    """A backend in the middle of a statement outlives its postmaster and holds the shared memory."""
    urls = cluster.ensure()
    busy = subprocess.Popen(
        [binaries.find_binaries().program("psql"), "-X", urls.owner, "-c", "select pg_sleep(3)"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 20
    active = "select count(*) from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'"
    while ask(urls.owner, active) != 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(cluster.status().pid, signal.SIGKILL)
    urls = cluster.ensure()
    busy.wait(30)
    assert ask(urls.owner, "select 1") == 1


def test_a_pid_file_that_names_another_program_is_not_believed(cluster):
    cluster.ensure()
    pid_file = cluster.folders.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    cluster.stop()
    stranger = subprocess.Popen(["/bin/sleep", "60"])
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        account_for(cluster.folders.data).take(pid_file, 0o600)
        assert cluster.status().state == "stopped"
        assert cluster.stop(force=True) is False
        cluster.ensure()
        assert cluster.status().state == "running"
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_two_first_starts_at_once_make_one_cluster(place):
    program = (
        "import sys; from pathlib import Path; import psycopg; from store.cluster import PrivateCluster\n"
        "urls = PrivateCluster(Path(sys.argv[1]), durable=False).ensure()\n"
        "print(psycopg.connect(urls.owner).execute('select system_identifier from pg_control_system()').fetchone()[0])"
    )
    command = [sys.executable, "-c", program, str(place / "home")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    racing = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    answers = [process.communicate(timeout=120) for process in racing]
    assert [process.returncode for process in racing] == [0, 0, 0], answers
    assert len({out for out, _ in answers}) == 1


def test_stop_is_refused_while_another_process_uses_it(cluster, place):
    cluster.ensure()
    program = (
        "import sys; from pathlib import Path; from store.cluster import PrivateCluster\n"
        "PrivateCluster(Path(sys.argv[1])).ensure(); print('using', flush=True); sys.stdin.read()"
    )
    user = subprocess.Popen(
        [sys.executable, "-c", program, str(place / "home")],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert user.stdout.readline() == "using\n"
        with pytest.raises(ConflictError, match="in use") as caught:
            cluster.stop()
        assert caught.value.fields["processes"] == [user.pid]
        assert cluster.status().state == "running"
    finally:
        user.communicate("")
    assert cluster.stop() is True


def test_stop_is_refused_while_somebody_is_connected(cluster):
    urls = cluster.ensure()
    with psycopg.connect(urls.owner, application_name="a map program"):
        with pytest.raises(ConflictError) as caught:
            cluster.stop()
        assert caught.value.fields["connections"] == ["a map program (gridward)"]
    # the server notices a closed connection a moment later
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(ConflictError):
            assert cluster.stop() is True
            return
        time.sleep(0.05)
    raise AssertionError("still in use")


def test_stop_ends_its_own_server_only(cluster, shared):
    other = shared.status().pid
    cluster.ensure()
    own = cluster.status().pid
    assert cluster.stop() is True
    assert not serves(own, cluster.folders.data)
    assert shared.status().pid == other
    assert cluster.stop() is False


def test_a_killed_initdb_leaves_nothing_behind(place):
    home = place / "home"
    home.mkdir()
    (home / "pg.new-1").mkdir()
    (home / "pg.new-1" / "PG_VERSION").write_text("15\n")
    cluster = PrivateCluster(home, durable=False)
    cluster.ensure()
    assert list(home.glob("pg.new-*")) == []


def test_an_interrupted_completion_is_finished_by_the_next_start(cluster):
    urls = cluster.ensure()
    cluster.folders.marker.unlink()
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        connection.execute("drop extension btree_gist")
    cluster.ensure()
    assert ask(urls.owner, "select count(*) from pg_extension where extname = 'btree_gist'") == 1


def test_a_deep_home_still_has_a_short_socket(place):
    deep = place / "/".join(["a-rather-long-folder-name"] * 6) / "home"
    deep.parent.mkdir(parents=True)
    for folder in [deep.parent, *deep.parent.parents]:
        if folder == place:
            break
        folder.chmod(0o711)
    assert len(str(deep / "pg" / ".s.PGSQL.5432")) > SOCKET_PATH_BYTES
    urls = PrivateCluster(deep, durable=False).ensure()
    assert ask(urls.app, "select 1") == 1


def test_a_long_temporary_folder_falls_back_to_a_short_one(place, monkeypatch):
    long = place / ("t" * 90)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    folder = socket_folder(place / "pg", account_for(place / "pg"))
    try:
        assert folder.parent == Path("/tmp")
    finally:
        folder.rmdir()


@pytest.mark.skipif(not is_root, reason="needs a folder of somebody else")
def test_a_socket_folder_of_somebody_else_is_not_used(place, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    account = account_for(place / "pg")
    place.chmod(0o777)
    folder = socket_folder(place / "pg", account)
    stranger = pwd.getpwnam("daemon")
    os.chown(folder, stranger.pw_uid, stranger.pw_gid)
    with pytest.raises(UnavailableError, match="belongs to someone else"):
        socket_folder(place / "pg", account)


@pytest.mark.skipif(not is_root, reason="only root drops to an account that a folder may be closed to")
def test_a_closed_parent_folder_is_passed_without_opening_it(place):
    """Root's home and `mktemp -d` are closed to the server's account."""
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    cluster = PrivateCluster(closed / "home", durable=False)
    urls = cluster.ensure()
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        connection.execute("create table kept as select generate_series(1, 1000) as n")
        connection.execute("select pg_reload_conf()")
        connection.execute("checkpoint")
    assert cluster.status().state == "running"
    os.kill(cluster.status().pid, signal.SIGKILL)
    urls = cluster.ensure()
    assert ask(urls.owner, "select count(*) from kept") == 1000
    assert cluster.stop() is True
    urls = cluster.ensure()
    assert ask(urls.app, "select postgis_version() is not null") is True
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    cluster.stop(force=True)


@pytest.mark.skipif(not is_root, reason="only root drops to an account that a folder may be closed to")
def test_a_closed_parent_folder_is_named_where_there_is_no_way_past_it(place):
    closed = place / "closed"
    data = closed / "home" / "pg"
    data.mkdir(parents=True)
    closed.chmod(0o700)
    account = account_for(place / "pg")
    account.take(data, 0o700)
    with (
        pytest.raises(UnavailableError, match="cannot enter") as caught,
        reachable(data, account, descriptors=place / "none"),
    ):
        pass
    assert caught.value.fields["folder"] == str(closed)
    assert "GRIDWARD_HOME" in caught.value.fields["remedy"]
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


def test_data_of_another_version_are_left_alone_with_a_hint(cluster):
    version = cluster.folders.data / "PG_VERSION"
    version.write_text("9\n")
    with pytest.raises(UnavailableError, match="made by PostgreSQL 9") as caught:
        cluster.ensure()
    assert "pg_dump" in caught.value.fields["remedy"]
    assert caught.value.fields["data_version"] == 9


def test_a_damaged_data_folder_is_said(cluster):
    (cluster.folders.data / "PG_VERSION").write_text("garbage")
    with pytest.raises(UnavailableError, match="damaged") as caught:
        cluster.ensure()
    assert "restore" in caught.value.fields["remedy"]


def test_a_server_that_refuses_to_start_says_its_own_reason(cluster):
    settings = cluster.folders.data / "postgresql.conf"
    settings.write_text(settings.read_text() + "\nwork_mem = 'a lot'\n")
    with pytest.raises(UnavailableError, match="contains errors") as caught:
        cluster.ensure()
    assert any('"work_mem": "a lot"' in line for line in caught.value.fields["said"])
    assert cluster.status().state == "stopped"


def test_settings_of_the_owner_win_over_ours(cluster):
    settings = cluster.folders.data / "postgresql.conf"
    settings.write_text(settings.read_text() + "\nwork_mem = '7MB'\n")
    assert ask(cluster.ensure().owner, "show work_mem") == "7MB"


def test_a_start_that_hangs_elsewhere_is_said(place):
    lock = place / "pg.lock"
    with (
        exclusive(lock, timeout_s=1),
        pytest.raises(UnavailableError, match="starting or stopping"),
        exclusive(lock, timeout_s=0.1),
    ):
        pass


def test_module_functions_are_the_class(cluster):
    import store.cluster as module

    home = cluster.folders.home
    assert module.status(home).state == "stopped"
    assert ask(module.ensure(home).app, "select 1") == 1
    assert module.stop(home) is True


def test_a_folder_that_is_no_database_is_left_alone(place):
    precious = place / "home" / "pg" / "notes.txt"
    precious.parent.mkdir(parents=True)
    precious.write_text("mine")
    with pytest.raises(UnavailableError, match="not a PostgreSQL data folder"):
        PrivateCluster(place / "home").ensure()
    assert precious.read_text() == "mine"


def test_a_home_that_is_a_file_is_refused(place):
    (place / "home").write_text("")
    with pytest.raises(UnavailableError, match="is a file"):
        PrivateCluster(place / "home").ensure()


def test_missing_programs_are_said_with_the_remedy(place):
    with pytest.raises(UnavailableError, match="No PostgreSQL server programs") as caught:
        PrivateCluster(place / "home", bin_folder=place).ensure()
    assert "apt-get install" in caught.value.fields["remedy"]


@pytest.fixture
def without_postgis(place):
    """An installation like this machine's, whose shared folder has no PostGIS."""
    real = binaries.find_binaries()
    folder = place / "bin"
    folder.mkdir()
    folder.chmod(0o755)
    for program in real.folder.iterdir():
        (folder / program.name).symlink_to(program)
    share = place / "share"
    (share / "extension").mkdir(parents=True)
    (share / "extension" / "btree_gist.control").write_text("")
    (folder / "pg_config").unlink(missing_ok=True)
    (folder / "pg_config").write_text(f"#!/bin/sh\necho {share}\n")
    (folder / "pg_config").chmod(0o755)
    return folder


def test_missing_postgis_is_said_before_anything_is_created(place, without_postgis):
    with pytest.raises(UnavailableError, match="extension postgis is not") as caught:
        PrivateCluster(place / "home", bin_folder=without_postgis).ensure()
    assert "postgis-3" in caught.value.fields["remedy"]
    assert not (place / "home" / "pg").exists()


def test_a_full_disk_is_said_before_anything_is_created(place):
    """A real file system of a few megabytes, where we may mount one."""
    home = place / "small"
    home.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m,mode=711", "tmpfs", str(home)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("may not mount a small file system here")
    try:
        with pytest.raises(UnavailableError, match="No disk space"):
            PrivateCluster(home).ensure()
        assert not (home / "pg").exists()
        with pytest.raises(UnavailableError, match="MB free"):
            check_space(home)
    finally:
        subprocess.run(["umount", str(home)], check=True)


def test_a_disk_that_fills_during_initdb_leaves_nothing(place, monkeypatch):
    home = place / "small"
    home.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m,mode=711", "tmpfs", str(home)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("may not mount a small file system here")
    try:
        # the first look finds room, as it would if another program took it a moment later
        monkeypatch.setattr("store.cluster.folders.NEEDED_BYTES", 1)
        with pytest.raises(UnavailableError, match="No disk space"):
            PrivateCluster(home).ensure()
        assert sorted(path.name for path in home.iterdir()) == ["pg.lock"]
    finally:
        subprocess.run(["umount", str(home)], check=True)
