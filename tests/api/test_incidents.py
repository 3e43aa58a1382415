"""Reports: kept once, kept wherever they lie, corrected without loss."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from casework.chain import first_broken
from casework.states import step_content
from gis.errors import InvalidInputError
from services import incidents as service
from services.cases.verify import verify
from services.incidents import KeyUsedError, Report, placed
from services.locate import Place
from services.nearest_staff import StreetGraphs
from store.database import incidents as sql
from store.database.actor import Actor
from store.database.models import Incident, IncidentTransition, IntakeKey, Outbox
from tests.api.conftest import Client
from tests.api.town import build_town, lonlat

URL = "/api/v1/incidents"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def at(x, y, **more):
    lon, lat = lonlat(x, y)
    return {"lon": lon, "lat": lat, **more}


def send(client, body, key=None):
    return client.post(URL, json=body, headers={"Idempotency-Key": key or str(uuid4())})


def count(database) -> int:
    with database.work(Actor.system()) as work:
        return work.session.scalar(sa.select(sa.func.count()).select_from(Incident))


def test_report_is_placed_numbered_and_announced(client, database, town):
    answer = send(client, at(150, 100, item="Lamp out", accuracy_m=10, channel="phone", severity="major"))
    assert answer.status_code == 201, answer.text
    body = answer.json()
    incident = body["incident"]
    assert incident["no"].startswith(f"{datetime.now(UTC):%Y-%m}-")
    assert len(incident["no"]) == len("2026-11-000001")
    assert (incident["state"], incident["severity"], incident["revision"]) == ("REPORTED", "major", 1)
    assert incident["grid"]["code"] == "990101001001001"
    assert incident["alt_grid"] is None
    assert body["located"]["head"]["work_no"] == "990101001W0"
    assert answer.headers["location"] == f"{URL}/{incident['no']}"
    assert client.get(answer.headers["location"]).json()["incident"] == incident
    with database.work(Actor.system()) as work:
        row = work.session.scalars(sa.select(Incident).where(Incident.no == incident["no"])).one()
        assert (row.area_code, row.town_code, row.county_code) == (990101001001, 990101001, 990101)
        kinds = set(work.session.scalars(sa.select(Outbox.kind)))
        assert {"layer", "incident"} <= kinds
    tile = client.get("/ogc/collections/incidents/items").json()["features"]
    assert incident["no"] in {feature["properties"]["no"] for feature in tile}


def test_repeat_changes_nothing_and_another_body_is_refused(client, database, town):
    body, key = at(250, 100, item="Pothole", description="deep"), str(uuid4())
    first = send(client, body, key)
    before = count(database)
    again = send(client, body, key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["idempotent-replay"] == "true"
    assert again.json()["incident"] == first.json()["incident"]
    assert again.json()["located"]["grids"] == first.json()["located"]["grids"]
    assert count(database) == before
    other = send(client, {**body, "item": "Puddle"}, key)
    assert (other.status_code, other.json()["code"]) == (409, "key-used")
    assert other.json()["no"] == first.json()["incident"]["no"]
    assert count(database) == before


def test_same_key_of_two_accounts_is_two_reports(client, app, make_account, town):
    body, key = at(250, 120, item="Pothole"), str(uuid4())
    mine = send(client, body, key)
    with Client(app, headers={"Authorization": f"Bearer {make_account('grid_staff')}"}) as colleague:
        theirs = send(colleague, body, key)
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["incident"]["no"] != theirs.json()["incident"]["no"]


def test_twenty_at_once_are_one_report(database, town):
    lon, lat = lonlat(300, 300)
    report, key, graphs = Report(Place(lon, lat), "Twin"), "twins", StreetGraphs()
    gate = threading.Barrier(8)

    def post(_):
        gate.wait()
        with database.work(Actor.system()) as work:
            return service.register(work, graphs, report, key=key, now=datetime.now(UTC))

    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(post, range(8)))
    assert sum(each.fresh for each in taken) == 1
    assert len({each.incident.no for each in taken}) == 1
    with database.work(Actor.system()) as work, pytest.raises(KeyUsedError):
        service.register(work, graphs, Report(Place(lon, lat), "Other"), key=key, now=datetime.now(UTC))


def test_loser_of_a_race_sees_the_winner(database, town):
    """The losing statement sees neither its own row nor the winner's: it has to look again."""
    lon, lat = lonlat(310, 310)
    graphs, now = StreetGraphs(), datetime.now(UTC)
    begun, results = threading.Event(), []

    def lose():
        with database.work(Actor.system()) as work:
            work.session.execute(sa.text("select 1"))
            begun.set()
            results.append(service.register(work, graphs, Report(Place(lon, lat), "Race"), key="race", now=now))

    with database.work(Actor.system()) as work:
        won = service.register(work, graphs, Report(Place(lon, lat), "Race"), key="race", now=now)
        thread = threading.Thread(target=lose)
        thread.start()
        begun.wait(60)
        threading.Event().wait(0.3)
    thread.join(60)
    assert [(each.fresh, each.incident.no) for each in results] == [(False, won.incident.no)]


def test_report_on_a_border_keeps_both_grids(client, town):
    incident = send(client, at(195, 100, item="Leak", accuracy_m=30)).json()["incident"]
    assert incident["grid"]["code"][-1] == "1"
    assert incident["alt_grid"]["code"][-1] == "2"


def test_report_outside_every_grid_is_kept(client, town):
    answer = send(client, at(-500, 100, item="Fire"))
    assert answer.status_code == 201
    assert answer.json()["incident"]["grid"] is None
    assert answer.json()["located"]["placement"] == "outside"
    assert answer.json()["located"]["grids"][0]["distance_m"] == pytest.approx(500, rel=0.01)


@pytest.mark.parametrize(("lon", "lat"), [(0, 0), (25, 60)])
def test_report_at_a_placeholder_is_kept_and_not_located(client, database, town, lon, lat):
    answer = send(client, {"lon": lon, "lat": lat, "accuracy_m": 10, "item": "Leak"})
    assert answer.status_code == 201, answer.text
    incident = answer.json()["incident"]
    assert (incident["lon"], incident["lat"], incident["accuracy_m"]) == (None, None, None)
    assert (incident["located_by"], incident["grid"], answer.json()["duplicates"]) == ("none", None, [])
    assert answer.json()["located"]["hint"] == "placeholder"
    # it waits to be placed: nobody accepts a case that is nowhere
    refused = client.post(
        f"/api/v1/incidents/{incident['no']}/actions/accept",
        json={}, headers={"If-Match": answer.headers["ETag"], "Idempotency-Key": str(uuid4())},
    )  # fmt: skip
    assert (refused.status_code, refused.json()["code"]) == (409, "guard")
    assert "place set" in refused.json()["detail"]
    with database.work(Actor.system()) as work:
        assert verify(work, incident["no"], now=datetime.now(UTC)).intact
        with pytest.raises(InvalidInputError):
            placed(work, StreetGraphs(), (lon, lat), datetime.now(UTC))


def test_report_by_words(client, town):
    answer = send(client, {"door_code": "990101001D00", "item": "Noise"})
    assert answer.json()["incident"]["located_by"] == "door_code"
    unclear = send(client, {"address": "解放路 9 号", "item": "Noise"})
    assert unclear.status_code == 422
    assert len(unclear.json()["candidates"]) == 2


def test_personal_numbers_are_masked_before_saving(client, database, town):
    text = "请联系13812345678 id 11010519491231002X"
    incident = send(client, at(50, 50, item="Bin 13812345678", description=text)).json()["incident"]
    assert (incident["item"], incident["description"]) == ("Bin [phone]", "请联系[phone] id [id]")
    changed = client.patch(
        f"/api/v1/incidents/{incident['no']}",
        json={"item": "Bag, call 13812345678"},
        headers={"If-Match": f'"{incident["revision"]}"'},
    )
    assert changed.status_code == 200, changed.text
    with database.work(Actor.system()) as work:
        for column in (Incident.item, Incident.description, IncidentTransition.facts, IntakeKey.body_sha256):
            assert not [value for value in work.session.scalars(sa.select(column)) if "13812345678" in str(value)]


def test_channel_is_one_line_of_signs(client, town):
    answer = send(client, at(50, 50, item="Bin", channel="x\ny"))
    assert (answer.status_code, answer.json()["field"]) == (422, "channel")


def test_month_is_local(database, town):
    lon, lat = lonlat(50, 60)
    at_midnight = datetime(2026, 3, 31, 17, 0, tzinfo=UTC)
    with database.work(Actor.system()) as work:
        taken = service.register(
            work, StreetGraphs(), Report(Place(lon, lat), "Late"), key="tz", now=at_midnight, time_zone="Asia/Shanghai"
        )
    assert taken.incident.month == date(2026, 4, 1)
    assert taken.incident.no.startswith("2026-04-")
    assert taken.incident.reported_at == at_midnight


def test_history_is_chained(client, database, town):
    incident = send(client, at(60, 60, item="Sign")).json()["incident"]
    for revision, item in ((1, "Road sign"), (2, "Road sign bent")):
        answer = client.patch(f"{URL}/{incident['no']}", json={"item": item}, headers={"If-Match": f'"{revision}"'})
        assert answer.status_code == 200, answer.text
    with database.work(Actor.system()) as work:
        rows = sql.history(work.session, date.fromisoformat(incident["month"]), incident["id"])
        chain = [
            (
                row.prev,
                row.digest,
                step_content(
                    row.seq, row.action, from_state=row.from_state, to_state=row.to_state, actor_id=row.actor_id,
                    at=row.at.astimezone(UTC), facts=row.facts,
                ),
            )
            for row in rows
        ]  # fmt: skip
    assert [row.action for row in rows] == ["register", "amend", "amend"]
    assert first_broken(chain) is None
    with (
        database.work(Actor.system()) as work,
        pytest.raises(Exception, match="permission denied for table transition"),
    ):
        work.session.execute(sa.update(IncidentTransition).values(action="x"))


def test_chart_counts_what_the_list_holds_by_item_area_and_month(client, app, make_account, town):
    for x, item in ((60, "Bench gone"), (61, "Bench gone"), (250, "Fence")):
        send(client, at(x, 60, item=item))
    counts = client.get(f"{URL}/counts").json()
    chart = client.get(f"{URL}/chart").json()
    assert chart["total"] == counts["total"] == sum(bar["n"] for bar in chart["months"])
    assert {bar["key"]: bar["n"] for bar in chart["areas"]} == counts["by_area"]
    items = {bar["key"]: bar["n"] for bar in chart["items"]}
    assert (items["Bench gone"], items["Fence"]) == (2, 1)
    assert [bar["n"] for bar in chart["items"]] == sorted(items.values(), reverse=True)
    (month,) = client.get(f"{URL}/chart?item=Bench gone").json()["months"]
    assert (month["key"], month["n"]) == (f"{datetime.now(UTC):%Y-%m}", 2)
    assert client.get(f"{URL}/chart?item=nothing").json() == {
        "total": 0, "items": [], "other_items": 0, "areas": [], "other_areas": 0, "months": [],
    }  # fmt: skip
    with Client(
        app, headers={"Authorization": f"Bearer {make_account('analyst', area_path='990101001.990101001002')}"}
    ) as east:
        assert {bar["key"] for bar in east.get(f"{URL}/chart").json()["areas"]} <= {"990101001002"}


def test_correction_needs_the_revision_that_was_seen(client, app, make_account, town):
    no = send(client, at(70, 70, item="Bench")).json()["incident"]["no"]
    url = f"{URL}/{no}"
    assert client.patch(url, json={"item": "x"}).status_code == 428
    changed = client.patch(url, json={"item": "Bench broken", "severity": "critical"}, headers={"If-Match": '"1"'})
    assert changed.json()["incident"]["severity"] == "critical"
    assert changed.headers["etag"].startswith('"2-')
    stale = client.patch(url, json={"item": "y"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["current"]["item"]) == (412, "Bench broken")
    same = client.patch(url, json={"item": "Bench broken"}, headers={"If-Match": '"2"'})
    assert same.json()["incident"]["revision"] == 2
    assert client.patch(url, json={"state": "CLOSED"}, headers={"If-Match": '"2"'}).status_code == 422
    assert client.patch(url, json={"item": ""}, headers={"If-Match": '"2"'}).status_code == 422
    assert client.patch(f"{URL}/2020-01-000001", json={"item": "y"}, headers={"If-Match": '"1"'}).status_code == 404
    with Client(app, headers={"Authorization": f"Bearer {make_account('analyst')}"}) as analyst:
        assert analyst.patch(url, json={"item": "z"}, headers={"If-Match": '"2"'}).status_code == 403


def test_queue_is_newest_first_filtered_and_paged(client, database, town):
    everything, cursor, pages = [], None, 0
    while True:
        query = f"?limit=3{f'&cursor={cursor}' if cursor else ''}"
        page = client.get(URL + query).json()
        everything += page["incidents"]
        cursor, pages = page["next"], pages + 1
        if cursor is None:
            break
    assert pages > 2
    assert len({each["no"] for each in everything}) == len(everything) == count(database)
    moments = [each["reported_at"] for each in everything]
    assert moments == sorted(moments, reverse=True)
    in_grid = client.get(f"{URL}?grid=990101001001001").json()["incidents"]
    assert in_grid
    assert all(
        "990101001001001" in {(each[name] or {}).get("code") for name in ("grid", "alt_grid")} for each in in_grid
    )
    assert client.get(f"{URL}?grid={town.grids['g1']}").json()["incidents"] == in_grid
    assert client.get(f"{URL}?state=CLOSED").json()["incidents"] == []
    assert len(client.get(f"{URL}?state=REPORTED,CLOSED&limit=1000").json()["incidents"]) == len(everything)
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert client.get(f"{URL}?since={soon}").json()["incidents"] == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "cursor=abc", "state=HAPPY", "since=yesterday", "territory=1"]
)
def test_queue_refuses_what_makes_no_sense(client, town, query):
    assert client.get(f"{URL}?{query}").status_code == 422


@pytest.mark.parametrize(
    "change",
    [{"item": ""}, {"item": "x" * 121}, {"severity": "huge"}, {"description": "x" * 4001}, {"lat": 95}, {"surprise": 1},
     {"occurred_at": "2999-01-01T00:00:00Z"}, {"occurred_at": "1970-01-01T00:05:00Z"}, {"channel": ""}, {"item": "La\u0007mp"},
     {"description": "a\u202eb"}, {"occurred_at": "2026-01-01T00:00:00"}],
)  # fmt: skip
def test_report_that_makes_no_sense_is_refused(client, database, town, change):
    before = count(database)
    assert send(client, {**at(50, 50, item="Lamp"), **change}).status_code == 422
    assert client.post(URL, json=at(50, 50, item="Lamp")).status_code == 422
    assert count(database) == before


def test_crowd_of_incidents_is_counted_at_low_zooms(client, town):
    from tests.api.mvt import read_tile
    from tests.api.test_tiles import URL as TILES
    from tests.api.test_tiles import address

    body = read_tile(client.get(TILES.format("incidents", *address(11))).content)["incidents"]["features"]
    listed = client.get("/ogc/collections/incidents/items?limit=10000").json()["features"]
    # those that nobody could place yet are on no map
    total = sum(feature["geometry"] is not None for feature in listed)
    assert sum(feature["properties"]["count"] for feature in body) == total
    near = read_tile(client.get(TILES.format("incidents", *address(14))).content)["incidents"]["features"]
    assert all("count" not in feature["properties"] for feature in near)


def test_a_place_is_corrected_and_everything_that_hangs_on_it_follows(client, database, town):
    incident = send(client, at(50, 50, item="Bench")).json()["incident"]
    url = f"{URL}/{incident['no']}"
    assert incident["grid"]["code"] == "990101001001001"
    moved = client.patch(url, json={"place": at(450, 50, accuracy_m=5)}, headers={"If-Match": '"1"'})
    assert moved.status_code == 200, moved.text
    now = moved.json()["incident"]
    assert (now["grid"]["code"], now["accuracy_m"], now["revision"]) == ("990101001002003", 5, 2)
    answer = client.get(f"{url}/answer").json()
    assert [grid["code"] for grid in answer["located"]["grids"]] == ["990101001002003"]
    last = answer["case"]["transitions"][-1]
    assert (last["action"], last["facts"]["changed"]) == ("amend", ["place"])
    again = client.patch(url, json={"place": at(450, 50, accuracy_m=5)}, headers={"If-Match": '"2"'})
    assert again.json()["incident"]["revision"] == 2
    stale = client.patch(url, json={"place": at(50, 50)}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    nowhere = client.patch(url, json={"place": {"lon": 0, "lat": 0}}, headers={"If-Match": '"2"'})
    assert nowhere.status_code == 422
    with database.work(Actor.system()) as work:
        proof = verify(work, incident["no"], now=datetime.now(UTC))
    assert proof.intact, proof


def test_a_report_without_a_place_gets_one_at_the_desk(client, database, town):
    incident = send(client, {"lon": 0, "lat": 0, "item": "Lamp"}).json()["incident"]
    assert (incident["lon"], incident["grid"], incident["located_by"]) == (None, None, "none")
    body = {"place": {"grid_code": "990101001001002"}, "item": "Lamp out"}
    placed_now = client.patch(f"{URL}/{incident['no']}", json=body, headers={"If-Match": '"1"'})
    assert placed_now.status_code == 200, placed_now.text
    now = placed_now.json()["incident"]
    assert (now["grid"]["code"], now["located_by"], now["item"]) == ("990101001001002", "grid_code", "Lamp out")
    with database.work(Actor.system()) as work:
        proof = verify(work, incident["no"], now=datetime.now(UTC))
    assert (proof.intact, proof.differs) == (True, [])


def test_a_place_turned_round_is_put_right(client, town):
    lon, lat = lonlat(50, 50)
    answer = send(client, {"lon": lat, "lat": lon, "item": "Lamp"}).json()
    assert answer["located"]["hint"] == "swapped"
    fix = answer["located"]["candidates"][0]
    body = {"place": {"lon": fix["lon"], "lat": fix["lat"]}}
    now = client.patch(f"{URL}/{answer['incident']['no']}", json=body, headers={"If-Match": '"1"'}).json()["incident"]
    assert now["grid"]["code"] == "990101001001001"


def test_only_the_desk_places_and_only_what_is_open(client, app, make_account, town):
    incident = send(client, at(50, 50, item="Bench")).json()["incident"]
    url = f"{URL}/{incident['no']}"
    body = {"place": at(60, 60)}
    for role, status in (("analyst", 403), ("grid_staff", 403), ("dispatcher", 200)):
        with Client(app, headers={"Authorization": f"Bearer {make_account(role)}"}) as who:
            assert who.patch(url, json=body, headers={"If-Match": '"1"'}).status_code == status, role
    with Client(app, headers={"Authorization": f"Bearer {make_account('intake_officer')}"}) as desk:
        rejected = desk.post(f"{url}/actions/reject", json={"reason": "no"}, headers={"If-Match": '"2"'})
        assert rejected.status_code == 200, rejected.text
        refused = desk.patch(url, json={"place": at(70, 70)}, headers={"If-Match": '"3"'})
        assert (refused.status_code, refused.json()["code"]) == (409, "wrong-state")
