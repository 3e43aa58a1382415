"""The lane of quick reads: whose eyes it has, that it can't write, and what becomes of its connections."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from gis.errors import UnavailableError
from store.database import read_lane
from store.database.actor import Actor
from store.database.engine import Database
from store.database.read_lane import QuickReads
from tests.api.town import build_town

WEST, EAST = 990101001001, 990101001002
EVERYONE = Actor.system()
COUNT = sa.text("select count(*) as n, current_user::text as role from dwelling where area_code = any(:codes)")
BUSY = sa.text("select pg_sleep(:seconds)::text")
WHO = sa.text("select pg_backend_pid() as pid")
KILL = sa.text("select pg_terminate_backend(:pid)")
ECHO = sa.text("select :a as a, cast(:b as uuid) as b, cast(null as int) as c, jsonb_build_object('d', 1.5) as d")


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture
def narrow(database_urls):
    """A database whose lane has one connection."""
    opened = Database(database_urls.app, database_urls.owner, lane_size=1)
    yield opened
    opened.dispose()


def actor(*ranges: tuple[int, int]) -> Actor:
    return Actor(None, "mei", frozenset({"planner"}), "somewhere", ranges)


def ask(database, *asked, who: Actor = EVERYONE, patience_s: float = 5.0):
    return asyncio.run(database.quick(who, patience_s, lambda reads: reads.ask(*asked)))


def test_one_connection_sees_for_each_what_each_may_see(narrow, town):
    codes = {"codes": [WEST, EAST]}
    seen = []
    for who in (
        EVERYONE,
        actor((WEST, WEST)),
        actor(),
        EVERYONE,
        actor((EAST, EAST)),
        actor((WEST, WEST), (EAST, EAST)),
    ):
        [[row]] = [found.rows() for found in ask(narrow, (COUNT, codes), who=who)]
        seen.append((row.role, row.n))
    everywhere, west, nowhere, again, east, both = seen
    assert everywhere == again
    assert [role for role, _ in seen] == [
        "gridward_all",
        *["gridward_area"] * 2,
        "gridward_all",
        *["gridward_area"] * 2,
    ]
    assert nowhere[1] == 0
    assert (west[1] > 0, east[1] > 0) == (True, True)
    assert west[1] + east[1] == both[1] == everywhere[1]


def test_values_come_as_themselves(narrow):
    [found] = ask(narrow, (ECHO, {"a": "x' ☂", "b": None}))
    [row] = found.rows()
    assert tuple(row) == ("x' ☂", None, None, {"d": 1.5})
    assert found.as_it_came() == ask(narrow, (ECHO, {"a": "x' ☂", "b": None}))[0].as_it_came()
    assert found.bytes_of_one() == "x' ☂".encode()


def test_it_reads_only_and_lives_on_after_a_refusal(narrow, town):
    for text in ("insert into layer_revision (layer, rev) values ('x', 1)", "select 1 / 0", "select nothing_there"):
        with pytest.raises(DBAPIError):
            ask(narrow, (sa.text(text), {}), (WHO, {}))
        assert ask(narrow, (WHO, {}))[0].rows()
    with pytest.raises(OperationalError, match="statement timeout"):
        ask(narrow, (BUSY, {"seconds": 5}), patience_s=0.1)
    assert ask(narrow, (BUSY, {"seconds": 0.2}), (WHO, {}))[1].rows()


def test_those_who_wait_get_their_turn_in_whatever_loop_they_are(narrow):
    async def many(reads: QuickReads):
        return [found[0].rows()[0].pid for found in await asyncio.gather(*(reads.ask((WHO, {})) for _ in range(20)))]

    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(lambda _: asyncio.run(narrow.quick(EVERYONE, 5.0, many)), range(6)))
    assert len({pid for pids in found for pid in pids}) == 1


def test_whoever_waits_too_long_is_told_so(database_urls):
    opened = Database(database_urls.app, database_urls.owner, lane_size=1)
    opened.lane.wait_s = 0.2

    async def crowd(reads: QuickReads):
        long = asyncio.create_task(reads.ask((BUSY, {"seconds": 1.0})))
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError, match="busy"):
            await reads.ask((WHO, {}))
        await long
        return await reads.ask((WHO, {}))

    assert asyncio.run(opened.quick(EVERYONE, 5.0, crowd))
    opened.dispose()


def test_a_lost_connection_is_told_and_replaced(narrow):
    for _ in range(2):
        [row] = ask(narrow, (WHO, {}))[0].rows()
        with narrow.owner.connect() as connection:
            connection.execute(KILL, {"pid": row.pid})
        with pytest.raises(UnavailableError):
            ask(narrow, (WHO, {}))


def test_one_who_goes_away_leaves_room_for_the_next(narrow):
    async def leave(reads: QuickReads):
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await reads.ask((BUSY, {"seconds": 1.0}))
        waiting = asyncio.create_task(reads.ask((WHO, {})))
        behind = asyncio.create_task(reads.ask((WHO, {})))
        await asyncio.sleep(0)
        behind.cancel()
        return await waiting

    assert asyncio.run(narrow.quick(EVERYONE, 5.0, leave))


def test_a_server_that_is_not_there_is_told(database_urls):
    gone = Database("postgresql://nobody@127.0.0.1:1/nothing", database_urls.owner)
    for _ in range(2):
        with pytest.raises(UnavailableError, match="does not answer"):
            ask(gone, (WHO, {}))


def test_a_connection_forgets_statements_before_they_fill_the_server(narrow, monkeypatch):
    monkeypatch.setattr(read_lane, "MOST_KNOWN", 3)
    known = sa.text("select count(*) as n from pg_prepared_statements")
    texts = [sa.text(f"select {number} as n") for number in range(8)]
    for number, text in enumerate([*texts, *texts]):
        [found, kept] = ask(narrow, (text, {}), (known, {}))
        assert found.rows()[0].n == number % 8
        assert kept.rows()[0].n <= 6
