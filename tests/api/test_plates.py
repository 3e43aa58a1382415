"""Codes on plates: issued, printed, scanned; reports from their page without signing in."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from api import public_reports
from casework.case import Actor as CaseActor
from services import open311
from services import public_reports as public_channel
from services.cases import upkeep
from services.cases.act import act
from services.cases.asked import Asked
from store.database.actor import Actor
from tests.api.conftest import Client
from tests.api.town import build_town, lonlat
from tests.unit.test_photos import SVG, picture

URL = "/api/v1/plates"
GRID = "990101001001001"
OFFICER = CaseActor(None, frozenset({"intake_officer"}))


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture(scope="module")
def plates(client, town):
    answer = client.post(URL, json={"grid": GRID})
    assert answer.status_code == 201, answer.text
    return answer.json()["plates"]


@pytest.fixture
def quiet(database):
    """No uses of the doors counted yet."""
    with database.work(Actor.system()) as work:
        work.session.execute(sa.text("delete from intake_quota"))


def of_kind(plates, kind):
    return next(each for each in plates if each["kind"] == kind)


def send(client, code, key=None, files=None, **fields):
    # httpx sends a form in parts only where there is a file
    parts = files or {"file": ("", b"", "application/octet-stream")}
    return client.post(
        f"/api/v1/public/reports/{code}", data=fields, files=parts, headers={"Idempotency-Key": key or str(uuid4())}
    )


def test_grid_and_what_stands_in_it_get_codes_once(client, plates, town):
    assert {each["kind"] for each in plates} == {"grid", "camera", "place"}
    assert len({each["code"] for each in plates}) == len(plates)
    grid = of_kind(plates, "grid")
    assert (grid["grid"]["code"], grid["place"]) == (GRID, "Grid 1 · West Village 西村")
    assert (grid["lon"], grid["lat"]) == pytest.approx(lonlat(100, 100), abs=1e-6)
    camera = of_kind(plates, "camera")
    assert camera["grid"]["code"] == GRID
    assert "990101" not in camera["place"], "the number of a camera on its network is nobody's business"
    again = client.post(URL, json={"grid": str(town.grids["g1"])}).json()["plates"]
    assert again == plates == client.get(URL, params={"grid": GRID}).json()["plates"]
    assert client.post(URL, json={"grid": "nowhere"}).status_code == 404


def test_code_can_be_typed_in_any_case_and_a_mistake_is_told(client, plates):
    code = plates[0]["code"]
    typed = f"{code[:4].lower()}-{code[4:8]}-{code[8:]}"
    assert client.get(f"{URL}/{typed}").json() == plates[0]
    wrong = ("2" if code[0] != "2" else "3") + code[1:]
    assert client.get(f"{URL}/{wrong}").status_code == 404


def test_sheet_is_a_page_for_ten_plates(client, plates, town):
    answer = client.get(f"{URL}/sheet", params={"grid": GRID, "language": "zh"})
    if answer.status_code == 503:
        pytest.skip("the web page's assets are not built (make web)")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert len(re.findall(rb"/Type /Page\b(?!s)", answer.content)) == -(-len(plates) // 10)
    assert client.get(f"{URL}/sheet", params={"grid": "990101001001002"}).status_code == 404


def test_locate_and_report_by_plate(client, plates):
    camera = of_kind(plates, "camera")
    found = client.post("/api/v1/locate", json={"plate": camera["code"]}).json()
    assert (found["located_by"], found["grids"][0]["code"]) == ("plate", GRID)
    assert found["point"]["lon"] == pytest.approx(camera["lon"])


def test_anybody_may_report_at_a_plate_with_a_photo(client, anonymous, plates, quiet):
    code = of_kind(plates, "grid")["code"]
    page = anonymous.get(f"/api/v1/public/plates/{code}")
    assert page.status_code == 200, page.text
    assert page.json()["place"] == "Grid 1 · West Village 西村"
    key, photo = str(uuid4()), {"file": ("a.jpg", picture(), "image/jpeg")}
    first = send(
        anonymous, code, key, photo, description="路灯不亮，电话13812345678", language="zh", contact="13987654321"
    )
    assert first.status_code == 201, first.text
    again = send(anonymous, code, key, photo, description="路灯不亮，电话13812345678", language="zh")
    assert (again.status_code, again.json()["no"]) == (200, first.json()["no"])
    incident = client.get(f"/api/v1/incidents/{first.json()['no']}").json()["incident"]
    assert (incident["channel"], incident["located_by"], incident["grid"]["code"]) == ("plate", "plate", GRID)
    assert "13812345678" not in incident["item"] + incident["description"]
    case = client.get(f"/api/v1/incidents/{incident['no']}").json()
    assert [media["stage"] for media in case["media"]] == ["before"]
    assert client.get(f"/api/v1/incidents/{incident['no']}/contact").json()["contact"] == "13987654321"
    for answer in (first, again):
        followed = anonymous.get(f"/api/v1/follow/{answer.json()['follow']}")
        assert (followed.status_code, followed.json()["no"]) == (200, incident["no"])


def test_phone_in_the_grid_knows_better_than_its_plate(client, anonymous, plates, quiet):
    code = of_kind(plates, "grid")["code"]
    lon, lat = lonlat(60, 150)
    no = send(anonymous, code, description="hole", lon=str(lon), lat=str(lat), accuracy_m="8").json()["no"]
    incident = client.get(f"/api/v1/incidents/{no}").json()["incident"]
    assert (incident["lon"], incident["accuracy_m"]) == (pytest.approx(lon), 8.0)
    no = send(anonymous, code, description="hole", lon="0", lat="0").json()["no"]
    assert client.get(f"/api/v1/incidents/{no}").json()["incident"]["located_by"] == "plate"


@pytest.mark.parametrize(
    ("fields", "said"),
    [({}, "description"), ({"description": "x", "website": "http://spam"}, "website"),
     ({"description": "x", "item_code": "no-such"}, "item_code"), ({"description": "x", "lon": "east"}, "lon"),
     ({"description": "x" * 4001}, "description"), ({"description": "x", "language": "fr"}, "language")],
)  # fmt: skip
def test_report_that_makes_no_sense_is_refused(anonymous, plates, quiet, fields, said):
    answer = send(anonymous, plates[0]["code"], **fields)
    assert answer.status_code == 422, answer.text
    assert said in answer.text


def test_no_photo_and_no_key_are_refused(anonymous, plates, quiet):
    code = plates[0]["code"]
    answer = send(anonymous, code, files={"file": ("a.jpg", SVG, "image/jpeg")}, description="x")
    assert (answer.status_code, answer.json()["code"]) == (422, "not-a-photo")
    assert anonymous.post(f"/api/v1/public/reports/{code}", data={"description": "x"}).status_code == 422


def test_flood_is_sent_away_and_counted_without_addresses(anonymous, database, plates, quiet, monkeypatch):
    monkeypatch.setattr(public_reports, "REPORTS", 2)
    code = plates[0]["code"]
    statuses = [send(anonymous, code, description=f"flood {k}").status_code for k in range(4)]
    assert statuses == [201, 201, 429, 429]
    refused = send(anonymous, code, description="flood")
    assert refused.json()["code"] == "too-many-reports"
    assert 0 < int(refused.headers["retry-after"]) <= 900
    with database.work(Actor.system()) as work:
        kept = work.session.scalars(sa.text("select bucket from intake_quota")).all()
    assert kept
    assert not [bucket for bucket in kept if "127.0.0.1" in bucket]


def test_what_a_reporter_wrote_goes_with_the_archiving_and_what_an_officer_wrote_stays(client, plates, database, quiet):
    told = {}
    for channel in (public_channel.CHANNEL, open311.CHANNEL, "desk"):
        lon, lat = lonlat(100, 100)
        body = {
            "item": "x",
            "description": f"By {channel}: Wang of flat 12",
            "channel": channel,
            "lon": lon,
            "lat": lat,
        }
        made = client.post("/api/v1/incidents", json=body, headers={"Idempotency-Key": str(uuid4())})
        told[channel] = made.json()["incident"]["no"]
    sent = send(client, of_kind(plates, "grid")["code"], description="By scan: Li of flat 13", contact="li@example.org")
    told["scan"] = sent.json()["no"]
    reject = Asked(reason="no-such-place", text="nothing there")
    with database.work(Actor.system()) as work:
        for no in told.values():
            act(work, no, "reject", reject, revision=None, now=datetime.now(UTC), actor=OFFICER)
    with database.work(Actor.system()) as work:
        assert upkeep.archive(work, now=datetime.now(UTC) + timedelta(days=30)) >= len(told)
    cases = {channel: client.get(f"/api/v1/incidents/{no}").json()["incident"] for channel, no in told.items()}
    assert {each["state"] for each in cases.values()} == {"ARCHIVED"}
    written = {channel: each["description"] for channel, each in cases.items()}
    assert written == {"plate": "", "open311": "", "scan": "", "desk": "By desk: Wang of flat 12"}
    for no in told.values():
        assert client.get(f"/api/v1/incidents/{no}/verify").json()["intact"]


def test_withdrawn_plate_says_so(client, anonymous, town, quiet):
    code = client.post(URL, json={"grid": "990101001001002", "kinds": ["grid"]}).json()["plates"][0]["code"]
    assert client.delete(f"{URL}/{code}").status_code == 204
    for asked in (client.get(f"{URL}/{code}"), anonymous.get(f"/api/v1/public/plates/{code}"),
                  send(anonymous, code, description="x")):  # fmt: skip
        assert (asked.status_code, asked.json()["code"]) == (410, "plate-withdrawn")
    (new,) = client.post(URL, json={"grid": "990101001001002", "kinds": ["grid"]}).json()["plates"]
    assert new["code"] != code


def test_plates_follow_their_area(app, make_account, plates):
    for path, status in (("990101001.990101001001", 200), ("990101001.990101001002", 404)):
        token = make_account("dispatcher", area_path=path)
        with Client(app, headers={"Authorization": f"Bearer {token}"}) as neighbour:
            assert neighbour.get(f"{URL}/{of_kind(plates, 'grid')['code']}").status_code == status
