"""Administrators who can't do each other's work, narrow tokens, resets, and sign-ins that nobody can flood."""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import sqlalchemy as sa

from services import access
from store.database import access as access_sql
from store.database.actor import Actor
from store.database.models import Audit
from tests.api.conftest import Client
from tests.api.town import build_town

ACCOUNTS, OWN = "/api/v1/accounts", "/api/v1/account"
PASSWORD, ANOTHER = "correct horse battery", "staple battery horse"
VILLAGE = "990101001001"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture(scope="module")
def opened(app, make_account):
    """Function that returns a client of a new account with the given roles."""
    clients = []

    def make(*roles, **options):
        token = make_account(*roles, **options)
        clients.append(Client(app, headers={"Authorization": f"Bearer {token}"}))
        return clients[-1]

    return make


@pytest.fixture(scope="module")
def system(app, opened):
    with opened("system_administrator", name="sys") as client:
        yield client


@pytest.fixture(scope="module")
def security(system, opened):
    return opened("security_administrator", name="sec")


@pytest.fixture(scope="module")
def audit(system, opened):
    return opened("audit_administrator", name="aud")


def code_of(answer):
    return answer.status_code, answer.json()["code"]


def by_cookie(app):
    return Client(app, headers={"Sec-Fetch-Site": "same-origin"})


def test_an_account_is_made_by_one_and_given_its_role_by_another(app, system, security, audit, town):
    made = system.post(ACCOUNTS, json={"name": "new-hand", "display": "新手", "language": "zh"})
    assert made.status_code == 201, made.text
    assert made.headers["cache-control"] == "no-store"
    account, code = made.json()["account"], made.json()["code"]
    assert (account["must_change"], account["scopes"]) == (True, None)
    where = f"{ACCOUNTS}/{account['id']}"
    assert code_of(system.post(f"{where}/scopes", json={"role": "planner"})) == (403, "not-allowed")
    assert code_of(audit.get(ACCOUNTS)) == (403, "not-allowed")
    given = security.post(f"{where}/scopes", json={"role": "planner", "area": VILLAGE})
    assert given.status_code == 201, given.text
    assert given.json()["area_path"] == f"990101001.{VILLAGE}"
    assert given.json()["area_name"] == "West Village 西村"
    for refused in (
        {"role": "king"},
        {"role": "planner", "area": "1"},
        {"role": "audit_administrator", "area": VILLAGE},
    ):
        assert security.post(f"{where}/scopes", json=refused).status_code == 422
    for duty in ("system_administrator", "security_administrator", "audit_administrator"):
        assert code_of(security.post(f"{where}/scopes", json={"role": duty})) == (409, "conflict")
    seen = {each["name"]: each for each in security.get(ACCOUNTS).json()["accounts"]}
    assert [scope["role"] for scope in seen["new-hand"]["scopes"]] == ["planner"]
    with by_cookie(app) as hand:
        assert hand.post("/api/v1/session", json={"code": code}).json()["account"]["must_change"] is True
        assert code_of(hand.get("/api/v1/plans")) == (403, "password-due")
        first = hand.cookies["gridward_session"]
        assert hand.post(f"{OWN}/password", json={"new": "short"}).status_code == 422
        assert hand.post(f"{OWN}/password", json={"new": PASSWORD}).status_code == 204
        assert hand.cookies["gridward_session"] != first
        assert hand.get("/api/v1/grids", params={"plan": str(town.plan)}).status_code != 403
        who = hand.get("/api/v1/session").json()["account"]
        assert (who["must_change"], who["area_path"]) == (False, f"990101001.{VILLAGE}")
        assert code_of(hand.post(f"{OWN}/password", json={"old": "wrong one here", "new": ANOTHER}))[0] == 403
        assert len(hand.get(f"{OWN}/sessions").json()["sessions"]) == 1
    taken = security.delete(f"{where}/scopes/{given.json()['id']}")
    assert taken.status_code == 204
    assert security.delete(f"{where}/scopes/{given.json()['id']}").status_code == 404


def test_a_security_administrator_finds_areas_and_units_and_says_whom_an_account_acts_for(
    system, security, audit, opened, town, database
):
    with database.work(Actor.system()) as work:
        account = str(access.create_account(work, "acting", roles=["handling_unit"]).id)
        work.session.execute(
            sa.text(
                "insert into unit (territory_id, code, name, kind) values (:t, 'ROADS', '市政 100%', 'department')"
            ),
            {"t": town.territory},
        )
        staff = work.session.execute(
            sa.text("select work_no, name from staff order by work_no limit 1")
        ).first() or work.session.execute(
            sa.text("insert into staff (territory_id, work_no, name, post) values (:t, 'W-1', '李四', 'head') returning"
                    " work_no, name"), {"t": town.territory}
        ).one()  # fmt: skip
    found = security.get(f"{ACCOUNTS}/posts", params={"q": "0%"}).json()
    assert found == {"areas": [], "units": [{"code": "ROADS", "name": "市政 100%"}]}
    found = security.get(f"{ACCOUNTS}/posts", params={"q": VILLAGE}).json()
    assert [each["code"] for each in found["areas"]] == [VILLAGE]
    where = f"{ACCOUNTS}/{account}/acts-for"
    for stranger in (system, audit, opened("planner", name="acts-for-nobody")):
        assert code_of(stranger.get(f"{ACCOUNTS}/posts", params={"q": "1"})) == (403, "not-allowed")
        assert code_of(stranger.put(where, json={"unit": "ROADS"})) == (403, "not-allowed")
    linked = security.put(where, json={"unit": "ROADS", "staff": staff.work_no})
    assert linked.status_code == 200, linked.text
    assert linked.json()["acts_for"] == {
        "unit": "ROADS", "unit_name": "市政 100%", "staff": staff.work_no, "staff_name": staff.name,
    }  # fmt: skip
    assert code_of(security.put(where, json={"unit": "nobody"})) == (404, "not-found")
    seen = {each["name"]: each["acts_for"] for each in system.get(ACCOUNTS).json()["accounts"]}
    assert seen["acting"] is None
    assert security.put(where, json={}).json()["acts_for"] is None
    mine = next(each["id"] for each in security.get(ACCOUNTS).json()["accounts"] if each["name"] == "sec")
    assert code_of(security.put(f"{ACCOUNTS}/{mine}/acts-for", json={})) == (403, "own-account")


def test_nobody_does_anothers_work_or_the_own_account(system, security, audit, opened, database):
    with database.work(Actor.system()) as work:
        ids = {each.name: str(each.id) for each in access_sql.list_accounts(work.session)}
    planner = opened("planner", name="plain-planner")
    steps = {
        system: [("PATCH", "", {"disabled": True}), ("PATCH", "", {"disabled": False})],
        security: [("PATCH", "", {"locked": True}), ("PATCH", "", {"locked": False}), ("DELETE", "/sessions", None)],
    }
    with database.work(Actor.system()) as work:
        other = str(access.create_account(work, "other", roles=["analyst"]).id)
    for own, doing in steps.items():
        for method, tail, body in doing:
            for someone in (system, security, audit, planner):
                answer = someone.request(method, f"{ACCOUNTS}/{other}{tail}", json=body)
                assert (answer.status_code < 300) == (someone is own), (method, tail, answer.text)
    for client, name, body in ((system, "sys", {"disabled": True}), (security, "sec", {"locked": True})):
        assert code_of(client.patch(f"{ACCOUNTS}/{ids[name]}", json=body)) == (403, "own-account")
    assert code_of(security.post(f"{ACCOUNTS}/{ids['sec']}/scopes", json={"role": "export"})) == (403, "own-account")
    assert code_of(system.post(f"{ACCOUNTS}/{ids['sec']}/reset")) == (403, "not-allowed")
    assert system.patch(f"{ACCOUNTS}/{town_id()}", json={"disabled": True}).status_code == 404


def town_id():
    return "00000000-0000-0000-0000-000000000000"


def test_the_database_itself_keeps_duties_apart(database):
    with database.work(Actor.system()) as work:
        account = access.create_account(work, "one-duty", roles=["system_administrator"])
        add = sa.text("insert into scope (account_id, role) values (:a, :r)")
        for role in ("planner", "security_administrator", "audit_administrator", "export"):
            with pytest.raises(sa.exc.IntegrityError), work.session.begin_nested():
                work.session.execute(add, {"a": account.id, "r": role})


def test_a_locked_account_is_out_and_in_again(app, security, make_account, database):
    token = make_account("planner", name="lockable")
    with database.work(Actor.system()) as work:
        account = access_sql.find_account(work.session, "lockable").id
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        for locked, status in ((True, 401), (False, 200)):
            assert security.patch(f"{ACCOUNTS}/{account}", json={"locked": locked}).status_code == 200
            app.state.wiring.credentials._known.clear()
            assert client.get("/api/v1/session").status_code == status


def test_tokens_are_no_wider_than_asked_and_never_wider_than_their_account(app, opened, town):
    by_token = opened("planner", "analyst", name="token-maker", area_path=f"990101001.{VILLAGE}")
    with app.state.wiring.system_work() as work:
        access.set_password(work, "token-maker", PASSWORD, now=datetime.now(UTC), keep_tokens=True)
    mine = by_cookie(app)
    assert mine.post("/api/v1/session", json={"name": "token-maker", "password": PASSWORD}).status_code == 200
    # else a token that may do little, or was lost, makes one that may do everything
    for method, path, body in (
        ("POST", "tokens", {"label": "x"}), ("POST", "password", {"old": PASSWORD, "new": ANOTHER}),
        ("DELETE", "sessions", None),
    ):  # fmt: skip
        assert code_of(by_token.request(method, f"{OWN}/{path}", json=body)) == (403, "token-may-not")
    for refused in (
        {"label": "x", "roles": ["dispatcher"]}, {"label": "x", "areas": ["990101001.990101001002"]}, {"label": ""},
        {"label": "x", "days": 0}, {"label": "x", "days": 400}, {"label": "x", "areas": ["nowhere"]},
    ):  # fmt: skip
        assert mine.post(f"{OWN}/tokens", json=refused).status_code == 422, refused
    made = mine.post(f"{OWN}/tokens", json={"label": "desk", "roles": ["analyst"], "read_only": True})
    assert made.status_code == 201
    token = made.json()["token"]
    listed = mine.get(f"{OWN}/tokens").json()["tokens"]
    narrow = next(each for each in listed if each["label"] == "desk")
    assert (narrow["roles"], narrow["read_only"]) == (["analyst"], True)
    assert token not in str(listed)
    basic = base64.b64encode(f"qgis:{token}".encode()).decode()
    for header in (f"Bearer {token}", f"Basic {basic}", f"bearer {token}"):
        with Client(app, headers={"Authorization": header}) as client:
            assert client.get("/api/v1/session").json()["account"]["roles"] == ["analyst"]
            assert client.get("/ogc/collections/grids/items").status_code == 200
            refused = client.post("/api/v1/incidents", json={}, headers={"Idempotency-Key": "1"})
            assert code_of(refused) == (403, "read-only-token")
    assert mine.delete(f"{OWN}/tokens/{narrow['id']}").status_code == 204
    app.state.wiring.credentials._known.clear()
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        assert client.get("/api/v1/session").status_code == 401
    assert mine.delete(f"{OWN}/tokens/{narrow['id']}").status_code == 404


@pytest.mark.parametrize("keep", [False, True])
def test_a_new_password_ends_tokens_unless_they_are_kept(app, database, keep):
    name = f"changer-{keep}".lower()
    with database.work(Actor.system()) as work:
        access.create_account(work, name, roles=["planner"], password=PASSWORD)
        code = access.issue_link(work, name, now=datetime.now(UTC))
    with by_cookie(app) as mine:
        assert mine.post("/api/v1/session", json={"name": name, "password": PASSWORD}).status_code == 200
        secret = mine.post(f"{OWN}/tokens", json={"label": "desk"}).json()["token"]
        asked = {"old": PASSWORD, "new": ANOTHER} | ({"keep_tokens": True} if keep else {})
        assert mine.post(f"{OWN}/password", json=asked).status_code == 204
        assert len(mine.get(f"{OWN}/tokens").json()["tokens"]) == (1 if keep else 0)
    app.state.wiring.credentials._known.clear()
    with Client(app, headers={"Authorization": f"Bearer {secret}"}) as client:
        assert client.get("/api/v1/session").status_code == (200 if keep else 401)
    with by_cookie(app) as late:
        assert late.post("/api/v1/session", json={"code": code}).status_code == 401
    with database.work(Actor.system()) as work:
        last = work.session.scalar(
            sa.select(Audit.details).where(Audit.action == "account.password", Audit.target == name)
        )
    assert last["tokens"] == ("kept" if keep else "ended")


def test_the_present_password_is_not_for_trying(app, database):
    name = "tried"
    with database.work(Actor.system()) as work:
        access.create_account(work, name, roles=["planner"], password=PASSWORD)
    with by_cookie(app) as mine:
        assert mine.post("/api/v1/session", json={"name": name, "password": PASSWORD}).status_code == 200
        # who found a page open could try out the password that belongs to it, and be its holder from then on
        for n in range(5):
            tried = mine.post(f"{OWN}/password", json={"old": f"try {n}", "new": ANOTHER})
            assert code_of(tried) == (403, "not-allowed")
        right = mine.post(f"{OWN}/password", json={"old": PASSWORD, "new": ANOTHER})
        assert code_of(right) == (429, "locked-out")
        assert int(right.headers["retry-after"]) > 0
        assert mine.get("/api/v1/session").status_code == 200
    with by_cookie(app) as late:
        assert late.post("/api/v1/session", json={"name": name, "password": ANOTHER}).status_code == 429
    with database.work(Actor.system()) as work:
        noted = work.session.scalars(sa.select(Audit.action).where(Audit.target == name)).all()
    assert Counter(noted)["sign-in.refused"] == 5
    assert "sign-in.locked-out" in noted
    assert "account.password" not in noted


@pytest.mark.parametrize(
    "header",
    [
        "Bearer", "Bearer ", "Bearer gw_forged", "Basic", "Basic !!!", "Basic Z3c=", "Digest x", "Bearer gw_" + "x" * 9000,
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(), "Bearer gw_x\tX-Admin: 1", "",
    ],
)  # fmt: skip
def test_forged_credentials_are_401_without_a_hint(anonymous, header):
    answer = anonymous.get("/api/v1/session", headers={"Authorization": header})
    assert code_of(answer) == (401, "not-signed-in")
    assert answer.headers["content-type"] == "application/problem+json"


def test_ended_and_foreign_tokens_are_401(app, anonymous, make_account, database):
    token = make_account("planner", name="expiring")
    with database.work(Actor.system()) as work:
        long_ago = datetime.now(UTC) - timedelta(days=2)
        ended = access.issue_token(work, "expiring", label="old", now=long_ago, days=1)
    for secret in (ended, token[:-1] + ("a" if token[-1] != "a" else "b"), token.upper()):
        answer = anonymous.get("/api/v1/session", headers={"Authorization": f"Bearer {secret}"})
        assert code_of(answer) == (401, "not-signed-in")


def test_a_replayed_session_is_out(app, database):
    with database.work(Actor.system()) as work:
        access.create_account(work, "leaving", roles=["planner"], password=PASSWORD)
    with by_cookie(app) as client:
        client.post("/api/v1/session", json={"name": "leaving", "password": PASSWORD})
        kept = client.cookies["gridward_session"]
        assert client.delete("/api/v1/session").status_code == 204
    with by_cookie(app) as thief:
        thief.cookies.set("gridward_session", kept)
        assert thief.get("/api/v1/session").status_code == 401
        thief.cookies.set("gridward_session", "x" * 5000)
        assert thief.get("/api/v1/session").status_code == 401


def test_exports_need_their_right(app, database, town):
    with database.work(Actor.system()) as work:
        access.create_account(work, "no-export", roles=["planner", "reviewer"])
        token = access.issue_token(work, "no-export", label="t", now=datetime.now(UTC))
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        assert client.get(f"/api/v1/plans/{town.plan}/grids").status_code == 200
        refused = client.get(f"/api/v1/plans/{town.plan}/export", params={"format": "geojson"})
        assert code_of(refused) == (403, "not-allowed")
        assert "export" in refused.json()["detail"]
        impact = f"/api/v1/plans/{town.plan}/impact"
        assert client.get(impact).status_code == 200
        refused = client.get(impact, params={"format": "xlsx"})
        assert code_of(refused) == (403, "not-allowed")
        assert "export" in refused.json()["detail"]
        camera = client.get(f"/api/v1/cameras/{town.cameras['fixed']}").json()["camera"]
        assert (camera["gb28181_id"], camera["ref"]) == (None, None)


def test_a_thousand_sign_ins_at_once_are_answered_and_leave_room_for_others(app, database, client):
    with database.work(Actor.system()) as work:
        for number in range(3):
            access.create_account(work, f"crowd-{number}", roles=["planner"], password=PASSWORD)

    async def crowd():
        transport = httpx.ASGITransport(app=app, client=("10.0.0.9", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as many:
            body = [{"name": f"crowd-{number % 3}", "password": PASSWORD} for number in range(1000)]
            asked = [many.post("/api/v1/session", json=each) for each in body]
            return await asyncio.gather(*asked)

    answers = client.run(crowd())
    counted = Counter(answer.status_code for answer in answers)
    assert set(counted) == {200, 429}
    assert counted[200] >= 10
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers if answer.status_code == 429)
    assert client.get("/api/v1/session").status_code == 200
