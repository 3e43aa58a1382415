"""Signing in and out over HTTP, and what protects a session."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from services import access
from store.database.actor import Actor
from store.database.models import Account, Audit, Session

URL = "/api/v1/session"
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def ling(database):
    with database.work(Actor.system()) as work:
        access.create_account(
            work, "ling", roles=["planner", "analyst"], display="Ling", language="zh", password=PASSWORD
        )
    return "ling"


@pytest.fixture
def fresh(app):
    from tests.api.conftest import Client

    with Client(app) as client:
        yield client


def new_code(database, name, **options):
    with database.work(Actor.system()) as work:
        return access.issue_link(work, name, now=datetime.now(UTC), **options)


def test_password_opens_a_session_that_the_cookie_carries(fresh, ling):
    answer = fresh.post(URL, json={"name": ling, "password": PASSWORD})
    assert answer.status_code == 200
    assert answer.json()["account"] | {"id": ""} == {
        "id": "", "name": "ling", "display": "Ling", "language": "zh", "roles": ["analyst", "planner"],
        "area_path": None, "must_change": False, "duty": "*",
    }  # fmt: skip
    cookie = answer.headers["set-cookie"].lower()
    assert all(
        part in cookie for part in ("gridward_session=", "httponly", "samesite=strict", "path=/", "max-age=43200")
    )
    assert "secure" not in cookie  # plain HTTP on this machine only
    assert answer.headers["cache-control"] == "no-store"
    again = fresh.get(URL)
    assert again.status_code == 200
    assert again.json() == answer.json()


def test_one_time_code_works_once(fresh, database, ling):
    code = new_code(database, ling)
    assert fresh.post(URL, json={"code": code}).status_code == 200
    second = fresh.post(URL, json={"code": code})
    assert second.status_code == 401
    assert second.json()["code"] == "not-signed-in"


def test_old_code_is_refused(fresh, database, ling):
    code = new_code(database, ling, minutes=0)
    assert fresh.post(URL, json={"code": code}).status_code == 401


def test_signing_in_again_ends_the_former_session(fresh, ling, database):
    fresh.post(URL, json={"name": ling, "password": PASSWORD})
    first = fresh.cookies["gridward_session"]
    fresh.post(URL, json={"name": ling, "password": PASSWORD}, headers={"Origin": "http://testserver"})
    assert fresh.cookies["gridward_session"] != first
    fresh.cookies.clear()
    assert fresh.get(URL, headers={"Cookie": f"gridward_session={first}"}).status_code == 401


def test_sign_out_ends_the_session(fresh, ling):
    fresh.post(URL, json={"name": ling, "password": PASSWORD})
    kept = fresh.cookies["gridward_session"]
    answer = fresh.delete(URL, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 204
    assert fresh.get(URL, headers={"Cookie": f"gridward_session={kept}"}).status_code == 401


def test_changes_by_cookie_must_come_from_our_own_page(fresh, ling):
    fresh.post(URL, json={"name": ling, "password": PASSWORD})
    assert fresh.delete(URL).status_code == 403
    assert fresh.delete(URL, headers={"Origin": "https://evil.example"}).status_code == 403
    assert fresh.delete(URL, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert (
        fresh.post(URL, json={"name": ling, "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}).status_code
        == 403
    )
    assert fresh.delete(URL, headers={"Origin": "http://testserver"}).status_code == 204


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "x", "name": "a"},
        {"name": "a"},
        {"password": "b"},
        {"code": 5},
        {"other": 1},
        [],
        None,
        {"code": "x" * 999},
    ],
)
def test_half_credentials_are_a_bad_request(fresh, body):
    answer = fresh.post(URL, json=body)
    assert answer.status_code == 422
    assert "x" * 20 not in answer.text  # what was typed is not thrown back


def test_repeated_refusals_lock_the_name_for_a_while(fresh, database):
    with database.work(Actor.system()) as work:
        access.create_account(work, "locked", roles=["analyst"], password=PASSWORD)
    codes = [fresh.post(URL, json={"name": "locked", "password": "wrong"}).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    answer = fresh.post(URL, json={"name": "locked", "password": PASSWORD})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 600


def test_unknown_name_is_answered_like_a_wrong_password(fresh, ling):
    nobody = fresh.post(URL, json={"name": "nobody", "password": "wrong"}).json()
    somebody = fresh.post(URL, json={"name": ling, "password": "wrong"}).json()
    assert nobody | {"request_id": ""} == somebody | {"request_id": ""}


def test_idle_and_old_sessions_end(fresh, database, ling, app):
    for column, ago in (("seen_at", timedelta(hours=9)), ("expires_at", timedelta(seconds=1))):
        fresh.cookies.clear()
        fresh.post(URL, json={"name": ling, "password": PASSWORD})
        assert fresh.get(URL).status_code == 200
        digest = access.digest_of(fresh.cookies["gridward_session"])
        with database.work(Actor.system()) as work:
            work.session.execute(
                sa.update(Session).where(Session.token_sha256 == digest).values({column: datetime.now(UTC) - ago})
            )
        app.state.wiring.credentials.drop(digest)
        assert fresh.get(URL).status_code == 401


@pytest.mark.parametrize(
    ("path", "headers", "counts"),
    [
        ("/api/v1/events/poll", {}, False),
        ("/api/v1/layers", {"X-Unattended": "1"}, False),
        ("/api/v1/layers", {}, True),
    ],
)
def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(fresh, database, ling, path, headers, counts):
    fresh.post(URL, json={"name": ling, "password": PASSWORD})
    mine = Session.token_sha256 == access.digest_of(fresh.cookies["gridward_session"])
    long_ago = datetime.now(UTC) - timedelta(hours=7)
    with database.work(Actor.system()) as work:
        work.session.execute(sa.update(Session).where(mine).values(seen_at=long_ago))
    assert fresh.get(path, headers=headers).status_code == 200
    with database.work(Actor.system()) as work:
        assert (work.session.scalar(sa.select(Session.seen_at).where(mine)) > long_ago) is counts
    assert fresh.get("/api/v1/layers").status_code == 200  # a look a moment ago hides no use
    with database.work(Actor.system()) as work:
        assert work.session.scalar(sa.select(Session.seen_at).where(mine)) > long_ago


def test_disabled_account_is_out_at_once_after_the_memory_ends(fresh, database, app, make_account):
    token = make_account("planner", name="leaver")
    header = {"Authorization": f"Bearer {token}"}
    assert fresh.get(URL, headers=header).status_code == 200
    with database.work(Actor.system()) as work:
        access.disable_account(work, "leaver", now=datetime.now(UTC))
        assert work.session.scalar(sa.select(Account.disabled_at).where(Account.name == "leaver")) is not None
    app.state.wiring.credentials.drop(access.digest_of(token))
    assert fresh.get(URL, headers=header).status_code == 401


@pytest.mark.parametrize("value", ["Bearer nope", "Bearer gw_nope", "Basic abc", "Bearer ", "Bearer \xff"])
def test_strange_tokens_are_refused(anonymous, value):
    answer = anonymous.get(URL, headers={"Authorization": value.encode("latin-1")})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("tile", ["", "/cameras/tiles/WebMercatorQuad/14/4744/9325"])
def test_programs_that_wait_to_be_asked_are_asked_for_a_password_and_pages_are_not(anonymous, tile):
    """GDAL and QGIS may send a password only after they are asked; a browser would open its own window."""
    where = f"/ogc/collections{tile}"
    asked = anonymous.get(where)
    assert asked.status_code == 401
    assert asked.headers.get_list("www-authenticate") == [
        'Bearer realm="gridward"', 'Basic realm="gridward", charset="UTF-8"',
    ]  # fmt: skip
    for headers in ({"Sec-Fetch-Mode": "cors"}, {"Sec-Fetch-Mode": "navigate"}, {"Accept": "text/html,*/*"}):
        assert anonymous.get(where, headers=headers).headers.get_list("www-authenticate") == ['Bearer realm="gridward"']
    assert anonymous.get("/api/v1/plans").headers.get_list("www-authenticate") == ['Bearer realm="gridward"']


def test_sign_ins_are_on_record_with_the_request_id(fresh, database, ling):
    fresh.post(URL, json={"name": ling, "password": PASSWORD}, headers={"X-Request-ID": "rec-1"})
    fresh.post(
        URL, json={"name": ling, "password": "wrong"}, headers={"X-Request-ID": "rec-2", "Origin": "http://testserver"}
    )
    with database.work(Actor.system()) as work:
        rows = work.session.execute(
            sa.select(Audit.action, Audit.request_id, Audit.details["client"].astext, Audit.details["by"].astext).where(
                Audit.request_id.in_(["rec-1", "rec-2"])
            )
        )
        assert sorted(map(tuple, rows)) == [
            ("sign-in", "rec-1", "127.0.0.1", "password"),
            ("sign-in.refused", "rec-2", "127.0.0.1", "password"),
        ]
