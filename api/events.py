"""The event stream of the map, and its polling fallback."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from api.deps import Who, Wired, Wiring, Work, still_signed_in
from services import events
from services.access import SignedIn
from services.events import Cursor, EventHub

router = APIRouter(prefix="/api/v1/events", tags=["events"])

Territory = Annotated[UUID | None, Query(description="Only events of this territory, and those of none.")]


class EventOut(BaseModel):
    """One event; `data` is what the stream sends as data."""

    id: str
    event: str
    data: dict[str, Any]


class Events(BaseModel):
    """Events since the last time, and where to go on from."""

    events: list[EventOut]
    last: str
    reset: bool


@router.get(
    "",
    summary="Listen to changes",
    operation_id="stream_events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Events."}},
)
async def stream(
    request: Request,
    wiring: Wired,
    who: Who,
    last_event_id: Annotated[str | None, Header(description="Last event seen; a browser sends it by itself.")] = None,
    after: Annotated[str | None, Query(description="The same for a first connection.")] = None,
    territory: Territory = None,
) -> StreamingResponse:
    """Stream server-sent events: ``layer`` (a map layer changed), ``job``, ``incident``.

    ``ready`` begins a fresh stream; ``reset`` says that events are missing and everything should be loaded again.
    """
    hub: EventHub = wiring.parts["events"]
    last = last_event_id or after
    cursor = Cursor.parse(last) if last else None
    eyes = await run_in_threadpool(_eyes, wiring, who, territory)

    async def body() -> AsyncIterator[bytes]:
        wiring.figures.listeners.inc()
        try:
            text = hub.stream(after=cursor, eyes=eyes, may_go_on=lambda: still_signed_in(request, who))
            async for chunk in text:
                yield chunk
        finally:
            wiring.figures.listeners.dec()

    return StreamingResponse(
        body(), media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


def _eyes(wiring: Wiring, who: SignedIn, territory: UUID | None) -> events.Eyes:
    if not who.actor.is_limited:
        return events.Eyes(territory)
    with wiring.database.work(who.actor) as work:
        return events.eyes_of(work, territory)


@router.get("/poll", summary="Ask for changes", operation_id="poll_events")
def poll(
    work: Work,
    after: Annotated[
        str | None, Query(description="`last` of the answer before; without it only `last` is told.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    territory: Territory = None,
) -> Events:
    """Return events for clients that can't keep a stream open."""
    cursor = Cursor.parse(after) if after else None
    found = events.poll(work, after=cursor, limit=limit, territory_id=territory)
    listed = [EventOut(id=str(each.cursor), event=each.kind, data=each.payload) for each in found.events]
    return Events(events=listed, last=str(found.last), reset=found.reset)


@asynccontextmanager
async def running(wiring: Wiring) -> AsyncIterator[None]:
    """Read the outbox for as long as the server runs."""
    figures = wiring.figures
    hub = EventHub(wiring.database, on_events=figures.events.inc, on_drop=figures.dropped_listeners.inc)
    wiring.parts["events"] = hub
    task = asyncio.create_task(hub.run())
    try:
        with _closing_on_signals(hub.close):
            yield
    finally:
        hub.close()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@contextmanager
def _closing_on_signals(close: Callable[[], None]) -> Any:  # noqa: ANN401 - a context manager
    """End the streams when the server is told to stop: it would wait for them, and tells us only afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def on_signal(number: int, frame: Any) -> None:  # noqa: ANN401 - a stack frame
        loop.call_soon_threadsafe(close)
        earlier = before[signal.Signals(number)]
        if callable(earlier):
            earlier(number, frame)

    for each in before:
        signal.signal(each, on_signal)
    try:
        yield
    finally:
        for each, earlier in before.items():
            signal.signal(each, earlier)
