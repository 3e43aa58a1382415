"""How many statements each answer costs: a list must not ask the database once per row.

What is read together in one round trip (`store.database.together`) is not among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import event

from tests.api.town import build_town, lonlat


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@contextmanager
def counted(app) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        if "audit" not in statement:  # that something sensitive is read is noted once in ten minutes
            seen.append(statement)

    engine = app.state.wiring.database.app
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/v1/territories", 1),
        ("/api/v1/areas", 1),
        ("/api/v1/plans", 2),
        ("/api/v1/plans/{plan}/grids", 4),
        ("/api/v1/coverage?plan={plan}", 5),
        ("/api/v1/layers", 1),
        ("/api/v1/style", 2),
        ("/api/v1/incidents", 1),
        ("/api/v1/search?q=street", 3),  # revisions of the addresses; the words as n-grams, so that their index is used
        ("/api/v1/search?q=60.1,24.9", 1),
        ("/api/v1/cameras/node/far", 1),
        ("/ogc/collections", 3),  # all extents at once
        ("/ogc/collections/grids", 2),  # extents are remembered
        ("/ogc/collections/grids/items", 2),
        ("/ogc/collections/grids/items?bbox=24,60,25,61&limit=2", 2),
        ("/ogc/collections/grids/tiles/WebMercatorQuad", 2),
        ("/ogc/collections/streets/tiles/WebMercatorQuad/14/4744/9325", 2),
        ("/ogc/collections/streets/tiles/WebMercatorQuad/14/4744/9325", 1),  # from the cache
    ],
)
def test_answers_cost_a_fixed_number_of_statements(client, app, town, path, most):
    url = path.format(plan=town.plan)
    assert client.get("/api/v1/search?q=street").status_code == 200  # the addresses are read here
    for _ in range(3):  # on a machine that stands still for seconds, what is remembered for seconds is asked anew
        assert client.get("/api/v1/session").status_code == 200  # the credential is looked up here
        with counted(app) as seen:
            assert client.get(url).status_code in (200, 204)
        if len(seen) <= most:
            break
    assert len(seen) <= most, seen


def test_locate_and_report_cost_few_statements(client, app, town):
    lon, lat = lonlat(150, 100)
    client.post("/api/v1/locate", json={"lon": lon, "lat": lat})  # builds the street graph
    assert client.get("/api/v1/session").status_code == 200  # that took a while: the credential is looked up anew
    with counted(app) as seen:
        assert client.post("/api/v1/locate", json={"lon": lon, "lat": lat, "accuracy_m": 5}).status_code == 200
    assert seen == []  # the one question goes with how to plan it, in one round trip apart from these
    with counted(app) as seen:
        answer = client.post(
            "/api/v1/incidents", json={"lon": lon, "lat": lat, "item": "x"}, headers={"Idempotency-Key": str(uuid4())}
        )
        assert answer.status_code == 201
    # key known?, numbers, insert, its clock (7), photos, revision, events
    assert len(seen) <= 14, seen


def test_a_report_makes_nobody_read_the_extent_of_all_reports(client, app, town):
    lon, lat = lonlat(150, 100)

    def report():
        body = {"lon": lon, "lat": lat, "item": "x"}
        client.post("/api/v1/incidents", json=body, headers={"Idempotency-Key": str(uuid4())})
        assert client.get("/ogc/collections/incidents").json()["extent"]["spatial"]["bbox"]

    report()
    reads = []
    for _ in range(2):  # a minute may end between two, not between three
        with counted(app) as seen:
            report()
        reads.append(any("st_extent" in each for each in seen))
    assert not all(reads)
