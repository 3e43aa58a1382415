"""Whatever is sent to whatever route: an answer of the API's own, never a failure of the server."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.database.actor import Actor
from store.database.models import CoverageRun, Gap
from tests.api.town import build_town

ODD = [
    "", "0", "-1", "7", "1.5", "9" * 30, "NaN", "inf", "1e309", "null", "true", "\x00", "a\x00b", "'", '"', "%", "\\", "ÿ", "网格", "\u202e",
    "x" * 3000, "1,2,3,4", "24,60,25,61", "NaN,NaN,NaN,NaN", "25,61,24,60", "1,2,3", "2026-11-21", "2026-99-99T00:00:00Z",
    "2026-11-01T00:00:00Z/..", "00000000-0000-0000-0000-000000000000", "812-44", "3857", "EPSG:4490", "gcj02", "*",
]  # fmt: skip
SKIPPED = {("/api/v1/events", "get")}  # an endless stream; its parameters have tests of their own


@pytest.fixture(scope="module")
def town(database):
    town = build_town(database)
    counted = ("streets_m", "seen_m", "seen_m_upper", "key_places", "key_places_seen", "key_places_seen_upper", "cameras",
               "cameras_online", "cameras_unknown_heading", "gaps")  # fmt: skip
    with database.work(Actor.system()) as work:
        work.session.execute(
            sa.update(CoverageRun).where(CoverageRun.id == town.run).values(summary=dict.fromkeys(counted, 7))
        )
        work.session.execute(sa.update(Gap).where(Gap.run_id == town.run).values(reason={"metres": 7}))
    return town


@pytest.fixture(scope="module")
def operations(app):
    described = app.openapi()
    found = []
    for path, by_method in sorted(described["paths"].items()):
        for method, operation in sorted(by_method.items()):
            if (path, method) not in SKIPPED:
                found.append((path, method, operation))
    return found, described["components"]["schemas"]


def body_schema(operation: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any] | None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    schema = content["schema"]
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


class Sender:
    """Draws a request for one operation: parts that fit, and parts that don't."""

    def __init__(self, data, known, schemas):
        self.data, self.known, self.schemas = data, known, schemas

    def word(self) -> str:
        return self.data.draw(st.one_of(st.sampled_from(self.known), st.sampled_from(ODD), st.text(max_size=12)))

    def value(self, depth: int = 0) -> Any:
        plain = st.one_of(
            st.sampled_from(self.known + ODD),
            st.none(),
            st.booleans(),
            st.integers(-(2**70), 2**70),
            st.floats(),
            st.text(alphabet=st.characters(), max_size=8),
            st.sampled_from([24.943, 60.17, 1, 300]),
        )
        if depth < 2 and self.data.draw(st.integers(0, 5)) == 0:
            return self.data.draw(
                st.one_of(st.lists(plain, max_size=3), st.dictionaries(st.text(max_size=5), plain, max_size=3))
            )
        return self.data.draw(plain)

    def body(self, schema: dict[str, Any]) -> bytes:
        if self.data.draw(st.integers(0, 9)) == 0:
            return self.data.draw(st.one_of(st.binary(max_size=20), st.just(json.dumps(self.value()).encode())))
        names = list(schema.get("properties", {}))
        chosen = self.data.draw(st.lists(st.sampled_from(names), unique=True)) if names else []
        return json.dumps({name: self.value() for name in chosen}).encode()

    def request(self, path: str, method: str, operation: dict[str, Any]) -> dict[str, Any]:
        query, headers = {}, {}
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", quote(self.word(), safe=""))
            elif parameter["in"] == "query" and self.data.draw(st.booleans()):
                query[parameter["name"]] = self.word()
            elif parameter["in"] == "header" and self.data.draw(st.booleans()):
                headers[parameter["name"]] = self.word().encode("ascii", "ignore").replace(b"\x00", b"").strip()
        schema = body_schema(operation, self.schemas)
        content = self.body(schema) if schema is not None else None
        if content is not None:
            headers["Content-Type"] = "application/json"
        return {"method": method.upper(), "url": path, "params": query, "headers": headers, "content": content}


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_request_breaks_the_server(client, town, operations, data):
    found, schemas = operations
    path, method, operation = found[data.draw(st.integers(0, len(found) - 1))]
    known = [
        str(town.territory),
        str(town.plan),
        str(next(iter(town.grids.values()))),
        "grids",
        "incidents",
        "990101001001001",
        "14",
        "1",
    ]
    request = Sender(data, known, schemas).request(path, method, operation)
    answer = client.request(**request)
    assert answer.status_code < 500, (request, answer.text)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", (request, answer.text)
        assert answer.json()["code"]
