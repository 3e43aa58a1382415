"""The life of a plan over HTTP, with two real accounts: review, publishing today and later, history, comparison."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import numpy as np
import pytest
import shapely
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from services import jobs
from services.plan_life import publishing
from store.database.actor import Actor
from store.database.grid_shapes import LEVELS
from store.database.models import (
    Area,
    Assignment,
    Atom,
    Dwelling,
    Grid,
    GridShape,
    GridVersion,
    Incident,
    JobProgress,
    Plan,
)
from tests.api.conftest import Client
from tests.api.town import build_town, lonlat, many, placed


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture(scope="module")
def author(app, make_account):
    with Client(app, headers={"Authorization": f"Bearer {make_account('planner', name='author')}"}) as client:
        yield client


@pytest.fixture(scope="module")
def second(app, make_account):
    with Client(app, headers={"Authorization": f"Bearer {make_account('reviewer', name='second')}"}) as client:
        yield client


def make_draft(database, town, *, by: str = "author", shift: float = 100.0, name: str = "Draft") -> UUID:
    """A draft of the six squares: g1's east half goes to g2 (`shift` metres), g6 is renumbered, g3 is split in two."""
    from store.database.models import Account

    with database.work(Actor.system()) as work:
        session = work.session
        who = session.scalar(sa.select(Account.id).where(Account.name == by))
        plan = Plan(
            id=uuid4(), territory_id=town.territory, kind="household", name=name, status="draft",
            based_on_id=town.plan, spec={"tolerance": 0.1}, spec_digest=str(uuid4()), quality={}, author_id=who,
        )  # fmt: skip
        session.add(plan)
        session.flush()
        areas = list(session.scalars(sa.select(Area.id).where(Area.territory_id == town.territory).order_by(Area.code)))
        code = f"990101001002{900 + session.scalar(sa.select(sa.func.count()).select_from(Grid)):03d}"
        fresh = []
        for k in range(3):
            grid = Grid(
                id=uuid4(), territory_id=town.territory, kind="household", code=f"{code[:12]}{int(code[12:]) + k}"
            )
            session.add(grid)
            fresh.append(grid.id)
        session.flush()
        shapes = {
            town.grids["g1"]: (0, shapely.box(0, 0, 200 - shift, 200)),
            town.grids["g2"]: (0, shapely.box(200 - shift, 0, 400, 200)),
            fresh[0]: (1, shapely.box(400, 0, 500, 200)),
            fresh[1]: (1, shapely.box(500, 0, 600, 200)),
            town.grids["g4"]: (0, shapely.box(0, 200, 200, 400)),
            town.grids["g5"]: (0, shapely.box(200, 200, 400, 400)),
            fresh[2]: (1, shapely.box(400, 200, 600, 400)),
        }
        names = ("Grid 1", "Grid 2", "East a", "East b", "Grid 4", "Brook side 河畔", "Grid 6")
        doors = session.execute(
            sa.select(Dwelling.households, sa.func.ST_AsBinary(Dwelling.point)).where(
                Dwelling.territory_id == town.territory
            )
        ).all()
        points = shapely.from_wkb([bytes(row[1]) for row in doors])
        households = np.array([row[0] for row in doors])
        taken = np.zeros(len(points), dtype=bool)
        for label, (grid, (area, shape)) in enumerate(shapes.items()):
            # corners every 100 m, so that neighbours of other widths repeat each other's
            shape = shapely.segmentize(shape, 100.0)  # noqa: PLW2901
            stored = placed(shape)
            inside = shapely.intersects(stored, points) & ~taken
            taken |= inside
            session.add(
                GridVersion(
                    grid_id=grid, plan_id=plan.id, area_id=areas[area], name=names[label], geom=many(shape),
                    label_point=placed(shape.centroid), households=int(households[inside].sum()),
                    dwellings=int(inside.sum()), deviation=0.0, area_m2=shape.area, compactness=0.78,
                )
            )  # fmt: skip
            session.add(
                Atom(
                    plan_id=plan.id, label=label, grid_id=grid, area_id=areas[area],
                    demand=int(households[inside].sum()), dwellings=int(inside.sum()), geom=stored,
                )
            )  # fmt: skip
        session.flush()
        for grid in shapes:
            if not session.scalar(
                sa.select(Assignment.id).where(
                    Assignment.grid_id == grid, Assignment.is_head, sa.func.upper_inf(Assignment.valid)
                )
            ):
                if grid == fresh[2]:
                    continue  # carried over: the same ground under a new number
                session.add(
                    Assignment(
                        staff_id=town.staff["walker"], role="grid_head", grid_id=grid, is_head=True,
                        valid=Range(datetime.now(UTC) - timedelta(days=1), None),
                    )
                )  # fmt: skip
        if not session.scalar(
            sa.select(Assignment.id).where(Assignment.grid_id == town.grids["g6"], Assignment.is_head)
        ):
            session.add(
                Assignment(
                    staff_id=town.staff["resting"], role="grid_head", grid_id=town.grids["g6"], is_head=True,
                    valid=Range(datetime.now(UTC) - timedelta(days=1), None),
                )
            )  # fmt: skip
    return plan.id


def draw_queued(database) -> None:
    """Do what publishing left to a worker."""
    waiting = sa.select(JobProgress.id).where(JobProgress.kind == "grid-shapes", JobProgress.state == "queued")
    with database.work(Actor.system()) as work:
        found = work.session.scalars(waiting).all()
    for job in found:
        jobs.run_job(database, job, 0, threading.Event())
    with database.work(Actor.system()) as work:
        assert work.session.scalars(waiting).all() == []


def shapes_of(database, plan) -> int:
    """Count the simpler shapes that low zooms are drawn from."""
    with database.work(Actor.system()) as work:
        return work.session.scalar(sa.select(sa.func.count()).where(GridShape.plan_id == plan))


def revision(client, plan) -> dict[str, str]:
    return {"If-Match": str(client.get(f"/api/v1/plans/{plan}").json()["plan"]["revision"])}


@pytest.fixture(scope="module")
def draft(database, town, author):
    return make_draft(database, town)


def test_steps_before_publishing_need_the_right_person_and_revision(author, second, draft):
    url = f"/api/v1/plans/{draft}"
    assert author.post(f"{url}/submit").status_code == 428
    stale = author.post(f"{url}/submit", headers={"If-Match": "99"})
    assert (stale.status_code, stale.json()["current"]["status"]) == (412, "draft")
    assert second.post(f"{url}/submit", headers=revision(author, draft)).status_code == 403
    early = second.post(f"{url}/publish", json={"basis": "minutes 1"})
    assert (early.status_code, early.json()["code"]) == (409, "wrong-plan-state")
    assert second.post(f"{url}/approve", headers=revision(author, draft)).json()["code"] == "wrong-plan-state"
    sent = author.post(f"{url}/submit", headers=revision(author, draft), json={"note": "please look at the east"})
    assert sent.status_code == 200, sent.text
    assert sent.json()["plan"]["status"] == "review"
    alone = author.post(f"{url}/approve", headers=revision(author, draft))
    assert (alone.status_code, alone.json()["code"]) == (409, "second-person")
    assert second.post(f"{url}/send-back", headers=revision(author, draft), json={"reason": " "}).status_code == 422
    back = second.post(f"{url}/send-back", headers=revision(author, draft), json={"reason": "east is too small"})
    assert back.json()["plan"]["status"] == "draft"
    again = author.post(f"{url}/submit", headers=revision(author, draft))
    assert again.status_code == 200
    fine = second.post(f"{url}/approve", headers=revision(author, draft), json={"note": "fine"})
    assert fine.json()["plan"]["approver"] == "second"
    steps = author.get(f"{url}/history").json()["steps"]
    assert [(step["action"], step["actor"]) for step in steps] == [
        ("submit", "author"), ("send_back", "second"), ("submit", "author"), ("approve", "second"),
    ]  # fmt: skip
    assert steps[1]["note"] == "east is too small"


def test_comments_are_pinned_answered_and_settled(author, second, town, draft):
    url = f"/api/v1/plans/{draft}/comments"
    lon, lat = lonlat(150, 100)
    made = second.post(url, json={"text": "why here? 为什么", "grid": str(town.grids["g1"]), "point": [lon, lat]})
    assert made.status_code == 201, made.text
    comment = made.json()["comment"]
    assert comment["point"] == pytest.approx([lon, lat])
    assert comment["grid"]["id"] == str(town.grids["g1"])
    answer = author.post(url, json={"text": "the river", "reply_to": comment["id"]}).json()["comment"]
    deeper = second.post(url, json={"text": "I see", "reply_to": answer["id"]}).json()["comment"]
    assert deeper["reply_to"] == comment["id"]
    done = author.post(f"{url}/{comment['id']}/resolve", headers={"If-Match": "1"}).json()["comment"]
    assert (done["resolved_by"], done["revision"]) == ("author", 2)
    assert author.post(f"{url}/{comment['id']}/reopen", headers={"If-Match": "1"}).status_code == 412
    opened = author.post(f"{url}/{comment['id']}/reopen").json()["comment"]
    assert opened["resolved_at"] is None
    assert author.post(f"{url}/{answer['id']}/resolve").status_code == 409
    listed = author.get(url).json()["comments"]
    assert [each["text"] for each in listed] == ["why here? 为什么", "the river", "I see"]
    assert author.post(url, json={"text": " "}).status_code == 422
    assert author.post(url, json={"text": "x", "point": [200, 0]}).status_code == 422
    assert author.post(url, json={"text": "x", "grid": str(uuid4())}).status_code == 404
    assert author.post(url, json={"text": "x", "reply_to": str(uuid4())}).status_code == 404
    assert author.post(f"{url}/{uuid4()}/resolve").status_code == 404


def test_diff_and_impact_tell_what_moves(author, client, town, draft):
    lon, lat = lonlat(150, 100)
    taken = client.post(
        "/api/v1/incidents", json={"lon": lon, "lat": lat, "item": "lamp"}, headers={"Idempotency-Key": str(uuid4())}
    )
    assert taken.json()["incident"]["grid"]["id"] == str(town.grids["g1"])
    body = author.get(f"/api/v1/plans/{town.plan}/diff/{draft}?geometry=true").json()
    status = {grid["code"][-3:]: grid["status"] for grid in body["grids"]}
    assert [status[number] for number in ("001", "002", "003", "004", "005", "006")] == [
        "changed", "changed", "split", "kept", "kept", "renumbered",
    ]  # fmt: skip
    summary = body["summary"]
    assert summary["area_moved_m2"] == pytest.approx(20000 + 40000, rel=1e-6)
    # two doors of ten households east of the middle of g1; all of g3
    assert summary["households_moved"] == 20 + 51
    west = next(grid for grid in body["grids"] if grid["code"].endswith("001001"))
    assert [(share["kind"], share["households"]) for share in west["went_to"]] == [("keep", 31), ("transfer", 20)]
    assert sum(share["area_share"] for share in west["went_to"]) == pytest.approx(1.0)
    moved = {(f["properties"]["from"][-3:], f["properties"]["kind"]) for f in body["ground"]["features"]}
    assert ("001", "transfer") in moved
    answer = author.get(f"/api/v1/plans/{draft}/impact")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["before"]["id"] == str(town.plan)
    assert found["totals"]["cases_moved"] == 1
    assert found["cases"][0]["to"]["id"] == str(town.grids["g2"])
    # three cameras stand in the half of g1 that goes to g2, one in g6 that gets a new number
    moved_cameras = {(camera["from"]["code"][-3:], camera["to"]["code"][-3:]) for camera in found["cameras"]}
    assert ("001", "002") in moved_cameras
    assert found["totals"]["cameras_moved"] == len(found["cameras"]) >= 4
    lines = {line["kind"]: line["ok"] for line in found["checklist"]}
    assert lines == {
        "boundary": True, "head": True, "responsibilities": True, "review": True, "ground": True, "comments": False,
        "notes": lines["notes"],
    }  # fmt: skip
    assert found["ready"] is True
    sheet = author.get(f"/api/v1/plans/{draft}/impact?format=xlsx&lang=zh")
    assert sheet.content[:2] == b"PK"
    assert author.get(f"/api/v1/plans/{draft}/diff/{uuid4()}").status_code == 404


def test_handover_sheet_is_one_offline_page(author, town, draft):
    page = author.get(f"/api/v1/plans/{draft}/handover/{town.grids['g2']}?lang=zh")
    assert page.status_code == 200, page.text
    assert page.headers["content-type"].startswith("text/html")
    text = page.text
    assert "网格交接单" in text
    assert "<svg" in text
    assert "图例" in text
    assert "本网格" in text
    assert "http://" not in text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in text
    assert "<script" not in text
    assert "990101 001 001 002" in text
    assert "Second Street" in text
    assert author.get(f"/api/v1/plans/{draft}/handover/nowhere").status_code == 404


def test_a_day_to_come_is_withdrawn_and_set_again(author, second, town, draft, database):
    url = f"/api/v1/plans/{draft}"
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    assert shapes_of(database, draft) == 0  # the draft was written by hand; edits leave a plan like that too
    too_early = {"basis": "minutes 2", "effective_on": "2001-01-01"}
    assert second.post(f"{url}/publish", json=too_early).json()["code"] == "effective-too-early"
    set_for = second.post(
        f"{url}/publish", json={"basis": "minutes 2", "effective_on": str(day)}, headers=revision(second, draft)
    )
    assert set_for.status_code == 200, set_for.text
    assert set_for.json()["plan"]["status"] == "scheduled"
    now = author.get(f"/api/v1/plans/current?territory={town.territory}").json()["plan"]
    later = author.get(f"/api/v1/plans/current?territory={town.territory}&at={day}").json()["plan"]
    assert (now["id"], later["id"]) == (str(town.plan), str(draft))
    lon, lat = lonlat(150, 100)
    when = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=1)
    there = author.post("/api/v1/locate", json={"lon": lon, "lat": lat, "at": when.isoformat()}).json()
    here = author.post("/api/v1/locate", json={"lon": lon, "lat": lat}).json()
    assert (here["grids"][0]["code"][-3:], there["grids"][0]["code"][-3:]) == ("001", "002")
    grids = author.get(f"/api/v1/grids?at={day}").json()["grids"]
    assert len(grids) == 7
    assert len(author.get("/api/v1/grids").json()["grids"]) == 6
    # the head of the ground that gets a new number goes along on the day
    posts = author.get(f"/api/v1/staff/assignments?at={day}&grid={grids[-1]['code']}").json()["assignments"]
    assert [post["work_no"][-2:] for post in posts if post["is_head"]] == ["W4"]
    back = second.post(f"{url}/withdraw", headers=revision(second, draft), json={"reason": "not yet"})
    assert back.json()["plan"]["status"] == "review"
    assert author.get(f"/api/v1/plans/current?at={day}").json()["plan"]["id"] == str(town.plan)
    assert author.get(f"/api/v1/plans/{draft}/lineage").json()["lineage"] == []
    gone = author.get(f"/api/v1/staff/assignments?at={day}&grid={town.grids['g6']}").json()["assignments"]
    assert [post["until"] for post in gone if post["is_head"]] == [None]
    assert second.delete(url, headers=revision(second, draft)).status_code in (403, 409)
    set_again = second.post(f"{url}/publish", json={"basis": "minutes 3", "effective_on": str(day)})
    assert set_again.status_code == 200, set_again.text
    draw_queued(database)
    assert shapes_of(database, draft) == 7 * len(LEVELS)
    with database.work(Actor.system()) as work:
        assert publishing.settle(work, now=datetime.now(UTC)) == 0
        assert publishing.settle(work, now=when) == 1
    plans = {plan["id"]: plan["status"] for plan in author.get("/api/v1/plans").json()["plans"]}
    assert (plans[str(town.plan)], plans[str(draft)]) == ("retired", "published")
    with database.work(Actor.system()) as work:
        case = work.session.scalars(sa.select(Incident).where(Incident.item == "lamp")).one()
        version = work.session.get_one(GridVersion, case.grid_version_id)
        assert (version.plan_id, version.grid_id) == (draft, town.grids["g2"])


def test_lineage_and_history_are_kept(author, town, draft):
    rows = author.get(f"/api/v1/plans/{draft}/lineage").json()["lineage"]
    kinds = {(row["from_code"][-3:], row["kind"]) for row in rows}
    assert {("001", "transfer"), ("001", "keep"), ("003", "split"), ("006", "renumber"), ("005", "rename")} <= kinds
    for code in {row["from_code"] for row in rows}:
        assert sum(row["area_share"] for row in rows if row["from_code"] == code) == pytest.approx(1.0)
        assert sum(row["household_share"] for row in rows if row["from_code"] == code) == pytest.approx(1.0)
    actions = [step["action"] for step in author.get(f"/api/v1/plans/{draft}/history").json()["steps"]]
    assert actions[-4:] == ["schedule", "withdraw", "schedule", "take_effect"]
    assert author.get(f"/api/v1/plans/{town.plan}/history").json()["steps"][-1]["action"] == "retire"


def test_statistics_are_restated(author, town, draft):
    def ask(query: str):
        return author.get(f"/api/v1/statistics?{query}")

    old = ask(f"measure=households&on=plan:{town.plan}").json()
    assert [row["value"] for row in old["rows"]] == [51.0, 50.0, 50.0, 50.0, 51.0, 50.0]
    assert {row["method"] for row in old["rows"]} == {"exact"}
    assert old["total"] == 302
    new = ask(f"measure=households&on=plan:{draft}").json()
    assert sum(row["value"] for row in new["rows"]) == 302
    carried = ask(f"measure=households&on=plan:{draft}&of=plan:{town.plan}").json()
    assert {row["method"] for row in carried["rows"]} == {"apportioned"}
    assert sum(row["value"] for row in carried["rows"]) == pytest.approx(48 + 49 + 50 + 51 + 52 + 53)
    assert carried["rows"][0]["value"] == pytest.approx(48 * 31 / 51)
    villages = ask(f"measure=cameras&on=areas:village&territory={town.territory}").json()
    assert sum(row["value"] for row in villages["rows"]) + villages["outside"] == 5
    incidents = ask(f"measure=incidents&on=areas:village&from=2020-01-01&to={datetime.now(UTC).date()}").json()
    assert incidents["total"] >= 1
    assert ask("measure=households&on=areas:castle").status_code == 404
    assert ask("measure=love&on=areas:village").status_code == 422
    assert ask("measure=households&on=nothing").status_code == 422
    assert ask("measure=households&on=areas:village&at=yesterday").status_code == 422
    assert ask(f"measure=households&on=plan:{uuid4()}").status_code == 404
    given = {"of": "areas:village", "on": f"plan:{draft}", "totals": {"990101001001": 202.0}}
    shared = author.post("/api/v1/statistics/restate", json=given).json()
    assert sum(row["value"] for row in shared["rows"]) == pytest.approx(202.0)
    assert author.post("/api/v1/statistics/restate", json={**given, "totals": {"1": 2}}).status_code == 422
    assert author.post("/api/v1/statistics/restate", json={**given, "totals": {"990101001001": -2}}).status_code == 422


def test_doors_of_today_are_counted_into_a_draft(author, second, town, database, draft):
    with database.work(Actor.system()) as work:
        current = work.session.get_one(Plan, draft)
        assert current.status == "published"
    fresh = make_draft(database, town, shift=0.0, name="After the building site")
    with database.work(Actor.system()) as work:
        work.session.add(
            Dwelling(territory_id=town.territory, address="New 1", households=40, point=placed(shapely.Point(30, 30)))
        )
        work.session.add(
            Dwelling(territory_id=town.territory, address="Far", households=3, point=placed(shapely.Point(900, 30)))
        )
    url = f"/api/v1/plans/{fresh}/refresh-atoms"
    assert author.post(url).status_code == 428
    report = author.post(url, headers=revision(author, fresh)).json()
    assert report["households_after"] - report["households_before"] == 40
    assert (report["atoms_changed"], report["grids_changed"]) == (1, 1)
    assert report["grids"][0]["code"].endswith("001001")
    assert report["left_band"]
    assert (report["outside"]["dwellings"], report["outside"]["households"]) == (1, 3)
    again = author.post(url, headers=revision(author, fresh)).json()
    assert (again["atoms_changed"], again["grids_changed"]) == (0, 0)
    in_force = author.post(f"/api/v1/plans/{draft}/refresh-atoms", headers=revision(author, draft))
    assert in_force.json()["code"] == "wrong-plan-state"
    assert author.delete(f"/api/v1/plans/{draft}", headers=revision(author, draft)).status_code == 409
    assert author.delete(f"/api/v1/plans/{fresh}", headers={"If-Match": "77"}).status_code == 412
    assert author.delete(f"/api/v1/plans/{fresh}", headers=revision(author, fresh)).status_code == 204
    assert author.get(f"/api/v1/plans/{fresh}").status_code == 404


def test_responsibilities_have_a_list_to_start_with_and_their_own(author, town):
    url = "/api/v1/responsibilities"
    start = author.get(url).json()
    assert (start["source"], len(start["duties"])) == ("default", 5)
    own = [{"role": "grid_head", "duty_en": "Walk daily", "duty_zh": "每日巡查", "unit": "990101001U1"}]
    put = author.put(url, json={"territory": str(town.territory), "duties": own})
    assert put.json() == {"source": "territory", "duties": own}
    one = author.put(url, json={"grid": "990101001001002", "duties": [{"role": "deputy", "duty_en": "Helps"}]})
    assert one.json()["source"] == "grid"
    assert author.get(f"{url}?grid={town.grids['g2']}").json()["duties"][0]["duty_zh"] == "Helps"
    assert author.put(url, json={"duties": [{"role": "king", "duty_en": "x"}]}).status_code == 422
    assert author.put(url, json={"duties": [{"role": "deputy"}]}).status_code == 422
    assert author.put(url, json={"grid": "none", "duties": []}).status_code == 404
    assert author.put(url, json={"duties": []}).json()["source"] == "default"


def test_a_plan_retires_without_a_successor(author, second, database, draft):
    url = f"/api/v1/plans/{draft}"
    refused = author.post(f"{url}/retire", headers=revision(author, draft), json={"reason": "merged"})
    assert refused.json()["code"] == "second-person"
    assert second.post(f"{url}/retire", headers=revision(author, draft), json={"reason": ""}).status_code == 422
    with database.work(Actor.system()) as work:
        plan = work.session.get_one(Plan, draft)
        # its day lay ahead when the test let it come
        after = plan.effective_at + timedelta(days=1)
        publishing.retire(work, draft, expected=plan.revision, reason="the town is merged", now=after)
    assert author.get(url).json()["plan"]["status"] == "retired"
    assert author.get(f"/api/v1/plans/current?at={after.date() + timedelta(days=1)}").status_code == 404
    assert author.post(f"{url}/comments", json={"text": "late"}).status_code == 409
