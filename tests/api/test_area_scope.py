"""Every route, role and area: an account of one area sees nothing of another, and all that the owner counts in its own.

Generated from the application's own routes: a route that nobody has thought about fails here, and is refused to
accounts of some areas when it runs.
"""

from __future__ import annotations

import io
import math
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from api import gates
from services import access
from services.access import ADMINISTRATORS, BUSINESS
from services.jobs import run_job
from services.reports.building import gather
from store.database.actor import Actor
from store.database.layer_sources import SOURCES
from store.database.models import JobProgress, Plan
from tests.api.conftest import Client
from tests.api.mvt import read_tile
from tests.api.town import build_town, lonlat, many

WEST, EAST = 990101001001, 990101001002
PATHS = {WEST: "990101001.990101001001", EAST: "990101001.990101001002"}
CENTRES = {WEST: (100, 100), EAST: (500, 100)}
# what names a row so that no other row is meant
MARKS = {
    "grid": ("id", "code"), "camera": ("id", "gb28181_id"), "staff": ("id", "work_no", "name"), "incident": ("no",),
    "dwelling": ("door_code",), "key_place": ("id",), "area": ("code", "name"), "privacy_zone": ("id", "reason"),
    "comment": ("id", "text"), "component": ("code16",), "facility": ("name",),
}  # fmt: skip
# what has no area of its own, but hangs on somebody or on a case that has
OF_STAFF = "from staff where area_code = :c order by work_no limit 1"
HANGING = (
    f"insert into shift (staff_id, period) select id, tstzrange(now(), now() + interval '4 hours') {OF_STAFF}",
    f"insert into absence (staff_id, period) select id, tstzrange(now(), now() + interval '1 day') {OF_STAFF}",
    (
        "insert into shift_pattern (staff_id, first_day, last_day, cycle_days, on_days, starts, ends) select id,"
        f" current_date, current_date + 9, 2, '{{0}}', '08:00', '16:00' {OF_STAFF}"
    ),
    f"insert into assignment (staff_id, role, grid_id, valid) select id, 'assistant', :g, tstzrange(now(), null) {OF_STAFF}",
    (
        "insert into media (month, incident_id, stage, width, height) select month, id, 'before', 8, 8 from incident"
        " where area_code = :c"
    ),
    "insert into task (month, incident_id, kind) select month, id, 'handle' from incident where area_code = :c",
)
OF_HANGING = {
    "shift": "staff", "absence": "staff", "shift_pattern": "staff", "assignment": "staff", "media": "incident",
    "task": "incident",
}  # fmt: skip
# the ground is everybody's: the map around one's area is no white paper
GROUND = {"landcover", "waterways", "buildings", "streets"}


@dataclass
class Ground:
    """The town, with one of everything in each village, and what names each village's rows."""

    town: Any
    marks: dict[int, set[str]] = field(default_factory=dict)
    ids: dict[int, dict[str, str]] = field(default_factory=dict)
    fids: dict[int, dict[str, set[int]]] = field(default_factory=dict)


def read(database, statement: str, **values: Any) -> list[Any]:
    with database.owner_work(Actor.system()) as work:
        return list(work.session.execute(sa.text(statement), values))


@pytest.fixture(scope="module")
def ground(database) -> Ground:
    import shapely

    town = build_town(database)
    with database.work(Actor.system()) as work:
        work.session.execute(sa.text("select ensure_incident_month(current_date)"))
        for number, (code, (x, y)) in enumerate(CENTRES.items(), start=1001):
            lon, lat = lonlat(x, y)
            values = {
                "n": number, "t": town.territory, "p": town.plan, "lon": lon, "lat": lat, "c": code,
                "g": town.grids["g1" if code == WEST else "g3"],
                "zone": many(shapely.box(x - 30, y - 30, x + 30, y + 30)).wkt, "a": uuid4(),
            }  # fmt: skip
            for statement in (
                (
                    "insert into incident (month, id, territory_id, no, channel, item, reported_at, point, locate_method,"
                    " area_code, town_code, county_code, grid_version_id) select date_trunc('month', now())::date, :n, :t,"
                    " 'case-number-' || :c, 'test', 'lamp', now(), st_setsrid(st_makepoint(:lon, :lat), 4326), 'point',"
                    " :c, 990101001000, 990101000000, v.id from grid_version v where v.grid_id = :g"
                ),
                (
                    "insert into intake_key (channel, channel_key, body_sha256, month, incident_id, no) select 'test', 'k' ||"
                    " :n, 'x', date_trunc('month', now())::date, :n, 'case-number-' || :c"
                ),
                (
                    "insert into privacy_zone (territory_id, kind, reason, geom) select :t, 'school', 'zone of ' || :c,"
                    " st_multi(st_geomfromtext(:zone, 4326))"
                ),
                "insert into comment (plan_id, grid_id, text) select :p, :g, 'said of ' || :c",
                (
                    "insert into staff (territory_id, work_no, name, post, duty_point) select :t, 'work-number-' || :c,"
                    " 'person of ' || :c, 'post', st_setsrid(st_makepoint(:lon, :lat), 4326)"
                ),
                (
                    "insert into facility (territory_id, kind, name, point) select :t, 'clinic', 'clinic of ' || :c,"
                    " st_setsrid(st_makepoint(:lon, :lat), 4326)"
                ),
                *HANGING,
            ):
                used = {name: value for name, value in values.items() if f":{name}" in statement}
                typed = sa.text(statement.replace(":c", "cast(:c as bigint)").replace(":n", "cast(:n as bigint)"))
                work.session.execute(typed, used)
    found = Ground(town)
    for code in PATHS:
        marks = {
            str(value)
            for table, columns in MARKS.items()
            for row in read(database, f"select {', '.join(columns)} from {table} where area_code = :c", c=code)
            for value in row
            if value is not None
        }
        found.marks[code] = marks | {str(each) for table in OF_HANGING for each in hanging(database, table, code)}
        found.ids[code] = _ids(database, found, code)
        found.fids[code] = {
            "areas": _fids(database, "area", code), "grids": _fids(database, "grid_version", code),
            "grid_labels": _fids(database, "grid_version", code), "atoms": _fids(database, "atom", code),
            "dwellings": _fids(database, "dwelling", code), "view_sheds": _fids(database, "view_shed", code),
            "gaps": _fids(database, "gap", code), "key_places": _fids(database, "key_place", code),
            "cameras": _fids(database, "camera", code), "incidents": {1001 if code == WEST else 1002},
            "facilities": _fids(database, "facility", code), "privacy_zones": _fids(database, "privacy_zone", code),
        }  # fmt: skip
    assert not found.marks[WEST] & found.marks[EAST]
    return found


def hanging(database, table: str, code: int) -> list[Any]:
    """Ids of what hangs on somebody or on a case of a village."""
    of = OF_HANGING[table]
    where = "h.month = o.month and h.incident_id = o.id" if of == "incident" else "h.staff_id = o.id"
    rows = read(
        database, f"select h.id from {table} h join {of} o on {where} where o.area_code = :c order by h.id", c=code
    )
    assert rows
    return [row[0] for row in rows]


def _fids(database, table: str, code: int) -> set[int]:
    return {row[0] for row in read(database, f"select fid from {table} where area_code = :c", c=code)}


def _ids(database, ground: Ground, code: int) -> dict[str, str]:
    """A value for each parameter of a path or query that names something of the village."""
    town = ground.town
    grid = read(database, "select id, code from grid where area_code = :c order by code limit 1", c=code)[0]
    zone = read(database, "select id from privacy_zone where area_code = :c", c=code)[0][0]
    comment = read(database, "select id from comment where area_code = :c", c=code)[0][0]
    camera = read(database, "select id, fid from camera where area_code = :c order by fid limit 1", c=code)[0]
    lon, lat = lonlat(*CENTRES[code])
    named = {
        "what": "units",
        "plan_id": town.plan, "plan": town.plan, "other_id": town.plan, "grid_id": grid.id, "grid": grid.code,
        "comment_id": comment, "camera": camera.id, "fid": camera.fid, "no": f"case-number-{code}", "zone": zone,
        "run": town.run, "a": town.run, "b": town.run, "territory": town.territory, "reach_id": uuid4(),
        "placement": uuid4(), "change_set_id": uuid4(), "job_id": uuid4(), "schedule_id": uuid4(),
        "report": "grid-table", "account_id": uuid4(), "scope_id": uuid4(), "token_id": uuid4(), "name": "grid-table",
        "collection": "cameras", "style": "default", "matrix_set": "WebMercatorQuad", "q": str(code), "level": "village",
        "at": "2026-11-01T00:00:00Z", "on": "2026-11-01", "lon": lon, "lat": lat, "format": "csv", "kind": "clinic",
        "facility": uuid4(), "id": uuid4(), "z": 14, "x": 0, "y": 0, "minutes": 10, "month": "2026-10",
        "since": "2026-10-01", "until": "2026-11-01", "a_plan": town.plan, "b_plan": town.plan,
        "page": "p-1", "ext": "json", "basemap": "none", "action": "sign", "task_id": hanging(database, "task", code)[0],
        "media_id": hanging(database, "media", code)[0],
        "code": "PLATE1", "token": "t" * 24, "proposal": uuid4(),
        "staff": read(database, "select id from staff where area_code = :c order by work_no limit 1", c=code)[0][0],
        "unit": uuid4(), "assignment": hanging(database, "assignment", code)[0],
        "shift": hanging(database, "shift", code)[0], "pattern": hanging(database, "shift_pattern", code)[0],
        "absence": hanging(database, "absence", code)[0],
        "start": "2026-06-01T08:00:00Z", "time_limit": "4 工作时", "webhook_id": uuid4(), "handover": uuid4(),
    }  # fmt: skip
    return {name: str(value) for name, value in named.items()}


def operations(app) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in app.openapi()["paths"].items():
        for method, described in methods.items():
            if isinstance(described, dict) and "responses" in described:
                yield method.upper(), path, described


def address(path: str, described: dict[str, Any], values: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Fill in a route's parameters; one that nothing is known of fails the test that uses it."""
    query = {}
    for parameter in described.get("parameters", []):
        name = parameter["name"]
        if parameter["in"] == "path":
            assert name in values, f"teach the test a value of {name} in {path}"
            path = path.replace("{" + name + "}", values[name])
        elif parameter["in"] == "query" and (parameter.get("required") or name in ("plan", "run")):
            assert name in values, f"teach the test a value of {name} in {path}"
            query[name] = values[name]
    return path, query


@pytest.fixture(scope="module")
def people(app, ground, make_account) -> Iterator[dict[tuple[str, int], Client]]:
    opened = {}
    for role in BUSINESS:
        for code, path in PATHS.items():
            token = make_account(role, name=f"{role}-{code}", area_path=path)
            opened[role, code] = Client(app, headers={"Authorization": f"Bearer {token}"})
    with opened["planner", WEST], opened["planner", EAST]:
        yield opened


def leaks(body: bytes, foreign: set[str]) -> list[str]:
    text = body.decode("utf-8", errors="replace")
    return sorted(mark for mark in foreign if mark in text)


def own(path: str) -> bool:
    """Whether a route is no business: the account's own, or open to everybody, who sees nothing of an area there."""
    return gates.is_own(path) or path.startswith(gates.PUBLIC)


def test_every_route_has_a_rule(app):
    known = {f"{method} {path}" for method, path, _ in operations(app)}
    assert known >= gates.IN_AREAS, "a rule names a route that is gone"
    assert known >= gates.EXPORTS
    everything = {path for _, path, _ in operations(app)}
    open_to_all = {"/health/live", "/health/ready", "/metrics"}
    for path in everything - open_to_all:
        assert path.startswith(("/api/v1/", "/ogc", *gates.PUBLIC)), f"say in api/gates.py who may use {path}"


@pytest.mark.parametrize("role", BUSINESS)
def test_no_route_shows_another_area(app, ground, people, role):
    seen = 0
    for mine, other in ((WEST, EAST), (EAST, WEST)):
        client = people[role, mine]
        for method, path, described in operations(app):
            if method != "GET" or path.endswith("/events"):
                continue
            for values in (ground.ids[mine], ground.ids[other]):
                where, query = address(path, described, values)
                answer = client.get(where, params=query)
                asked = " ".join((where, *query.values()))
                assert answer.status_code < 500 or path == "/health/ready", (path, answer.text)
                found = [mark for mark in leaks(answer.content, ground.marks[other]) if mark not in asked]
                assert found == [], (role, where, query)
                if not own(path) and path.startswith("/api/v1") and not gates.is_safe_in_areas(method, path):
                    assert answer.status_code == 403, (path, answer.status_code, answer.text)
                seen += answer.status_code == 200
    assert seen > (8 if role == gates.OUTSIDE_BODY else 60)


def test_history_of_a_plan_tells_steps_without_what_is_of_the_whole(database, ground, people):
    plan = ground.town.plan
    with database.work(Actor.system()) as work:
        work.session.execute(sa.text("update plan set basis = 'Minutes 4/2026' where id = :p"), {"p": plan})
        for hour, action, note in ((1, "send_back", "the east is too small"), (2, "publish", "Minutes 4/2026")):
            statement = sa.text(
                "insert into plan_step (plan_id, action, note, facts, at) values (:p, :a, :n,"
                " jsonb_build_object('households_moved', 77), make_timestamptz(2026, 11, 2, :h, 0, 0))"
            )
            work.session.execute(statement, {"p": plan, "a": action, "n": note, "h": hour})
    steps = people["planner", WEST].get(f"/api/v1/plans/{plan}/history").json()["steps"]
    told = [(step["action"], step["note"], step["facts"]) for step in steps]
    assert told == [("send_back", "", {}), ("publish", "Minutes 4/2026", {})]
    rows = people["planner", WEST].get(f"/api/v1/plans/{plan}/lineage")
    assert rows.status_code == 200, rows.text


@pytest.mark.parametrize("mine", [WEST, EAST])
def test_collections_hold_what_the_owner_counts(ground, people, mine):
    client = people["planner", mine]
    for collection in SOURCES:
        answer = client.get(f"/ogc/collections/{collection}/items", params={"limit": 1000})
        assert answer.status_code == 200, (collection, answer.text)
        found = {feature["id"] for feature in answer.json()["features"]}
        if collection in ground.fids[mine]:
            assert found == ground.fids[mine][collection], collection
        else:
            assert collection in GROUND or found == set(), collection


@pytest.mark.parametrize("mine", [WEST, EAST])
def test_tiles_hold_what_the_owner_counts(ground, people, mine):
    other = EAST if mine == WEST else WEST
    client = people["dispatcher", mine]
    for collection in SOURCES:
        for zoom in (14, 16):
            found, raw, served = set(), b"", False
            for x, y in _tiles(zoom):
                answer = client.get(f"/ogc/collections/{collection}/tiles/WebMercatorQuad/{zoom}/{y}/{x}")
                if answer.status_code == 404:  # no tiles at this zoom, or none at all
                    assert {"min_zoom", "known"} & answer.json().keys(), answer.text
                    continue
                assert answer.status_code in (200, 204), (collection, answer.text)
                file = client.get(f"/ogc/collections/{collection}/tiles/xyz/{zoom}/{x}/{y}.pbf")
                assert (file.status_code, file.content) == (answer.status_code, answer.content), collection
                raw, served = raw + answer.content, True
                for layer in read_tile(answer.content).values() if answer.content else ():
                    found |= {feature["id"] for feature in layer["features"]}
            assert leaks(raw, ground.marks[other]) == [], collection
            if collection in ground.fids[mine] and collection not in ("incidents", "areas"):
                assert found <= ground.fids[mine][collection], collection
            if served and collection in ("grids", "cameras", "view_sheds"):
                assert found == ground.fids[mine][collection], collection


def _tiles(zoom: int) -> set[tuple[int, int]]:
    found = set()
    for x, y in ((x, y) for x in range(0, 601, 100) for y in range(0, 401, 100)):
        lon, lat = lonlat(x, y)
        n = 2**zoom
        found.add(
            (
                int((lon + 180) / 360 * n),
                int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n),
            )
        )
    return found


def test_nothing_of_another_area_can_be_changed(app, database, ground, people):
    before = _everything(database)
    for role in BUSINESS:
        client = people[role, WEST]
        for method, path, described in operations(app):
            # a question, a file of one's own area (tests/api/test_tile_export.py looks into it), one's own handover
            if path.endswith(("/locate", "/layers/export", "/handovers")):
                continue
            if method not in ("POST", "PUT", "PATCH", "DELETE") or own(path):
                continue
            values = dict(ground.ids[EAST])
            if path.startswith("/ogc/collections/") and "{fid}" in path:
                values["fid"] = str(max(ground.fids[EAST].get(path.split("/")[3], {999})))
            where, query = address(path, described, values)
            answer = client.request(
                method, where, params=query, json=_body(path), headers={"If-Match": '"1"', "Idempotency-Key": "k-1"}
            )
            assert 400 <= answer.status_code < 500, (role, method, path, answer.status_code, answer.text)
            if not path.startswith(("/ogc", *gates.ADMINISTRATION)) and not gates.is_safe_in_areas(method, path):
                assert answer.status_code == 403, (role, method, path, answer.text)
            found = [mark for mark in leaks(answer.content, ground.marks[EAST]) if mark not in where]
            assert found == [], (role, method, path)
    assert _everything(database) == before


def _body(path: str) -> dict[str, Any]:
    lon, lat = lonlat(*CENTRES[EAST])
    if path.endswith("/incidents"):
        return {"lon": lon, "lat": lat, "item": "lamp", "severity": "minor"}
    if "privacy-zones" in path:
        ring = [[lon, lat], [lon + 0.0002, lat], [lon + 0.0002, lat + 0.0001], [lon, lat]]
        return {"kind": "school", "reason": "mine", "geometry": {"type": "Polygon", "coordinates": [ring]}}
    if "/cameras/" in path:
        return {"azimuth": 10.0}
    return {}


def _everything(database) -> dict[str, Any]:
    tables = ("grid", "grid_version", "camera", "incident", "transition", "privacy_zone", "comment", "staff", "plan",
              *OF_HANGING)  # fmt: skip
    return {
        table: read(database, f"select md5(string_agg(t::text, '|' order by t::text)) from {table} t")[0][0]
        for table in tables
    }


@pytest.mark.parametrize("role", [*ADMINISTRATORS, None])
def test_administrators_do_no_business(app, ground, make_account, database, role):
    name = f"apart-{role}"
    if role is None:
        make_account("planner", name=name)
        with database.owner_work(Actor.system()) as work:
            work.session.execute(
                sa.text("delete from scope where account_id = (select id from account where name = :n)"), {"n": name}
            )
        with database.work(Actor.system()) as work:
            token = access.issue_token(work, name, label="t", now=datetime.now(UTC))
    else:
        token = make_account(role, name=name)
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        for method, path, described in operations(app):
            if path.startswith(("/health", "/metrics", *gates.ADMINISTRATION)) or own(path):
                continue
            where, query = address(path, described, ground.ids[WEST])
            answer = client.request(method, where, params=query, json={} if method not in ("GET", "HEAD") else None)
            assert answer.status_code == 403, (method, path, answer.status_code)
            assert answer.json()["code"] == "administrators-apart"


def test_reports_inside_the_area_are_taken_and_outside_refused(people, ground, database):
    client = people["intake_officer", WEST]
    for code, expected in ((WEST, 201), (EAST, 403)):
        lon, lat = lonlat(*CENTRES[code])
        answer = client.post(
            "/api/v1/incidents",
            json={"lon": lon, "lat": lat, "item": "lamp out"},
            headers={"Idempotency-Key": f"scope-{code}"},
        )
        assert answer.status_code == expected, answer.text
    assert {row[0] for row in read(database, "select area_code from incident where item = 'lamp out'")} == {WEST}


def test_a_camera_of_the_own_area_is_turned_and_coverage_follows(people, ground):
    client = people["camera_administrator", WEST]
    camera = ground.town.cameras["fixed"]
    read_before = client.get(f"/api/v1/cameras/{camera}").json()["camera"]
    changed = client.patch(
        f"/api/v1/cameras/{camera}", json={"azimuth": 91.0}, headers={"If-Match": f'"{read_before["revision"]}"'}
    )
    assert changed.status_code == 200, changed.text
    moved = client.patch(
        f"/api/v1/cameras/{camera}",
        json=dict(zip(("lon", "lat"), lonlat(500, 100), strict=True)),
        headers={"If-Match": f'"{changed.json()["camera"]["revision"]}"'},
    )
    assert (moved.status_code, moved.json()["code"]) == (403, "not-allowed")


@pytest.mark.parametrize("mine", [WEST, EAST])
def test_sums_are_of_what_lies_in_the_own_area(people, ground, database, mine):
    """Each figure of a plan and of its coverage, against the owner's count in the area."""
    town, client = ground.town, people["analyst", mine]
    with database.owner_work(Actor.system()) as work:  # a plan's own row tells of the whole plan
        whole = {"grids": 6, "households": 303, "mean_households": 50.5, "territory_area_m2": 2.4e5, "misfits": []}
        work.session.execute(sa.update(Plan).where(Plan.id == town.plan).values(quality=whole))
    grids, households, worst = read(
        database, "select count(*), sum(households), max(abs(deviation)) from grid_version where area_code = :c", c=mine
    )[0]
    plans = [
        client.get("/api/v1/plans/current").json()["plan"],
        client.get(f"/api/v1/plans/{town.plan}/grids").json()["plan"],
        client.get(f"/api/v1/plans/{town.plan}").json()["plan"],
        *client.get("/api/v1/plans").json()["plans"],
    ]
    for plan in plans:
        assert (plan["grids"], plan["households"]) == (grids, households)
        assert plan["quality"]["max_deviation"] == worst
        assert {"territory_area_m2", "misfits"}.isdisjoint(plan["quality"])
    told = client.get("/api/v1/coverage", params={"run": town.run}).json()
    sums = read(
        database,
        "select sum(street_m), sum(seen_m), sum(cameras), sum(online), sum(places), count(*) from coverage_grid"
        " where run_id = :run and area_code = :c",
        run=town.run, c=mine,
    )[0]  # fmt: skip
    names = ("streets_m", "seen_m", "cameras", "cameras_online", "key_places")
    assert [told["summary"][name] for name in names] == list(sums[:5])
    assert told["summary"]["official"][0]["units"] == sums[5] == len(told["grids"]) == grids
    assert told["summary"]["gaps"] == len(ground.fids[mine]["gaps"])
    areas = client.get("/api/v1/coverage/areas", params={"run": town.run}).json()["areas"]
    assert [(each["code"], each["grids"], each["cameras"]) for each in areas] == [(str(mine), grids, sums[2])]


def test_reports_are_of_the_own_area_and_say_so(app, database, ground, make_account):
    """The files of a report: what is in them lies in the area, and a note says so."""
    token = make_account("analyst", "export", "camera_network", name="reporter", area_path=PATHS[WEST])
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        for name in ("coverage", "cameras", "facilities"):
            for form in ("csv", "xlsx"):
                answer = client.get(f"/api/v1/reports/{name}", params={"format": form, "run": ground.town.run})
                assert answer.status_code == 200, answer.text
                parts = [answer.content]
                if form == "xlsx":
                    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
                        parts = [book.read(part) for part in book.namelist()]
                assert not [mark for part in parts for mark in leaks(part, ground.marks[EAST])]
    with database.work(Actor.system()) as work:
        actor = access.signed_in_by_token(work, token, now=datetime.now(UTC)).actor
    with database.work(actor) as work:
        told = gather(work, "coverage", ground.town.plan, run_id=ground.town.run)
    assert told.notes[0] == "Of these areas only: West Village 西村."


@pytest.mark.parametrize("mine", [WEST, EAST])
def test_statistics_are_of_the_own_area(ground, people, database, mine):
    """Every measure on areas and on a plan, against the owner's count; nothing beyond is told, not as outside either."""
    town, client = ground.town, people["analyst", mine]
    count = {
        "households": "select sum(households) from dwelling where area_code = :c",
        "cameras": "select count(*) from camera where area_code = :c",
        "incidents": "select count(*) from incident where area_code = :c",
    }
    for measure, statement in count.items():
        expected = float(read(database, statement, c=mine)[0][0])
        for on in ("areas:village", f"plan:{town.plan}"):
            asked = {"on": on, "measure": measure, "territory": str(town.territory)}
            told = client.get("/api/v1/statistics", params=asked)
            assert told.status_code == 200, told.text
            assert told.json()["total"] == expected, (measure, on)
            if on.startswith("areas"):
                assert [(row["code"], row["value"]) for row in told.json()["rows"]] == [(str(mine), expected)]
        # the county's row would hold the own village only, and look like the county's
        above = client.get("/api/v1/statistics", params={"on": "areas:town", "territory": str(town.territory)})
        assert above.status_code == 404, above.text
    body = {"of": "areas:village", "on": f"plan:{town.plan}", "totals": {str(mine): 100.0}}
    moved = client.post("/api/v1/statistics/restate", json=body)
    assert moved.status_code == 200, moved.text
    assert moved.json()["total"] == pytest.approx(100.0)
    other = EAST if mine == WEST else WEST
    refused = client.post("/api/v1/statistics/restate", json={**body, "totals": {str(other): 1.0}})
    assert refused.status_code == 422


@pytest.mark.parametrize("mine", [WEST, EAST])
def test_facilities_and_quality_are_of_the_own_area_and_know_what_stands_beyond(client, ground, people, database, mine):
    """Walks lead over the border: who reaches what does not change with who asks, and nothing beyond is counted."""
    town, limited = ground.town, people["analyst", mine]
    asked = {"plan": town.plan, "minutes": 60}
    whole = client.get("/api/v1/coverage/facilities", params=asked).json()
    told = limited.get("/api/v1/coverage/facilities", params=asked)
    assert told.status_code == 200, told.text
    area = {each["code"]: each for each in whole["areas"]}[str(mine)]
    assert told.json()["areas"] == [{**area, "parent_id": None}]
    (kind,) = told.json()["kinds"]
    assert (kind["count"], kind["units"], kind["households"]) == (1, 1, area["households"])
    ways = [each.get("/api/v1/coverage/facilities/reach", params=asked).json() for each in (limited, client)]
    assert [post["name"] for post in ways[0]["posts"]] == [f"clinic of {mine}"]
    assert len(ways[1]["posts"]) == 2
    mine_only = limited.get(f"/api/v1/plans/{town.plan}/quality")
    assert mine_only.status_code == 200, mine_only.text
    full = {each["id"]: each for each in client.get(f"/api/v1/plans/{town.plan}/quality").json()["grids"]}
    grids = mine_only.json()["grids"]
    assert len(grids) == read(database, "select count(*) from grid_version where area_code = :c", c=mine)[0][0]
    for grid in grids:
        assert grid["values"] == full[grid["id"]]["values"]
    assert mine_only.json()["totals"]["facilities"]["value"] == 1


def test_kept_reports_are_for_who_sees_the_same_areas(app, database, client, ground, make_account):
    opened = {}
    for name, area in (("keeper", WEST), ("neighbour", WEST), ("stranger", EAST)):
        token = make_account("analyst", "export", name=name, area_path=PATHS[area])
        opened[name] = Client(app, headers={"Authorization": f"Bearer {token}"})
    with opened["keeper"] as keeper:
        for name in ("coverage", "facilities"):
            asked = {"name": name, "title": f"Ours {name}", "format": "csv", "plan": str(ground.town.plan)}
            started = keeper.post("/api/v1/reports", json=asked)
            assert started.status_code in (200, 202), started.text
        run_jobs(database)
        seen = {who: {each["title"]: each["id"] for each in each_client.get("/api/v1/reports").json()["reports"]}
                for who, each_client in opened.items()}  # fmt: skip
        assert set(seen["keeper"]) == set(seen["neighbour"]) == {"Ours coverage", "Ours facilities"}
        assert seen["stranger"] == {}
        for title, report in seen["keeper"].items():
            file = opened["neighbour"].get(f"/api/v1/reports/{report}/file")
            assert (file.status_code, leaks(file.content, ground.marks[EAST])) == (200, []), title
            assert opened["stranger"].get(f"/api/v1/reports/{report}/file").status_code == 404
            assert opened["stranger"].delete(f"/api/v1/reports/{report}").status_code == 404
            assert opened["neighbour"].delete(f"/api/v1/reports/{report}").status_code == 403
        # whoever sees the whole town sees what was kept of a part of it
        assert set(seen["keeper"].values()) <= {each["id"] for each in client.get("/api/v1/reports").json()["reports"]}
        assert keeper.patch(f"/api/v1/reports/{report}", json={"title": "Better"}).status_code == 200
        assert keeper.delete(f"/api/v1/reports/{report}").status_code == 204


def run_jobs(database) -> None:
    with database.work(Actor.system()) as work:
        waiting = list(work.session.scalars(sa.select(JobProgress.id).where(JobProgress.state == "queued")))
    for job in waiting:
        run_job(database, job, 0, threading.Event())


def test_listeners_hear_of_their_area_only(people, ground, database):
    clients = {code: people["dispatcher", code] for code in PATHS}
    start = {code: client.get("/api/v1/events/poll").json()["last"] for code, client in clients.items()}
    lon, lat = lonlat(*CENTRES[EAST])
    with database.work(Actor.system()) as work:
        work.touch("cameras", ground.town.territory, (lon, lat, lon, lat))
        work.announce("coverage-check", {"plan": str(ground.town.plan)})
    heard = {
        code: client.get("/api/v1/events/poll", params={"after": start[code]}).json()["events"]
        for code, client in clients.items()
    }
    assert heard[WEST] == []
    assert [(each["event"], each["data"]["layer"]) for each in heard[EAST]] == [("layer", "cameras")]


@pytest.mark.parametrize("way", ["GET runs", "GET live", "GET compare", "GET placements", "GET redundant", "GET costs",
                                 "POST runs", "POST compare", "POST placements", "POST what-if", "POST live/check"])  # fmt: skip
def test_other_questions_of_coverage_are_refused_with_the_reason(people, ground, way):
    """They are measured over borders: an account of some areas is told so, before anything else is looked at."""
    method, _, path = way.partition(" ")
    asked = {"plan": ground.town.plan} if path in {"runs", "live", "placements", "redundant"} else {}
    for role in ("analyst", "planner"):
        body = {"json": {}} if method == "POST" else {"params": asked}
        answer = people[role, WEST].request(method, f"/api/v1/coverage/{path}", **body)
        assert answer.status_code == 403, answer.text
        told = answer.json()
        assert (told["code"], told["area"]) == ("area-limited", PATHS[WEST])
        assert "whole territory" in told["detail"]
