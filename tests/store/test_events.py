"""The outbox under overlapping transactions: nothing skipped, nothing twice, one order for all, nobody waited for."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gis.errors import InvalidInputError
from store import events
from store.database.actor import Actor
from store.database.models import Outbox
from store.events import START, Cursor

WRITERS = 4
READERS = 2

# a script: what each of several open connections does next, and who reads how much in between
step = st.one_of(
    st.tuples(st.sampled_from(["begin", "write", "write", "commit", "rollback"]), st.integers(0, WRITERS - 1)),
    st.tuples(st.just("read"), st.integers(0, READERS * 3 - 1)),
)


@pytest.fixture(scope="module")
def writers(database_urls):
    connections = [psycopg.connect(database_urls.app) for _ in range(WRITERS)]
    yield connections
    for connection in connections:
        connection.close()


class Reader:
    def __init__(self, database, cursor):
        self.database, self.cursor, self.seen = database, cursor, []

    def read(self, limit):
        with self.database.work(Actor.system()) as work:
            batch = events.read_after(work.session, self.cursor, limit)
        assert len(batch) <= limit
        for event in batch:
            assert event.cursor > self.cursor
            self.cursor = event.cursor
            self.seen.append(event.payload["n"])
        return len(batch)


class Script:
    """Plays a script on real connections and keeps book of what was committed.

    A connection that has written keeps the others from writing until it ends.
    """

    def __init__(self, database, writers):
        self.writers = writers
        self.open = {i: [] for i in range(WRITERS)}
        self.committed = set()
        self.count = 0
        with database.work(Actor.system()) as work:
            begin = events.head(work.session)
        self.readers = [Reader(database, begin) for _ in range(READERS)]

    def play(self, action, who):
        getattr(self, action)(who)

    def read(self, who):
        self.readers[who % READERS].read(1 + who // READERS)

    def begin(self, who):
        # takes the transaction id now, and a row id only when it writes
        self.writers[who].execute("select pg_current_xact_id()")

    def write(self, who):
        self.count += 1
        busy = any(rows for other, rows in self.open.items() if other != who)
        self.writers[who].execute("select")  # opens the transaction
        with pytest.raises(psycopg.errors.LockNotAvailable) if busy else nullcontext(), self.writers[who].transaction():
            # a savepoint: what it writes belongs to the whole
            self.writers[who].execute("set local lock_timeout = 10" if busy else "set local lock_timeout = 0")
            self.writers[who].execute(
                "insert into outbox (kind, payload) values ('test', jsonb_build_object('n', %s::int))", (self.count,)
            )
        if not busy:
            self.open[who].append(self.count)

    def commit(self, who):
        self.writers[who].commit()
        self.committed.update(self.open[who])
        self.open[who].clear()

    def rollback(self, who):
        self.writers[who].rollback()
        self.open[who].clear()

    def finish(self):
        for who in range(WRITERS):
            self.commit(who)
        for reader in self.readers:
            while reader.read(7):
                pass


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(step, max_size=40))
# the transaction with the higher id writes and commits first; then the one with the lower id
@example(
    script=[
        ("begin", 1),
        ("begin", 0),
        ("write", 0),
        ("write", 1),
        ("commit", 0),
        ("read", 5),
        ("write", 1),
        ("read", 5),
    ]
)
def test_every_reader_gets_each_committed_event_once_and_in_the_same_order(database, writers, script):
    play = Script(database, writers)
    try:
        for action, who in script:
            play.play(action, who)
        play.finish()
    finally:
        for connection in writers:
            connection.rollback()
    for reader in play.readers:
        assert sorted(reader.seen) == sorted(play.committed)
    assert play.readers[0].seen == play.readers[1].seen


def test_open_transactions_without_events_hold_nothing_back(database, writers):
    play = Script(database, writers)
    for action, who in [("begin", 0), ("begin", 1), ("write", 2), ("commit", 2), ("read", 5)]:
        play.play(action, who)
    seen = list(play.readers[1].seen)
    play.finish()
    assert seen == [1]


def test_writers_at_the_same_time_are_numbered_in_the_order_of_their_commits(database, database_urls):
    with database.work(Actor.system()) as work:
        begin = events.head(work.session)
    lasted = 0.02

    def write(n):
        with psycopg.connect(database_urls.app) as connection:
            connection.execute(
                "insert into outbox (kind, payload) values ('test', jsonb_build_object('n', %s::int))", (n,)
            )
            time.sleep(lasted)
        return n

    reader = Reader(database, begin)
    with ThreadPoolExecutor(6) as pool:
        pending = [pool.submit(write, n) for n in range(30)]
        while not all(task.done() for task in pending):
            reader.read(3)
    while reader.read(3):
        pass
    whole = Reader(database, begin)
    whole.read(1000)
    assert sorted(reader.seen) == list(range(30))
    assert reader.seen == whole.seen


def test_reading_by_pages_gives_what_reading_at_once_gives(database):
    with database.work(Actor.system()) as work:
        begin = events.head(work.session)
        for n in range(25):
            work.announce("test", {"n": n})
    reader, whole = Reader(database, begin), Reader(database, begin)
    while reader.read(4):
        pass
    whole.read(1000)
    assert reader.seen == whole.seen == list(range(25))


def test_head_is_the_last_event_and_start_of_nothing(fresh_database_urls):
    from store.database.engine import Database

    database = Database(fresh_database_urls.app, fresh_database_urls.owner)
    with database.work(Actor.system()) as work:
        assert events.head(work.session) == START
        assert events.is_known(work.session, START)
        work.announce("test", {})
    with database.work(Actor.system()) as work:
        (only,) = events.read_after(work.session, START, 10)
        assert events.head(work.session) == only.cursor
    database.dispose()


def test_pruning_keeps_a_mark_of_where_the_stream_is_whole(fresh_database_urls):
    from store.database.engine import Database

    database = Database(fresh_database_urls.app, fresh_database_urls.owner)
    now = datetime.now(UTC)
    for n in range(6):
        with database.work(Actor.system()) as work:
            work.session.add(Outbox(kind="test", payload={"n": n}, at=now - timedelta(days=10 - n)))
    with database.work(Actor.system()) as work:
        cursors = [event.cursor for event in events.read_after(work.session, START, 100)]
        assert all(before < after for before, after in pairwise(cursors))
        assert events.prune(work.session, now - timedelta(days=6, hours=12)) == 3
    with database.work(Actor.system()) as work:
        left = [event.cursor for event in events.read_after(work.session, START, 100)]
        assert left == cursors[3:]
        assert not events.is_known(work.session, cursors[1])
        assert not events.is_known(work.session, cursors[2])
        assert events.is_known(work.session, cursors[3])
        assert events.is_known(work.session, cursors[5])
        # of a database that this one was not restored from
        assert not events.is_known(work.session, Cursor(cursors[5].xid + 1, cursors[5].id))
    database.dispose()


@pytest.mark.parametrize("words", ["", "5", "5-", "-5", "a-b", "5-6-7", "٣-1", "1" * 30 + "-1", "1 -2\x00"])
def test_what_is_no_event_id_is_refused(words):
    with pytest.raises(InvalidInputError):
        Cursor.parse(words)


@given(st.integers(0, 10**17), st.integers(0, 10**17))
def test_event_ids_read_back(xid, row):
    read = Cursor.parse(str(Cursor(xid, row)))
    assert (read.xid, read.id) == (xid, row)
