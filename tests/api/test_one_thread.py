"""What is asked all the time changes threads once, and answers as any other route does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from api.one_thread import in_one_thread
from tests.api.conftest import Client


@pytest.fixture
def threads(app: Any) -> Iterator[list[int]]:
    """Threads in which transactions are begun and committed."""
    seen: list[int] = []
    engine = app.state.wiring.database.app

    def note(*_: object) -> None:
        seen.append(threading.get_ident())

    for name in ("begin", "commit"):
        event.listen(engine, name, note)
    yield seen
    for name in ("begin", "commit"):
        event.remove(engine, name, note)


def test_the_work_and_its_end_are_in_one_thread(client: Client, threads: list[int]) -> None:
    client.get("/api/v1/search", params={"q": "x"})  # whose token it is has been looked up since
    threads.clear()
    answer = client.get("/api/v1/search", params={"q": "x"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"results": []}
    assert len(threads) == 2
    assert len(set(threads)) == 1


def test_parameters_and_models_are_described_and_checked(client: Client) -> None:
    described = client.get("/openapi.json").json()["paths"]["/api/v1/search"]["get"]
    assert {each["name"] for each in described["parameters"]} == {"q", "limit", "territory"}
    assert described["summary"] == "Search"
    told = described["responses"]["200"]["content"]["application/json"]["schema"]
    assert told == {"$ref": "#/components/schemas/Hits"}
    refused = client.get("/api/v1/search", params={"q": "x", "limit": 0})
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")


def test_what_goes_wrong_is_a_problem(client: Client) -> None:
    lost = client.get("/api/v1/incidents/1999-01-000001/answer")
    assert (lost.status_code, lost.headers["content-type"]) == (404, "application/problem+json")


def test_only_routes_with_a_transaction() -> None:
    with pytest.raises(TypeError, match="takes no `work: Work`"):
        in_one_thread(lambda: None)
