"""Cases of the demo on their way: accounts for the roles of a case, and sample incidents in every state.

Each step is taken by the account whose role owes it, through the same use case as at the desk.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from PIL import Image

from services import media
from services.access import create_account
from services.cases import Asked, act
from services.cases.posts import actor_named, link_account
from store.database import demo as sql
from store.database.actor import Actor
from store.database.engine import Database
from store.database.work import UnitOfWork

ACCOUNTS: Final = {
    "demo-intake": ("intake_officer", "Demo intake officer"),
    "demo-inspector": ("inspector", "Demo inspector"),
    "demo-leader": ("shift_leader", "Demo shift leader"),
    "demo-dispatcher": ("dispatcher", "Demo dispatcher"),
    "demo-unit": ("handling_unit", "Demo handling unit"),
    "demo-grid": ("grid_staff", "Demo grid staff"),
    "demo-street": ("street_office", "Demo street office"),
    "demo-supervisor": ("supervisor", "Demo supervisor"),
}
"""Names of accounts → role and what the page calls them."""
STEP: Final = timedelta(minutes=6)
_OPEN: Final = (("demo-intake", "accept"), ("demo-leader", "open"))
_DONE: Final = (*_OPEN, ("demo-dispatcher", "dispatch"), ("demo-unit", "sign"), ("demo-unit", "report_done"))
_CHECKED: Final = (*_DONE, ("demo-intake", "send_to_check"), ("demo-inspector", "pass_check"))
Way = tuple[tuple[str, str], ...]
# how many cases, and the steps that they have behind them
WAYS: Final[tuple[tuple[int, Way], ...]] = (
    (2, (("demo-intake", "ask_verification"),)),
    (2, _OPEN[:1]),
    (2, _OPEN),
    (3, _DONE[:3]),
    (3, _DONE[:4]),
    (1, (*_DONE[:4], ("demo-unit", "request_extension"))),
    (1, (*_DONE[:4], ("demo-unit", "request_return"))),
    (1, (*_DONE[:4], ("demo-unit", "request_suspension"), ("demo-dispatcher", "approve_suspension"))),
    (1, (*_DONE[:3], ("demo-street", "joint_call"))),
    (1, _DONE),
    (2, _CHECKED[:6]),
    (1, _CHECKED),
    (2, (*_CHECKED, ("demo-leader", "close"))),
    (1, (("demo-intake", "reject"),)),
    (1, (("demo-intake", "refer"),)),
    (1, (("demo-intake", "request_void"), ("demo-leader", "approve_void"))),
    (1, (("demo-intake", "link_duplicate"),)),
)


@dataclass(frozen=True, slots=True)
class _Case:
    """What a step of a case may need: the units of the demo, another case, photos."""

    lead: str
    other: str
    master: str
    now: datetime
    photo: Callable[[str], UUID]


_ASKED: Final[dict[str, Callable[[_Case], Asked]]] = {
    "dispatch": lambda case: Asked(unit=case.lead),
    "report_done": lambda case: Asked(media=(case.photo("after"),)),
    "pass_check": lambda case: Asked(media=(case.photo("other"),)),
    "request_extension": lambda _case: Asked(reason="The part is on order."),
    "request_return": lambda _case: Asked(reason="The pipe belongs to another unit."),
    "request_suspension": lambda case: Asked(
        reason="The ground is frozen.", review_date=(case.now + timedelta(days=20)).date()
    ),
    "joint_call": lambda case: Asked(departments=(case.lead, case.other)),
    "reject": lambda _case: Asked(reason="It lies outside the town."),
    "refer": lambda _case: Asked(reason="It concerns the railway.", outside_body="Railway company"),
    "request_void": lambda _case: Asked(reason="It was a test."),
    "link_duplicate": lambda case: Asked(master=case.master),
}


def make_accounts(database: Database, territory_id: UUID) -> None:
    """Make an account for each role of a case's way; each is let in by a one-time link."""
    with database.work(Actor.system()) as work:
        known = sql.known_accounts(work.session, list(ACCOUNTS))
        units, head = sql.demo_posts(work.session, territory_id)
        for name, (role, display) in ACCOUNTS.items():
            if name not in known:
                create_account(work, name, roles=(role,), display=display, demo=True)
        if units:
            link_account(work, "demo-unit", unit=units[0], staff=None)
        link_account(work, "demo-grid", unit=None, staff=head)


def walk_cases(database: Database, territory_id: UUID, *, now: datetime) -> int:
    """Take sample incidents to every state; return how many. Where any has begun its way, nothing is done.

    Parameters
    ----------
    database : Database
    territory_id : UUID
    now : datetime
        The last step of each case was taken before.
    """
    wanted = sum(count for count, _ in WAYS)
    with database.work(Actor.system()) as work:
        numbers = sql.untouched_cases(work.session, territory_id, wanted + 1)
        units, _ = sql.demo_posts(work.session, territory_id)
        actors = {name: actor_named(work, name, now=now) for name in ACCOUNTS}
    if len(numbers) <= wanted or len(units) < 2:
        return 0
    picture = _picture()
    master, *others = numbers
    ways = [way for count, way in WAYS for _ in range(count)]
    for place, (no, way) in enumerate(zip(others, ways, strict=False)):
        begun = now - STEP * (len(way) + 1 + place % 4)
        for number, (name, action) in enumerate(way):
            with database.work(actors[name]) as work:
                case = _Case(units[0], units[1], master, now, partial(_photo, work, picture))
                revision = sql.revision_of(work.session, no)
                asked = _ASKED[action](case) if action in _ASKED else Asked()
                act(work, no, action, asked, revision=revision, now=begun + STEP * number)
    return len(ways)


def _photo(work: UnitOfWork, picture: bytes, stage: str) -> UUID:
    return media.take_in(work, picture, stage=stage).id


def _picture() -> bytes:
    """Return a plain grey photo."""
    file = io.BytesIO()
    Image.new("RGB", (320, 240), "gray").save(file, "JPEG")
    return file.getvalue()
