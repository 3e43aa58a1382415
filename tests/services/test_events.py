"""The hub: what one process passes on to many listeners."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest
import sqlalchemy as sa

from services import events
from services.events import EventHub, Eyes
from store.database.actor import Actor
from store.database.models import Outbox
from store.events import Cursor, Event


def run(coroutine: Any) -> Any:
    """Run on a thread of its own: the browser tests' driver keeps a loop on the main one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


@asynccontextmanager
async def hub_on(database, **options):
    hub = EventHub(database, **options)
    task = asyncio.create_task(hub.run())
    try:
        yield hub
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def say(database, n, territory=None):
    with database.work(Actor.system()) as work:
        work.announce("test", {"n": n}, territory)


def parse(text):
    found = []
    for block in text.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "event" in fields:
            found.append((fields["id"], fields["event"], orjson.loads(fields["data"])))
    return found


class Ear:
    """A listener that notes what it hears."""

    def __init__(self, hub, **options):
        self.heard = []
        self.task = asyncio.create_task(self._listen(hub, options))

    async def _listen(self, hub, options):
        async for chunk in hub.stream(**options):
            self.heard += parse(chunk)

    async def until(self, count, seconds=60):
        end = time.monotonic() + seconds
        while len(self.numbers) < count and time.monotonic() < end:
            await asyncio.sleep(0.01)
        return self.numbers

    @property
    def numbers(self):
        return [data["n"] for _, kind, data in self.heard if kind == "test"]

    async def ready(self):
        while not self.heard:
            assert not self.task.done(), self.task
            await asyncio.sleep(0.01)

    async def stop(self):
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task


def test_listeners_hear_everything_in_one_order_while_many_write(database):
    async def check():
        async with hub_on(database) as hub:
            ears = [Ear(hub) for _ in range(20)]
            for ear in ears:
                await ear.ready()
            writers = [
                threading.Thread(target=lambda k=k: [say(database, 1000 * k + i) for i in range(30)]) for k in range(6)
            ]
            for thread in writers:
                thread.start()
            # one listener leaves in the middle and comes back with its last event id
            await ears[0].until(40)
            await ears[0].stop()
            last = Cursor.parse(ears[0].heard[-1][0])
            await asyncio.sleep(0.3)
            back = Ear(hub, after=last)
            everything = [await ear.until(180) for ear in ears[1:]]
            rest = await back.until(180 - len(ears[0].numbers))
            for thread in writers:
                thread.join()
            return everything, ears[0].numbers + rest

    everything, pieced = run(check())
    assert sorted(everything[0]) == sorted(1000 * k + i for k in range(6) for i in range(30))
    assert all(heard == everything[0] for heard in everything)
    assert pieced == everything[0]


def test_events_come_soon_after_their_commit(database):
    async def check():
        delays = []
        async with hub_on(database) as hub:
            ear = Ear(hub)
            await ear.ready()
            for n in range(10):
                said = time.monotonic()
                await asyncio.to_thread(say, database, n)
                await ear.until(n + 1)
                delays.append(time.monotonic() - said)
        return sorted(delays)[5]

    assert run(check()) < 0.5


def test_return_after_a_restart_replays_from_the_database(database):
    async def check():
        async with hub_on(database) as hub:
            ear = Ear(hub)
            await ear.ready()
            say(database, 1)
            await ear.until(1)
            last = Cursor.parse(ear.heard[-1][0])
        for n in range(2, 1500, 100):
            say(database, n)
        async with hub_on(database) as hub:
            ear = Ear(hub, after=last)
            heard = await ear.until(15)
            say(database, 9999)
            return heard, await ear.until(16)

    heard, later = run(check())
    assert heard == list(range(2, 1500, 100))
    assert later == [*heard, 9999]


def test_unknown_last_event_id_asks_to_load_everything_again(database):
    async def check(after):
        async with hub_on(database) as hub:
            ear = Ear(hub, after=after)
            await ear.ready()
            say(database, 5)
            return [kind for _, kind, _ in ear.heard], await ear.until(1)

    say(database, 0)
    with database.work(Actor.system()) as work:
        work.session.execute(sa.update(Outbox).values(at=datetime.now(UTC) - timedelta(days=9)))
        first = work.session.execute(sa.text("select xid::text::bigint, id from outbox order by id limit 1")).one()
    with database.work(Actor.system()) as work:
        events.forget_old_events(work, now=datetime.now(UTC))
    for after in (Cursor(*first), Cursor(10**15, 7)):
        assert run(check(after)) == (["reset"], [5])


def test_territory_filter_keeps_events_of_none(database):
    here, there = uuid4(), uuid4()

    async def check():
        async with hub_on(database) as hub:
            ear, everything = Ear(hub, eyes=Eyes(here)), Ear(hub)
            await ear.ready()
            await everything.ready()
            for n, territory in enumerate((here, there, None, there, here)):
                say(database, n, territory)
            await everything.until(5)
            again = Ear(hub, after=Cursor.parse(ear.heard[0][0]), eyes=Eyes(here))
            return await ear.until(3), everything.numbers, await again.until(3)

    assert run(check()) == ([0, 2, 4], [0, 1, 2, 3, 4], [0, 2, 4])


def test_slow_listener_is_let_go_without_holding_up_others(database, monkeypatch):
    monkeypatch.setattr(events, "QUEUED_BATCHES", 3)
    dropped = []

    async def check():
        async with hub_on(database, on_drop=lambda: dropped.append(1)) as hub:
            slow, quick = hub.stream(), Ear(hub)
            await anext(slow)
            await anext(slow)
            await quick.ready()
            for n in range(8):
                say(database, n)
                await quick.until(n + 1)
            left = [chunk async for chunk in slow]
            return quick.numbers, left

    assert run(check()) == (list(range(8)), [])
    assert dropped == [1]


def test_silence_is_broken_by_heartbeats_until_the_listener_is_no_longer_welcome(database):
    welcome = iter([True, True, False])

    async def may_go_on():
        return next(welcome)

    async def check():
        async with hub_on(database) as hub:
            return [chunk async for chunk in hub.stream(heartbeat_s=0.05, may_go_on=may_go_on)]

    chunks = run(check())
    assert chunks[2:] == [b"event: beat\ndata: {}\n\n"] * 2, "an event: pages do not hear comments"


def test_a_busy_stream_asks_too_whether_its_listener_is_welcome(database):
    welcome = iter([True, False])

    async def may_go_on():
        return next(welcome)

    async def check():
        async with hub_on(database) as hub:
            busy = asyncio.create_task(keep_saying())
            try:
                return [chunk async for chunk in hub.stream(heartbeat_s=0.4, may_go_on=may_go_on)]
            finally:
                busy.cancel()

    async def keep_saying():
        for number in range(400):
            await asyncio.to_thread(say, database, number)
            await asyncio.sleep(0.02)

    chunks = run(check())
    assert any(b"event: " in chunk for chunk in chunks[2:])
    assert any(chunk.endswith(b"event: beat\ndata: {}\n\n") for chunk in chunks), "also where news comes all the time"
    assert next(welcome, None) is None


def test_listeners_of_some_areas_hear_that_there_is_something_to_ask_for_and_no_more():
    eyes = Eyes(boxes=((0.0, 0.0, 1.0, 1.0),))
    for kind, told in (("notification", {"kind": "case", "role": "planner"}), ("organisation", {}), ("clocks", None)):
        payload = {"kind": "case", "role": "planner", "no": "2026-11-000001"}
        event = Event(Cursor(1, 1), datetime.now(UTC), kind, None, payload)
        assert eyes.shown(event) == told
        assert Eyes().see(event, b"all of it") == b"all of it"
        assert (eyes.see(event, b"") == b"") == (told is None)


def test_hub_survives_a_lost_connection(database, database_urls):
    async def check():
        async with hub_on(database) as hub:
            ear = Ear(hub)
            await ear.ready()
            with psycopg.connect(database_urls.owner, autocommit=True) as owner:
                owner.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where query like '%from outbox%'"
                    " and pid <> pg_backend_pid() and datname = current_database()"
                )
            say(database, 1)
            return await ear.until(1)

    assert run(check()) == [1]
    database.dispose()


def test_close_ends_every_stream(database):
    async def check():
        async with hub_on(database) as hub:
            ears = [Ear(hub) for _ in range(3)]
            for ear in ears:
                await ear.ready()
            hub.close()
            await asyncio.wait_for(asyncio.gather(*(ear.task for ear in ears)), 2)

    run(check())


def test_polling_pages_through_and_goes_on_from_its_last(database):
    with database.work(Actor.system()) as work:
        begin = events.poll(work, after=None, limit=10)
    assert begin.events == []
    assert not begin.reset
    for n in range(5):
        say(database, n)
    heard, after = [], begin.last
    for _ in range(3):
        with database.work(Actor.system()) as work:
            found = events.poll(work, after=after, limit=2)
        assert len(found.events) <= 2
        heard += [event.payload["n"] for event in found.events]
        after = found.last
    assert heard == [0, 1, 2, 3, 4]
    with database.work(Actor.system()) as work:
        assert events.poll(work, after=Cursor(10**15, 1), limit=2).reset


@pytest.mark.parametrize("kind", ["ready", "reset"])
def test_notices_carry_the_place_to_come_back_to(kind):
    assert parse(events.notice(kind, Cursor(3, 4))) == [("3-4", kind, {})]
