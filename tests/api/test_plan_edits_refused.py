"""What editing refuses: each with a code, a place where there is one, and nothing saved."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from store.database.actor import Actor
from store.database.models import Plan
from tests.api.conftest import Client
from tests.api.test_plan_edits import Desk, line, polygon
from tests.api.town import build_town, lonlat


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


@pytest.fixture
def desk(client, town):
    made = client.post(f"/api/v1/plans/{town.plan}/draft")
    return Desk(client, made.json()["plan"]["id"])


@pytest.fixture
def g(town):
    return {name: str(grid) for name, grid in town.grids.items()}


def lies_in(place: list[float], grid: dict[str, Any]) -> bool:
    """Whether a place lies in the box of a grid."""
    west, south, east, north = grid["bbox"]
    return west < place[0] < east and south < place[1] < north


def wave(times: int) -> list[tuple[float, float]]:
    """Return a line that runs through the first grid from west to east and back, `times` over."""
    places = []
    for k in range(times):
        ends = (-20.0, 220.0) if k % 2 == 0 else (220.0, -20.0)
        places += [(end, 40.0 + 30 * k) for end in ends]
    return places


LINES = {
    "crosses itself": (((20, 20), (180, 180), (180, 20), (20, 180)), "invalid-line", (100, 100)),
    "has no length": (((20, 20), (20, 20)), "invalid-line", (20, 20)),
    "misses the grid": (((300, 300), (500, 300)), "line-misses-grid", (300, 300)),
    "runs along the border": (((0, 0), (200, 0)), "line-misses-grid", None),
    "cuts it in five": (tuple(wave(4)), "line-cuts-too-often", None),
}


@pytest.mark.parametrize("name", LINES)
def test_line_that_cannot_split_is_refused_with_its_place(desk, g, name):
    places, code, where = LINES[name]
    before = desk.grids()
    answer = desk.edit(f"grids/{g['g1']}/split", line=line(*places))
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    place = answer.json()["place"]
    assert len(place) == 2
    if where:
        assert place == pytest.approx(lonlat(*where), abs=2e-5)
    if name == "cuts it in five":
        assert answer.json()["pieces"] == 5
        many = desk.edit(f"grids/{g['g1']}/split", line=line(*places), many=True, preview=True)
        assert len(many.json()["grids"]) >= 5
    assert desk.grids() == before


def test_missing_line_is_refused_at_its_grid(desk, g):
    before = desk.grids()
    for asked in ({}, {"line": None}, {"line": {"type": "LineString", "coordinates": []}}):
        answer = desk.edit(f"grids/{g['g1']}/split", **asked)
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"] in ("invalid-line", "invalid-geometry")
        assert lies_in(answer.json()["place"], before[g["g1"]])
    for asked in ({}, {"line": {"type": "LineString", "coordinates": [["a", "b"], ["c", "d"]]}}):
        answer = desk.edit("borders/move", grids=[g["g1"], g["g2"]], **asked)
        assert answer.status_code == 422
        assert lies_in(answer.json()["place"], before[g["g1"]])
    assert desk.grids() == before


def test_border_of_other_than_two_grids_is_refused_at_the_first(desk, g):
    before = desk.grids()
    border = line((150, -5), (150, 205))
    vertex = {"from": lonlat(200, 200), "to": lonlat(205, 205)}
    three, twice = [g["g1"], g["g2"], g["g4"]], [g["g1"], g["g1"]]
    for grids, asked in (
        (three, {}),
        (three, {"line": border}),
        (twice, {"line": border}),
        (three, {"line": border, "vertex": vertex}),
    ):
        answer = desk.edit("borders/move", grids=grids, **asked)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-input"), answer.text
        assert lies_in(answer.json()["place"], before[g["g1"]])
    assert desk.grids() == before


def test_grids_that_do_not_touch_are_not_merged(desk, g):
    answer = desk.edit("grids/merge", grids=[g["g1"], g["g5"]])  # they meet in a corner only
    assert (answer.status_code, answer.json()["code"]) == (422, "grids-do-not-touch")
    assert len(answer.json()["place"]) == 2
    other = desk.edit("grids/merge", grids=[g["g2"], g["g3"]])
    assert (other.status_code, other.json()["code"]) == (422, "crosses-parent")


def test_border_of_a_village_and_lines_through_a_third_grid_are_refused(desk, g):
    village = desk.edit("borders/move", grids=[g["g2"], g["g3"]], line=line((380, -5), (380, 205)))
    assert (village.status_code, village.json()["code"]) == (422, "crosses-parent")
    apart = desk.edit("borders/move", grids=[g["g1"], g["g5"]], line=line((150, -5), (150, 205)))
    assert (apart.status_code, apart.json()["code"]) == (422, "grids-do-not-touch")
    through = desk.edit("borders/move", grids=[g["g1"], g["g2"]], line=line((200, 50), (150, 250), (200, 150)))
    assert (through.status_code, through.json()["code"]) == (422, "line-leaves-grids")
    assert desk.edit("borders/move", grids=[g["g1"], g["g2"]]).status_code == 422
    vertex = {"from": lonlat(100, 100), "to": lonlat(110, 100)}
    nowhere = desk.edit("borders/move", grids=[g["g1"], g["g2"]], vertex=vertex)
    assert (nowhere.status_code, nowhere.json()["code"]) == (422, "line-misses-grid")
    outline = {"from": lonlat(200, 0), "to": lonlat(205, 40)}
    inwards = desk.edit("borders/move", grids=[g["g1"], g["g2"]], vertex=outline)
    assert (inwards.status_code, inwards.json()["code"]) == (422, "line-leaves-grids")


def test_ground_of_another_village_is_not_reassigned(desk, g):
    atoms = desk.client.get(f"/api/v1/plans/{desk.plan}/atoms?grids={g['g3']}").json()["atoms"]
    answer = desk.edit("reassign", atoms=[atoms[0][0]], to=g["g2"])
    assert (answer.status_code, answer.json()["code"]) == (422, "crosses-parent")
    assert answer.json()["place"] == pytest.approx(lonlat(450, 100), abs=1e-3)
    for cut in (False, True):  # far from the middle of every atom, too
        shape = polygon((410, 20), (440, 20), (440, 50), (410, 50))
        lasso = desk.edit("reassign", polygon=shape, to=g["g2"], cut=cut)
        assert (lasso.status_code, lasso.json()["code"]) == (422, "crosses-parent")
        assert lasso.json()["place"] == pytest.approx(lonlat(425, 35), abs=2e-4)
    lost = desk.edit("reassign", atoms=[987654], to=g["g2"])
    assert (lost.status_code, lost.json()["code"]) == (404, "not-found")
    assert desk.edit("reassign", to=g["g2"]).status_code == 422
    already = desk.edit("reassign", atoms=[atoms[0][0]], to=g["g3"])
    assert already.json()["code"] == "nothing-changes"


def test_stray_piece_is_refused_with_its_place_or_handed_on(desk, g):
    island = desk.edit(
        "reassign", polygon=polygon((250, 250), (300, 250), (300, 300), (250, 300)), to=g["g1"], cut=True
    )
    assert (island.status_code, island.json()["code"]) == (422, "edit-breaks-tiling")
    (fault,) = island.json()["faults"]
    assert (fault["kind"], fault["grid"]) == ("stray piece", g["g1"])
    assert fault["place"] == pytest.approx(lonlat(275, 275), abs=1e-3)
    # a corner of the lasso that reaches over the border leaves a piece behind; mended, it goes to its neighbour
    across = polygon((150, 50), (250, 50), (250, 190), (150, 190))
    before = desk.grids()
    bridge = desk.edit("reassign", polygon=across, to=g["g4"], cut=True)
    assert bridge.json()["code"] == "edit-breaks-tiling"
    assert desk.grids() == before
    mended = desk.edit("reassign", polygon=polygon((150, 0), (170, 0), (170, 220), (150, 220)), to=g["g4"], cut=True,
                       repair=True)  # fmt: skip
    assert mended.status_code == 200, mended.text
    assert [fault["kind"] for fault in mended.json()["repaired"]] == ["stray piece"]
    assert sum(grid["households"] for grid in desk.grids().values()) == 303


def test_sliver_is_refused_and_absorbed_on_request(desk, g):
    sliver = line((-5, 199.95), (205, 199.95))
    answer = desk.edit(f"grids/{g['g1']}/split", line=sliver)
    assert (answer.status_code, answer.json()["code"]) == (422, "edit-breaks-tiling")
    assert answer.json()["faults"][0]["kind"] == "sliver"


def test_stale_revision_answers_the_present_versions(desk, g, client):
    seen = desk.seen()
    moved = desk.edit("borders/move", grids=[g["g1"], g["g2"]], line=line((150, -5), (150, 205)))
    assert moved.status_code == 200
    answer = desk.post(
        "borders/move", {"expected": seen, "grids": [g["g1"], g["g2"]], "line": line((120, -5), (120, 205))}
    )
    body = answer.json()
    assert (answer.status_code, body["code"]) == (412, "stale-revision")
    assert set(body["stale"]) >= {g["g1"], g["g2"]}
    theirs = {grid["id"]: grid for grid in body["current"]["grids"]}
    now = {grid["id"]: grid for grid in moved.json()["grids"]}
    assert theirs[g["g1"]] == now[g["g1"]]
    assert body["current"]["removed"] == []
    assert lies_in(body["place"], theirs[min(body["stale"])])
    merged = desk.edit("grids/merge", grids=[g["g1"], g["g2"]]).json()
    (gone,) = merged["removed"]
    late = desk.post(f"grids/{gone}/split", {"expected": seen, "line": line((-5, 100), (205, 100))})
    assert (late.status_code, late.json()["current"]["removed"]) == (412, [gone])
    # the grid is gone: where it was in the plan that this one was copied from
    assert lies_in(late.json()["place"], theirs[gone])


def test_two_edits_of_one_border_are_kept_together_or_told_apart(desk, g):
    seen = desk.seen()
    pair = [g["g1"], g["g2"]]
    north = desk.edit("borders/move", grids=pair, line=line((200, 150), (180, 150), (180, 200)))
    assert north.status_code == 200, north.text
    south = {"grids": pair, "line": line((200, 50), (180, 50), (180, 0))}
    late = desk.post("borders/move", {"expected": seen, **south})
    assert late.status_code == 412
    by = late.json()["current"]["by"]
    assert (by["kind"], by["author"]) == ("border", "all-rounder")

    def tried(path, body):
        now = desk.seen()
        answer = desk.post(path, {"expected": now, "since": seen, "preview": True, **body})
        assert answer.status_code == 200, answer.text
        assert desk.seen() == now
        return answer.json()

    both = tried("borders/move", south)
    assert both["takes_back"] is False
    after = {grid["id"]: grid["area_m2"] for grid in both["grids"]}
    assert after[g["g1"]] == pytest.approx(40000 - 2 * 20 * 50, abs=20)  # what both of them gave away
    straight = tried("borders/move", {"grids": pair, "line": line((190, -5), (190, 205))})
    assert straight["takes_back"] is True
    assert tried(f"grids/{g['g1']}/split", {"line": line((100, -5), (100, 205))})["takes_back"] is False
    assert tried("grids/merge", {"grids": pair})["takes_back"] is False
    assert tried(f"grids/{g['g1']}/rename", {"name": "Mill Lane"})["takes_back"] is False
    assert desk.grids()[g["g1"]]["name"] == "Grid 1"
    assert desk.edit(f"grids/{g['g1']}/rename", name="Theirs").status_code == 200
    assert tried(f"grids/{g['g1']}/rename", {"name": "Mine"})["takes_back"] is True
    assert tried(f"grids/{g['g1']}/lock", {"locked": True})["takes_back"] is False
    plain = desk.edit("borders/move", **south, preview=True).json()
    assert plain["takes_back"] is None


def test_edit_must_say_what_it_saw(desk, g):
    body = {"line": line((-5, 100), (205, 100))}
    for expected in ({}, {"expected": {}}, {"expected": {g["g2"]: 1}}):
        answer = desk.post(f"grids/{g['g1']}/split", {**body, **expected})
        assert (answer.status_code, answer.json()["missing"]) == (428, [g["g1"]])
    # a lasso changes grids that it does not name: those must have been seen too
    shape = polygon((110, 10), (190, 10), (190, 190), (110, 190))
    answer = desk.post("reassign", {"expected": {g["g2"]: 1}, "polygon": shape, "to": g["g2"]})
    assert (answer.status_code, answer.json()["missing"]) == (428, [g["g1"]])
    strange = str(uuid4())
    lost = desk.post(f"grids/{strange}/split", {**body, "expected": {strange: 1}})
    assert (lost.status_code, lost.json()["code"]) == (404, "not-found")


def test_repeat_answers_the_first_answer_and_edits_once(desk, g):
    body = {"expected": desk.seen(), "line": line((-5, 100), (205, 100))}
    first = desk.post(f"grids/{g['g1']}/split", body, key="same")
    again = desk.post(f"grids/{g['g1']}/split", body, key="same")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["idempotent-replay"] == "true"
    assert first.json() == again.json()
    assert len(desk.grids()) == 7
    assert desk.post(f"grids/{g['g1']}/split", {**body, "many": True}, key="same").status_code == 409
    url = f"/api/v1/plans/{desk.plan}/grids/{g['g1']}/split"
    assert desk.client.post(url, json=body).status_code == 422


def test_preview_changes_nothing(desk, g):
    before = desk.grids()
    body = desk.edit(f"grids/{g['g1']}/split", line=line((-5, 100), (205, 100)), preview=True).json()
    assert body["edit"] == {"seq": None, "kind": "split", "at": None, "undoes": None}
    assert body["totals"]["grids"] == 7
    assert desk.grids() == before
    assert desk.client.get(f"/api/v1/plans/{desk.plan}/edits").json() == {"edits": [], "next": None}


def test_only_drafts_are_edited_and_only_by_planners(desk, g, town, app, make_account, database):
    published = Desk(desk.client, str(town.plan))
    for path, body in (
        (f"grids/{g['g1']}/split", {"line": line((-5, 100), (205, 100))}),
        (f"grids/{g['g1']}/lock", {}),
        ("grids/merge", {"grids": [g["g1"], g["g2"]]}),
    ):
        answer = published.edit(path, **body)
        assert (answer.status_code, answer.json()["code"]) == (409, "plan-not-draft")
        assert answer.json()["plan_status"] == "published"
        assert lies_in(answer.json()["place"], published.grids()[g["g1"]])
    back = published.post("undo")
    assert back.status_code == 409
    assert any(lies_in(back.json()["place"], grid) for grid in published.grids().values())
    with database.work(Actor.system()) as work:
        work.session.execute(sa.update(Plan).where(Plan.id == desk.plan).values(status="review"))
    reviewed = desk.edit(f"grids/{g['g1']}/lock").json()
    assert reviewed["plan_status"] == "review"
    assert reviewed["detail"].startswith("The plan is in review;")
    with Client(app, headers={"Authorization": f"Bearer {make_account('analyst')}"}) as analyst:
        looking = Desk(analyst, desk.plan)
        assert looking.edit(f"grids/{g['g1']}/lock").status_code == 403
        assert looking.post("undo").status_code == 403
        assert analyst.post(f"/api/v1/plans/{town.plan}/draft").status_code == 403
    nowhere = Desk(desk.client, str(uuid4()))
    assert nowhere.post("undo").status_code == 404
    assert desk.client.get(f"/api/v1/plans/{uuid4()}/edits").status_code == 404


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        ({"type": "Polygon", "coordinates": [[[24.9, 60.1]] * 1_000_000]}, "too-many-vertices"),
        ({"type": "Polygon", "coordinates": [[[24.9, 60.1], [24.91, 60.1], [24.9, 60.11]]]}, "invalid-geometry"),
        ({"type": "Polygon", "coordinates": [[[24.9, 160.1]] * 4]}, "invalid-geometry"),
        ({"type": "Polygon", "coordinates": [[["a", "b"]] * 4]}, "invalid-geometry"),
        ({"type": "Polygon", "coordinates": []}, "invalid-geometry"),
        ({"type": "Polygon", "coordinates": [7]}, "invalid-geometry"),
        ({"type": "Point", "coordinates": [1, 2]}, "invalid-input"),
    ],
    ids=["1e6 vertices", "not closed", "off the earth", "text", "empty", "no ring", "a point"],
)
def test_bad_shapes_are_refused(desk, shape, code):
    answer = desk.edit("grids", polygon=shape)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_crossing_polygon_is_refused_with_its_place(desk):
    answer = desk.edit("grids", polygon=polygon((100, 100), (300, 300), (300, 100), (100, 300)))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-geometry")
    assert answer.json()["place"] == pytest.approx(lonlat(200, 200), abs=1e-5)
    outside = desk.edit("grids", polygon=polygon((1000, 100), (1300, 100), (1300, 300)))
    assert outside.json()["code"] == "nothing-changes"


def test_upload_of_fifty_megabytes_is_too_large(desk):
    blob = b'{"polygon": "' + b"x" * (65 * 2**20) + b'"}'
    answer = desk.client.post(
        f"/api/v1/plans/{desk.plan}/grids",
        content=blob,
        headers={"Content-Type": "application/json", "Idempotency-Key": "big"},
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
