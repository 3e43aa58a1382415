"""The desk's own questions: a case in one answer, what was reported near by, and the hand-over between shifts."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from store.database.actor import Actor
from tests.api.case_desk import URL, USUAL, open_desk
from tests.api.town import lonlat


@pytest.fixture(scope="module")
def desk(app, database, make_account):
    with open_desk(app, database, make_account) as opened:
        yield opened


def test_a_case_opens_with_its_place_in_one_answer(desk):
    no = desk.report(item="Bench loose")["no"]
    answer = desk.clients["dispatcher"].get(f"{URL}/{no}/answer")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["case"]["incident"]["no"] == no
    assert told["located"]["grids"][0]["code"] == told["case"]["incident"]["grid"]["code"]
    assert told["lead_unit"] is None
    assert desk.clients["dispatcher"].get(f"{URL}/no-such/answer").status_code == 404


def test_reports_near_by_are_proposed_while_a_place_is_typed(desk):
    no = desk.report(200, 100, item="Bin on fire")["no"]
    lon, lat = lonlat(203, 100)
    query = {"lon": lon, "lat": lat, "item": "Bin on fire"}
    found = desk.clients["intake_officer"].get(f"{URL}/near", params=query).json()["duplicates"]
    assert [each["no"] for each in found] == [no]
    far = dict(zip(("lon", "lat"), lonlat(200, 100_000), strict=True))
    assert desk.clients["intake_officer"].get(f"{URL}/near", params=query | far).json()["duplicates"] == []


def test_one_shift_hands_over_and_another_notes_it(desk, database):
    asked = desk.to("DISPATCHED", item="Kerb broken")
    desk.do("handling_unit", asked, "request_return", reason="Not our street")
    critical = desk.report(severity="critical", item="Gas smell")["no"]
    late = desk.report(item="Lamp long out")["no"]
    with database.owner_work(Actor.system()) as work:
        work.session.execute(
            sa.text("update incident set due_at = now() - interval '1 hour' where no = :n"), {"n": late}
        )
    giver, taker = desk.clients["dispatcher"], desk.clients["shift_leader"]
    now = giver.get("/api/v1/handovers").json()
    listed = {each["no"]: each for each in now["cases"]}
    assert {asked, critical, late} <= listed.keys()
    assert listed[asked]["pending"] == "return"
    assert now["cases"][0]["severity"] == "critical"
    assert (now["sums"]["pending"], now["sums"]["late"], now["sums"]["dispatched"]) == (1, 1, 1)
    assert now["kept"] == []

    refused = desk.clients["inspector"].post("/api/v1/handovers", json={"note": "mine"})
    assert refused.status_code == 403
    given = giver.post("/api/v1/handovers", json={"note": " Crane in Lane 2; call 13812345678 "})
    assert given.status_code == 201, given.text
    sheet = given.json()
    assert sheet["given_by"] == "dispatcher"
    assert sheet["mine"]
    assert "13812345678" not in sheet["note"]
    assert sheet["sums"] == now["sums"]

    path = f"/api/v1/handovers/{sheet['id']}/taken"
    own = giver.post(path, json={"note": ""})
    assert (own.status_code, own.json()["code"]) == (409, "own-handover")
    taken = taker.post(path, json={"note": "Seen"}).json()
    assert (taken["taken_by"], taken["taken_note"]) == ("shift_leader", "Seen")
    again = desk.clients["intake_officer"].post(path, json={"note": ""})
    assert (again.status_code, again.json()["code"]) == (409, "handover-taken")

    # the next shift begins where the last one ended, and the sheet stays as it was given
    after = taker.get("/api/v1/handovers").json()
    assert after["since"] == sheet["given_at"]
    assert after["sums"]["dispatched"] == 0
    assert after["kept"][0]["cases"] == sheet["cases"]
    assert taker.post("/api/v1/handovers/00000000-0000-0000-0000-000000000000/taken", json={}).status_code == 404


def _pages(client, **asked):
    found, cursor = [], None
    while True:
        page = client.get(URL, params=asked | ({"cursor": cursor} if cursor else {})).json()
        found += page["incidents"]
        cursor = page["next"]
        if cursor is None:
            return found


def test_critical_cases_come_first_on_every_page_and_a_cursor_is_of_one_order(desk, database):
    client = desk.clients["shift_leader"]
    for x, severity in ((20, "minor"), (30, "critical"), (40, "critical"), (45, "major")):
        desk.report(x, severity=severity, item="Fence down")
    with database.owner_work(Actor.system()) as work:
        work.session.execute(
            sa.text("update incident set due_at = null where item = 'Fence down' and point is not null and id % 2 = 0")
        )
    found = _pages(client, sort="urgent", limit=2)
    assert len({each["no"] for each in found}) == len(found) == client.get(f"{URL}/counts").json()["total"]
    marks = [(each["severity"] != "critical", each["due_at"] is None, each["due_at"] or "") for each in found]
    assert marks == sorted(marks)
    cursor = client.get(URL, params={"sort": "urgent", "limit": 1}).json()["next"]
    strange = client.get(URL, params={"sort": "new", "cursor": cursor})
    assert (strange.status_code, strange.json()["field"]) == (422, "cursor")


def test_a_box_a_short_number_and_the_archive_narrow_list_and_counts_alike(desk, database):
    client = desk.clients["shift_leader"]
    near, far = desk.report(120, 40, item="Grit box")["no"], desk.report(250, 180, item="Grit box")["no"]
    (west, south), (east, north) = lonlat(100, 20), lonlat(140, 60)
    inside = {"bbox": f"{west},{south},{east},{north}", "item": "Grit box"}
    assert [each["no"] for each in client.get(URL, params=inside).json()["incidents"]] == [near]
    assert client.get(f"{URL}/counts", params=inside).json()["total"] == 1
    for wrong in ("1,2,3", "5,5,4,6", "nan,0,1,1", "a,b,c,d", "0,0,181,1"):
        answer = client.get(URL, params={"bbox": wrong})
        assert (answer.status_code, answer.json()["field"]) == (422, "bbox")

    assert [each["no"] for each in client.get(URL, params={"q": far[-6:]}).json()["incidents"]] == [far]
    with database.owner_work(Actor.system()) as work:
        work.session.execute(sa.text("update incident set state = 'ARCHIVED' where no = :no"), {"no": far})
    same = {"item": "Grit box"}
    assert [each["no"] for each in client.get(URL, params=same).json()["incidents"]] == [near]
    assert client.get(f"{URL}/counts", params=same).json()["by_state"] == {"REPORTED": 1}
    archive = same | {"state": "ARCHIVED"}
    assert [each["no"] for each in client.get(URL, params=archive).json()["incidents"]] == [far]
    assert client.get(f"{URL}/counts", params=archive).json()["total"] == 1
    # a number finds it wherever it lies
    for text in (far, far[-6:]):
        assert [each["no"] for each in client.get(URL, params={"q": text}).json()["incidents"]] == [far]
        assert client.get(f"{URL}/counts", params={"q": text}).json()["total"] == 1


LEADING = {
    "accept", "send_to_check", "verification_done", "pass_check", "open", "close", "dispatch", "sign", "report_done",
    "approve_return", "approve_suspension", "approve_extension", "approve_void",
}  # fmt: skip


OPEN = (
    "REPORTED", "VERIFYING", "ACCEPTED", "OPENED", "DISPATCHED", "IN_PROGRESS", "SUSPENDED", "RESOLVED", "CHECKING",
    "CHECKED",
)  # fmt: skip
_REACHED = {"REPORTED", *(state for state, _ in USUAL)}


def test_what_is_to_do_is_what_the_account_can_do_now_and_is_counted_alike(desk):
    """Cases in every state: each role's list holds those that it can lead on or decide, and no others."""
    unit = desk.units["lamps"]
    to_lamps, other = {"unit": unit}, {"unit": desk.units["roads"], "units": [unit]}
    ways = {
        "VERIFYING": ("REPORTED", [("intake_officer", "ask_verification")]),
        "RETURN": ("DISPATCHED", [("handling_unit", "request_return", {"reason": "not ours"})]),
        "EXTENSION": ("IN_PROGRESS", [("handling_unit", "request_extension", {"reason": "rain"})]),
        "VOID": ("OPENED", [("dispatcher", "request_void", {"reason": "nothing there"})]),
        "COUNTERSIGNED": ("OPENED", [("dispatcher", "dispatch", other)]),
        "BOTH HANDS": ("ACCEPTED", [("all_hands", "open")]),
        "SUPERVISED": ("OPENED", [("supervisor", "supervise", {"answer_due": "2099-01-01T00:00:00Z"})]),
        "CALLED": (
            "OPENED",
            [("street_office", "joint_call", {"departments": [unit]}), ("dispatcher", "dispatch", to_lamps)],
        ),
    }
    numbers = {state: desk.to(state, x=300 + 20 * k, y=310) for k, state in enumerate(OPEN) if state in _REACHED}
    for k, (name, (state, steps)) in enumerate(ways.items()):
        numbers[name] = desk.to(state, x=300 + 20 * k, y=350)
        desk.walk(numbers[name], *steps)
    listed = desk.clients["shift_leader"].get(URL, params={"limit": 1000, "state": ",".join(OPEN)}).json()["incidents"]
    every = {one["no"] for one in listed}
    assert set(numbers.values()) <= every
    for name, client in desk.clients.items():
        todo = {one["no"] for one in client.get(URL, params={"todo": True, "limit": 1000}).json()["incidents"]}
        counts = client.get(f"{URL}/counts", params={"state": ",".join(OPEN)}).json()
        assert (name, counts["todo"]) == (name, len(todo))
        if name == "outside_body":
            assert todo == set()
        elif name != "all_hands":
            able = {no for no in every if _can_act(client.get(f"{URL}/{no}").json(), name)}
            if name == "inspector":
                # any inspector might, but a case waits for whom it was given to
                able &= {one["no"] for one in client.get(URL, params={"mine": True, "limit": 1000}).json()["incidents"]}
            assert todo == able, (name, {called: no in todo for called, no in numbers.items()})
    assert counts_of(desk, "dispatcher")["requests"] == sum(one["pending"] is not None for one in listed)


def counts_of(desk, name):
    return desk.clients[name].get(f"{URL}/counts").json()


def _can_act(case, name) -> bool:
    """Whether an account can lead a case on, decide, or move a task; a unit that asked for something waits itself."""
    offered = {one["action"] for one in case["actions"]} & LEADING
    tasks = {action for task in case["tasks"] for action in task["actions"]} - {"cancel"}
    waits = case["incident"]["pending"] is not None and name in ("handling_unit", "roads", "water")
    return bool(tasks or (offered and not waits))
