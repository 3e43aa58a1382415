"""Notices leave the house once, signed or encrypted, to where they may go; every try is in the ledger."""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from gis.errors import InvalidInputError, NotAllowedError, NotFoundError
from services import deliveries, notifications
from services.deliveries import BACKOFF, Outbound, deliver
from store.database import notifications as sql
from store.database.actor import Actor
from store.outbound import mail, webhooks
from store.outbound.mail import MailServer
from store.outbound.webhooks import OutboundError, check_target, post, resolve
from tests.services.outside import certificate, mail_server, receiver

SYSTEM = Actor.system()
INSIDE = ("127.0.0.0/8", "localhost")
FACTS = {"no": "2026-11-000001", "item": "井盖破损", "state": "IN_PROGRESS", "clock": "stage", "percent": 100}


@pytest.fixture(scope="module")
def tls(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def clean(database):
    with database.work(SYSTEM) as work:
        for table in ("webhook", "notification"):
            work.session.execute(sa.text(f"delete from {table}"))


@pytest.fixture
def tell(database, clean):
    """Have a target be told one notice; returns the webhook's id and secret."""

    def run(channel, target, **options):
        with database.work(SYSTEM) as work:
            view, secret = notifications.add_webhook(work, channel, target, inside=INSIDE, **options)
        with database.work(SYSTEM) as work:
            sql.add(work.session, {"kind": "clock", "role": "handling_unit", "facts": FACTS})
        return view.id, secret

    return run


def ledger(database, webhook):
    with database.work(SYSTEM) as work:
        return notifications.list_deliveries(work, webhook)


def test_a_webhook_is_signed_and_told_once(database, tell):
    with receiver([(204, {})]) as (port, got):
        webhook, secret = tell("webhook", f"http://127.0.0.1:{port}/hook?a=1")
        now = datetime.now(UTC)
        assert deliver(database, Outbound(inside=INSIDE), now=now) == 1
        assert deliver(database, Outbound(inside=INSIDE), now=now + timedelta(hours=1)) == 0
    path, headers, body = got[0]
    assert (path, len(got)) == ("/hook?a=1", 1)
    assert json.loads(body)["facts"] == FACTS
    stamp, digest = (part.partition("=")[2] for part in headers["Gridward-Signature"].split(","))
    assert hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest() == digest
    assert abs(int(stamp) - now.timestamp()) < 60
    one = ledger(database, webhook)[0]
    assert (one["state"], str(one["id"])) == ("sent", headers["Gridward-Delivery"])
    assert [(attempt["ok"], attempt["status"]) for attempt in one["tries"]] == [(True, 204)]


def test_failed_tries_come_again_later_and_end(database, tell):
    with receiver([(500, {}), (302, {"Location": "http://127.0.0.1:1/"}), (200, {})]) as (port, got):
        webhook, _ = tell("webhook", f"http://127.0.0.1:{port}/")
        now = datetime.now(UTC)
        for tries, wait in enumerate((timedelta(0), BACKOFF[0], BACKOFF[1]), start=1):
            now += wait
            assert deliver(database, Outbound(inside=INSIDE), now=now) == 1
            assert deliver(database, Outbound(inside=INSIDE), now=now + timedelta(seconds=1)) == 0
            assert len(got) == tries
    one = ledger(database, webhook)[0]
    assert one["state"] == "sent"
    assert [attempt["status"] for attempt in one["tries"]] == [500, 302, 200], "a redirect is an answer, not a way"
    # nobody answers any more: after the last try it is given up
    with database.work(SYSTEM) as work:
        sql.add(work.session, {"kind": "case", "role": "inspector", "facts": FACTS})
    now = datetime.now(UTC)
    for wait in (timedelta(0), *BACKOFF):
        now += wait
        assert deliver(database, Outbound(inside=INSIDE), now=now) == 1
    assert deliver(database, Outbound(inside=INSIDE), now=now + timedelta(days=2)) == 0
    assert {one["state"] for one in ledger(database, webhook)} == {"sent", "given_up"}


def test_what_was_given_up_is_tried_once_more_when_it_is_asked_for(database, tell):
    with receiver([(500, {})] * (len(BACKOFF) + 2) + [(200, {})]) as (port, got):
        webhook, _ = tell("webhook", f"http://127.0.0.1:{port}/")
        now = datetime.now(UTC)
        assert again(database, webhook, now) == 0
        for wait in (timedelta(0), *BACKOFF):
            now += wait
            assert deliver(database, Outbound(inside=INSIDE), now=now) == 1
        assert [one["state"] for one in ledger(database, webhook)] == ["given_up"]
        # who failed so long doesn't get the whole row of tries again
        for state in ("given_up", "sent"):
            assert (again(database, webhook, now), again(database, webhook, now)) == (1, 0)
            assert deliver(database, Outbound(inside=INSIDE), now=now) == 1
            assert [one["state"] for one in ledger(database, webhook)] == [state]
        assert again(database, webhook, now) == 0
    (one,) = ledger(database, webhook)
    assert [attempt["seq"] for attempt in one["tries"]] == list(range(1, len(got) + 1))
    with pytest.raises(NotFoundError):
        again(database, uuid4(), now)


def again(database, webhook, now):
    with database.work(SYSTEM) as work:
        return notifications.send_again(work, webhook, now=now)


def test_a_worker_that_died_with_a_delivery_leaves_it_to_the_next(database, tell):
    with receiver([(200, {})]) as (port, got):
        tell("webhook", f"http://127.0.0.1:{port}/")
        now = datetime.now(UTC)
        with database.work(SYSTEM) as work:
            sql.spread(work.session, now)
            assert sql.take(work.session, now, now + deliveries.LEASE) is not None
        assert deliver(database, Outbound(inside=INSIDE), now=now) == 0
        assert deliver(database, Outbound(inside=INSIDE), now=now + deliveries.LEASE) == 1
        assert len(got) == 1


def test_https_is_checked_against_the_authorities(tls):
    with receiver([(200, {})], tls) as (port, got):
        target = f"https://localhost:{port}/"
        assert post(target, b"{}", {}, inside=INSIDE, ca_file=str(tls[0])) == 200
        with pytest.raises(OutboundError, match="CERTIFICATE"):
            post(target, b"{}", {}, inside=INSIDE)
        assert len(got) == 1


def test_an_answer_that_drips_is_cut_off(monkeypatch):
    monkeypatch.setattr(webhooks, "LONGEST_S", 0.5)
    with receiver(["drip"]) as (port, _), pytest.raises(OutboundError):
        post(f"http://127.0.0.1:{port}/", b"{}", {}, inside=INSIDE)


@pytest.mark.parametrize(
    "target",
    ["http://example.org/", "ftp://example.org/", "https://", "https://user:pw@example.org/", "https://127.0.0.1/",
     "https://[::1]/", "https://10.0.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/",
     "https://[fe80::1]/", "https://0.0.0.0/", "https://224.0.0.1/", "https://[::ffff:127.0.0.1]/",
     "https://example.org:0/", "https://example.org:99999/", "https://example.org/#x", "https://exa\nmple.org/",
     "https://example.org/" + "x" * 600],
)  # fmt: skip
def test_webhooks_go_to_public_addresses_only(target):
    with pytest.raises(InvalidInputError) as refused:
        check_target(target)
    assert refused.value.fields["field"] == "target"


def test_what_the_settings_name_may_be_inside_but_never_link_local():
    assert check_target("http://10.1.2.3/x", ("10.0.0.0/8",)).hostname == "10.1.2.3"
    assert check_target("http://desk.lan/x", ("desk.lan",)).hostname == "desk.lan"
    assert check_target("https://example.org:8443/x").port == 8443
    with pytest.raises(InvalidInputError):
        check_target("http://169.254.169.254/", ("169.254.0.0/16",))
    with pytest.raises(OutboundError, match="not public"):
        resolve("localhost", 80)
    assert resolve("localhost", 80, ("localhost",)).is_loopback
    with pytest.raises(OutboundError, match="not known"):
        resolve("no-such-host.invalid", 80)
    with pytest.raises(OutboundError):
        post("http://example.org/", b"", {})


def test_mail_is_encrypted_and_signed_in(database, tell, tls):
    with mail_server(tls) as (port, got):
        webhook, secret = tell("mail", "desk@example.org", kinds=["clock"])
        server = MailServer("localhost", port, "gridward@example.org", user="g", password="p", ca_file=str(tls[0]))
        assert deliver(database, Outbound(server), now=datetime.now(UTC)) == 1
    encrypted, signed_in, message = got[0]
    assert (secret, encrypted, signed_in, message["To"]) == ("", True, True, "desk@example.org")
    assert message["Subject"] == "2026-11-000001: 100 % of its limit (in progress 处置)"
    assert "井盖破损" in message.get_content()
    assert ledger(database, webhook)[0]["state"] == "sent"


def test_mail_is_not_sent_where_the_way_is_open(tls):
    with mail_server(tls, offers=False) as (port, got):
        with pytest.raises(OutboundError, match="STARTTLS"):
            mail.send(MailServer("localhost", port, "a@b.c"), "d@e.f", "x", "y")
        mail.send(MailServer("localhost", port, "a@b.c", security="none"), "d@e.f", "line\nbreak", "y")
        assert [(encrypted, message["Subject"]) for encrypted, _, message in got] == [(False, "line break")]
    with pytest.raises(OutboundError):
        mail.send(MailServer("localhost", port, "a@b.c", security="tls"), "d@e.f", "x", "y")


def test_without_a_mail_server_the_ledger_says_so(database, tell):
    webhook, _ = tell("mail", "desk@example.org")
    assert deliver(database, Outbound(), now=datetime.now(UTC)) == 1
    assert "GRIDWARD_SMTP_HOST" in ledger(database, webhook)[0]["tries"][0]["note"]


def test_a_plugin_is_a_channel(database, tell, tmp_path, monkeypatch):
    (tmp_path / "sms_plugin.py").write_text(
        "sent = []\ndef send(target, text, facts):\n    if target == 'bad':\n        raise ValueError('no such number')\n"
        "    sent.append((target, text, facts['no']))\n"
    )
    info = tmp_path / "sms_plugin-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sms-plugin\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[gridward.notices]\nsms = sms_plugin:send\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    good, _ = tell("sms", "duty-desk")
    with database.work(SYSTEM) as work:
        bad, _ = notifications.add_webhook(work, "sms", "bad")
        sql.add(
            work.session,
            {"kind": "clock", "role": "dispatcher", "facts": FACTS, "at": datetime.now(UTC) + timedelta(seconds=1)},
        )
    deliver(database, Outbound(), now=datetime.now(UTC) + timedelta(seconds=5))
    assert sys.modules["sms_plugin"].sent[0][::2] == ("duty-desk", "2026-11-000001")
    assert ledger(database, good)[0]["state"] == "sent"
    assert "no such number" in ledger(database, bad.id)[0]["tries"][0]["note"]


def test_places_to_tell_are_checked_and_belong_to_the_system_administrator(database, clean):
    with database.work(SYSTEM) as work:
        for channel, target, kinds in (
            ("webhook", "http://example.org/", []), ("mail", "nobody", []), ("mail", "a@b.c\nBcc: d@e.f", []),
            ("pigeon", "x", []), ("webhook", "https://example.org/", ["gossip"]), ("mail", "", []),
        ):  # fmt: skip
            with pytest.raises(InvalidInputError):
                notifications.add_webhook(work, channel, target, kinds=kinds)
        made, _ = notifications.add_webhook(work, "webhook", "https://example.org/hook")
        assert [row.id for row in notifications.list_webhooks(work)] == [made.id]
        notifications.remove_webhook(work, made.id)
        with pytest.raises(NotFoundError):
            notifications.remove_webhook(work, made.id)
    other = Actor(None, "mei", frozenset({"dispatcher"}))
    with database.work(other) as work, pytest.raises(NotAllowedError):
        notifications.list_webhooks(work)


def test_old_notices_go(database, clean):
    with database.work(SYSTEM) as work:
        for age in (10, 100):
            sql.add(
                work.session,
                {"kind": "clock", "role": "inspector", "facts": FACTS, "at": datetime.now(UTC) - timedelta(days=age)},
            )
        assert notifications.forget_old(work, now=datetime.now(UTC)) == 1


def test_words_say_the_hour_of_the_territory_and_no_names_of_the_program():
    due = {**FACTS, "due_at": "2026-11-23T16:29:46.91039+00:00"}
    subject, text = deliveries.words("clock", due, "Asia/Shanghai")
    assert subject == "2026-11-000001: 100 % of its limit (in progress 处置)"
    assert text.splitlines()[-1] == "Due 到期: 2026-11-24 00:29"
    step = {"no": "2026-11-000001", "item": "井盖破损", "action": "send_to_check", "state": "CHECKING"}
    assert deliveries.words("case", step)[0] == "2026-11-000001: send to check (核查派发 → 核查)"
    lifted = {**step, "action": "deadlock", "state": "DISPATCHED"}
    assert (
        deliveries.words("case", lifted)[0] == "2026-11-000001: joint call not settled in time (吹哨逾期未处置 → 派遣)"
    )
    done = {**step, "action": "task_report_in", "state": "DISPATCHED"}
    assert deliveries.words("case", done)[0] == "2026-11-000001: reported in (报到 → 派遣)"
