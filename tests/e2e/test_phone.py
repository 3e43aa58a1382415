"""The phone page: a report without a signal, the way of a case through many hands, a plate, a link to follow."""

from __future__ import annotations

import io
import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import segno
import sqlalchemy as sa
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from services import access, plates
from services.cases.posts import link_account
from store.database.actor import Actor
from store.database.engine import Database
from store.database.models import Unit
from tests.e2e.conftest import DESK, NO_WEBGL, ONLY_LOOPBACK, PHONE

AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RULES = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}"
ACCOUNTS = {
    "w-clerk": "intake_officer",
    "w-leader": "shift_leader",
    "w-sender": "dispatcher",
    "w-street": "street_office",
    "w-walker": "grid_staff",
    "w-crew": "handling_unit",
    "w-drains": "handling_unit",
    "w-eye": "inspector",
}
UNITS = {"w-crew": ("E2E-ROADS", "Road works"), "w-drains": ("E2E-DRAINS", "Drains")}
HERE = {"longitude": 24.9459, "latitude": 60.1697, "accuracy": 9}


def picture(colour: tuple[int, int, int] = (120, 150, 170)) -> dict[str, Any]:
    """A photo as a phone's camera gives it."""
    content = io.BytesIO()
    Image.new("RGB", (1600, 1200), colour).save(content, "JPEG")
    return {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": content.getvalue()}


@dataclass
class Office:
    """Accounts of every duty, each in a browser of its own, and what they ask the server."""

    base: str
    browser: Any
    codes: dict[str, str]
    plate: str
    stack: ExitStack
    contexts: dict[str, BrowserContext] = field(default_factory=dict)
    cookies: dict[str, list[Any]] = field(default_factory=dict)

    def of(self, name: str) -> BrowserContext:
        """Return the phone of an account, signed in once."""
        if name not in self.contexts:
            context = self.phone()
            if name in self.cookies:
                context.add_cookies(self.cookies[name])
            else:
                answer = context.request.post(
                    f"{self.base}/api/v1/session", data={"code": self.codes[name]}, headers={"Origin": self.base}
                )
                assert answer.ok, answer.text()
            self.contexts[name] = context
        return self.contexts[name]

    def put_away(self) -> None:
        """Close every phone; nothing that waits on one, and no lost signal, goes on to the next test."""
        for name, context in self.contexts.items():
            self.cookies[name] = context.cookies()
            context.close()
        self.contexts.clear()

    def phone(self, **options: Any) -> BrowserContext:
        """Return a phone that nobody is signed in on."""
        context = self.browser.new_context(
            viewport=PHONE, has_touch=True, is_mobile=True, locale="en-GB", reduced_motion="reduce",
            geolocation=HERE, permissions=["geolocation"], **options,
        )  # fmt: skip
        context.set_default_timeout(30_000)
        self.stack.callback(context.close)
        return context

    def open(self, name: str, address: str) -> Page:
        """Open an address on the phone of an account."""
        page = self.of(name).new_page()
        page.goto(f"{self.base}/{address}")
        page.locator(".phone-head").wait_for()
        return page

    def get(self, name: str, path: str) -> Any:
        """Ask the API as an account."""
        answer = self.of(name).request.get(f"{self.base}{path}")
        assert answer.ok, answer.text()
        return answer.json()

    def act(self, name: str, no: str, action: str, **body: Any) -> Any:
        """Take an action at a desk."""
        revision = self.get(name, f"/api/v1/incidents/{no}")["incident"]["revision"]
        answer = self.of(name).request.post(
            f"{self.base}/api/v1/incidents/{no}/actions/{action}",
            data=body,
            headers={"Origin": self.base, "If-Match": f'"{revision}"', "Idempotency-Key": str(uuid4())},
        )
        assert answer.ok, f"{name} {action}: {answer.text()}"
        return answer.json()

    def photo(self, name: str, stage: str) -> list[str]:
        """Send a photo."""
        answer = self.of(name).request.post(
            f"{self.base}/api/v1/media", multipart={"file": picture(), "stage": stage}, headers={"Origin": self.base}
        )
        assert answer.ok, answer.text()
        return [answer.json()["id"]]

    def to_closed(self, no: str) -> str:
        """Bring a report to its closing at the desks; returns the key for whoever reported."""
        self.act("w-clerk", no, "accept")
        self.act("w-leader", no, "open")
        self.act("w-sender", no, "dispatch", unit=UNITS["w-crew"][0])
        self.act("w-crew", no, "sign")
        self.act("w-crew", no, "report_done", media=self.photo("w-crew", "after"))
        self.act("w-clerk", no, "send_to_check")
        self.act("w-eye", no, "pass_check", media=self.photo("w-eye", "after"))
        return self.act("w-leader", no, "close")["follow"]


@pytest.fixture(scope="module")
def office(server, browser):
    """The demo's server with an account for each duty; two of them act for units."""
    urls = server.environment
    database = Database(urls["GRIDWARD_DATABASE_URL"], urls["GRIDWARD_DATABASE_OWNER_URL"])
    codes = {}
    with database.work(Actor.system()) as work:
        territory = work.session.scalar(sa.text("select id from territory order by name limit 1"))
        for code, name in UNITS.values():
            work.session.add(Unit(id=uuid4(), territory_id=territory, code=code, kind="department", name=name))
        work.session.flush()
        for name, role in ACCOUNTS.items():
            access.create_account(work, name, roles=[role], display=name)
            codes[name] = access.issue_link(work, name, now=datetime.now(UTC))
        for name, (code, _) in UNITS.items():
            link_account(work, name, unit=code, staff=None)
        grid = work.session.scalar(sa.text("select code from grid order by code limit 1"))
        plate = plates.issue(work, grid, ["grid"])[0].code
    with ExitStack() as stack:
        yield Office(server.base, browser, codes, plate, stack)


@pytest.fixture(autouse=True)
def _phones_afresh(office):
    yield
    office.put_away()


def fill_report(page: Page, item: str) -> None:
    """Write a report: photo, place by the phone's own position, item."""
    page.locator("#phone-before input").set_input_files(picture())
    expect(page.locator("#phone-before .tile img")).to_be_visible()
    expect(page.locator(".phone-where")).to_contain_text("24.94590, 60.16970")
    page.get_by_role("combobox", name="What is wrong").fill(item)


def test_report_without_a_signal_outlives_the_tab_and_arrives_once(office):
    item = f"Loose paving {uuid4()}"
    page = office.open("w-walker", "#/phone")
    page.wait_for_function("() => Boolean(navigator.serviceWorker.controller)")
    phone = office.of("w-walker")
    phone.set_offline(True)
    fill_report(page, item)

    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_role("status").filter(has_text="Safe on this phone")).to_be_visible()
    page.close()

    # the page itself opens without a signal, and what waits is there with its size
    page = phone.new_page()
    page.goto(f"{office.base}/#/phone/waiting")
    expect(page.get_by_text("1 report is safe on this phone")).to_be_visible()
    expect(page.locator(".wait-row")).to_contain_text(re.compile(r"waiting for signal · 1 photo, \d+ kB"))
    expect(page.get_by_text("Offline", exact=True)).to_be_visible()

    # the server takes the report, but its first answer is lost: the same key goes again
    lost = []

    def lose(route):
        if lost or route.request.method != "POST":
            return route.continue_()
        lost.append(route.fetch().status)
        return route.abort()

    phone.route("**/api/v1/incidents", lose)
    phone.set_offline(False)
    expect(page.locator(".wait-row")).to_contain_text("arrived", timeout=40_000)
    phone.unroute("**/api/v1/incidents")
    assert lost == [201]
    no = page.locator(".wait-row a").inner_text()
    mine = office.get("w-clerk", "/api/v1/incidents?limit=50")["incidents"]
    assert [one["no"] for one in mine if one["item"] == item] == [no]
    page.close()


def test_full_phone_says_so_keeps_the_report_on_screen_and_sends_it_once_there_is_room(office):
    item = f"Loose paving {uuid4()}"
    page = office.open("w-walker", "#/phone")
    # the browser itself answers as one does whose disk is full
    page.evaluate(
        "() => { const put = IDBObjectStore.prototype.put; window.free = () => (IDBObjectStore.prototype.put = put);"
        " IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') } }"
    )
    fill_report(page, item)
    expect(page.get_by_text("This phone does not keep what you write")).to_be_visible()
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_role("alert")).to_contain_text("This phone has no room left")
    expect(page.get_by_role("combobox", name="What is wrong")).to_have_value(item)
    expect(page.locator("#phone-before .tile img")).to_be_visible()
    page.evaluate("() => window.free()")
    page.get_by_role("button", name="Send report").click()
    no = page.locator(".fate a").inner_text()
    mine = office.get("w-clerk", "/api/v1/incidents?limit=50")["incidents"]
    assert [one["no"] for one in mine if one["item"] == item] == [no]
    # where the phone stands is asked anew for the next report
    expect(page.locator(".phone-where")).to_contain_text("24.94590, 60.16970")
    page.close()


class Hands:
    """One case on the phones of those who work on it in the street."""

    def __init__(self, office: Office, no: str) -> None:
        self.office = office
        self.no = no
        self.pages: dict[str, Page] = {}

    def at(self, name: str) -> Page:
        """Return the page of the case on somebody's phone; it stays open and is never loaded again."""
        if name not in self.pages:
            self.pages[name] = self.office.open(name, "#/phone/cases")
            self.pages[name].locator(".case-row", has_text=self.no).click()
        return self.pages[name]

    def step(self, name: str, button: str, *, words: str = "", photo: bool = False) -> None:
        """Take a step on a phone and wait until it has arrived."""
        page = self.at(name)
        page.get_by_test_id("phone-case").get_by_role("button", name=button, exact=True).click()
        form = page.get_by_role("form", name=button)
        if photo:
            form.locator("input[type=file]").set_input_files(picture((60, 120, 80)))
            expect(form.locator(".tile img")).to_be_visible()
        if words:
            form.get_by_role("textbox", name="Why").fill(words)
        form.get_by_role("button", name=button, exact=True).click()
        expect(form).to_have_count(0)
        expect(page.locator(".nav-count")).to_have_count(0)


def test_refusal_of_the_position_is_forgotten_once_a_plate_gave_the_place(office):
    context = office.browser.new_context(
        viewport=PHONE, locale="en-GB", storage_state=office.of("w-walker").storage_state(), permissions=[]
    )
    office.stack.callback(context.close)
    page = context.new_page()
    page.goto(f"{office.base}/#/phone")
    page.get_by_role("button", name="Use my position").click()
    refused = page.get_by_role("alert").filter(has_text="may not know your position")
    expect(refused).to_be_visible()
    page.get_by_role("button", name="Scan plate").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Code on the plate").fill(office.plate)
    dialog.get_by_role("button", name="Use this plate").click()
    expect(page.locator(".phone-where")).to_contain_text("Grid")
    expect(refused).to_have_count(0)


def test_case_goes_from_the_phone_to_closed_through_many_hands(office, browser):
    item = "Water on the road"
    page = office.open("w-walker", "#/phone")
    fill_report(page, "water on")
    page.get_by_role("option", name=item).click()
    page.get_by_role("button", name="Send report").click()
    number = page.locator(".fate a")
    expect(number).to_be_visible()
    no = number.inner_text()
    hands = Hands(office, no)

    # the desk stays open and is never loaded again
    desk = browser.new_context(viewport=DESK, locale="en-GB", storage_state=office.of("w-sender").storage_state())
    office.stack.callback(desk.close)
    screen = desk.new_page()
    screen.goto(f"{office.base}/#/dispatch?report={no}&filter=all&list=1")
    card = screen.get_by_test_id("incident")
    expect(card).to_contain_text(item)
    screen.evaluate("() => { window.opened = 1 }")

    office.act("w-clerk", no, "accept")
    expect(card).to_contain_text("Accepted")
    office.act("w-leader", no, "open")
    office.act("w-sender", no, "dispatch", unit=UNITS["w-crew"][0])
    expect(card).to_contain_text("Dispatched")
    hands.step("w-crew", "Sign for it")
    expect(card).to_contain_text("In progress")

    # the street calls the drains in; the case is not done before they are
    office.act("w-street", no, "joint_call", departments=[UNITS["w-drains"][0]])
    hands.step("w-drains", "Report in")
    hands.step("w-drains", "Report done")
    hands.step("w-drains", "Sign off")
    hands.step("w-crew", "Report done", photo=True)
    expect(card).to_contain_text("Resolved")

    # the first check fails, the second passes
    office.act("w-clerk", no, "send_to_check")
    hands.step("w-eye", "Failed, do it again", words="The water is still there.", photo=True)
    expect(card).to_contain_text("In progress")
    hands.step("w-crew", "Report done", photo=True)
    office.act("w-clerk", no, "send_to_check")
    hands.step("w-eye", "Passed", photo=True)
    office.act("w-leader", no, "close")
    expect(card).to_contain_text("Closed")

    hands.step("w-eye", "Reopen", words="It came back with the rain.")
    expect(card).to_contain_text("Opened")
    assert screen.evaluate("() => window.opened") == 1
    whole = office.get("w-leader", f"/api/v1/incidents/{no}")
    assert whole["incident"]["cycle"] == 2
    assert whole["incident"]["rework_count"] == 1
    assert len({step["actor"]["name"] for step in whole["transitions"] if step["actor"]}) == len(ACCOUNTS)


def test_anybody_reports_at_a_plate_and_follows_the_report_to_its_end(office):
    page = office.phone().new_page()
    page.goto(f"{office.base}/#/r/{office.plate}")
    page.get_by_label("What is wrong").select_option(label="Litter")
    page.get_by_label("Describe it").fill("Bags beside the bin, call 13812345678")
    page.locator("input[type=file]").set_input_files(picture())
    page.get_by_label("Phone or mail").fill("reporter@example.org")
    expect(page.get_by_text("erased when the case is put away")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    received = page.get_by_test_id("received")
    no = re.search(r"\d{4}-\d{2}-\d+", received.get_by_role("heading").inner_text())[0]
    kept = office.get("w-clerk", f"/api/v1/incidents/{no}")
    assert kept["incident"]["description"] == "Bags beside the bin, call [phone]"
    assert len(kept["media"]) == 1

    received.get_by_role("link").click()
    followed = page.get_by_test_id("followed")
    expect(followed).to_contain_text("It has arrived.")
    second = office.to_closed(no)
    page.reload()
    expect(followed).to_contain_text("It is closed.")
    page.get_by_label("4 of 5").check()
    page.get_by_role("button", name="Send rating").click()
    expect(page.get_by_text("your rating has arrived")).to_be_visible()
    expect(page.get_by_role("button", name="Send rating")).to_have_count(0)
    page.reload()
    expect(followed).to_contain_text("It is closed.")
    expect(page.get_by_text("your rating has arrived")).to_be_visible()
    expect(page.get_by_role("button", name="Send rating")).to_have_count(0)

    page.goto(f"{office.base}/#/follow/{second}")
    page.get_by_role("button", name="It is not done").click()
    page.get_by_label("What is still wrong?").fill("The bags are still there.")
    page.get_by_role("button", name="Open it again").click()
    expect(page.get_by_text("It is open again.")).to_be_visible()
    expect(followed).to_contain_text("The unit in charge is being told.")
    assert office.get("w-leader", f"/api/v1/incidents/{no}")["incident"]["cycle"] == 2


def faults(page: Page, where: str) -> list[str]:
    """Return what axe finds wrong with a page."""
    page.add_script_tag(path=str(AXE))
    found = page.evaluate(
        f"async () => (await axe.run(document, {RULES})).violations.map((one) =>"
        " `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`)"
    )
    return [f"{where} {one}" for one in found]


def small_targets(page: Page) -> list[str]:
    """Return what is smaller than a finger: 44 pixels high."""
    return page.evaluate(
        "() => [...document.querySelectorAll('button, summary, label.tile, input.input, select, .phone-nav a, .case-row')]"
        ".filter((one) => one.offsetParent && one.getBoundingClientRect().height < 44)"
        ".map((one) => `${one.className} ${one.textContent.slice(0, 30)}`)"
    )


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; run `make web`")
@pytest.mark.parametrize(("theme", "lang"), [("light", "en"), ("dark", "zh")])
def test_phone_pages_have_no_axe_faults_and_fit_a_finger(office, theme, lang):
    context = office.phone(bypass_csp=True, storage_state=office.of("w-clerk").storage_state())
    page = context.new_page()
    no = office.get("w-clerk", "/api/v1/incidents?limit=1")["incidents"][0]["no"]
    found = []
    for where in ("phone", "phone/cases", f"phone/cases/{no}", "phone/waiting", f"r/{office.plate}", "follow/none"):
        page.goto("about:blank")
        page.goto(f"{office.base}/#/{where}?theme={theme}&lang={lang}")
        page.locator(".phone-head").wait_for()
        page.locator(".skeleton").wait_for(state="detached")
        found += faults(page, where) + [f"{where} {one}" for one in small_targets(page)]
        page.set_viewport_size({"width": 320, "height": 700})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 320, where
        page.set_viewport_size(PHONE)
    assert found == []


def test_place_is_set_by_keyboard_where_no_map_can_be_drawn(office, blind_browser):
    context = blind_browser.new_context(
        viewport=PHONE, locale="en-GB", storage_state=office.of("w-walker").storage_state()
    )
    office.stack.callback(context.close)
    page = context.new_page()
    page.goto(f"{office.base}/#/phone")
    expect(page.get_by_text("No map on this device")).to_be_visible()
    page.get_by_role("button", name="Set pin").press("Enter")
    page.get_by_role("combobox", name="Address, place or lon lat").press_sequentially("24.9459, 60.1697")
    page.keyboard.press("Enter")
    expect(page.locator(".pin-dialog .num")).to_have_text("24.94590, 60.16970")
    page.get_by_role("button", name="Use this place").press("Enter")
    expect(page.locator(".phone-where")).to_contain_text("Grid 9")
    page.get_by_role("button", name="Scan plate").press("Enter")
    page.get_by_label("Code on the plate").fill("ABCDEFGH3C")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="no plate's code")).to_be_visible()
    page.get_by_label("Code on the plate").fill(office.plate)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".phone-where")).not_to_contain_text("24.94590")


def plate_before_the_camera(code: str) -> Image.Image:
    """Return what a phone sees that is held before a plate, a little askew."""
    drawn = io.BytesIO()
    segno.make(f"https://grid.example.org/#/r/{code}", error="m", micro=False).save(
        drawn, kind="png", scale=8, border=4
    )
    plate = Image.open(drawn).convert("L")
    view = Image.new("L", (640, 480), 150)
    view.paste(plate, ((640 - plate.width) // 2, (480 - plate.height) // 2))
    return view.rotate(-9, Image.Resampling.BICUBIC, fillcolor=150)


def test_plate_is_scanned_by_the_camera_and_from_a_photo(office, playwright, chromium_path, tmp_path):
    view, video, photo = plate_before_the_camera(office.plate), tmp_path / "plate.y4m", io.BytesIO()
    grey = bytes([128]) * (640 * 480 // 2)
    frame = b"FRAME\n" + view.tobytes() + grey
    video.write_bytes(b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420mpeg2\n" + frame * 2)
    view.save(photo, "JPEG")
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    arguments = [*NO_WEBGL, ONLY_LOOPBACK, *camera, f"--use-file-for-fake-video-capture={video}"]
    seeing = playwright.chromium.launch(executable_path=chromium_path, args=arguments)
    office.stack.callback(seeing.close)
    context = seeing.new_context(
        viewport=PHONE, locale="en-GB", storage_state=office.of("w-walker").storage_state(), permissions=["camera"]
    )
    # an open desk leaves the address of the phone alone
    page = context.new_page()
    page.goto(f"{office.base}/#/dispatch?list=1")
    page.get_by_role("banner").wait_for()
    page.evaluate("() => { location.hash = '#/phone' }")
    page.locator(".phone-form").wait_for()
    assert page.evaluate("() => location.hash") == "#/phone"
    page.get_by_role("button", name="Scan plate").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    where = page.locator(".phone-where").inner_text()
    assert "Grid" in where

    # without HTTPS a page is given no camera: a photo of the plate does
    context.add_init_script("delete Navigator.prototype.mediaDevices")
    page.reload()
    page.get_by_role("button", name="Scan plate").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("video")).to_have_count(0)
    dialog.locator("input[type=file]").set_input_files(picture())
    expect(dialog.get_by_role("alert")).to_contain_text("No square code can be read")
    dialog.locator("input[type=file]").set_input_files(
        {"name": "plate.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()}
    )
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator(".phone-where")).to_contain_text(where.splitlines()[0])
