"""What is here, in a town whose distances are known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import shapely
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import Range

from gis.crs import gcj02_to_bd09, wgs84_to_gcj02
from store.database.actor import Actor
from store.database.locate import MANY_ON_SHIFT
from store.database.models import Assignment, Territory
from tests.api.conftest import Client
from tests.api.town import NOW, build_town, lonlat

URL = "/api/v1/locate"


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def ask(client, **question):
    answer = client.post(URL, json=question)
    assert answer.status_code == 200, answer.text
    return answer.json()


def at(x, y, **more):
    lon, lat = lonlat(x, y)
    return {"lon": lon, "lat": lat, **more}


def test_inside_names_grid_head_and_deputies(client, town):
    answer = ask(client, **at(150, 100, accuracy_m=10))
    assert answer["placement"] == "inside"
    (grid,) = answer["grids"]
    assert (grid["code"], grid["kind"], grid["contains"]) == ("990101001001001", "household", True)
    assert grid["distance_m"] == pytest.approx(50, abs=0.3)
    assert answer["head"]["work_no"] == "990101001W0"
    assert grid["head"] == answer["head"]
    assert [each["work_no"] for each in answer["deputies"]] == ["990101001W2"]
    assert answer["located_by"] == "coordinates"
    assert answer["candidates"] == []


def test_nine_responsibilities_of_one_assistant_are_one_deputy(client, database, town):
    with database.work(Actor.system()) as work:
        for person, role in (
            ("deputy1", "assistant"),
            ("deputy1", "adviser"),
            ("walker", "police"),
            ("head1", "contact"),
        ):
            work.session.add(
                Assignment(
                    staff_id=town.staff[person], role=role, grid_id=town.grids["g1"], is_head=False,
                    valid=Range(datetime.now(UTC) - timedelta(hours=1), None),
                )
            )  # fmt: skip
    answer = ask(client, **at(150, 100, accuracy_m=10))
    assert [(each["work_no"][-2:], each["reason"]) for each in answer["deputies"]] == [
        ("W2", "deputy, adviser, assistant"), ("W3", "police")]  # fmt: skip
    assert answer["head"]["work_no"] == "990101001W0"
    with database.work(Actor.system()) as work:
        work.session.execute(
            sa.delete(Assignment).where(Assignment.role.in_(["assistant", "adviser", "police", "contact"]))
        )


def test_error_circle_over_a_border_names_both_grids_and_heads(client, town):
    answer = ask(client, **at(190, 100, accuracy_m=20))
    assert answer["placement"] == "ambiguous"
    assert [grid["code"][-1] for grid in answer["grids"]] == ["1", "2"]
    assert [grid["head"]["work_no"][-1] for grid in answer["grids"]] == ["0", "1"]
    assert [grid["distance_m"] for grid in answer["grids"]] == pytest.approx([10, 10], abs=0.1)
    assert ask(client, **at(190, 100, accuracy_m=9))["placement"] == "inside"
    corner = ask(client, **at(201, 199, accuracy_m=5))
    assert sorted(grid["code"][-1] for grid in corner["grids"]) == ["1", "2", "4", "5"]
    assert corner["grids"][0]["code"][-1] == "2"
    on_border = ask(client, **at(200, 100))
    assert (on_border["placement"], len(on_border["grids"])) == ("ambiguous", 2)
    edge = ask(client, **at(5, 100, accuracy_m=20))
    assert (edge["placement"], len(edge["grids"])) == ("ambiguous", 1)


def test_outside_is_an_answer_with_the_nearest_grid(client, town):
    answer = ask(client, **at(-300, 100, accuracy_m=20))
    assert answer["placement"] == "outside"
    assert answer["head"] is None
    assert answer["deputies"] == []
    (nearest,) = answer["grids"]
    assert (nearest["code"][-1], nearest["contains"]) == ("1", False)
    assert nearest["distance_m"] == pytest.approx(300, rel=0.005)
    far = ask(client, lon=0.5, lat=0.25)
    assert (far["placement"], far["hint"]) == ("outside", None)
    assert far["grids"][0]["distance_m"] > 1e6


@pytest.mark.parametrize(("lon", "lat"), [(0, 0), (0, 60), (25, 60)])
def test_placeholders_are_told_and_have_no_grid(client, town, lon, lat):
    answer = ask(client, lon=lon, lat=lat)
    assert (answer["placement"], answer["hint"]) == ("outside", "placeholder")
    assert (answer["grids"], answer["head"], answer["candidates"]) == ([], None, [])


def test_swapped_coordinates_are_pointed_out(client, town):
    lon, lat = lonlat(100, 100)
    answer = ask(client, lon=lat, lat=lon)
    assert (answer["hint"], answer["placement"]) == ("swapped", "outside")
    (fix,) = answer["candidates"]
    assert (fix["lon"], fix["lat"], fix["detail"]) == (lon, lat, "Testby")
    assert ask(client, lon=lon, lat=lat)["hint"] is None
    # in China a longitude is no latitude on earth
    refused = client.post(URL, json={"lon": 33.6, "lat": 119.4})
    assert refused.status_code == 422
    assert refused.json()["fix"] == {"lon": 119.4, "lat": 33.6}


def test_vacant_grid_has_no_head(client, town):
    answer = ask(client, **at(500, 100))
    assert answer["grids"][0]["code"][-1] == "3"
    assert answer["head"] is None


def test_staff_on_shift_by_walk_along_streets(client, town):
    answer = ask(client, **at(100, 100))
    staff = {each["work_no"][-1]: each for each in answer["staff"]}
    assert set(staff) == {"0", "1", "2", "3"}  # the one not on shift is not there
    assert all(each["on_duty"] for each in answer["staff"])
    # head2 stands at (300, 100): 200 m straight, but 100 + 200 + 100 along Main, Cross and Second
    assert staff["1"]["straight_m"] == pytest.approx(200, rel=0.005)
    assert staff["1"]["walk_m"] == pytest.approx(400, abs=2)
    # walker at (100, 390) up Main Street
    assert staff["3"]["walk_m"] == pytest.approx(290, abs=2)
    walks = [each["walk_m"] for each in answer["staff"]]
    assert walks == sorted(walks)


def test_without_anybody_on_shift_the_nearest_posts_are_told(client, town):
    later = (NOW + timedelta(days=30)).isoformat()
    answer = ask(client, **at(100, 100), at=later)
    assert [each["on_duty"] for each in answer["staff"]] == [False] * 5
    assert answer["staff"][0]["reason"] == "nobody is on shift; nearest post"


def test_whoever_sees_one_village_is_told_of_its_people_alone_few_on_shift_or_hundreds(
    app, database, town, make_account
):
    token = make_account("dispatcher", area_path="990101001.990101001001")
    late = NOW + timedelta(days=40)
    lon, lat = lonlat(100, 100)
    far_lon, far_lat = lonlat(60_000, 100)

    def on_shift(many, at_lon, prefix):
        with database.work(Actor.system()) as work:
            work.session.execute(
                sa.text(
                    "with one as (insert into staff (territory_id, work_no, name, post, duty_point)"
                    " select :territory, :prefix || n, 'P', 'x', st_setsrid(st_makepoint(:lon, :lat), 4326)"
                    " from generate_series(1, :many) n returning id)"
                    " insert into shift (staff_id, period) select id, tstzrange(:at, :at + interval '8 hours') from one"
                ),
                {
                    "territory": town.territory, "prefix": prefix, "lon": at_lon, "lat": lat, "many": many,
                    "at": late - timedelta(hours=1),
                },
            )  # fmt: skip

    on_shift(2, lon, "here-")
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as limited:
        few = ask(limited, lon=lon, lat=lat, at=late.isoformat())
        on_shift(MANY_ON_SHIFT, far_lon, "far-")
        many = ask(limited, lon=lon, lat=lat, at=late.isoformat())
        abroad = ask(limited, lon=far_lon, lat=far_lat, at=late.isoformat())
    for answer in (few, many, abroad):
        assert {(each["work_no"], each["on_duty"]) for each in answer["staff"]} == {("here-1", True), ("here-2", True)}


def test_cameras_see_or_say_why_not(client, town):
    answer = ask(client, **at(150, 105))
    seeing, nearest = answer["cameras"]["seeing"], answer["cameras"]["nearest"]
    assert [each["ref"] for each in seeing] == ["node/fixed"]
    assert seeing[0]["distance_m"] == pytest.approx(50.2, abs=0.2)
    reasons = {each["ref"]: each["reason"] for each in nearest}
    assert reasons == {
        "node/unknown": "heading-unknown",
        "node/offline": "offline",
        "node/turned": "looks-away",
        "node/far": "out-of-range",
    }
    assert next(each for each in nearest if each["ref"] == "node/unknown")["text"] == "heading unknown: may see it"
    behind = ask(client, **at(60, 100))["cameras"]
    assert behind["seeing"] == []
    assert {each["ref"]: each["reason"] for each in behind["nearest"]}["node/fixed"] == "looks-away"
    hidden = ask(client, **at(179, 141))["cameras"]["nearest"]
    assert {each["ref"]: each["reason"] for each in hidden}["node/fixed"] in {"blocked", "out-of-range"}


def test_component_names_its_owner(client, town):
    component = ask(client, **at(100, 100))["component"]
    assert component["owner_unit"] == "Street lighting 路灯所"
    assert component["kind"] == "lamp"
    assert component["reason"] == "nearest within 30 m"
    by_code = ask(client, component=component["code16"])
    assert (by_code["located_by"], by_code["component"]["id"]) == ("component", component["id"])
    assert client.post(URL, json={"component": "nothing"}).status_code == 404
    assert component["distance_m"] == pytest.approx(7.07, abs=0.05)
    assert ask(client, **at(300, 300))["component"] is None


def test_words_find_the_place(client, town):
    door = ask(client, door_code="990101001D00")
    assert (door["placement"], door["grids"][0]["code"][-1], door["located_by"]) == ("inside", "1", "door_code")
    address = ask(client, address="main  street 3")
    assert address["grids"][0]["code"][-1] == "1"
    camera = ask(client, camera="node/far")
    assert (camera["grids"][0]["code"][-1], camera["located_by"]) == ("6", "camera")
    grid = ask(client, grid_code="990101001001005")
    assert grid["grids"][0]["code"][-1] == "5"
    for copied in ("990101 001 001 005", "990101-001-001-005"):
        assert ask(client, grid_code=copied)["point"] == grid["point"]
    assert ask(client, camera=str(town.cameras["far"]))["point"] == camera["point"]


def test_address_in_two_places_asks_back(client, town):
    answer = ask(client, address="解放路 9 号")
    assert (answer["placement"], answer["point"], answer["grids"]) == ("ambiguous", None, [])
    assert len(answer["candidates"]) == 2
    assert {each["label"] for each in answer["candidates"]} == {"解放路 9 号"}
    several = ask(client, address="Second")
    assert len(several["candidates"]) > 2


def test_declared_reference_systems(client, town):
    lon, lat = lonlat(150, 100)
    projected = ask(client, lon=385150.0, lat=6671100.0, crs="EPSG:32635")
    assert projected["point"]["lon"] == pytest.approx(lon, abs=1e-9)
    assert projected["point"]["lat"] == pytest.approx(lat, abs=1e-9)
    # outside mainland China both shifted systems are WGS 84
    assert ask(client, lon=lon, lat=lat, crs="gcj02")["point"]["lon"] == pytest.approx(lon, abs=1e-6)


def test_shifted_coordinates_land_on_their_grid(client, database, town):
    hangzhou = (120.15, 30.28)
    shifted = wgs84_to_gcj02([hangzhou])[0]
    with database.work(Actor.system()) as work:
        box = shapely.MultiPolygon([shapely.box(120.1, 30.2, 120.2, 30.3)])
        work.session.add(Territory(name="Hangzhou box", outline=box, metric_srid=4549))
    # as a map of Baidu gives it: some 800 m from where it is
    twice = gcj02_to_bd09([shifted])[0]
    for crs, given in (("gcj02", shifted), ("bd09", twice)):
        answer = ask(client, lon=float(given[0]), lat=float(given[1]), crs=crs)
        assert (answer["point"]["lon"], answer["point"]["lat"]) == pytest.approx(hangzhou, abs=1e-6)
        assert (answer["placement"], answer["grids"], answer["staff"]) == ("outside", [], [])


@pytest.mark.parametrize(
    "question",
    [
        {}, {"lon": 1}, {"lon": 1, "lat": 2, "door_code": "x"}, {"door_code": "x", "address": "y"},
        {"lon": 1, "lat": 91},
        {"lon": 181, "lat": 1}, {"lon": 1, "lat": 1, "accuracy_m": -1}, {"lon": 1, "lat": 1, "accuracy_m": 1e9},
        {"lon": 1, "lat": 1, "crs": "mars"}, {"lon": 1, "lat": 1, "crs": "EPSG:999999"}, {"address": "  "},
        {"place": "x"},
        {"lon": 1, "lat": 1, "kind": "castle"}, {"lon": 1, "lat": 1, "at": "2026-01-01"}, {"lon": "a", "lat": 1},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_422(client, town, question):
    assert client.post(URL, json=question).status_code == 422


def test_numbers_that_are_none_are_refused(client, town):
    answer = client.post(URL, content='{"lon": NaN, "lat": 1}', headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "question", [{"door_code": "nothing"}, {"camera": "x"}, {"grid_code": "1"}, {"address": "100%"}]
)
def test_unknown_words_are_404(client, town, question):
    assert client.post(URL, json=question).status_code == 404


def test_no_territory_at_all(fresh_database_urls, tmp_path, cluster_urls):
    from api.app import create_app
    from services import access
    from store.database.engine import Database
    from tests.api.conftest import settings_for

    database = Database(fresh_database_urls.app, fresh_database_urls.owner)
    with database.work(Actor.system()) as work:
        access.create_account(work, "someone", roles=["dispatcher"])
        token = access.issue_token(work, "someone", label="t", now=datetime.now(UTC))
    database.dispose()
    app = create_app(settings_for(fresh_database_urls, tmp_path, jobs_in_server=False))
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as empty:
        assert empty.post(URL, json={"lon": 1, "lat": 1}).status_code == 404
        assert empty.get("/api/v1/territories").json() == {"territories": []}
        assert empty.get("/ogc/collections/grids/items").json()["features"] == []
        assert empty.get("/ogc/collections/grids/tiles/WebMercatorQuad/13/0/0").status_code == 204
