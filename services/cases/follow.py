"""The link of whoever reported: to see what became of it, and once to rate it, have it reopened or appeal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from casework.machine import machine
from casework.offers import offers
from gis.errors import ConflictError, InvalidInputError, NotFoundError
from services.access import record
from services.cases.act import REPORTER, act
from services.cases.asked import Asked
from services.cases.links import digest_of, issue
from services.cases.standing import Standing, standing_of
from services.catalogue import item_names
from store.database import case_reporters as sql
from store.database.work import UnitOfWork

__all__ = ["Followed", "LinkSpentError", "issue", "read", "use"]

BY_LINK: Final = ("rate", "reopen", "appeal")


class LinkSpentError(ConflictError):
    """The link was used before; it still shows how the case stands."""

    code = "link-spent"


@dataclass(frozen=True, slots=True)
class Followed:
    """What whoever reported sees: nothing but the case's own state."""

    no: str
    item: str
    item_en: str
    item_zh: str
    state: str
    state_zh: str
    state_at: datetime
    reported_at: datetime
    cycle: int
    rated: bool
    actions: list[str]


def read(work: UnitOfWork, token: str, *, now: datetime) -> Followed:
    """Return how the case of a link stands.

    Raises
    ------
    NotFoundError
        The link is unknown or over.
    """
    link = _link(work, token, now)
    at = standing_of(work, link.no, now=now.astimezone(UTC), actor=REPORTER)
    return _view(work, at, spent=link.used_at is not None)


def use(
    work: UnitOfWork, token: str, action: str, *, score: int | None, reason: str | None, text: str | None, now: datetime
) -> Followed:
    """Rate, have reopened or appeal, once; a reopening may bring a score, too.

    Raises
    ------
    LinkSpentError
        The link was used before.
    ActionRefused
        The case is not in a state for it, or its window is over.
    """
    if action not in BY_LINK:
        raise InvalidInputError("A link rates, reopens or appeals.", field="action", known=list(BY_LINK))
    link = _link(work, token, now, lock=True)
    if link.used_at is not None:
        raise LinkSpentError("This link was used before; it still shows how the case stands.")
    if action == "reopen" and score is not None:
        act(work, link.no, "rate", Asked(score=score), revision=None, now=now, actor=REPORTER)
    asked = Asked(reason=reason, text=text, score=score)
    act(work, link.no, action, asked, revision=None, now=now, actor=REPORTER)
    sql.spend_link(work.session, link.id, now)
    record(work, f"case.{action}", link.no)
    return _view(work, standing_of(work, link.no, now=now.astimezone(UTC), actor=REPORTER), spent=True)


def _link(work: UnitOfWork, token: str, now: datetime, *, lock: bool = False) -> Any:  # noqa: ANN401 - a database row
    found = sql.find_link(work.session, digest_of(token), now, lock=lock)
    if found is None:
        raise NotFoundError("This link is unknown or over.")
    return found


def _view(work: UnitOfWork, at: Standing, *, spent: bool) -> Followed:
    en, zh = item_names(work, at.row.item, at.row.item_code, at.row.territory_id)
    open_now = [] if spent else offers(at.case, actor=REPORTER, now=at.now, facts={})
    return Followed(
        at.row.no, at.row.item, en, zh, at.row.state, machine().states[at.row.state]["zh"], at.row.state_at,
        at.row.reported_at, at.case.cycle, at.case.rated_cycle == at.case.cycle,
        [offer.action for offer in open_now if offer.action in BY_LINK],
    )  # fmt: skip
