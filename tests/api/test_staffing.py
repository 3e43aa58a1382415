"""Heads for the grids of a plan, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services.plan_life import publishing
from store.database.actor import Actor
from store.database.models import Assignment, Plan, Staff
from tests.api.conftest import Client
from tests.api.test_plan_life import make_draft
from tests.api.town import build_town


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def test_heads_are_assigned_and_vacancies_named(app, make_account, client, town):
    url = f"/api/v1/plans/{town.plan}/heads"
    with Client(app, headers={"Authorization": f"Bearer {make_account('reviewer')}"}) as reviewer:
        assert reviewer.post(url, json={}).status_code == 403
    assert client.post(url, json={"max_grids": 0}).status_code == 422
    assert client.post(f"/api/v1/plans/{uuid4()}/heads", json={}).status_code == 404
    answer = client.post(url, json={"max_grids": 50})
    assert answer.status_code == 200
    found = answer.json()
    grids = client.get(f"/api/v1/plans/{town.plan}/grids").json()["grids"]
    assert found["grids"] == len(grids)
    assert set(found["vacancies"]) == {grid["code"] for grid in grids if not grid["head"]}


def test_who_has_no_duty_point_is_within_no_distance_and_named(client, database):
    town = build_town(database, "Unplaced", "990107001")
    with database.work(Actor.system()) as work:
        mine = sa.update(Staff).where(Staff.territory_id == town.territory)
        work.session.execute(mine.values(post="grid head", duty_point=None))
    rule = next(
        rule
        for rule in client.get("/api/v1/ratio-rules", params={"territory": str(town.territory)}).json()["rules"]
        if rule["role"] == "grid_head" and rule["grid_kind"] == "household"
    )
    url, heads = f"/api/v1/plans/{town.plan}/heads", {"max_grids": 50}
    assert client.post(url, json=heads).json()["unplaced"] == []
    answer = client.put(
        f"/api/v1/ratio-rules/{rule['code']}",
        params={"territory": str(town.territory)},
        headers={"If-Match": f'"{rule["revision"]}"'},
        json={"max_distance_m": 3000},
    )
    assert answer.status_code == 200, answer.text
    found = client.post(url, json=heads).json()
    assert (found["heads"], len(found["vacancies"])) == (0, found["grids"])
    assert [each["rule"] for each in found["violations"]] == ["unknown-place"]
    with database.work(Actor.system()) as work:
        numbers = work.session.scalars(
            sa.select(Staff.work_no).where(Staff.territory_id == town.territory, Staff.active)
        ).all()
    assert set(found["unplaced"]) == set(numbers)


def heads_of(database, grids, at: datetime) -> dict[str, str]:
    """Return the one head of each grid at a moment."""
    with database.work(Actor.system()) as work:
        rows = work.session.execute(
            sa.select(Assignment.grid_id, Staff.work_no)
            .join(Staff, Staff.id == Assignment.staff_id)
            .where(Assignment.is_head, Assignment.valid.contains(at), Assignment.grid_id.in_([UUID(g) for g in grids]))
        ).all()
    assert len(rows) == len({grid for grid, _ in rows})
    return {str(grid): who for grid, who in rows}


def test_heads_change_while_another_plan_waits_for_its_day(client, database):
    town = build_town(database, "Waiting", "990105001")
    draft = str(make_draft(database, town))  # g3 and g6 end with the day, three grids begin
    mine = Staff.territory_id == town.territory
    with database.work(Actor.system()) as work:
        work.session.execute(sa.update(Staff).where(mine).values(post="grid head", duty_point=None))
    now_url, url, heads = f"/api/v1/plans/{town.plan}", f"/api/v1/plans/{draft}", {"max_grids": 50}
    g = {name: str(grid) for name, grid in town.grids.items()}
    for plan in (now_url, url):
        assert client.post(f"{plan}/heads", json=heads).status_code == 200
    day = datetime.now(UTC) + timedelta(days=3)
    with database.work(Actor.system()) as work:
        asked = publishing.Publication(basis="minutes", effective_on=day.date(), expected=None)
        assert publishing.publish(work, UUID(draft), asked).status == "scheduled"
        on = work.session.get_one(Plan, UUID(draft)).effective_at
    coming = [grid["id"] for grid in client.get(f"{url}/grids").json()["grids"]]
    for turn in range(3):  # each time somebody leaves, and both plans get their heads anew, in either order
        holders = set(heads_of(database, g.values(), datetime.now(UTC)).values())
        with database.work(Actor.system()) as work:
            leaver = sa.select(Staff.id).where(mine, Staff.work_no.in_(holders)).limit(1).scalar_subquery()
            work.session.execute(sa.update(Staff).where(Staff.id == leaver).values(active=False))
        for plan in (now_url, url) if turn % 2 else (url, now_url):
            answer = client.post(f"{plan}/heads", json=heads)
            assert answer.status_code == 200, answer.text
            assert answer.json()["vacancies"] == []
        assert set(heads_of(database, g.values(), datetime.now(UTC))) == set(g.values())
        later = heads_of(database, [*g.values(), *coming], on + timedelta(hours=1))
        assert set(later) == set(coming)
    with database.work(Actor.system()) as work:
        publishing.withdraw(
            work, UUID(draft), expected=work.session.get_one(Plan, UUID(draft)).revision, reason="later"
        )
    assert client.post(f"{now_url}/heads", json=heads).status_code == 200
    assert set(heads_of(database, g.values(), on + timedelta(days=30))) == set(g.values())


def test_nobody_is_on_duty_in_a_retired_plan(client, database):
    town = build_town(database, "Gone", "990106001")
    with database.work(Actor.system()) as work:
        work.session.execute(sa.update(Plan).where(Plan.id == town.plan).values(status="retired"))
    answer = client.post(f"/api/v1/plans/{town.plan}/heads", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong-plan-state")
