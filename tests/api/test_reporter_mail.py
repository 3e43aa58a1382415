"""Whoever left a mail address is told when their case ends, by a link that works once; nobody else learns of it."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
import sqlalchemy as sa

from services.cases.contacts import contact_key
from services.deliveries import outbound_of
from services.reporter_mail import BACKOFF, LEASE, ReporterMail, tell_due
from services.settings import Settings
from store.database.actor import Actor
from store.outbound.mail import MailServer
from tests.api.case_desk import URL, open_desk

WHO = "reporter@example.org"


@pytest.fixture(scope="module")
def desk(app, database, make_account):
    with open_desk(app, database, make_account) as desk:
        yield desk


class Postman(socketserver.StreamRequestHandler):
    """Takes mail in by SMTP; refuses while the office is shut."""

    def handle(self) -> None:
        self.say("220 here")
        while (line := self.rfile.readline().strip().upper()) != b"QUIT" and line:
            if line.startswith(b"RCPT") and self.server.shut:
                self.say(f"451 {WHO} is busy")
            elif line == b"DATA":
                self.say("354 go on")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.letters.append(message_from_bytes(b"".join(lines), policy=policy.default))
                self.say("250 kept")
            else:
                self.say("250 yes")
        self.say("221 bye")

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def post_office() -> Iterator[socketserver.ThreadingTCPServer]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Postman) as office:
        office.shut, office.letters = False, []
        threading.Thread(target=office.serve_forever, args=(0.05,), daemon=True).start()
        yield office
        office.shutdown()


@pytest.fixture
def office():
    with post_office() as office:
        yield office


def told_by(office, app) -> ReporterMail:
    settings: Settings = app.state.wiring.settings
    server = MailServer("127.0.0.1", office.server_address[1], "grid@example.gov", "none")
    return ReporterMail(
        server,
        "https://grid.example.gov",
        lambda: contact_key(settings.database.home, settings.cases.contact_key_file),
    )


def closed_with(desk, contact: str) -> str:
    no = str(desk.to("CHECKED"))
    assert desk.clients["intake_officer"].put(f"{URL}/{no}/contact", json={"contact": contact}).status_code == 204
    desk.do("shift_leader", no, "close")
    return no


def test_a_reporter_gets_one_mail_with_a_link_that_works(desk, database, app, office, caplog):
    no = closed_with(desk, WHO)
    now = datetime.now(UTC)
    office.shut = True
    assert tell_due(database, told_by(office, app), now=now) == 1
    assert "could not be told" in caplog.text
    assert not any(WHO in str(vars(record)) for record in caplog.records)
    office.shut = False
    assert tell_due(database, told_by(office, app), now=now + BACKOFF[0] / 2) == 0
    assert tell_due(database, told_by(office, app), now=now + BACKOFF[0]) == 1
    assert tell_due(database, told_by(office, app), now=now + timedelta(days=5)) == 0

    (letter,) = office.letters
    text = letter.get_content()
    assert (letter["To"], letter["Subject"]) == (WHO, f"{no} is closed / 已结案")
    token = re.search(r"https://grid\.example\.gov/#/follow/(\S+)", text)[1]
    followed = desk.clients["intake_officer"].get(f"/api/v1/follow/{token}").json()
    assert (followed["no"], followed["state"]) == (no, "CLOSED")
    assert "rate" in followed["actions"]
    with database.work(Actor.system()) as work:
        lines = work.session.scalars(sa.text("select target from audit where action = 'contact.mail'")).all()
    # each try opened the sealed address, and each look is on the record
    assert lines.count(no) == 2


def test_nobody_is_mailed_at_a_telephone_nor_of_a_case_that_went_on(desk, database, app, office):
    closed_with(desk, "13812345678")
    reopened = closed_with(desk, WHO)
    desk.do("inspector", reopened, "reopen", reason="still there")
    assert tell_due(database, told_by(office, app), now=datetime.now(UTC)) == 2
    assert office.letters == []
    assert tell_due(database, told_by(office, app), now=datetime.now(UTC) + LEASE * 2) == 0


def test_settings_say_whether_reporters_are_told(monkeypatch):
    monkeypatch.setenv("GRIDWARD_SMTP_HOST", "mail.example.gov")
    monkeypatch.setenv("GRIDWARD_MAIL_FROM", "grid@example.gov")
    assert outbound_of(Settings.read()).reporters is None
    monkeypatch.setenv("GRIDWARD_PUBLIC_URL", "https://grid.example.gov/")
    assert outbound_of(Settings.read()).reporters.base_url == "https://grid.example.gov"
