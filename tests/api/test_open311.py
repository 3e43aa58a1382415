"""Open311 GeoReport v2: a client written from its description, XML against a schema, nothing private told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import georeport
import pytest
import sqlalchemy as sa
from lxml import etree

from services import ingest
from services import open311 as service
from services.nearest_staff import StreetGraphs
from store.database.actor import Actor
from tests.api.conftest import Client
from tests.api.town import build_town, lonlat

URL = "/open311/v2"
SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parents[1] / "golden" / "open311.xsd"))
LAMP = "0104"
SECRET = "张三，西村5栋502，电话13812345678，灯不亮"


class GeoReport:
    """What a program for GeoReport does: the same calls in either form, as lists of records."""

    def __init__(self, client: Client, ext: str) -> None:
        self.client, self.ext = client, ext

    def get(self, path: str, **params: Any) -> tuple[int, Any]:
        return self._read(self.client.get(f"{URL}/{path}.{self.ext}", params=params))

    def get_in(self, languages: str, path: str, **params: Any) -> tuple[str, Any]:
        """What a client of some languages gets, and in which language it is."""
        asked = self.client.get(f"{URL}/{path}.{self.ext}", params=params, headers={"Accept-Language": languages})
        assert "Accept-Language" in asked.headers["vary"]
        return asked.headers["content-language"], self._read(asked)[1]

    def post(self, **fields: Any) -> tuple[int, Any]:
        return self._read(self.client.post(f"{URL}/requests.{self.ext}", data=fields))

    def _read(self, answer) -> tuple[int, Any]:
        if self.ext == "json":
            assert answer.headers["content-type"] == "application/json"
            found = answer.json()
            return answer.status_code, found if isinstance(found, list) else [found]
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        root = etree.fromstring(answer.content)
        SCHEMA.assertValid(root)
        nodes = [root] if root.tag == "service_definition" else root
        return answer.status_code, [{child.tag: child.text for child in node} for node in nodes]


@pytest.fixture(scope="module")
def town(database):
    town = build_town(database)
    with (
        database.owner_work(Actor.system()) as work,
        resources.as_file(resources.files("casework") / "open_catalogue.csv") as path,
    ):
        ingest.load_catalogue(work, path, territory=town.territory)
    return town


@pytest.fixture(scope="module", params=["json", "xml"])
def city(request, anonymous, town):
    return GeoReport(anonymous, request.param)


@pytest.fixture(scope="module")
def lamp(city, token):
    """A report posted once in each form."""
    lon, lat = lonlat(100, 100 + (5 if city.ext == "xml" else 0))
    fields = {"api_key": token, "service_code": LAMP, "lat": lat, "long": lon, "description": SECRET,
              "first_name": "San", "last_name": "Zhang", "phone": "13812345678", "email": "z@example.org"}  # fmt: skip
    status, (first,) = city.post(**fields)
    assert status == 200, first
    assert city.post(**fields)[1][0]["service_request_id"] == first["service_request_id"], "a repeat is harmless"
    return first["service_request_id"]


def test_services_come_from_the_catalogue(city):
    status, services = city.get("services")
    assert status == 200
    lamp = next(each for each in services if each["service_code"] == LAMP)
    assert (lamp["service_name"], lamp["group"], lamp["type"]) == ("路灯不亮", "公共设施", "realtime")
    english = city.get("services", locale="en")[1]
    assert next(each for each in english if each["service_code"] == LAMP)["service_name"] == "Street light out"
    status, (definition,) = city.get(f"services/{LAMP}")
    assert (status, definition["service_code"]) == (200, LAMP)


def test_names_are_in_the_language_of_the_client(city, lamp):
    def name(services):
        return next(each for each in services if each["service_code"] == LAMP)["service_name"]

    language, services = city.get_in("de, en-GB;q=0.8, zh;q=0.2", "services")
    assert (language, name(services)) == ("en", "Street light out")
    assert all(each["service_name"].isascii() and each["group"].isascii() for each in services)
    language, services = city.get_in("zh-CN,zh;q=0.9,en;q=0.8", "services")
    assert (language, name(services)) == ("zh-CN", "路灯不亮")
    assert name(city.get_in("en", "services", locale="zh")[1]) == "路灯不亮", "what the address says goes before"
    for path in (f"requests/{lamp}", "requests"):
        for told in city.get_in("en", path, service_request_id=lamp)[1]:
            assert (told["service_name"], told["description"]) == ("Street light out", "Street light out")
            assert told["status_notes"] == "Reported"
    (told,) = city.get_in("fi", f"requests/{lamp}")[1]
    assert (told["service_name"], told["status_notes"]) == ("路灯不亮", "登记")


def test_the_published_client_reads_every_answer(city, lamp, server):
    theirs = georeport.GeoReport(f"{server}{URL}", jurisdiction="Testby", output_format=city.ext)
    services = theirs.get_service_list()
    assert next(each for each in services if each["service_code"] == LAMP)["service_name"] == "路灯不亮"
    assert theirs.get_service_definition(LAMP)["service_code"] == LAMP
    told = theirs.get_service_request(lamp)
    assert (told["service_request_id"], told["status"], told["address"]) == (lamp, "open", "Grid 1 · West Village 西村")
    day = timedelta(days=1)
    since, until = (
        moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (datetime.now(UTC) - day, datetime.now(UTC) + day)
    )
    found = theirs.get_service_requests(service_code=LAMP, start_date=since, end_date=until, status="open")
    # in XML it tells a list of one as that one
    assert lamp in [each["service_request_id"] for each in (found if isinstance(found, list) else [found])]


def test_request_is_told_by_its_grid_and_by_nothing_private(city, lamp, client):
    status, (told,) = city.get(f"requests/{lamp}")
    assert status == 200
    assert (told["status"], told["service_code"], told["address"]) == ("open", LAMP, "Grid 1 · West Village 西村")
    assert told["expected_datetime"] is None, "nobody knows before it is filed; half an hour is the desk's own limit"
    assert (float(told["long"]), float(told["lat"])) == pytest.approx(lonlat(100, 100), abs=1e-6)
    said = str(city.get("requests")[1]) + str(told)
    for secret in ("张三", "502", "13812345678", "Zhang", "example.org"):
        assert secret not in said
    kept = client.get(f"/api/v1/incidents/{lamp}").json()["incident"]
    assert (kept["channel"], kept["item_code"], kept["severity"]) == ("open311", LAMP, "minor")
    assert "13812345678" not in kept["description"]
    status, (token,) = city.get(f"tokens/{lamp}")
    assert (status, token["service_request_id"]) == (200, lamp)


def test_a_repeat_is_harmless_where_its_time_passes_to_the_next(database, town):
    lon, lat = lonlat(120, 100)
    now = datetime.now(UTC)

    def post(*keys):
        with database.work(Actor.system()) as work:
            sent = service.Posted(LAMP, "out", lon, lat)
            return service.post(work, StreetGraphs(), town.territory, sent, keys=keys, now=now)

    first = post("w1", "w0")
    assert post("w2", "w1") == first
    assert post("w3", "w2") != first


def test_requests_are_filtered(city, lamp):
    now = datetime.now(UTC)
    day = timedelta(days=1)
    assert lamp in {each["service_request_id"] for each in city.get("requests", status="open,closed")[1]}
    assert city.get("requests", status="closed")[1] == []
    assert city.get("requests", service_code="0999")[1] == []
    assert [each["service_request_id"] for each in city.get("requests", service_request_id=lamp)[1]] == [lamp]
    before = {"start_date": (now - 80 * day).isoformat(), "end_date": (now - day).isoformat()}
    assert city.get("requests", **before)[1] == []
    since = city.get("requests", start_date=(now - day).strftime("%Y-%m-%dT%H:%M:%SZ"))[1]
    assert lamp in {each["service_request_id"] for each in since}


def test_what_came_by_other_ways_is_not_public(city, client, town):
    lon, lat = lonlat(100, 100)
    made = client.post(
        "/api/v1/incidents",
        json={"lon": lon, "lat": lat, "item": "secret"},
        headers={"Idempotency-Key": f"s-{city.ext}"},
    ).json()["incident"]["no"]
    assert city.get(f"requests/{made}")[0] == 404
    assert made not in {each["service_request_id"] for each in city.get("requests")[1]}


@pytest.mark.parametrize(
    ("path", "params", "expected"),
    [("services/0000", {}, 404), ("requests/2020-01-000001", {}, 404), ("requests", {"jurisdiction_id": "x"}, 404),
     ("requests", {"status": "lost"}, 400), ("requests", {"start_date": "yesterday"}, 400),
     ("requests", {"start_date": "2026-01-01T00:00:00"}, 400),
     ("requests", {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"}, 400)],
)  # fmt: skip
def test_errors_have_their_own_form(city, path, params, expected):
    status, (error,) = city.get(path, **params)
    assert (status, int(error["code"])) == (expected, expected)
    assert error["description"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [({"api_key": ""}, 403), ({"api_key": "gw_no"}, 403), ({"service_code": ""}, 400), ({"service_code": "none"}, 404),
     ({"lat": ""}, 400), ({"lat": "north"}, 400), ({"description": " "}, 400), ({"lat": "95"}, 400)],
)  # fmt: skip
def test_posts_that_make_no_sense_are_refused(city, token, database, change, expected):
    lon, lat = lonlat(50, 50)
    fields = {"api_key": token, "service_code": LAMP, "lat": lat, "long": lon, "description": "x"}
    status, (error,) = city.post(**(fields | change))
    assert (status, int(error["code"])) == (expected, expected), error


def test_post_by_address_and_outside_every_grid(city, token, lamp):
    status, (made,) = city.post(
        api_key=token, service_code=LAMP, address_string="Main Street 1", description=f"x {city.ext}"
    )
    assert status == 200, made
    lon, lat = lonlat(-500.3, 100.7)
    status, (made,) = city.post(api_key=token, service_code=LAMP, lat=lat, long=lon, description=f"far {city.ext}")
    assert status == 200, made
    (told,) = city.get(f"requests/{made['service_request_id']}")[1]
    assert float(told["long"]) != pytest.approx(lon, abs=1e-4), "a block, not the point"
    assert not told["address"]


def test_flood_is_told_in_its_own_form(city, database, monkeypatch):
    from api import open311

    monkeypatch.setattr(open311, "LOOKS", 0)
    with database.work(Actor.system()) as work:
        work.session.execute(sa.text("delete from intake_quota"))
    status, (error,) = city.get("services")
    assert (status, int(error["code"])) == (429, 429)
