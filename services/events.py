"""Events for everybody who looks at a map: read once per process, encoded once, handed to each listener.

Per-listener encoding would cap a process at some ten thousand deliveries a second; here a listener costs one append to
its queue per batch.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import psycopg

from store import events as outbox
from store.database.actor import Actor
from store.database.engine import Database
from store.database.row_security import area_boxes
from store.database.work import Box, UnitOfWork
from store.events import START, Cursor, Event, Listener

KEPT = timedelta(days=3)
HEARTBEAT_S = 15.0
POLL_S = 1.0
GATHER_S = 0.02  # rest after a batch: the first event goes out at once, those that follow it together
BATCH = 1000
REMEMBERED = 5000
QUEUED_BATCHES = 500
RETRY_MS = 2000
SILENCE = b":\n\n"
# an event and no comment: a page can't hear comments, and without a sign of life takes a dead line for a quiet one
BEAT = b"event: beat\ndata: {}\n\n"
# besides changes of layers, which are cut to their areas, listeners of some areas hear of plans, which everybody sees,
# and that there is something new to ask for; no more of an event than is named here, whatever else it comes to hold
TOLD_IN_AREAS: dict[str, tuple[str, ...]] = {
    "plan": ("plan", "action", "status"), "notification": ("kind", "role"), "organisation": (),
}  # fmt: skip
__all__ = ["Cursor", "EventHub", "Polled", "encode", "forget_old_events", "notice", "poll"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Eyes:
    """What a listener may hear of; listeners with equal eyes get the same bytes.

    Attributes
    ----------
    territory_id : UUID or None
        Only events of this territory (and those of none); None hears all.
    boxes : tuple of Box or None
        EPSG:4326 boxes of the areas that the listener is limited to; None is the whole territory.
    """

    territory_id: UUID | None = None
    boxes: tuple[Box, ...] | None = None

    def see(self, event: Event, text: bytes) -> bytes:
        """Return what the listener hears of an event whose full text is `text`; empty when that is nothing."""
        shown = self.shown(event)
        if shown is None:
            return b""
        return text if shown is event.payload else encode(event, shown)

    def shown(self, event: Event) -> dict[str, Any] | None:
        """Return as much of an event's payload as the listener may know; None when that is nothing at all."""
        if self.territory_id is not None and event.territory_id not in (None, self.territory_id):
            return None
        if self.boxes is None:
            return event.payload
        if event.kind != "layer":
            told = TOLD_IN_AREAS.get(event.kind)
            return None if told is None else {name: event.payload[name] for name in told if name in event.payload}
        box = event.payload.get("bbox")
        if box is None:
            return event.payload
        common = _common(box, self.boxes)
        return {**event.payload, "bbox": common} if common else None


@dataclass(slots=True, eq=False)
class Subscription:
    """One listener's place in the stream.

    Attributes
    ----------
    eyes : Eyes
    since : Cursor
        Where the process's reader stood when the listener joined; everything after comes through `chunks`.
    chunks : asyncio.Queue
        Bytes to send; None ends the stream.
    """

    eyes: Eyes
    since: Cursor
    chunks: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUED_BATCHES))

    def end(self) -> None:
        """End the stream; what it has not read yet it will get when it comes back with its last event id."""
        while not self.chunks.empty():
            self.chunks.get_nowait()
        self.chunks.put_nowait(None)


class EventHub:
    """Reads the outbox for a whole process and passes the events on.

    Parameters
    ----------
    database : Database
    on_events : callable, optional
        Gets the number of events of each batch.
    on_drop : callable, optional
        Called for each listener that was too slow.
    """

    def __init__(
        self,
        database: Database,
        *,
        on_events: Callable[[int], object] = lambda _count: None,
        on_drop: Callable[[], object] = lambda: None,
    ) -> None:
        self._database = database
        self._on_events = on_events
        self._on_drop = on_drop
        self._cursor = START
        self._ready = asyncio.Event()
        self._moved = asyncio.Condition()
        self._subscriptions: set[Subscription] = set()
        self._recent: deque[tuple[Cursor, Event, bytes]] = deque()
        self._recent_from = START
        self._closed = False

    @property
    def cursor(self) -> Cursor:
        """The last event that was passed on."""
        return self._cursor

    async def run(self) -> None:
        """Read and pass on until cancelled; a lost database is waited for."""
        while True:
            try:
                async with Listener(self._database.app_url) as listener:
                    if not self._ready.is_set():
                        self._cursor = self._recent_from = await listener.head()
                        self._ready.set()
                    await self._follow(listener)
            except (psycopg.Error, OSError) as error:
                _log.warning("lost the event stream; trying again", extra={"reason": str(error).strip()})
                await asyncio.sleep(POLL_S)

    async def _follow(self, listener: Listener) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            events = await listener.read_after(self._cursor, BATCH)
            rest_until = clock() + GATHER_S if events else 0.0
            if events:
                await self._pass_on(events)
            if len(events) < BATCH:
                await listener.wait(POLL_S)
                await asyncio.sleep(max(0.0, rest_until - clock()))

    async def _pass_on(self, events: list[Event]) -> None:
        coded = [(event.cursor, event, encode(event)) for event in events]
        for _ in range(len(self._recent) + len(coded) - REMEMBERED):
            self._recent_from = self._recent.popleft()[0]
        self._recent.extend(coded)
        self._cursor = events[-1].cursor
        by_eyes: dict[Eyes, bytes] = {}
        for subscription in list(self._subscriptions):
            eyes = subscription.eyes
            if eyes not in by_eyes:
                by_eyes[eyes] = b"".join(eyes.see(event, text) for _, event, text in coded)
            self._send(subscription, by_eyes[eyes])
        self._on_events(len(coded))
        async with self._moved:
            self._moved.notify_all()

    def _send(self, subscription: Subscription, chunk: bytes) -> None:
        if not chunk:
            return
        try:
            subscription.chunks.put_nowait(chunk)
        except asyncio.QueueFull:
            self._subscriptions.discard(subscription)
            subscription.end()
            self._on_drop()

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._closed = True
        for subscription in self._subscriptions:
            subscription.end()

    async def _reach(self, cursor: Cursor, seconds: float) -> bool:
        """Wait until the reader stands at `cursor` or after it: another process may be a moment ahead."""
        async with self._moved:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait_for(lambda: self._cursor >= cursor), seconds)
        return self._cursor >= cursor

    @contextmanager
    def _subscribed(self, eyes: Eyes) -> Iterator[Subscription]:
        subscription = Subscription(eyes, self._cursor)
        self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    async def stream(
        self,
        *,
        after: Cursor | None = None,
        eyes: Eyes | None = None,
        heartbeat_s: float = HEARTBEAT_S,
        may_go_on: Callable[[], Any] | None = None,
    ) -> AsyncIterator[bytes]:
        """Yield the text of an event stream: what came after `after`, then what comes.

        Parameters
        ----------
        after : Cursor, optional
            Last event that the listener saw; without it the stream begins now.
        eyes : Eyes, optional
            What the listener may hear of; everything without it.
        heartbeat_s : float
            An event ``beat`` goes out every so often, busy or not.
        may_go_on : callable, optional
            Asynchronous; asked as often as there are heartbeats, busy or not, whether the listener is still welcome.
        """
        await asyncio.wait_for(self._ready.wait(), 10)
        reachable = after is None or await self._reach(after, 3.0)
        with self._subscribed(eyes or Eyes()) as subscription:
            if self._closed:
                return
            yield f"retry: {RETRY_MS}\n\n".encode()
            if after is None:
                yield notice("ready", subscription.since)
            else:
                async for chunk in self._replay(after, subscription, reachable=reachable):
                    yield chunk
            clock = asyncio.get_running_loop().time
            ask_at = clock() + heartbeat_s
            while True:
                try:
                    news = await asyncio.wait_for(subscription.chunks.get(), heartbeat_s)
                except TimeoutError:
                    news, ask_at = b"", clock()
                if news is None:
                    return
                # by the clock and not in silence alone: a busy stream would never ask
                if clock() >= ask_at:
                    if may_go_on is not None and not await may_go_on():
                        return
                    ask_at = clock() + heartbeat_s
                    news += BEAT
                yield news

    async def _replay(self, after: Cursor, subscription: Subscription, *, reachable: bool) -> AsyncIterator[bytes]:
        eyes, until = subscription.eyes, subscription.since
        if self._remembers(after):
            kept = [eyes.see(event, text) for cursor, event, text in self._recent if after < cursor <= until]
            yield b"".join(kept) or SILENCE
            return
        if not reachable or not await asyncio.to_thread(self._knows, after):
            yield notice("reset", until)
            return
        while after < until:
            events = await asyncio.to_thread(self._read, after)
            wanted = [event for event in events if event.cursor <= until]
            if not wanted:
                return
            after = wanted[-1].cursor
            yield b"".join(eyes.see(event, encode(event)) for event in wanted) or SILENCE

    def _remembers(self, cursor: Cursor) -> bool:
        places = (self._recent_from, *(place for place, _, _ in self._recent))
        # the number alone could be one of another database
        return any(place == cursor and place.xid == cursor.xid for place in places)

    def _knows(self, cursor: Cursor) -> bool:
        with self._database.work(Actor.system()) as work:
            return outbox.is_known(work.session, cursor)

    def _read(self, after: Cursor) -> list[Event]:
        with self._database.work(Actor.system()) as work:
            return outbox.read_after(work.session, after, BATCH)


@dataclass(frozen=True, slots=True)
class Polled:
    """Answer of the polling fallback.

    Attributes
    ----------
    events : list of Event
    last : Cursor
        Where to go on from.
    reset : bool
        Whether events are missing, so that the caller should load everything again.
    """

    events: list[Event]
    last: Cursor
    reset: bool


def poll(work: UnitOfWork, *, after: Cursor | None, limit: int, territory_id: UUID | None = None) -> Polled:
    """Return the events after a cursor; without one, or with one too old, only where to go on from."""
    if after is None or not outbox.is_known(work.session, after):
        return Polled([], outbox.head(work.session), reset=after is not None)
    found = outbox.read_after(work.session, after, limit)
    eyes = eyes_of(work, territory_id)
    seen = ((event, eyes.shown(event)) for event in found)
    shown = [replace(event, payload=payload) for event, payload in seen if payload is not None]
    return Polled(shown, found[-1].cursor if found else after, reset=False)


def forget_old_events(work: UnitOfWork, *, now: datetime) -> int:
    """Delete events that nobody can still be waiting for."""
    return outbox.prune(work.session, now - KEPT)


def eyes_of(work: UnitOfWork, territory_id: UUID | None = None) -> Eyes:
    """Return what the actor may hear of, in one territory or in all."""
    if not work.actor.is_limited:
        return Eyes(territory_id)
    return Eyes(territory_id, tuple(area_boxes(work.session, work.actor.areas or ())))


def _common(box: Sequence[float], boxes: Sequence[Box]) -> Box | None:
    """Return the box around what `box` has in common with `boxes`; None for nothing."""
    west, south, east, north = box
    shared = [
        (max(west, w), max(south, s), min(east, e), min(north, n))
        for w, s, e, n in boxes
        if w <= east and west <= e and s <= north and south <= n
    ]
    if not shared:
        return None
    return (
        min(each[0] for each in shared), min(each[1] for each in shared),
        max(each[2] for each in shared), max(each[3] for each in shared),
    )  # fmt: skip


def encode(event: Event, payload: dict[str, Any] | None = None) -> bytes:
    """Write an event as server-sent text, with another payload if one is given."""
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (
        str(event.cursor).encode(),
        event.kind.encode(),
        orjson.dumps(event.payload if payload is None else payload),
    )


def notice(kind: str, cursor: Cursor) -> bytes:
    """Write a word of our own: ``ready`` (begins now) or ``reset`` (events are missing: load everything again)."""
    return b"id: %s\nevent: %s\ndata: {}\n\n" % (str(cursor).encode(), kind.encode())
