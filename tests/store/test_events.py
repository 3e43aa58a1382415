"""The outbox reader under overlapping transactions: nothing skipped, nothing twice, one order for all."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest
import sqlalchemy as sa
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
    st.tuples(
        st.sampled_from(["begin", "write", "write", "commit", "rollback", "nested"]), st.integers(0, WRITERS - 1)
    ),
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
        assert len(batch.events) <= limit
        for event in batch.events:
            assert event.cursor > self.cursor
            self.cursor = event.cursor
            self.seen.append(event.payload["n"])
        return len(batch.events)


class Script:
    """Plays a script on real connections and keeps book of what was committed."""

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
        self.writers[who].execute(
            "insert into outbox (kind, payload) values ('test', jsonb_build_object('n', %s::int))", (self.count,)
        )
        self.open[who].append(self.count)

    def nested(self, who):
        # a subtransaction has an id of its own, but its row belongs to the whole
        self.writers[who].execute("savepoint inner_one")
        self.write(who)
        self.writers[who].execute("release savepoint inner_one")

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
            until = time.monotonic() + 10
            # a transaction of another database on this server may hold xmin back for a moment
            while len(reader.seen) < len(self.committed) and time.monotonic() < until:
                reader.read(7)
            reader.read(1000)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(step, max_size=40))
# the slow transaction has the higher transaction id but the lower row id: a cursor on row ids alone skips its event
@example(
    script=[
        ("begin", 1),
        ("begin", 0),
        ("write", 0),
        ("write", 1),
        ("commit", 1),
        ("read", 5),
        ("commit", 0),
        ("read", 4),
    ]
)
# row ids in the order of transaction ids, commits the other way round
@example(script=[("write", 0), ("write", 1), ("commit", 1), ("read", 4), ("commit", 0), ("read", 4)])
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


def test_adversarial_case_is_the_one_that_row_ids_get_wrong(database, writers):
    play = Script(database, writers)
    for action, who in [("begin", 1), ("begin", 0), ("write", 0), ("write", 1), ("commit", 1)]:
        play.play(action, who)
    with database.work(Actor.system()) as work:
        early = events.read_after(work.session, play.readers[0].cursor, 10)
    play.finish()
    with database.work(Actor.system()) as work:
        both = events.read_after(work.session, play.readers[0].cursor._replace(xid=0), 1000).events[-2:]
    assert [event.payload["n"] for event in early.events] == [2]
    assert not early.waiting
    assert [event.payload["n"] for event in both] == [2, 1]
    # by row id alone the second event lies before the first
    assert both[1].cursor.id < both[0].cursor.id
    assert play.readers[0].seen == [2, 1]


def test_committed_event_waits_for_an_older_open_transaction(database, writers):
    play = Script(database, writers)
    for action, who in [("write", 0), ("write", 1), ("commit", 1)]:
        play.play(action, who)
    with database.work(Actor.system()) as work:
        batch = events.read_after(work.session, play.readers[0].cursor, 10)
    play.finish()
    assert (batch.events, batch.waiting) == ([], True)
    assert play.readers[0].seen == [1, 2]


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


def wait_for_other_writers(database):
    """Wait until no open transaction anywhere in the cluster (of another test process, say) holds our events back."""
    released = "select coalesce(max(xid) < pg_snapshot_xmin(pg_current_snapshot()), true) from outbox"
    for _ in range(400):
        with database.work(Actor.system()) as work:
            if work.session.scalar(sa.text(released)):
                return
        time.sleep(0.05)
    raise AssertionError("another transaction stays open")


def test_head_is_the_last_event_and_start_of_nothing(fresh_database_urls):
    from store.database.engine import Database

    database = Database(fresh_database_urls.app, fresh_database_urls.owner)
    with database.work(Actor.system()) as work:
        assert events.head(work.session) == START
        assert events.is_known(work.session, START)
        work.announce("test", {})
    wait_for_other_writers(database)
    with database.work(Actor.system()) as work:
        (only,) = events.read_after(work.session, START, 10).events
        assert events.head(work.session) == only.cursor
    database.dispose()


def test_pruning_keeps_a_mark_of_where_the_stream_is_whole(fresh_database_urls):
    from store.database.engine import Database

    database = Database(fresh_database_urls.app, fresh_database_urls.owner)
    now = datetime.now(UTC)
    for n in range(6):
        with database.work(Actor.system()) as work:
            work.session.add(Outbox(kind="test", payload={"n": n}, at=now - timedelta(days=10 - n)))
    wait_for_other_writers(database)
    with database.work(Actor.system()) as work:
        cursors = [event.cursor for event in events.read_after(work.session, START, 100).events]
        assert all(before < after for before, after in pairwise(cursors))
        assert events.prune(work.session, now - timedelta(days=6, hours=12)) == 3
    with database.work(Actor.system()) as work:
        left = [event.cursor for event in events.read_after(work.session, START, 100).events]
        assert left == cursors[3:]
        assert not events.is_known(work.session, cursors[1])
        assert not events.is_known(work.session, cursors[2])
        assert events.is_known(work.session, cursors[3])
        assert events.is_known(work.session, cursors[5])
        # of a database that this one was not restored from
        assert not events.is_known(work.session, Cursor(cursors[5].xid + 10**9, 1))
    database.dispose()


@pytest.mark.parametrize("words", ["", "5", "5-", "-5", "a-b", "5-6-7", "٣-1", "1" * 30 + "-1", "1 -2\x00"])
def test_what_is_no_event_id_is_refused(words):
    with pytest.raises(InvalidInputError):
        Cursor.parse(words)


@given(st.integers(0, 10**17), st.integers(0, 10**17))
def test_event_ids_read_back(xid, row):
    assert Cursor.parse(str(Cursor(xid, row))) == Cursor(xid, row)
