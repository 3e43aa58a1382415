"""A server that was killed under a running application is started again."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import sqlalchemy as sa

from gis.errors import UnavailableError
from store.cluster import PrivateCluster
from store.database.actor import Actor
from store.database.engine import Database
from store.database.schema import upgrade

THREE = sa.text("select 3 as three")


def quickly(database: Database) -> int:
    asked = asyncio.run(database.quick(Actor.system(), 5.0, lambda reads: reads.ask((THREE, {}))))
    return int(asked[0].rows()[0].three)


def test_killed_private_cluster_comes_back(tmp_path_factory) -> None:
    home: Path = tmp_path_factory.mktemp("revive")
    cluster = PrivateCluster(home, durable=False)
    urls = cluster.ensure()
    try:
        upgrade(urls.owner)
        database = Database(urls.app, urls.owner, revive=cluster.ensure)
        with database.work(Actor.system()) as work:
            assert work.session.scalar(sa.text("select 1")) == 1
        assert quickly(database) == 3
        postmaster = int((home / "pg" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, signal.SIGKILL)
        deadline = time.monotonic() + 30
        lost: list[UnavailableError] = []
        answers = 0
        # sessions outlive their postmaster for a moment, so first wait until one is lost, then until it works again
        while not lost or not answers:
            assert time.monotonic() < deadline
            try:
                with database.work(Actor.system()) as work:
                    assert work.session.scalar(sa.text("select 2")) == 2
                answers += bool(lost)
            except UnavailableError as error:
                lost.append(error)
            time.sleep(0.1)
        # what waited in the lane of quick reads is not offered to whoever asks next
        assert quickly(database) == 3
        assert all("unexpected" not in error.message and not error.fields.get("reason") for error in lost)
        database.dispose()
    finally:
        cluster.stop(force=True)
