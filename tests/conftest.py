"""One real PostGIS cluster for the whole test run, one migrated template, a clone of it per module.

The cluster is private to the run (a temporary home), is started by the first test that needs it, is shared by
pytest-xdist's workers, and is stopped by the process that began the run.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from store.cluster import ClusterUrls, PrivateCluster

HOME_VARIABLE = "GRIDWARD_TEST_HOME"
HOME_PREFIX = "gridward-test-"
TEMPLATE = "gridward_template"


def pytest_configure(config: pytest.Config) -> None:
    """Choose the run's home; workers of pytest-xdist inherit it through the environment."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # a shell that runs the tests in its background has them, and the commands that they interrupt, ignore it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(config, "workerinput") or os.environ.get(HOME_VARIABLE):
        return
    _sweep_left_homes()
    home = Path(tempfile.mkdtemp(prefix=f"{HOME_PREFIX}{os.getpid()}-"))
    home.chmod(0o711)
    os.environ[HOME_VARIABLE] = str(home)
    config.add_cleanup(lambda: _remove_home(home))


def _remove_home(home: Path) -> None:
    os.environ.pop(HOME_VARIABLE, None)
    PrivateCluster(home).stop(force=True)
    shutil.rmtree(home, ignore_errors=True)


def _sweep_left_homes() -> None:
    """Stop what a killed test run left behind: its name holds the pid of a process that is no more."""
    for left in Path(tempfile.gettempdir()).glob(f"{HOME_PREFIX}*-*"):
        pid = left.name.removeprefix(HOME_PREFIX).partition("-")[0]
        with contextlib.suppress(FileNotFoundError):  # another run may sweep at the same time
            if pid.isdigit() and not Path(f"/proc/{pid}").exists() and left.stat().st_uid == os.geteuid():
                _remove_home(left)


@pytest.fixture(scope="session")
def cluster_urls() -> ClusterUrls:
    """Owner and application URLs of the run's private cluster (its empty database `gridward`)."""
    return PrivateCluster(Path(os.environ[HOME_VARIABLE]), durable=False).ensure()


@pytest.fixture(scope="session")
def template_database(cluster_urls: ClusterUrls) -> str:
    """Name of a database at the newest schema, to be cloned."""
    from store.cluster.templates import prepare_template
    from store.database.schema import upgrade

    prepare_template(cluster_urls, TEMPLATE, lambda urls: upgrade(urls.owner) and None)
    return TEMPLATE


@pytest.fixture(scope="session")
def clone_database(cluster_urls: ClusterUrls, template_database: str) -> Callable[..., ClusterUrls]:
    """Function that copies a database (the migrated empty one) and returns its URLs; it goes with the run's cluster."""
    from store.cluster import templates

    def clone(template: str = template_database) -> ClusterUrls:
        return templates.clone_database(cluster_urls, template, f"test_{uuid.uuid4().hex[:12]}")

    return clone


@pytest.fixture(scope="module")
def database_urls(clone_database: Callable[[], ClusterUrls]) -> ClusterUrls:
    """URLs of the module's own migrated database."""
    return clone_database()


@pytest.fixture(scope="module")
def database(database_urls: ClusterUrls) -> Iterator[object]:
    """`store.database.engine.Database` on the module's own migrated database."""
    from store.database.engine import Database

    opened = Database(database_urls.app, database_urls.owner)
    yield opened
    opened.dispose()


@pytest.fixture
def fresh_database_urls(clone_database: Callable[[], ClusterUrls]) -> ClusterUrls:
    """URLs of a migrated database for this one test."""
    return clone_database()


@pytest.fixture
def empty_urls(cluster_urls: ClusterUrls) -> Iterator[ClusterUrls]:
    """URLs of an empty database, without extensions, for this one test."""
    import psycopg
    from psycopg import sql

    from store.cluster import templates

    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(cluster_urls.named("postgres").owner, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
    yield cluster_urls.named(name)
    templates.drop_database(cluster_urls, name)


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Undo what commands and applications under test set up: their stream is gone when the test ends."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def test_data() -> Path:
    """Folder of real data; tests that need it skip without it."""
    named = os.environ.get("GRIDWARD_TEST_DATA")
    if not named or not Path(named).is_dir():
        pytest.skip("GRIDWARD_TEST_DATA does not name a folder of real data")
    return Path(named)
