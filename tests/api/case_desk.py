"""A made-up town with one account for each role of the state machine, and the walk of a case through their hands."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from PIL import Image

from store.database.actor import Actor
from store.database.models import Unit
from tests.api.conftest import Client
from tests.api.town import Town, build_town, lonlat

URL = "/api/v1/incidents"
ROLES = (
    "intake_officer", "inspector", "shift_leader", "dispatcher", "handling_unit", "grid_staff", "street_office",
    "supervisor", "outside_body",
)  # fmt: skip


@dataclass
class Desk:
    """Clients by role; `roads` and `water` are handling units beside the one that leads (`lamps`)."""

    town: Town
    units: dict[str, str] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)

    def report(self, x: float = 50, y: float = 100, **more: Any) -> dict[str, Any]:
        """Report something and return its incident."""
        lon, lat = lonlat(x, y)
        answer = self.clients["intake_officer"].post(
            URL, json={"lon": lon, "lat": lat, "item": "Lamp out", **more}, headers={"Idempotency-Key": str(uuid4())}
        )
        assert answer.status_code == 201, answer.text
        return answer.json()["incident"]

    def see(self, no: str, who: str = "shift_leader") -> dict[str, Any]:
        """Return a case as somebody sees it."""
        answer = self.clients[who].get(f"{URL}/{no}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, who: str, no: str, action: str, *, revision: int | None = None, key: str | None = None, **body: Any):
        """Send an action and return the answer, whatever it is."""
        at = self.see(no)["incident"]["revision"] if revision is None else revision
        headers = {"If-Match": f'"{at}"'} | ({"Idempotency-Key": key} if key else {})
        return self.clients[who].post(f"{URL}/{no}/actions/{action}", json=body, headers=headers)

    def do(self, who: str, no: str, action: str, **body: Any) -> dict[str, Any]:
        """Take an action that must succeed; returns the case."""
        answer = self.ask(who, no, action, **body)
        assert answer.status_code == 200, (who, action, answer.text)
        return answer.json()

    def photo(self, stage: str, who: str) -> list[str]:
        """Take a photo as somebody and return its id in a list."""
        answer = self.clients[who].post(
            "/api/v1/media", files={"file": ("p.jpg", JPEG, "image/jpeg")}, data={"stage": stage},
            headers={"Idempotency-Key": str(uuid4())},
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
        return [answer.json()["id"]]

    def task(self, who: str, no: str, task: dict[str, Any], action: str, **body: Any) -> Any:
        """Move a task and return the answer, whatever it is."""
        revision = self.see(no)["incident"]["revision"]
        return self.clients[who].post(
            f"{URL}/{no}/tasks/{task['id']}/{action}", json=body, headers={"If-Match": f'"{revision}"'}
        )

    def walk(self, no: str, *steps: tuple[Any, ...]) -> dict[str, Any]:
        """Take steps of (who, action) or (who, action, body)."""
        case: dict[str, Any] = {}
        for who, action, *body in steps:
            case = self.do(who, no, action, **(body[0] if body else {}))
        return case

    def to(self, state: str, **report: Any) -> str:
        """Bring a new case to a state on the usual way; returns its number."""
        no = self.report(**report)["no"]
        for reached, step in USUAL:
            if state == "REPORTED":
                break
            self.walk(no, step(self))
            if reached == state:
                break
        return no


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "gray").save(file, "JPEG")
    return file.getvalue()


JPEG = _picture()
USUAL = (
    ("ACCEPTED", lambda _d: ("intake_officer", "accept")),
    ("OPENED", lambda _d: ("shift_leader", "open")),
    ("DISPATCHED", lambda d: ("dispatcher", "dispatch", {"unit": d.units["lamps"]})),
    ("IN_PROGRESS", lambda _d: ("handling_unit", "sign")),
    ("RESOLVED", lambda d: ("handling_unit", "report_done", {"media": d.photo("after", "handling_unit")})),
    ("CHECKING", lambda _d: ("intake_officer", "send_to_check")),
    ("CHECKED", lambda d: ("inspector", "pass_check", {"media": d.photo("other", "inspector")})),
    ("CLOSED", lambda _d: ("shift_leader", "close")),
)


@contextmanager
def open_desk(app: Any, database: Any, make_account: Any) -> Iterator[Desk]:
    """Build the town, its units and the accounts."""
    desk = Desk(build_town(database))
    with database.work(Actor.system()) as work:
        for name in ("lamps", "roads", "water"):
            unit = Unit(id=uuid4(), territory_id=desk.town.territory, code=f"U-{name}", kind="department", name=name)
            work.session.add(unit)
            desk.units[name] = unit.code
    with ExitStack() as stack:
        people = {role: (role,) for role in ROLES} | {
            "roads": ("handling_unit",), "water": ("handling_unit",), "second_intake": ("intake_officer",),
            "second_leader": ("shift_leader",), "all_hands": ROLES[:-1],
        }  # fmt: skip
        for name, roles in people.items():
            token = make_account(*roles, name=name)
            desk.clients[name] = stack.enter_context(Client(app, headers={"Authorization": f"Bearer {token}"}))
        with database.work(Actor.system()) as work:
            for account, unit in (
                ("handling_unit", "lamps"),
                ("roads", "roads"),
                ("water", "water"),
                ("all_hands", "lamps"),
            ):
                work.session.execute(
                    sa.text("update account set unit_id = (select id from unit where code = :u) where name = :a"),
                    {"u": desk.units[unit], "a": account},
                )
            work.session.execute(
                sa.text("update account set staff_id = :s where name in ('grid_staff', 'all_hands')"),
                {"s": desk.town.staff["head1"]},
            )
        yield desk
