"""What a camera is called in its network is told to whoever holds the right to know it, wherever cameras are named."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from services import access
from store.database.actor import Actor
from store.database.models import CoverageRun, Report
from store.database.models.access import BUSINESS
from tests.api.conftest import Client
from tests.api.test_events import Stream
from tests.api.test_kept_reports import work_off
from tests.api.town import build_town, lonlat, many

COUNTED = ("streets_m", "seen_m", "seen_m_upper", "key_places", "key_places_seen", "key_places_seen_upper", "cameras",
           "cameras_online", "cameras_unknown_heading", "gaps")  # fmt: skip


@pytest.fixture(scope="module")
def town(database):
    import shapely

    made = build_town(database)
    with database.work(Actor.system()) as work:
        code = work.session.scalar(
            sa.text("select gb28181_id from camera where gb28181_id is not null order by fid limit 1")
        )
        below = [{"camera": str(made.cameras["fixed"]), "ref": code, "availability": 0.5}]
        kept = {**dict.fromkeys(COUNTED, 7), "availability": {"mean": 0.9, "below": 1, "below_target": below}}
        work.session.execute(sa.update(CoverageRun).where(CoverageRun.id == made.run).values(summary=kept))
        made.zone = work.session.scalar(
            sa.text(
                "insert into privacy_zone (territory_id, kind, reason, geom) values (:t, 'school', 'x',"
                " st_multi(st_geomfromtext(:g, 4326))) returning id"
            ),
            {"t": made.territory, "g": many(shapely.box(110, 70, 170, 130)).wkt},
        )
        rows = work.session.execute(sa.text("select gb28181_id, source_ref from camera"))
        made.secret = {str(value) for row in rows for value in row if value}
    return made


@pytest.fixture(scope="module")
def plain(app, database):
    """All business, and files too, but nothing of the network of cameras."""
    with database.work(Actor.system()) as work:
        access.create_account(work, "no-network", roles=[*BUSINESS, "export"])
        token = access.issue_token(work, "no-network", label="t", now=datetime.now(UTC))
    with Client(app, headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


def addresses(town):
    grid = town.grids["g1"]
    return [
        f"/api/v1/coverage?plan={town.plan}", f"/api/v1/privacy-zones/{town.zone}", f"/api/v1/plans/{town.plan}/impact",
        f"/api/v1/plans/{town.plan}/handover/{grid}?format=html", f"/api/v1/reports/cameras?plan={town.plan}&format=csv",
        f"/api/v1/reports/cameras?plan={town.plan}&format=html", f"/api/v1/reports/coverage?plan={town.plan}&format=html",
        f"/api/v1/cameras/{town.cameras['fixed']}", "/ogc/collections/cameras/items", "/ogc/collections/view_sheds/items",
        f"/api/v1/coverage/redundant?plan={town.plan}", f"/api/v1/search?q={min(town.secret)}",
    ]  # fmt: skip


def test_a_name_in_the_network_finds_a_camera_for_whoever_may_know_it_only(client, plain, town):
    # else trying out codes tells which camera bears which
    for named in town.secret:
        assert client.get(f"/api/v1/cameras/{named}").status_code == 200
        hidden = plain.get(f"/api/v1/cameras/{named}")
        assert (hidden.status_code, hidden.json()["code"]) == (404, "not-found")
        assert hidden.json()["detail"] == plain.get(f"/api/v1/cameras/x{named}").json()["detail"].replace("x", "", 1)
        change = plain.patch(f"/api/v1/cameras/{named}", json={"azimuth": 1.0}, headers={"If-Match": '"1"'})
        assert change.status_code == 404
    assert plain.get(f"/api/v1/cameras/{town.cameras['fixed']}").status_code == 200


def test_no_answer_names_a_camera_to_whoever_may_not_know(client, plain, town):
    named = []
    for address in addresses(town):
        told = plain.get(address)
        # what was asked for may be said back
        found = [each for each in town.secret if each in told.text and each not in address]
        assert found == [], (address, told.status_code, found)
        assert told.status_code < 500, address
        full = client.get(address)
        assert (full.status_code < 300) == (told.status_code < 300), (address, full.status_code, told.text[:300])
        named += [address] if any(each in full.text for each in town.secret) else []
    # those who may know are told as before
    assert len(named) >= 7, named


def test_a_kept_report_of_coverage_names_no_camera_whoever_kept_it(client, plain, database, town):
    url, kept = "/api/v1/reports", {}
    for name in ("coverage", "cameras"):
        asked = {"name": name, "title": "Who reads this?", "format": "html", "plan": str(town.plan)}
        made = client.post(url, json=asked).json()["report"]  # equal to one that somebody asked for unnamed
        kept[name] = made["id"] if made else work_off(database)[0]
    coverage, register = f"{url}/{kept['coverage']}/file", f"{url}/{kept['cameras']}/file"
    assert [plain.get(each).status_code for each in (coverage, register)] == [200, 403]
    assert [each for each in town.secret if each in plain.get(coverage).text] == []
    assert [each for each in town.secret if each in client.get(register).text]
    # one's own sheet is as before, and files written before they were masked stay with those who may know
    now = client.get(f"{url}/coverage?plan={town.plan}&format=html")
    assert [each for each in town.secret if each in now.text]
    with database.work(Actor.system()) as work:
        work.session.execute(
            sa.update(Report).where(Report.name == "coverage", Report.made_for != "all").values(made_for="before")
        )
    refused = plain.get(coverage)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    assert client.get(coverage).status_code == 200
    # a register without codes is for whoever wrote it, too
    asked = {"name": "cameras", "title": "Mine", "format": "csv", "plan": str(town.plan)}
    assert plain.get(f"{url}/cameras?plan={town.plan}&format=csv").status_code == 200
    mine = plain.post(url, json=asked).json()["report"]["id"]
    assert plain.get(f"{url}/{mine}/file").status_code == 200


def test_a_limited_account_hears_the_stream_of_its_area_only(server, database, town, make_account):
    west = make_account("dispatcher", area_path="990101001.990101001001")
    whole = make_account("dispatcher")
    streams = [Stream(server, token) for token in (west, whole)]
    for stream in streams:
        assert stream.until(1) == [("ready", {})]
    inside, outside = lonlat(100, 100), lonlat(500, 100)
    for layer, place in (("cameras", outside), ("incidents", outside), ("grids", inside)):
        with database.work(Actor.system()) as work:
            work.touch(layer, town.territory, (*place, *place))
    with database.work(Actor.system()) as work:
        work.announce("coverage-check", {"plan": str(town.plan)})
        work.announce("plan", {"plan": str(town.plan), "action": "publish", "status": "published"})
    with database.work(Actor.system()) as work:
        work.touch("streets", town.territory, (*inside, *inside))
    heard = [(kind, data.get("layer")) for kind, data in streams[1].until(7)]
    assert heard[1:4] == [("layer", "cameras"), ("layer", "incidents"), ("layer", "grids")]
    assert ("coverage-check", None) in heard
    limited = [(kind, data.get("layer")) for kind, data in streams[0].until(4)]
    # plans are told by name and state to everybody; their figures are not
    assert limited == [("ready", None), ("layer", "grids"), ("plan", None), ("layer", "streets")]
    for stream in streams:
        stream.leave.set()
