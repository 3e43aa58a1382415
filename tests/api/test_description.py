"""The description of the API is written once, and nobody waits for it but who asked."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import httpx

from api.app import create_app
from services.settings import Settings


def test_the_description_is_written_once_beside_the_loop_that_answers_others(settings: Settings) -> None:
    app: Any = create_app(settings)
    write, writers = app.openapi, []

    def noted() -> dict[str, Any]:
        writers.append(threading.get_ident())
        return write()

    app.openapi = noted

    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            return await asyncio.gather(*(client.get("/openapi.json") for _ in range(3)))

    answers = asyncio.run(ask())
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.content for answer in answers}) == 1
    assert len(writers) == 1
    assert writers[0] != threading.get_ident()


def test_the_description_is_json_and_answered_to_head(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["components"]["schemas"]["Problem"]
    assert anonymous.head("/openapi.json").status_code == 200
