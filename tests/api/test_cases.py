"""A case from report to archive, through every hand; what is refused, and that nothing is written then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.api.case_desk import URL, open_desk


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
    early = desk.ask("handling_unit", no, "report_done", media=desk.photo("after"))
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
        ("handling_unit", "report_done", {"media": desk.photo("after")}),
        ("intake_officer", "send_to_check"),
        ("inspector", "fail_check", {"reason": "still dark", "media": desk.photo("other")}),
        ("handling_unit", "report_done", {"media": desk.photo("after")}),
        ("intake_officer", "send_to_check"),
        ("inspector", "pass_check", {"media": desk.photo("other")}),
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
    assert again.json() == first.json()
    other = desk.ask("intake_officer", no, "reject", revision=seen, key=key, reason="another")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-key-reused")
    assert len(desk.see(no)["transitions"]) == 2
