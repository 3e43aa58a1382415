"""Desks of five duties on one server, for the tests of the dispatcher's desk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from playwright.sync_api import BrowserContext, Locator, Page

from services import access
from services.cases.posts import link_account
from store.database.actor import Actor
from store.database.engine import Database
from tests.e2e.conftest import COARSE, DESK, Desk, watch

DUTIES = {
    "clerk": "intake_officer", "leader": "shift_leader", "sender": "dispatcher", "crew": "handling_unit",
    "eye": "inspector",
}  # fmt: skip
PAGES_KEPT = 2
LON, LAT = 24.946, 60.1702


@dataclass
class Office:
    """Desks of five duties on one server."""

    server: Any
    browser: Any
    codes: dict[str, str]
    item: str
    unit: str
    database: Database
    stack: ExitStack
    lat: float
    contexts: dict[str, BrowserContext] = field(default_factory=dict)

    def context(self, name: str, **options: Any) -> BrowserContext:
        """Return a browser in which an account is signed in."""
        if name in self.contexts and not options:
            return self.contexts[name]
        state = self.contexts[name].storage_state() if name in self.contexts else None
        context = self.browser.new_context(
            **{"viewport": DESK, "device_scale_factor": COARSE, "reduced_motion": "reduce", "locale": "en-GB"}
            | options,
            storage_state=state,
        )
        context.set_default_timeout(30_000)
        self.stack.callback(context.close)
        if state is None:
            answer = context.request.post(
                f"{self.server.base}/api/v1/session",
                data={"code": self.codes[name]},
                headers={"Origin": self.server.base},
            )
            assert answer.ok, answer.text()
            self.contexts[name] = context
        return context

    def desk(self, name: str, address: str, **options: Any) -> Desk:
        """Open an address at the desk of an account."""
        context = self.context(name, **options)
        # a browser has six connections to a server for all its pages, and each page on screen listens on one
        for page in context.pages[:-PAGES_KEPT]:
            page.close()
        desk = watch(context, self.server.base)
        desk.open(address)
        return desk

    def report(self, **more: Any) -> str:
        """Report something through the API and return its number."""
        body = {"lon": LON, "lat": self.lat, "item": "Lamp out", **more}
        answer = self.context("clerk").request.post(
            f"{self.server.base}/api/v1/incidents",
            data=body,
            headers={"Origin": self.server.base, "Idempotency-Key": str(uuid4())},
        )
        assert answer.ok, answer.text()
        return answer.json()["incident"]["no"]

    def see(self, no: str) -> dict[str, Any]:
        """Return a case as the dispatcher sees it."""
        answer = self.context("sender").request.get(f"{self.server.base}/api/v1/incidents/{no}")
        assert answer.ok, answer.text()
        return answer.json()

    def listed(self, *, channel: str) -> list[dict[str, Any]]:
        """Return the newest cases that came by a channel, as the clerk sees them."""
        answer = self.context("clerk").request.get(f"{self.server.base}/api/v1/incidents?limit=500")
        assert answer.ok, answer.text()
        return [one for one in answer.json()["incidents"] if one["channel"] == channel]

    def act(self, name: str, no: str, action: str, **body: Any) -> None:
        """Take an action through the API."""
        revision = self.see(no)["incident"]["revision"]
        answer = self.context(name).request.post(
            f"{self.server.base}/api/v1/incidents/{no}/actions/{action}",
            data=body,
            headers={"Origin": self.server.base, "If-Match": f'"{revision}"', "Idempotency-Key": str(uuid4())},
        )
        assert answer.ok, f"{name} {action}: {answer.text()}"

    def opened(self, **more: Any) -> str:
        """Return a new case that waits for the dispatcher."""
        no = self.report(item_code=self.item, **more)
        self.act("clerk", no, "accept")
        self.act("leader", no, "open")
        return no


@contextmanager
def open_office(server: Any, browser: Any, tag: str, *, lat: float = LAT) -> Iterator[Office]:
    """Give the demo's server an account ``tag-duty`` for each duty; the crew is of the unit that leads.

    Cases lie on the latitude `lat`: two files of tests that run on one server keep further apart than a repeat may.
    """
    urls = server.environment
    database = Database(urls["GRIDWARD_DATABASE_URL"], urls["GRIDWARD_DATABASE_OWNER_URL"])
    codes = {}
    with database.work(Actor.system()) as work:
        item, unit = work.session.execute(
            sa.text(
                "select i.code, u.code from catalogue_item i join lead_unit l on l.item in (i.code, i.class_code, '*')"
                " and l.area = '*' join unit u on u.id = l.unit_id where not i.urgent and i.severity = 'minor'"
                " order by i.code, l.item = i.code desc limit 1"
            )
        ).one()
        for duty, role in DUTIES.items():
            access.create_account(work, f"{tag}-{duty}", roles=[role], display=f"{tag}-{duty}")
            codes[duty] = access.issue_link(work, f"{tag}-{duty}", now=datetime.now(UTC))
        link_account(work, f"{tag}-crew", unit=unit, staff=None)
    with ExitStack() as stack:
        stack.callback(database.dispose)
        yield Office(server, browser, codes, item, unit, database, stack, lat)


def card(page: Page) -> Locator:
    """Return the card of the case in hand."""
    return page.get_by_test_id("incident")


def short(no: str) -> str:
    """Return the last figures of a number."""
    return no.rsplit("-", 1)[-1]
