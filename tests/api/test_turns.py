"""A few requests work at a time, in the order of their coming, and nobody waits for what is slow."""

from __future__ import annotations

import asyncio

import pytest

from api.turns import Turns, step_aside

MOMENT_S = 0.2


class Work:
    """An application whose requests work until they are told to answer, and that notes who works."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.answers: dict[str, asyncio.Event] = {}
        self.most = self.now = 0

    async def __call__(self, scope, receive, _send):
        name = scope["path"]
        if scope["headers"]:
            while (await receive())["more_body"]:
                pass
        self.begun.append(name)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.answers.setdefault(name, asyncio.Event()).wait()
        finally:
            self.now -= 1

    def answer(self, name: str) -> None:
        self.answers.setdefault(name, asyncio.Event()).set()


def _ask(turns: Turns, name: str, receive=None) -> asyncio.Task[None]:
    headers = [] if receive is None else [(b"content-length", b"10")]
    scope = {"type": "http", "path": name, "headers": headers}
    return asyncio.ensure_future(turns(scope, receive, None))


async def _until(holds) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.005)


def test_two_work_at_a_time_in_the_order_of_their_coming():
    async def rush() -> None:
        work = Work()
        turns = Turns(work, at_once=2, moment_s=60)
        names = [f"/{k}" for k in range(6)]
        asked = [_ask(turns, name) for name in names]
        for k, name in enumerate(names):
            await _until(lambda k=k: len(work.begun) == min(k + 2, 6))
            assert work.begun == names[: k + 2]
            work.answer(name)
        await asyncio.gather(*asked)
        assert work.most == 2

    asyncio.run(rush())


def test_what_is_slow_steps_aside_and_gives_its_turn_back_once():
    async def rush() -> None:
        work = Work()
        turns = Turns(work, at_once=1, moment_s=MOMENT_S)
        slow = _ask(turns, "/slow")
        quick = [_ask(turns, f"/{k}") for k in range(2)]
        await _until(lambda: "/0" in work.begun)
        work.answer("/slow")
        await slow
        # its end must not let a second one in beside /0
        assert work.begun == ["/slow", "/0"]
        work.answer("/0")
        work.answer("/1")
        await asyncio.gather(*quick)

    asyncio.run(rush())


def test_what_waits_in_the_event_loop_gives_its_turn_away():
    async def rush() -> None:
        work = Work()

        async def page(scope, receive, send):
            if scope["path"].startswith("/quick"):
                step_aside(scope)
            await work(scope, receive, send)

        turns = Turns(page, at_once=1, moment_s=60)
        asked = [_ask(turns, name) for name in ("/quick/1", "/quick/2", "/slow/1", "/slow/2")]
        await _until(lambda: len(work.begun) == 3)
        work.answer("/quick/1")
        work.answer("/quick/2")
        await asyncio.gather(*asked[:2])
        # what they gave away they can't give a second time
        assert work.begun == ["/quick/1", "/quick/2", "/slow/1"]
        work.answer("/slow/1")
        work.answer("/slow/2")
        await asyncio.gather(*asked)

    asyncio.run(rush())
    step_aside({"type": "http"})  # where nobody takes turns


def test_a_turn_begins_when_the_whole_request_is_here():
    async def rush() -> None:
        work = Work()
        turns = Turns(work, at_once=1, moment_s=60)
        parts: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        dawdling = _ask(turns, "/dawdling", parts.get)
        parts.put_nowait({"type": "http.request", "body": b"12345", "more_body": True})
        quick = _ask(turns, "/quick")
        await _until(lambda: work.begun == ["/quick"])
        parts.put_nowait({"type": "http.request", "body": b"67890", "more_body": False})
        await asyncio.sleep(0.05)
        assert work.begun == ["/quick"]
        work.answer("/quick")
        await _until(lambda: work.begun == ["/quick", "/dawdling"])
        work.answer("/dawdling")
        await asyncio.gather(dawdling, quick)

    asyncio.run(rush())


@pytest.mark.parametrize("how", ["gone", "failed"])
def test_whoever_leaves_before_or_in_a_turn_leaves_no_hole(how):
    class Failing(Work):
        async def __call__(self, scope, receive, _send):
            await super().__call__(scope, receive, _send)
            if scope["path"] == "/first" and how == "failed":
                raise RuntimeError

    async def rush() -> None:
        work = Failing()
        turns = Turns(work, at_once=1, moment_s=60)
        first, second, third = (_ask(turns, name) for name in ("/first", "/second", "/third"))
        await _until(lambda: work.begun == ["/first"])
        second.cancel()
        if how == "gone":
            first.cancel()
        else:
            work.answer("/first")
        told = await asyncio.gather(first, second, return_exceptions=True)
        assert [type(each) for each in told] == [
            asyncio.CancelledError if how == "gone" else RuntimeError, asyncio.CancelledError,
        ]  # fmt: skip
        work.answer("/third")
        await third

    asyncio.run(rush())


def test_streams_questions_of_health_and_open_doors_wait_for_nobody():
    async def rush() -> None:
        work = Work()
        turns = Turns(work, at_once=1, moment_s=60, free=("/api/v1/session",))
        paths = ["/busy", "/health/live", "/api/v1/events", "/api/v1/session"]
        asked = [_ask(turns, path) for path in paths]
        await _until(lambda: set(work.begun) == set(paths))
        for path in paths:
            work.answer(path)
        await asyncio.gather(*asked)

    asyncio.run(rush())


def test_loops_beside_one_another_have_turns_of_their_own():
    work = Work()
    turns = Turns(work, at_once=1, moment_s=60)

    async def ask() -> None:
        asked = [_ask(turns, name) for name in ("/a", "/b")]
        for name in ("/a", "/b"):
            work.answer(name)
        await asyncio.gather(*asked)

    for _ in range(2):
        work.answers.clear()
        asyncio.run(ask())
    assert work.begun == ["/a", "/b"] * 2
