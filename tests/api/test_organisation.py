"""The organisation over HTTP: units, staff, posts, shifts, vacancies of any date, staffing by the rules."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from services import units
from store.database.actor import Actor
from store.database.models import Staff
from tests.api.conftest import Client
from tests.api.test_plan_jobs import run
from tests.api.town import build_town, lonlat

API = "/api/v1"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def tag(answer: Any) -> dict[str, str]:
    assert answer.status_code < 300, answer.text
    return {"If-Match": answer.headers["ETag"]}


@contextmanager
def news(client) -> Iterator[list[tuple[str, str | None]]]:
    """What is told of the organisation meanwhile: the kind of each event, and of which layer."""
    begin = client.get(f"{API}/events/poll").json()["last"]
    heard: list[tuple[str, str | None]] = []
    yield heard
    told = client.get(f"{API}/events/poll", params={"after": begin, "limit": 1000}).json()["events"]
    heard += [(each["event"], each["data"].get("layer")) for each in told]


def test_units_are_a_tree_that_refuses_a_ring(client, town, database):
    centre = client.post(f"{API}/units", json={"code": "U-1", "name": "Command centre", "kind": "centre"})
    assert centre.status_code == 201, centre.text
    top = centre.json()["unit"]["id"]
    team = client.post(f"{API}/units", json={"code": "U-1-1", "name": "Team", "kind": "team", "parent": top})
    below = team.json()["unit"]["id"]
    assert client.post(f"{API}/units", json={"code": "U-1", "name": "Again"}).status_code == 409
    ring = client.patch(f"{API}/units/{top}", json={"parent": below}, headers=tag(centre))
    assert (ring.status_code, ring.json()["code"]) == (409, "tree-cycle")
    assert (ring.json()["cycle"], ring.json()["field"]) == (["U-1", "U-1-1", "U-1"], "parent")
    assert "U-1 → U-1-1 → U-1" in ring.json()["detail"]
    itself = client.patch(f"{API}/units/{top}", json={"parent": top}, headers=tag(centre))
    assert itself.json()["cycle"] == ["U-1", "U-1"]
    # the database refuses it, too, whoever asks
    with pytest.raises(sa.exc.IntegrityError, match="above itself"), database.work(Actor.system()) as work:
        work.session.execute(sa.text("update unit set parent_id = :b where id = :t"), {"b": below, "t": top})
    moved = client.patch(f"{API}/units/{below}", json={"parent": None, "name": "Team A"}, headers=tag(team))
    assert (moved.json()["unit"]["parent_id"], moved.json()["unit"]["name"]) == (None, "Team A")
    assert client.patch(f"{API}/units/{below}", json={"name": "B"}, headers=tag(team)).status_code == 412
    closed = client.patch(f"{API}/units/{below}", json={"valid_to": "2030-01-01"}, headers=tag(moved))
    assert closed.json()["unit"]["valid_to"] == "2030-01-01"
    begun = client.patch(f"{API}/units/{below}", json={"valid_from": "2029-01-01"}, headers=tag(closed))
    assert (begun.json()["unit"]["valid_from"], begun.json()["unit"]["valid_to"]) == ("2029-01-01", "2030-01-01")
    refused = client.patch(f"{API}/units/{below}", json={"valid_from": "2030-01-01"}, headers=tag(begun))
    assert (refused.status_code, refused.json()["field"]) == (422, "valid_to")
    for day, there in (("2028-12-31", False), ("2029-06-01", True), ("2030-01-01", False)):
        units = client.get(f"{API}/organisation?at={day}").json()["units"]
        assert (below in {unit["id"] for unit in units}) is there
    closed = begun
    codes = [each["code"] for each in client.get(f"{API}/units?on=2031-01-01").json()["units"]]
    assert "U-1" in codes
    assert "U-1-1" not in codes
    tree = client.get(f"{API}/organisation").json()
    assert {area["name"] for area in tree["areas"]} == {"West Village 西村", "East Village 东村"}
    assert sum(area["grids"] for area in tree["areas"]) == 6
    assert (
        client.post(f"{API}/roles", json={"code": "warden", "name_en": "warden", "name_zh": "河长"}).status_code == 201
    )


def test_a_unit_whose_parent_is_closed_stands_below_the_nearest_one_that_is_there(client, town):
    ids: dict[str | None, str | None] = {None: None}
    for code, parent in (("L-1", None), ("L-2", "L-1"), ("L-3", "L-2"), ("L-4", "L-3"), ("L-5", None), ("L-6", "L-5")):
        body = {"code": code, "name": code, "parent": ids[parent]}
        ids[code] = client.post(f"{API}/units", json=body).json()["unit"]["id"]
    for code in ("L-2", "L-3", "L-5"):
        one = client.get(f"{API}/units/{ids[code]}")
        assert (
            client.patch(f"{API}/units/{ids[code]}", json={"valid_to": "2030-01-01"}, headers=tag(one)).status_code
            == 200
        )
    for day, above in (("2029-12-31", {"L-4": "L-3", "L-6": "L-5"}), ("2030-01-01", {"L-4": "L-1", "L-6": None})):
        for path in (f"{API}/organisation?at={day}", f"{API}/units?on={day}"):
            found = {unit["code"]: unit for unit in client.get(path).json()["units"]}
            assert {code: found[code]["above_id"] for code in above} == {code: ids[up] for code, up in above.items()}
            assert found["L-4"]["parent_id"] == ids["L-3"], "what was set down stays"


def test_two_people_who_close_a_ring_together_are_told_which(client, town, database):
    ids: dict[str, str] = {}
    for code, parent in (("R-1", None), ("R-2", None), ("R-1-1", "R-1"), ("R-2-1", "R-2")):
        body = {"code": code, "name": code, "parent": ids.get(parent or "")}
        ids[code] = client.post(f"{API}/units", json=body).json()["unit"]["id"]
    with ThreadPoolExecutor(1) as other:
        with database.work(Actor.system()) as work:
            units.change_unit(work, UUID(ids["R-1"]), {"parent": UUID(ids["R-2-1"])}, revision=1)
            asked = {"json": {"parent": ids["R-1-1"]}, "headers": {"If-Match": '"1"'}}
            answer = other.submit(client.patch, f"{API}/units/{ids['R-2']}", **asked)
            while not waits_for_a_tree(database):
                assert not answer.done(), answer.result().text
        refused = answer.result()
    assert (refused.status_code, refused.json()["cycle"]) == (409, ["R-2", "R-1-1", "R-1", "R-2-1", "R-2"])


def waits_for_a_tree(database) -> bool:
    waiting = "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
    with database.work(Actor.system()) as work:
        return bool(work.session.scalar(sa.text(waiting)))


def test_staff_are_listed_changed_and_hold_nine_duties_at_once(client, town):
    page = client.get(f"{API}/staff?limit=2").json()
    assert len(page["staff"]) == 2
    rest = client.get(f"{API}/staff", params={"after": page["next"], "limit": 500}).json()["staff"]
    assert page["staff"][1]["work_no"] < rest[0]["work_no"]
    made = client.post(
        f"{API}/staff",
        json={"work_no": "A-901", "name": "Assistant", "post": "grid assistant", "skills": ["First  Aid"]},
    )
    assert made.status_code == 201, made.text
    member = made.json()["staff"]
    assert member["skills"] == ["first aid"]
    changed = client.patch(f"{API}/staff/{member['id']}", json={"max_posts": 9}, headers=tag(made))
    assert changed.json()["staff"]["max_posts"] == 9
    assert client.patch(f"{API}/staff/{member['id']}", json={"post": "x"}, headers=tag(made)).status_code == 412
    grid = str(town.grids["g5"])
    for role in ("assistant", "deputy", "adviser", "contact", "unit_head", "police"):
        given = {"staff": member["id"], "role": role, "grid": grid, "share": 0.2, "ex_officio": True}
        assert client.post(f"{API}/assignments", json=given).status_code == 201
    again = client.post(f"{API}/assignments", json=given)
    assert (again.status_code, again.json()["code"], again.json()["staff"]) == (409, "held-already", "A-901")
    found = client.get(f"{API}/staff/{member['id']}").json()["staff"]
    assert len(found["assignments"]) == 6
    ended = (datetime.now(UTC) + timedelta(days=5)).isoformat()
    post = next(each for each in found["assignments"] if each["role"] == "police")
    closed = client.patch(f"{API}/assignments/{post['id']}", json={"until": ended}, headers={"If-Match": '"1"'})
    assert client.post(f"{API}/assignments", json={**given, "since": ended}).status_code == 201
    open_again = client.patch(f"{API}/assignments/{post['id']}", json={"until": None}, headers=tag(closed))
    assert (open_again.status_code, open_again.json()["code"]) == (409, "held-already")
    assert {duty["role"] for duty in found["responsibilities"]} >= {"deputy"}
    assert client.get(f"{API}/staff?q=A-901").json()["staff"][0]["posts_held"][0].startswith("adviser ")


def test_a_grid_has_one_head_at_any_time(client, town):
    grid = str(town.grids["g1"])
    head = client.get(f"{API}/assignments", params={"grid": grid, "role": "grid_head"}).json()["assignments"][0]
    other = client.get(f"{API}/staff?q=walker").json()["staff"] or client.get(f"{API}/staff").json()["staff"]
    someone = next(each for each in other if each["id"] != head["staff_id"])["id"]
    second = client.post(f"{API}/assignments", json={"staff": someone, "role": "grid_head", "grid": grid})
    assert (second.status_code, second.json()["code"]) == (409, "two-heads")
    assert second.json()["head"] == head["work_no"]
    later = (datetime.now(UTC) + timedelta(days=10)).isoformat()
    given = {"staff": someone, "role": "grid_head", "grid": grid, "since": later, "replace": True}
    swapped = client.post(f"{API}/assignments", json=given)
    assert swapped.status_code == 201, swapped.text
    then = client.get(
        f"{API}/assignments",
        params={"grid": grid, "role": "grid_head", "at": (datetime.now(UTC) + timedelta(days=11)).isoformat()},
    ).json()["assignments"]
    assert [each["staff_id"] for each in then] == [someone]
    made = swapped.json()["assignment"]
    bad = client.patch(f"{API}/assignments/{made['id']}", json={"until": "2020-01-01T00:00:00Z"}, headers=tag(swapped))
    assert bad.status_code == 422
    half = client.patch(f"{API}/assignments/{made['id']}", json={"share": 0.5}, headers=tag(swapped))
    assert half.json()["assignment"]["share"] == 0.5
    assert client.delete(f"{API}/assignments/{made['id']}", headers=tag(half)).status_code == 204
    assert client.get(f"{API}/assignments/{made['id']}").status_code == 404
    both = {"staff": someone, "role": "assistant", "grid": grid, "area": str(uuid4())}
    assert client.post(f"{API}/assignments", json=both).status_code == 422


def keep_posts(client, town) -> None:
    """Have grid 1 its head and deputy, unless a test before left them their posts."""
    for name, role in (("head1", "grid_head"), ("deputy1", "deputy")):
        held = {"grid": str(town.grids["g1"]), "role": role}
        there = client.get(f"{API}/assignments", params=held).json()["assignments"]
        if str(town.staff[name]) not in {each["staff_id"] for each in there}:
            given = {**held, "staff": str(town.staff[name]), "replace": True}
            assert client.post(f"{API}/assignments", json=given).status_code == 201


def test_patterns_write_out_shifts_and_deputies_stand_in_for_the_absent(client, town):
    keep_posts(client, town)
    head = str(town.staff["head1"])
    week = {
        "first_day": "2031-03-03", "last_day": "2031-03-16", "cycle_days": 7, "on_days": [0, 1, 2, 3, 4],
        "starts": "22:00", "ends": "06:00",
    }  # fmt: skip
    made = client.post(f"{API}/shifts", json={"staff": head, "pattern": week})
    assert made.json()["added"] == 10
    days = {"staff": head, "since": "2031-03-01T00:00:00Z", "until": "2031-03-31T00:00:00Z"}
    listed = client.get(f"{API}/shifts", params=days).json()["shifts"]
    assert len(listed) == 10
    assert listed[0]["until"] > listed[0]["since"]
    again = {"staff": head, "since": listed[0]["since"], "until": listed[0]["until"]}
    assert client.post(f"{API}/shifts", json=again).json()["added"] == 0
    for gone in (f"shifts/{listed[0]['id']}", f"shift-patterns/{made.json()['pattern_id']}"):
        with news(client) as heard:
            assert client.delete(f"{API}/{gone}").status_code == 204
        assert heard == [("organisation", None)]
    assert client.get(f"{API}/shifts", params=days).json()["shifts"] == []
    assert client.post(f"{API}/shifts", json={"staff": head}).status_code == 422
    now = datetime.now(UTC)
    away = {"staff": head, "since": now.isoformat(), "until": (now + timedelta(days=3)).isoformat()}
    absence = client.post(f"{API}/absences", json=away)
    assert absence.status_code == 201, absence.text
    found = client.get(f"{API}/vacancies").json()
    mine = [each for each in found["absent"] if each["head"]]
    assert mine
    assert any(each["deputies"] for each in mine)
    lon, lat = lonlat(100, 100)
    here = client.post(f"{API}/locate", json={"lon": lon, "lat": lat}).json()["head"]
    assert (here["id"], here["reason"]) == (str(town.staff["deputy1"]), "stands in for the head, who is away")
    assert client.get(f"{API}/vacancies", params={"at": "2035-01-01"}).json()["absent"] == []
    with news(client) as heard:
        assert client.delete(f"{API}/absences/{absence.json()['id']}").status_code == 204
    assert sorted(heard) == [("layer", "grid_labels"), ("layer", "grids"), ("organisation", None)], "as adding it does"
    with news(client) as heard:
        changed = client.patch(
            f"{API}/staff/{head}", json={"active": False}, headers=tag(client.get(f"{API}/staff/{head}"))
        )
    assert ("layer", "grids") in heard
    client.patch(f"{API}/staff/{head}", json={"active": True}, headers=tag(changed))


def test_vacancies_of_any_date_as_list_and_map(client, town):
    found = client.get(f"{API}/vacancies").json()
    assert found["grids"] == 6
    vacant = {each["code"] for each in found["vacancies"] if each["rule"] == "one-head-per-grid"}
    grids = client.get(f"{API}/plans/{town.plan}/grids").json()["grids"]
    assert vacant == {grid["code"] for grid in grids if not grid["head"]}
    drawn = client.get(f"{API}/vacancies.geojson").json()
    assert {each["properties"]["code"] for each in drawn["features"] if each["properties"]["place"] == "grid"} == vacant
    assert client.get(f"{API}/vacancies?at=2001-01-01").json()["grids"] == 0
    assert client.get(f"{API}/vacancies?at=someday").status_code == 422


def keep_assistant(client, town) -> None:
    """Have somebody advise and police one village, unless a test before did so already."""
    grid = str(town.grids["g5"])
    if client.get(f"{API}/assignments", params={"grid": grid, "role": "police"}).json()["assignments"]:
        return
    body = {"work_no": "A-905", "name": "Second assistant", "post": "grid assistant"}
    member = client.post(f"{API}/staff", json=body).json()["staff"]["id"]
    for role in ("adviser", "police"):
        given = {"staff": member, "role": role, "grid": grid}
        assert client.post(f"{API}/assignments", json=given).status_code == 201


def test_rules_are_data_and_an_impossible_one_is_named(app, make_account, client, town, database):
    keep_assistant(client, town)
    rules = {rule["code"]: rule for rule in client.get(f"{API}/ratio-rules").json()["rules"]}
    assert rules["contacts-by-households"]["ways"][1] == {"per": "group", "count": 1, "every": 1}
    url = f"{API}/ratio-rules/two-officers-per-town"
    with Client(app, headers={"Authorization": f"Bearer {make_account('dispatcher')}"}) as other:
        assert other.put(url, json={"active": True}, headers={"If-Match": '"1"'}).status_code == 403
    seen = {"If-Match": f'"{rules["two-officers-per-town"]["revision"]}"'}
    on = client.put(url, json={"active": True}, headers=seen)
    assert (on.json()["own"], on.json()["active"]) == (True, True)
    assert client.put(url, json={"active": True}, headers=seen).status_code == 412
    new = {"role": "adviser", "ways": [{"per": "village"}], "posts": ["Adviser"], "max_posts": 2, "within": "town"}
    assert client.put(f"{API}/ratio-rules/advisers", json=new, headers={"If-Match": '"0"'}).status_code == 200
    wrong = {**new, "ways": [{"per": "grid"}, {"per": "village"}]}
    assert client.put(f"{API}/ratio-rules/wrong", json=wrong, headers={"If-Match": '"0"'}).status_code == 422
    asked = run(database, client, client.post(f"{API}/staffing", json={"plan": str(town.plan)}))
    assert asked["state"] == "succeeded", asked
    proposal = client.get(f"{API}/staffing/{asked['result']['staffing_id']}")
    told = {role["role"]: role for role in proposal.json()["staffing"]["roles"]}
    assert told["police"]["violations"] == [
        {
            "rule": "two-officers-per-town",
            "reason": "too-few",
            "lacking": 2,
            "places": told["police"]["violations"][0]["places"],
        }
    ]
    assert told["adviser"]["violations"][0]["lacking"] == 2
    lacking = {each["rule"]: each["lacking"] for each in client.get(f"{API}/vacancies").json()["rules"]}
    # the assistant of many roles is there already, in one village of the town
    assert (lacking["two-officers-per-town"], lacking["advisers"]) == (1, 1)


def test_a_proposal_is_looked_at_put_in_force_once_and_is_refused_when_posts_changed(client, town, database):
    with database.work(Actor.system()) as work:
        mine = Staff.territory_id == town.territory
        work.session.execute(sa.update(Staff).where(mine).values(post="grid head", area_id=None, duty_point=None))
    rules = {"one-head-per-grid": {"max_posts": 1}}
    one = run(database, client, client.post(f"{API}/staffing", json={"plan": str(town.plan), "rules": rules}))
    url = f"{API}/staffing/{one['result']['staffing_id']}"
    seen = client.get(url)
    heads = seen.json()["staffing"]["roles"][0]
    assert heads["most_posts"] == 1
    assert heads["kept"] + heads["new"] + heads["changed"] + len(heads["vacancies"]) == 6
    assert len(heads["moves"]) == heads["new"] + heads["changed"] + heads["ended"]
    shared = run(database, client, client.post(f"{API}/staffing", json={"plan": str(town.plan)}))
    applied = client.post(f"{url}/apply", headers=tag(seen))
    assert applied.status_code == 200, applied.text
    assert applied.json()["staffing"]["status"] == "applied"
    assert client.post(f"{url}/apply", headers=tag(applied)).status_code == 412
    if heads["moves"]:
        other = f"{API}/staffing/{shared['result']['staffing_id']}"
        late = client.post(f"{other}/apply", headers=tag(client.get(other)))
        assert (late.status_code, late.json()["code"]) == (409, "staffing-changed")
    now = client.get(f"{API}/assignments", params={"role": "grid_head"}).json()["assignments"]
    assert len(now) == 6 - len(heads["vacancies"])
    assert len({each["staff_id"] for each in now}) == len(now)
    assert client.post(f"{API}/staffing", json={"plan": str(town.plan), "rules": {"no-such": {}}}).status_code == 202


def test_tables_come_in_as_jobs_that_list_refused_rows(client, town, database):
    def send(what: str, text: str, name: str = "table.csv", **fields: str) -> Any:
        url = f"{API}/organisation/import/{what}"
        return client.post(url, files={"file": (name, text.encode())}, data=fields)

    done = run(database, client, send("units", "code,name,parent\nI-1,Works,\nI-2,Roads,I-1\n"))
    assert (done["state"], done["result"]["counts"]["inserted"]) == ("succeeded", 2), done
    refused = run(database, client, send("units", "code,name,parent\nI-3,Water,I-4\nI-4,Pipes,I-3\nI-5,Lamps,\n"))
    assert (refused["state"], refused["problem"]["code"]) == ("failed", "rejected-rows")
    assert [(row["line"], row["column"], row["reason"]) for row in refused["problem"]["rejected"]] == [
        (2, "parent", "stands below this unit itself"), (3, "parent", "stands below this unit itself")]  # fmt: skip
    assert "I-5" not in {unit["code"] for unit in client.get(f"{API}/units").json()["units"]}
    some = run(database, client, send("units", "code,name,parent\nI-3,Water,I-3\nI-5,Lamps,\n", skip_rejected="true"))
    assert (some["state"], len(some["result"]["rejected"])) == ("succeeded", 1), some
    tried = run(database, client, send("staff", "work_no,name,post\nI-901,A,grid head\n", dry_run="true"))
    assert tried["state"] == "succeeded", tried
    assert client.get(f"{API}/staff?q=I-901").json()["staff"] == []
    for what, text in (
        ("staff", "work_no,name,post\nI-901,A,grid head\n"),
        ("assignments", "work_no,role,area\nI-901,assistant,East Village 东村\n"),
        ("shifts", "work_no,since,until\nI-901,2031-03-01T08:00Z,2031-03-01T16:00Z\n"),
        ("post-counts", "area,role,count\nEast Village 东村,contact,3\n"),
        ("catalogue", "code,class_code,name_zh,limit_1\n1,01,路灯不亮,4 工作时\n"),
        ("lead-units", "item,area,unit\n,,I-1\n"),
        ("area-classes", f"area,area_class\n{client.get(f'{API}/areas').json()['areas'][0]['code']},2\n"),
    ):
        loaded = run(database, client, send(what, text))
        assert loaded["state"] == "succeeded", (what, loaded)
    assert client.get(f"{API}/catalogue/lead-units").json()["holes"] == 0
    # the catalogue and the ledger know the file by the name that it came with, but not by where it came from
    items = "code,class_code,name_zh,limit_1\n1,01,路灯不亮,5 工作时\n"
    loaded = run(database, client, send("catalogue", items, name="C:\\lists\\..\\事项 2026.csv"))
    assert (loaded["state"], loaded["result"]["file"]) == ("succeeded", "事项 2026.csv")
    assert client.get(f"{API}/catalogue").json()["current"]["file"] == "事项 2026.csv"
    with database.work(Actor.system()) as work:
        line = sa.text("select target from audit where action = 'catalogue.load' order by id desc limit 1")
        assert work.session.scalar(line) == "事项 2026.csv"
    assert send("units", "code,name\n", name="units.exe").json()["field"] == "file"
    assert send("people", "code,name\n").status_code == 422
