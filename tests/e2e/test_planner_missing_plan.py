"""A plan that the page asks for by its address: of another territory, deleted meanwhile, or never there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import shapely
from playwright.sync_api import Browser, Page, expect

from services import access
from store.database.actor import Actor
from store.database.models import Plan, Territory
from tests.api.conftest import serving, settings_for
from tests.api.town import SRID, build_town, many

pytestmark = pytest.mark.e2e


def draft(territory: Any, name: str) -> Plan:
    return Plan(
        id=uuid4(),
        territory_id=territory,
        kind="household",
        name=name,
        status="draft",
        spec={},
        spec_digest=name,
        quality={},
    )


@pytest.fixture(scope="module")
def office(database, database_urls, tmp_path_factory) -> Iterator[SimpleNamespace]:
    from api.app import create_app

    town = build_town(database)
    far = Territory(id=uuid4(), name="Zweitland", metric_srid=SRID, outline=many(shapely.box(9000, 9000, 9900, 9900)))
    elsewhere, mine = draft(far.id, "Far draft"), draft(town.territory, "My draft")
    with database.work(Actor.system()) as work:
        work.session.add(far)
        work.session.flush()
        work.session.add_all([elsewhere, mine])
        access.create_account(work, "ann", roles=["planner"])
        found = SimpleNamespace(elsewhere=str(elsewhere.id), mine=str(mine.id), far=str(far.id))
    with serving(create_app(settings_for(database_urls, tmp_path_factory.mktemp("home"), jobs_in_server=False))) as at:
        found.base = at
        yield found


@pytest.fixture
def page(browser: Browser, office: Any, database) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    with database.work(Actor.system()) as work:
        code = access.issue_link(work, "ann", now=datetime.now(UTC))
    opened = context.new_page()
    opened.goto(f"{office.base}/#/sign-in?code={code}")
    opened.get_by_role("banner").wait_for()
    yield opened
    context.close()


def open_plan(page: Page, office: Any, plan: str) -> None:
    page.goto(f"{office.base}/#/planner?plan={plan}")
    page.reload()
    page.get_by_role("banner").wait_for()


def test_the_address_of_a_plan_alone_opens_its_territory(page: Page, office: Any) -> None:
    open_plan(page, office, office.elsewhere)
    expect(page.locator(".plan-picker")).to_contain_text("Far draft")
    expect(page.locator("button.territory")).to_contain_text("Zweitland")
    expect(page.get_by_text("not there any more")).to_have_count(0)


@pytest.mark.parametrize("plan", ["00000000-0000-4000-8000-000000000000", "no-plan"])
def test_a_plan_that_is_not_there_is_said_and_another_named(page: Page, office: Any, plan: str) -> None:
    open_plan(page, office, plan)
    told = page.get_by_role("alert").filter(has_text="not there any more")
    expect(told).to_contain_text("This is Six grids")
    expect(page.locator(".plan-picker")).to_contain_text("Six grids")
    told.get_by_role("button", name="Close").click()
    expect(told).to_have_count(0)
    assert plan not in page.url


def test_a_plan_that_somebody_deletes_meanwhile_is_said(page: Page, office: Any, database) -> None:
    open_plan(page, office, office.mine)
    expect(page.locator(".plan-picker")).to_contain_text("My draft")
    page.request.delete(f"{office.base}/api/v1/plans/{office.mine}", headers={"If-Match": '"1"', "Origin": office.base})
    expect(page.get_by_role("alert").filter(has_text="not there any more")).to_be_visible(timeout=10_000)
