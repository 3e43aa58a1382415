"""A case from report to archive, through every hand; what is refused, and that nothing is written then."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from services import housekeeping
from services.cases import upkeep
from services.deliveries import Outbound
from store.database.actor import Actor
from tests.api.case_desk import URL, open_desk
from tests.api.conftest import Client


@pytest.fixture(scope="module")
def desk(app, database, make_account):
    with open_desk(app, database, make_account) as desk:
        yield desk


def states_of(case):
    return [each["to_state"] for each in case["transitions"]]


def test_a_case_goes_through_every_hand_and_is_closed(desk):
    no = desk.report(severity="major")["no"]
    first = desk.see(no, "intake_officer")
    assert {each["action"] for each in first["actions"]} == {
        "ask_verification", "accept", "reject", "link_duplicate", "refer", "request_void", "escalate"
    }  # fmt: skip
    assert [each["needs"] for each in first["actions"] if each["action"] == "reject"] == [["reason"]]
    desk.walk(
        no,
        ("intake_officer", "ask_verification"),
        ("inspector", "verification_done", {"outcome": "confirmed"}),
        ("intake_officer", "accept"),
        ("shift_leader", "open"),
        ("dispatcher", "dispatch", {"unit": desk.units["lamps"], "units": [desk.units["roads"]]}),
        ("handling_unit", "sign", {"worker": "990101001W3"}),
        ("handling_unit", "request_suspension", {"reason": "frost", "review_date": tomorrow()}),
    )
    waiting = desk.see(no, "handling_unit")
    assert (waiting["incident"]["pending"], waiting["incident"]["pending_by_me"]) == ("suspension", True)
    assert "report_done" not in {each["action"] for each in waiting["actions"]}
    desk.walk(no, ("dispatcher", "approve_suspension"), ("handling_unit", "resume"))
    early = desk.ask("handling_unit", no, "report_done", media=desk.photo("after", "handling_unit"))
    assert (early.status_code, early.json()["code"], early.json()["what"]) == (409, "guard", "all child tasks done")
    task = next(each for each in desk.see(no, "roads")["tasks"] if each["kind"] == "countersign")
    assert (task["state"], task["actions"], task["unit"]["code"]) == ("asked", ["sign"], "U-roads")
    signed = desk.clients["roads"].post(
        f"{URL}/{no}/tasks/{task['id']}/sign",
        json={},
        headers={"If-Match": f'"{desk.see(no)["incident"]["revision"]}"'},
    )
    assert signed.status_code == 200, signed.text
    case = desk.walk(
        no,
        ("handling_unit", "report_done", {"media": desk.photo("after", "handling_unit")}),
        ("intake_officer", "send_to_check"),
        ("inspector", "fail_check", {"reason": "still dark", "media": desk.photo("other", "inspector")}),
        ("handling_unit", "report_done", {"media": desk.photo("after", "handling_unit")}),
        ("intake_officer", "send_to_check"),
        ("inspector", "pass_check", {"media": desk.photo("other", "inspector")}),
        ("shift_leader", "close"),
    )
    assert (case["incident"]["state"], case["incident"]["rework_count"]) == ("CLOSED", 1)
    assert states_of(case)[-3:] == ["CHECKING", "CHECKED", "CLOSED"]
    assert [each["seq"] for each in case["transitions"]] == list(range(1, len(case["transitions"]) + 1))
    failed = next(each for each in case["transitions"] if each["action"] == "fail_check")
    assert (failed["reason"], failed["actor"]["name"], failed["zh"]) == ("still dark", "inspector", "返工")
    assert {(each["kind"], each["state"]) for each in case["tasks"]} == {
        ("verify", "signed"), ("handle", "signed"), ("countersign", "signed"), ("check", "signed")
    }  # fmt: skip


def tomorrow() -> str:
    return (datetime.now(UTC) + timedelta(days=1)).date().isoformat()


def test_a_stale_revision_is_refused_with_the_present_case(desk):
    no = desk.report()["no"]
    stale = desk.see(no)["incident"]["revision"]
    desk.do("intake_officer", no, "accept")
    answer = desk.ask("shift_leader", no, "open", revision=stale)
    assert (answer.status_code, answer.json()["code"]) == (412, "stale-revision")
    assert desk.see(no)["incident"]["state"] == "ACCEPTED"
    missing = desk.clients["shift_leader"].post(f"{URL}/{no}/actions/open", json={})
    assert missing.status_code == 428


def test_a_repeated_key_acts_once_and_another_body_is_refused(desk):
    no, key = desk.report()["no"], str(uuid4())
    seen = desk.see(no)["incident"]["revision"]
    first = desk.ask("intake_officer", no, "reject", revision=seen, key=key, reason="no such place")
    again = desk.ask("intake_officer", no, "reject", revision=seen, key=key, reason="no such place")
    assert (first.status_code, again.status_code) == (200, 200), first.text
    assert again.headers["idempotent-replay"] == "true"
    assert first.json()["follow"]
    assert again.json() == first.json() | {"follow": None}  # a key is shown once
    other = desk.ask("intake_officer", no, "reject", revision=seen, key=key, reason="another")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-reused")
    assert len(desk.see(no)["transitions"]) == 2


def test_a_request_is_approved_by_a_second_person(desk):
    no = desk.to("ACCEPTED")
    desk.do("all_hands", no, "request_void", reason="twice in the book")
    own = desk.ask("all_hands", no, "approve_void")
    assert (own.status_code, own.json()["what"]) == (409, "approver is not the requester")
    assert desk.ask("dispatcher", no, "approve_void").json()["code"] == "wrong-role"
    again = desk.ask("intake_officer", no, "request_void", reason="me too")
    assert again.json()["what"] == "no request pending"
    case = desk.walk(no, ("second_leader", "refuse_void", {"reason": "it is another lamp"}))
    assert case["incident"]["pending"] is None
    desk.do("intake_officer", no, "request_void", reason="now it is")
    assert desk.do("shift_leader", no, "approve_void")["incident"]["state"] == "VOIDED"


def test_who_opens_or_closes_never_dispatches_and_who_checks_never_handled(desk):
    no = desk.to("ACCEPTED")
    desk.do("all_hands", no, "open")
    refused = desk.ask("all_hands", no, "dispatch", unit="U-lamps")
    assert refused.json()["what"] == "dispatcher did not open"
    desk.walk(
        no,
        ("dispatcher", "dispatch", {"unit": "U-lamps"}),
        ("all_hands", "sign"),
        ("handling_unit", "report_done", {"media": desk.photo("after", "handling_unit")}),
        ("intake_officer", "send_to_check"),
    )
    mine = desk.ask("all_hands", no, "pass_check", media=desk.photo("other", "all_hands"))
    assert mine.json()["what"] == "inspector is not the handler"
    check = next(each for each in desk.see(no)["tasks"] if each["kind"] == "check")
    assert check["account"]["name"] == "inspector"  # the other inspector handled it


def test_another_units_case_is_not_signed_and_a_returned_one_counts_as_wrong(desk, database):
    no = desk.to("OPENED")
    desk.do("dispatcher", no, "dispatch", unit="U-roads")
    assert desk.ask("handling_unit", no, "sign").json()["what"] == "own task"
    assert "sign" not in {each["action"] for each in desk.see(no, "handling_unit")["actions"]}
    desk.walk(
        no,
        ("roads", "request_return", {"reason": "not ours"}),
        ("dispatcher", "approve_return"),
        ("dispatcher", "dispatch", {"unit": "U-water"}),
        ("dispatcher", "recall", {"reason": "wrong again"}),
        ("dispatcher", "dispatch", {"unit": "U-lamps"}),
    )
    with database.work(Actor.system()) as work:
        row = work.session.execute(sa.text("select wrong_dispatches from incident where no = :no"), {"no": no}).one()
    assert row.wrong_dispatches == 1
    states = [(each["unit"]["code"], each["state"]) for each in desk.see(no)["tasks"]]
    assert states == [("U-roads", "cancelled"), ("U-water", "cancelled"), ("U-lamps", "asked")]


def test_a_joint_call_is_reported_to_signed_and_rated(desk, database):
    no = desk.to("IN_PROGRESS")
    case = desk.do("street_office", no, "joint_call", departments=["U-roads", "U-water"])
    calls = {each["unit"]["code"]: each for each in case["tasks"] if each["kind"] == "joint_call"}
    assert calls["U-roads"]["report_in_by"] < calls["U-roads"]["due_at"]
    assert desk.task("water", no, calls["U-roads"], "report_in").json()["code"] == "wrong-role"
    for action in ("report_in", "done", "sign"):
        assert desk.task("roads", no, calls["U-roads"], action).status_code == 200
    assert desk.task("street_office", no, calls["U-roads"], "rate", score=4).status_code == 200
    assert desk.task("street_office", no, calls["U-roads"], "rate", score=1).json()["code"] == "guard"
    late = datetime.now(UTC) + timedelta(days=20)
    with database.work(Actor.system()) as work:
        assert upkeep.lift_deadlocks(work, now=late) == 1
    with database.work(Actor.system()) as work:
        assert upkeep.lift_deadlocks(work, now=late) == 0  # once
    up = desk.see(no)
    levels = [each["facts"]["to_level"] for each in up["transitions"] if each["action"] == "escalate"]
    assert levels == ["village", "town", "county"]  # one at a time
    refused = desk.ask("handling_unit", no, "report_done", media=desk.photo("after", "handling_unit"))
    assert refused.json()["what"] == "all child tasks done"
    assert desk.task("street_office", no, calls["U-water"], "cancel", reason="roads did it").status_code == 200
    case = desk.do("handling_unit", no, "report_done", media=desk.photo("after", "handling_unit"))
    assert {each["unit"]["code"]: each["score"] for each in case["tasks"] if each["kind"] == "joint_call"} == {
        "U-roads": 4, "U-water": None
    }  # fmt: skip


@pytest.mark.parametrize("already", [False, True], ids=["at its grid", "at the county"])
def test_a_critical_deadlock_stops_at_the_county(desk, database, already):
    no = desk.to("IN_PROGRESS", severity="critical")
    if already:
        desk.do("intake_officer", no, "escalate", reason="gas")
    desk.do("street_office", no, "joint_call", departments=["U-roads"])
    with database.work(Actor.system()) as work:
        upkeep.lift_deadlocks(work, now=datetime.now(UTC) + timedelta(days=20))
    levels = [each["facts"]["to_level"] for each in desk.see(no)["transitions"] if each["action"] == "escalate"]
    assert levels == ["county"]


def test_a_deadlock_goes_up_with_the_next_sweep_and_once_though_two_processes_see_to_it(desk, database):
    cases = [desk.to("IN_PROGRESS") for _ in range(2)]
    for no in cases:
        desk.do("street_office", no, "joint_call", departments=["U-roads"])
    put_back = sa.text(
        "update task set due_at = now() - interval '1 second' where kind = 'joint_call' and deadlocked_at is null"
        " and incident_id = any(select incident_id from intake_key where no = any(:cases))"
    )
    with database.work(Actor.system()) as work:
        assert work.session.execute(put_back, {"cases": cases}).rowcount == 2
    both = threading.Barrier(2)

    def sweep(_):
        both.wait()
        return housekeeping.run_clocks(database, Outbound(), now=datetime.now(UTC))["lifted"]

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(sweep, range(2))) == 2
    for no in cases:
        levels = [each["facts"]["to_level"] for each in desk.see(no)["transitions"] if each["action"] == "escalate"]
        assert levels == ["village", "town", "county"]


def test_supervision_must_be_answered_before_closing(desk):
    no = desk.to("CHECKED")
    due = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    case = desk.do("supervisor", no, "supervise", answer_due=due)
    assert case["incident"]["supervised"]
    assert desk.ask("shift_leader", no, "close").json()["what"] == "closing condition met"
    task = next(each for each in case["tasks"] if each["kind"] == "supervise")
    assert desk.task("shift_leader", no, task, "done", text="repaired").status_code == 200
    assert desk.do("shift_leader", no, "close")["incident"]["state"] == "CLOSED"


def test_escalation_goes_one_level_and_critical_to_street_and_county_at_once(desk):
    no = desk.report()["no"]
    assert desk.ask("intake_officer", no, "escalate", reason="x", to_level="county").json()["code"] == "guard"
    assert desk.do("intake_officer", no, "escalate", reason="x")["incident"]["handling_level"] == "village"
    no = desk.report(severity="critical")["no"]
    case = desk.do("intake_officer", no, "escalate", reason="collapse")
    assert case["incident"]["handling_level"] == "county"
    assert case["transitions"][-1]["facts"]["told"] == ["town", "county"]


def test_duplicates_are_linked_and_unlinked_and_keep_their_report(desk):
    master, copy = desk.report()["no"], desk.report(description="same lamp")["no"]
    assert desk.ask("intake_officer", copy, "link_duplicate", master=copy).status_code == 422
    assert desk.ask("intake_officer", copy, "link_duplicate", master="2026-01-999999").status_code == 404
    case = desk.do("intake_officer", copy, "link_duplicate", master=master)
    assert (case["incident"]["state"], case["incident"]["master_no"]) == ("DUPLICATE", master)
    assert [each["no"] for each in desk.see(master)["duplicates"]] == [copy]
    third = desk.report()["no"]
    assert desk.ask("intake_officer", third, "link_duplicate", master=copy).json()["what"] == "master not a duplicate"
    back = desk.do("intake_officer", copy, "unlink_duplicate", reason="another lamp")
    assert (back["incident"]["state"], back["incident"]["master_no"]) == ("REPORTED", None)
    assert back["incident"]["description"] == "same lamp"


def test_many_at_once_each_succeeds_or_fails_for_itself(desk):
    numbers = [desk.report()["no"] for _ in range(3)]
    desk.do("intake_officer", numbers[1], "accept")
    body = {
        "action": "accept",
        "incidents": [{"no": no, "revision": desk.see(no)["incident"]["revision"]} for no in numbers]
        + [{"no": "2026-01-999999", "revision": 1}],
    }
    answer = desk.clients["intake_officer"].post(f"{URL}/actions", json=body)
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert [each["no"] for each in results] == [*numbers, "2026-01-999999"]
    assert [each["done"] for each in results] == [True, False, True, False]
    assert [(each["problem"] or {}).get("code") for each in results] == [None, "wrong-state", None, "not-found"]
    assert {desk.see(no)["incident"]["state"] for no in numbers} == {"ACCEPTED"}
    twice = {"action": "accept", "incidents": [body["incidents"][0]] * 2}
    assert desk.clients["intake_officer"].post(f"{URL}/actions", json=twice).status_code == 422


def test_two_desks_at_once_take_one_step(desk):
    no = desk.report()["no"]
    seen = desk.see(no)["incident"]["revision"]
    gate = threading.Barrier(2)

    def accept(who):
        gate.wait()
        return desk.ask(who, no, "accept", revision=seen).status_code

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(accept, ["intake_officer", "second_intake"]))
    assert answers == [200, 412]
    assert len(desk.see(no)["transitions"]) == 2


def test_the_reporter_rates_reopens_and_appeals_by_a_link_once(desk, anonymous):
    no = desk.to("CHECKED")
    closed = desk.ask("shift_leader", no, "close", key="close-it")
    token = closed.json()["follow"]
    url = f"/api/v1/follow/{token}"
    seen = anonymous.get(url).json()
    assert (seen["no"], seen["state_zh"], seen["actions"]) == (no, "结案", ["rate", "reopen"])
    assert "description" not in seen
    used = anonymous.post(url, json={"action": "reopen", "score": 2, "reason": "reporter", "text": "dark, 13812345678"})
    assert (used.status_code, used.json()["state"], used.json()["actions"]) == (200, "OPENED", [])
    case = desk.see(no)
    assert case["incident"]["cycle"] == 2
    assert case["transitions"][-1]["text"] == "dark, [phone]"
    assert [each["action"] for each in case["transitions"][-2:]] == ["rate", "reopen"]
    spent = anonymous.post(url, json={"action": "rate", "score": 5})
    assert (spent.status_code, spent.json()["code"]) == (409, "link-spent")
    assert anonymous.get(url).json()["state"] == "OPENED"
    assert anonymous.get("/api/v1/follow/" + "x" * 32).status_code == 404
    again = desk.ask("shift_leader", no, "close", key="close-it", revision=closed.json()["incident"]["revision"] - 1)
    assert again.headers["idempotent-replay"] == "true"
    assert again.json()["follow"] is None  # shown once, kept nowhere
    no = desk.report()["no"]
    token = desk.do("intake_officer", no, "reject", reason="no such place")["follow"]
    assert anonymous.post(f"/api/v1/follow/{token}", json={"action": "appeal"}).json()["state"] == "REPORTED"
    same = desk.ask("intake_officer", no, "accept")
    assert same.json()["what"] == "another intake officer after an appeal"
    assert desk.do("second_intake", no, "accept")["incident"]["state"] == "ACCEPTED"


def test_no_number_of_a_person_goes_into_the_chain_with_the_outside_body(desk):
    no = desk.to("ACCEPTED")
    case = desk.do("shift_leader", no, "refer", outside_body="Railway, Mr Li 13812345678", reason="their land")
    assert case["transitions"][-1]["facts"] == {"outside_body": "Railway, Mr Li [phone]"}
    desk.do("intake_officer", no, "refuse_referral", reason="not theirs")


def test_a_referred_case_is_all_that_an_outside_body_sees(desk):
    no, other = desk.to("ACCEPTED"), desk.report()["no"]
    outside = desk.clients["outside_body"]
    assert outside.get(f"{URL}/{no}").status_code == 404
    desk.do("shift_leader", no, "refer", outside_body="Power company", reason="their cable")
    assert {each["no"] for each in outside.get(URL).json()["incidents"]} == {no}
    assert outside.get(f"{URL}/counts").json()["by_state"] == {"REFERRED": 1}
    assert outside.get(f"{URL}/{other}").status_code == 404
    assert outside.get("/api/v1/plans").json()["code"] == "outside-body"
    desk.do("outside_body", no, "acknowledge_referral")
    case = desk.do("outside_body", no, "refuse_referral", reason="not our cable")
    assert case["incident"]["state"] == "ACCEPTED"
    assert outside.get(URL).json()["incidents"] == []


def test_contacts_are_sealed_told_to_a_right_only_and_erased_at_archiving(desk, database, app, make_account):
    no = desk.to("CHECKED")
    url = f"{URL}/{no}/contact"
    officer = desk.clients["intake_officer"]
    assert officer.get(url).status_code == 404
    assert officer.put(url, json={"contact": "13812345678"}).status_code == 204
    assert officer.get(url).json()["contact"] == "13812345678"
    with database.work(Actor.system()) as work:
        sealed = work.session.execute(sa.text("select sealed from incident_contact")).scalars().all()
        assert all(b"13812345678" not in bytes(each) for each in sealed)
        reads = work.session.scalar(
            sa.text("select count(*) from audit where action = 'contact.read' and target = :no"), {"no": no}
        )
        assert reads == 1
    with Client(app, headers={"Authorization": f"Bearer {make_account('dispatcher', name='no-contacts')}"}) as other:
        with database.owner_work(Actor.system()) as work:
            work.session.execute(
                sa.text("delete from scope where role = 'reporter_contact' and account_id = (select id from account"
                        " where name = 'no-contacts')")
            )  # fmt: skip
        assert other.get(url).status_code == 403
    token = desk.do("shift_leader", no, "close", text="thanks to 13812345678")["follow"]
    photos = desk.see(no)["media"]
    assert officer.get(photos[0]["url"]).status_code == 200
    with database.work(Actor.system()) as work:
        assert upkeep.archive(work, now=datetime.now(UTC) + timedelta(days=9)) == 0
    with database.work(Actor.system()) as work:
        assert upkeep.archive(work, now=datetime.now(UTC) + timedelta(days=30)) >= 1
    assert officer.get(url).status_code == 404
    case = desk.see(no)
    assert case["media"] == []
    assert {officer.get(photo["url"]).status_code for photo in photos} == {404}
    assert (case["incident"]["state"], case["transitions"][-1]["actor"]) == ("ARCHIVED", None)
    assert case["actions"] == []
    assert officer.get(f"/api/v1/follow/{token}").status_code == 404
    proof = officer.get(f"{URL}/{no}/verify").json()
    assert (proof["intact"], proof["differs"], proof["broken_at"]) == (True, [], None)


def test_a_changed_step_a_changed_text_and_a_changed_row_show(desk, database):
    no = desk.to("ACCEPTED")
    desk.do("intake_officer", no, "request_void", reason="typed twice")
    url = f"{URL}/{no}/verify"
    assert desk.clients["shift_leader"].get(url).json()["intact"]
    key = "(month, incident_id) = (select month, incident_id from intake_key where no = :no)"
    for change, undo, found in (
        ("update transition_text set reason = 'forged'", "update transition_text set reason = 'typed twice'",
         {"changed_texts": [3]}),
        ("update incident set state = 'CLOSED'", "update incident set state = 'ACCEPTED'", {"differs": ["state"]}),
    ):  # fmt: skip
        where = key.replace("incident_id)", "id)", 1) if "update incident " in change else key
        for statement, expected in ((change, found), (undo, {"intact": True})):
            with database.owner_work(Actor.system()) as work:
                work.session.execute(sa.text(f"{statement} where {where}"), {"no": no})
            proof = desk.clients["shift_leader"].get(url).json()
            assert {name: proof[name] for name in expected} == expected
    with database.owner_work(Actor.system()) as work, pytest.raises(Exception, match="append-only"):
        work.session.execute(sa.text(f"delete from transition where {key}"), {"no": no})


def test_the_queue_is_filtered_counted_and_sorted_by_limit(desk):
    client = desk.clients["shift_leader"]
    no = desk.to("OPENED", severity="major", item="Filter me")
    one = {"q": "filter", "severity": "major", "area": "990101001001"}
    assert [each["no"] for each in client.get(URL, params=one).json()["incidents"]] == [no]
    assert client.get(f"{URL}/counts", params=one).json() == {
        "total": 1, "by_state": {"OPENED": 1}, "by_area": {"990101001001": 1}, "by_clock": {"ok": 1},
        "todo": 0, "requests": 0,
    }  # fmt: skip
    assert client.get(URL, params={**one, "area": "990101002"}).json()["incidents"] == []
    assert [each["no"] for each in client.get(URL, params={"q": no}).json()["incidents"]] == [no]
    everything, cursor = [], ""
    while True:
        page = client.get(URL, params={"sort": "due", "limit": 5, **({"cursor": cursor} if cursor else {})}).json()
        everything += page["incidents"]
        cursor = page["next"]
        if cursor is None:
            break
    total = client.get(f"{URL}/counts").json()["total"]
    assert len({each["no"] for each in everything}) == len(everything) == total
    limits = [each["due_at"] for each in everything if each["due_at"]]
    assert limits == sorted(limits)
    assert [bool(each["due_at"]) for each in everything] == sorted(
        (bool(e["due_at"]) for e in everything), reverse=True
    )
    mine = desk.clients["roads"].get(URL, params={"mine": "true", "limit": 1000}).json()["incidents"]
    assert {each["unit"]["code"] for each in mine if each["state"] == "DISPATCHED"} <= {"U-roads"}
    assert client.get(URL, params={"clock": "late"}).status_code == 200
    assert client.get(URL, params={"area": "12"}).status_code == 422
