"""Refusals and lock-outs leave a line in the audit trail, once in a while each."""

from __future__ import annotations

import sqlalchemy as sa

from services import access
from store.database.actor import Actor
from tests.api.conftest import Client
from tests.api.town import build_town


def lines(database, action):
    with database.work(Actor.system()) as work:
        asked = "select a.target, b.name from audit a left join account b on b.id = a.account_id where a.action = :a order by a.id"
        return [tuple(row) for row in work.session.execute(sa.text(asked), {"a": action})]


def test_who_is_refused_leaves_a_line_once(app, database, make_account):
    build_town(database)
    planner = make_account("planner", name="curious", area_path="990101001.990101001001")
    security = make_account("security_administrator", name="sec")
    with Client(app, headers={"Authorization": f"Bearer {planner}"}) as client:
        for _ in range(3):
            assert client.get("/api/v1/accounts").status_code == 403
            assert client.get("/api/v1/reports/schedules").status_code == 403
        assert client.get("/api/v1/areas").status_code == 200
    with Client(app, headers={"Authorization": f"Bearer {security}"}) as client:
        assert client.get("/ogc/collections/cameras/tiles/WebMercatorQuad/14/0/0").status_code == 403
    found = lines(database, "refused")
    assert ("GET /api/v1/accounts not-allowed", "curious") in found
    assert ("GET /api/v1/reports/schedules area-limited", "curious") in found
    assert ("GET /ogc/collections/{collection}/tiles/WebMercatorQuad/{z}/{y}/{x} administrators-apart", "sec") in found
    assert len(found) == 3, found


def test_a_lock_out_leaves_a_line_once(app, database):
    with database.work(Actor.system()) as work:
        access.create_account(work, "ming", roles=["planner"], password="a long word to know")
    with Client(app) as client:
        told = [
            client.post("/api/v1/session", json={"name": "ming", "password": f"wrong number {k}"}).status_code
            for k in range(9)
        ]
    assert told == [401] * 5 + [429] * 4
    assert lines(database, "sign-in.locked-out") == [("ming", None)]
    assert len(lines(database, "sign-in.refused")) == 5
