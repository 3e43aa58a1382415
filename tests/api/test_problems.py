"""Every failure is a problem: each error class, each route, and whatever nobody foresaw."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Annotated

import pytest
from fastapi import APIRouter, Query
from pydantic import BaseModel

import gis.errors
import services
import store
from api import gates
from api.app import create_app
from api.deps import IfMatch, Work
from api.problems import STATUS, status_of
from gis.errors import GridwardError, RevisionRequiredError, StaleRevisionError, UnavailableError
from services.access import TooManyAttemptsError
from services.revisions import check_expected
from store.database.models import Scope, Territory
from tests.api.conftest import Client

router = APIRouter(prefix="/test")


class Thing(BaseModel):
    size: int
    tags: list[str] = []


@router.post("/thing")
def post_thing(thing: Thing, depth: Annotated[int, Query(ge=0)] = 0) -> Thing:
    return thing


@router.get("/fails")
def fails() -> None:
    raise ZeroDivisionError("secret detail")


@router.get("/raises/{code}")
def raises(code: str) -> None:
    for kind in every_error():
        if kind.code == code:
            error = kind.__new__(kind)  # some classes build their own sentence
            GridwardError.__init__(error, "It did not work.", row=7, place=[1.0, 2.0], status="not yours", title="mine")
            raise error


@router.get("/waits")
def waits() -> None:
    raise UnavailableError("Wait a little.", retry_after_s=17)


@router.post("/breaks-at-commit")
def breaks_at_commit(work: Work) -> dict[str, str]:
    # the deferred check of the database speaks up only when the answer is ready
    work.session.execute(
        Scope.__table__.insert().values(role="planner", account_id="0" * 8 + "-0000-0000-0000-" + "0" * 12)
    )
    return {"saved": "yes"}


@router.post("/stores-text")
def stores_text(work: Work, text: str) -> None:
    work.session.add(Territory(name=text, metric_srid=10**12, outline=None))
    work.session.flush()


@router.post("/changes")
def changes(revision: IfMatch) -> int:
    return revision


def every_error() -> list[type[GridwardError]]:
    for package in (gis, services, store):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found, left = [], [GridwardError]
    while left:
        kind = left.pop()
        found.append(kind)
        left += kind.__subclasses__()
    return found


@pytest.fixture(scope="module")
def odd_client(settings, token):
    app = create_app(settings)
    app.include_router(router)
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


def test_every_error_class_has_a_code_of_its_own_and_a_status():
    kinds = every_error()
    assert len(kinds) > 15
    codes = [kind.code for kind in kinds]
    assert sorted(set(codes)) == sorted(codes)
    assert all(status_of(kind) in range(400, 600) for kind in kinds)
    # 500 is for faults of our own making; a class that a caller can do something about gets a line in the table
    ours = {"GridwardError", "BrokenTilingError", "OutsideAddressError"}
    assert {kind.__name__ for kind in kinds if status_of(kind) == 500} <= ours


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.code)
def test_error_classes_become_problems(odd_client, kind):
    answer = odd_client.get(f"/test/raises/{kind.code}", headers={"X-Request-ID": "r-1"})
    assert answer.status_code == status_of(kind)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["status"], problem["detail"]) == (kind.code, status_of(kind), "It did not work.")
    assert (problem["row"], problem["place"], problem["request_id"]) == (7, [1.0, 2.0], "r-1")
    assert problem["title"] != "mine"
    assert problem["type"].endswith(kind.code)
    assert ("retry-after" in answer.headers) == (status_of(kind) in (429, 503))
    assert ("www-authenticate" in answer.headers) == (status_of(kind) == 401)


def test_retry_after_is_what_the_error_says(odd_client):
    assert odd_client.get("/test/waits").headers["retry-after"] == "17"
    assert STATUS[TooManyAttemptsError] == 429


def test_unknown_addresses_and_methods(anonymous):
    answer = anonymous.get("/no/such/thing")
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    answer = anonymous.put("/api/v1/session")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "DELETE, GET, POST"


def test_unforeseen_failures_give_nothing_away(odd_client, caplog):
    answer = odd_client.get("/test/fails", headers={"X-Request-ID": "oops-1"})
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "oops-1"
    assert "secret" not in answer.text
    assert "content-security-policy" in answer.headers
    assert "secret detail" in caplog.text


def test_failing_commit_is_an_error_answer(odd_client):
    answer = odd_client.post("/test/breaks-at-commit")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "scope" not in answer.text


@pytest.mark.parametrize("text", ["nul \x00 inside", "fine but the number is too large"])
def test_values_that_the_database_refuses_are_bad_input(odd_client, text):
    answer = odd_client.post("/test/stores-text", params={"text": text})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input")


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b'{"size": "big"}', "body.size"),
        (b'{"tags": [1]}', "body.size"),
        (b'{"size": 1, "tags": ["a", "\\ud800"]}', None),
        (b"{", "body.1"),
        (b"", "body"),
        (b"[]", "body"),
        (b"\xff\xfe", "body.0"),
        (b"[" * 100_000, "body"),
    ],
)
def test_bad_bodies_name_the_field(odd_client, content, field):
    answer = odd_client.post("/test/thing", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    problem = answer.json()
    assert problem["code"] in ("invalid-input", "bad-request")
    if answer.status_code == 422 and field is not None:
        assert problem["errors"][0]["field"] == field


@pytest.mark.parametrize("content", [b"{", b"not json", b'{"size": 1', b"[" * 100_000])
def test_body_that_is_no_json_is_a_bad_request_as_a_bad_parameter_is(odd_client, content):
    answer = odd_client.post("/test/thing", content=content, headers={"Content-Type": "application/json"})
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["code"]) == (400, 400, "bad-request")
    assert problem["detail"]
    said = odd_client.post("/test/thing", content=b'{"size": "big"}', headers={"Content-Type": "application/json"})
    assert (said.status_code, said.json()["code"]) == (422, "invalid-input")


def test_bad_parameters_name_the_field(odd_client):
    answer = odd_client.post("/test/thing?depth=-1", json={"size": 1})
    assert answer.json()["errors"] == [
        {"field": "query.depth", "message": "Input should be greater than or equal to 0", "code": "greater_than_equal"}
    ]


def test_too_large_bodies_are_refused_with_and_without_a_length(settings, token):
    small = create_app(settings)
    small.user_middleware[:] = [each for each in small.user_middleware if each.cls.__name__ != "BodyLimit"]
    from api.middleware import BodyLimit

    small.add_middleware(BodyLimit, limit=1000)
    small.include_router(router)
    with Client(small, headers={"Authorization": f"Bearer {token}"}) as client:
        whole = client.post("/test/thing", json={"size": 1, "tags": ["x" * 2000]})
        parts = client.post("/test/thing", content=iter([b'{"size": 1, "tags": ["', b"x" * 2000, b'"]}']))
        fine = client.post("/test/thing", json={"size": 1})
        odd = client.post("/test/thing", content=b"{}", headers={"Content-Length": "two"})
    assert [each.status_code for each in (whole, parts, fine)] == [413, 413, 200]
    assert whole.json()["code"] == parts.json()["code"] == "body-too-large"
    assert odd.status_code in (400, 413)


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 428),
        ("*", 428),
        ('"7"', 200),
        ("7", 200),
        ('W/"7"', 200),
        ('"x"', 422),
        ("", 422),
        ("9" * 30, 422),
        ("٣".encode(), 422),
    ],
)
def test_if_match_wants_a_revision(odd_client, header, status):
    answer = odd_client.post("/test/changes", headers={} if header is None else {"If-Match": header})
    assert answer.status_code == status
    if status == 200:
        assert answer.json() == 7


def test_expected_revisions_must_be_there_and_fit():
    from uuid import uuid4

    first, second = uuid4(), uuid4()
    check_expected({first: 1, second: 5}, {first: 1}, None)
    with pytest.raises(RevisionRequiredError) as missing:
        check_expected({first: 1}, {first: 1, second: 2}, None)
    assert missing.value.fields["missing"] == [str(second)]
    with pytest.raises(RevisionRequiredError):
        check_expected(None, {}, None)
    with pytest.raises(StaleRevisionError) as stale:
        check_expected({first: 1, second: 1}, {first: 1, second: 2}, {"now": "this"})
    assert (stale.value.fields["stale"], stale.value.fields["current"]) == ([str(second)], {"now": "this"})


def test_api_description_is_whole(anonymous):
    answer = anonymous.get("/openapi.json")
    assert answer.status_code == 200
    described = answer.json()
    schemes = described["components"]["securitySchemes"]
    assert (schemes["session"]["in"], schemes["token"]["scheme"]) == ("cookie", "bearer")
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert "application/problem+json" in operation["responses"]["default"]["content"], (path, method)
            open_to_all = (
                path.startswith(("/health", *gates.PUBLIC))
                or path == "/metrics"
                or (path, method) == ("/api/v1/session", "post")
            )
            assert open_to_all or operation["security"] == [
                {"session": []},
                {"token": []},
                {"token_as_password": []},
            ], (path, method)


def test_nothing_but_the_listed_routes_is_open(app, anonymous):
    open_paths = []
    for path, operations in app.openapi()["paths"].items():
        for method in operations:
            concrete = path.replace("{", "").replace("}", "")
            answer = anonymous.request(method, concrete)
            if answer.status_code not in (401, 403) and not path.startswith(gates.PUBLIC):
                open_paths.append((method, path))
    assert sorted(open_paths) == [
        ("get", "/health/live"), ("get", "/health/ready"), ("get", "/metrics"), ("post", "/api/v1/session"),
    ]  # fmt: skip
