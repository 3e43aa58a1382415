"""One action on a case: checked by the state machine, written with its transition, followed by what hangs on it."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final

from casework import states
from casework.case import ActionRefused, Actor, Transition
from casework.machine import machine, window
from casework.notices import told_of
from gis.errors import NotFoundError, StaleRevisionError
from services import clocks, incident_views, media, notifications
from services.cases import errands, links
from services.cases.asked import Asked
from services.cases.needs import facts_for
from services.cases.standing import Standing, columns_of, guard_facts, standing_of
from services.incidents import as_of, placed
from services.nearest_staff import StreetGraphs
from store.database import case_reporters as reporter_sql
from store.database import cases as sql
from store.database import incidents as incident_sql
from store.database.cases import StepRow
from store.database.work import UnitOfWork

_CLEARED: Final[dict[str, dict[str, Any]]] = {
    "unlink_duplicate": {"master_id": None},
    "refuse_suspension": {"review_on": None},
    "resume": {"review_on": None},
}
_STAGES: Final = {"report_done": "after"}
_TELLING: Final = frozenset({"close", "reject"})
_OF_REPORTERS: Final = frozenset({"plate", "open311"})
"""Channels whose reports are in the words of whoever reported, and name whom they please."""
REPORTER: Final = Actor(None, frozenset({"reporter"}))


@dataclass(frozen=True, slots=True)
class Acted:
    """A step taken; `follow` is a fresh link for whoever reported, where the step is one to be told of."""

    no: str
    state: str
    revision: int
    follow: str | None = None


def act(
    work: UnitOfWork,
    no: str,
    action: str,
    asked: Asked,
    *,
    revision: int | None,
    now: datetime,
    graphs: StreetGraphs | None = None,
    actor: Actor | None = None,
) -> Acted:
    """Take one action on a case.

    Parameters
    ----------
    work : UnitOfWork
    no : str
    action : str
        Of the state table; ``register`` is a report of its own.
    asked : Asked
    revision : int or None
        Revision that the caller saw; None only for the system and the reporter's own link.
    now : datetime
    graphs : StreetGraphs or None
        For a case whose place is found.
    actor : casework.case.Actor or None
        Who acts, where it is nobody with an account.

    Raises
    ------
    ActionRefused
        The state, the role, a guard or a missing fact forbids it.
    StaleRevisionError
        Somebody else was faster; the present version rides along in ``current``.
    NotFoundError
        No such incident.
    """
    _lock_both(work, no, asked.master if action == "link_duplicate" else None)
    at = standing_of(work, no, now=now.astimezone(UTC), lock=True, actor=actor)
    if revision is not None and at.row.revision != revision:
        raise StaleRevisionError(
            "The case was changed since you read it; look at the present version first.",
            current=incident_views.view_of(at.row, work.actor.account_id),
        )
    _refuse_hopeless(at, action)
    step = _take(work, at, action, asked, graphs)
    after = incident_views.read_row(work, no)
    clocks.follow(work, at.row, after, action, at.now)
    notifications.tell_step(work, after, action, told_of(at.case, step, at.actor), step.facts)
    done = announced(work, at, action)
    if action not in _TELLING:
        return done
    reporter_sql.ask_to_tell(work.session, at.key, step.to_state, now=at.now)
    return replace(done, follow=links.issue(work, no, now=at.now, lasts=window(step.to_state)))


def _take(work: UnitOfWork, at: Standing, action: str, asked: Asked, graphs: StreetGraphs | None) -> Transition:
    """Have the machine take a step, and write the row, its history and its tasks."""
    if asked.media:
        media.attach(work, *at.key, asked.media, stage=_STAGES.get(action))
    facts = facts_for(work, at, action, asked) | guard_facts(work, at)
    reason, text = asked.masked_reason(), asked.masked_text()
    salt = secrets.token_hex(16) if reason or text else None
    if salt is not None:
        facts["text_sha256"] = text_digest(salt, reason, text)
    step = states.apply(at.case, action, actor=at.actor, now=at.now, reason=reason, facts=facts)
    more = _more_columns(work, at, step, asked, graphs)
    sql.change(work.session, at.key, columns_of(step.case) | more)
    sql.add_step(work.session, at.key, _stored(step, reason, text, salt))
    errands.follow(work, at, step)
    _erase(work, at, step.action)
    return step


def _lock_both(work: UnitOfWork, no: str, master: str | None) -> None:
    """Lock a case and its master in one order, so that two desks linking crosswise don't wait for each other."""
    if master is not None:
        for each in sorted({no, master}):
            incident_sql.get_incident(work.session, each, lock=True)


def _refuse_hopeless(at: Standing, action: str) -> None:
    """Refuse what state or role forbid before anything of the form is looked up."""
    row = machine().actions.get(action)
    if row is None:
        raise ActionRefused("unknown-action", f"There is no action '{action[:40]}'.", action=action[:40])
    if not row.sources or at.case.state not in row.sources or not at.actor.roles & row.roles:
        states.apply(at.case, action, actor=at.actor, now=at.now)  # raises with the right words


def text_digest(salt: str, reason: str | None, text: str | None) -> str:
    """Return what the chain holds of a text: once the salt is erased nobody can try texts against it."""
    return hashlib.sha256("\0".join((salt, reason or "", text or "")).encode()).hexdigest()


def _stored(step: Transition, reason: str | None, text: str | None, salt: str | None) -> StepRow:
    return StepRow(
        step.seq, step.action, step.from_state, step.to_state, step.actor_id, step.facts, step.at, step.prev,
        step.digest, reason, text, salt, from_public=step.actor_id is None and salt is not None,
    )  # fmt: skip


def _more_columns(
    work: UnitOfWork, at: Standing, step: Transition, asked: Asked, graphs: StreetGraphs | None
) -> dict[str, Any]:
    """Return what an action changes in the row beyond the machine's own fields."""
    facts = step.facts
    if step.action == "verification_done" and asked.lon is not None and asked.lat is not None:
        return placed(work, graphs or StreetGraphs(), (asked.lon, asked.lat), as_of(at.row))
    if step.action == "link_duplicate":
        return {"master_id": _id_of(work, facts["master"])}
    if step.action == "refer":
        return {"referred_to": facts["outside_body"]}
    if step.action == "archive" and at.row.channel in _OF_REPORTERS:
        return {"description": ""}
    if step.action == "request_suspension":
        return {"review_on": date.fromisoformat(facts["review_date"])}
    return dict(_CLEARED.get(step.action, {}))


def _erase(work: UnitOfWork, at: Standing, action: str) -> None:
    """Erase what a step ends the use of: at archiving all that came from the public, at referral how to reach them."""
    if action not in ("archive", "refer"):
        return
    reporter_sql.erase_contact(work.session, at.key)
    if action == "archive":
        reporter_sql.erase_links(work.session, at.key)
        sql.erase_texts(work.session, at.key, now=at.now)
        media.erase(work, *at.key)


def _id_of(work: UnitOfWork, no: str) -> int:
    key = sql.key_of(work.session, no)
    if key is None:
        raise NotFoundError(f"There is no incident {no}.", no=no)
    return key[1]


def announced(work: UnitOfWork, at: Standing, action: str) -> Acted:
    """Tell the desks of a change and return what stands now."""
    row = incident_views.read_row(work, at.row.no)
    for box in {incident_views.box_of(at.row), incident_views.box_of(row)}:
        work.touch("incidents", row.territory_id, box)
    work.announce("incident", {"no": row.no, "action": action, "state": row.state}, row.territory_id)
    return Acted(row.no, row.state, row.revision)
