"""Corrections of what is said of an incident, its place among it, without losing what was said before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from casework import states
from casework.case import ActionRefused
from casework.chain import step_digest
from casework.machine import machine
from casework.masking import mask_personal_numbers
from gis.errors import NotFoundError, StaleRevisionError
from services.incident_views import IncidentView, box_of, get_incident, view_of
from services.incidents import Report, as_of, check, placed_at, urgent_of
from services.locate import Place
from services.nearest_staff import StreetGraphs
from store.database import cases as case_sql
from store.database import incidents as sql
from store.database.work import UnitOfWork

_WORDS: Final = ("item", "description", "severity", "item_code")
AMENDERS: Final = ("intake_officer", "dispatcher", "shift_leader", "grid_staff")
PLACERS: Final = ("intake_officer", "dispatcher", "shift_leader")
"""Whoever says where a case is says who answers for it: that is the desk's."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What to correct; None leaves a thing as it is.

    Attributes
    ----------
    item, description, severity, item_code : str or None
        An empty code takes the item of the catalogue away.
    place : Place or None
        Where it is; grid, area, staff and the unit that leads there follow.
    """

    item: str | None = None
    description: str | None = None
    severity: str | None = None
    item_code: str | None = None
    place: Place | None = None


def amend(
    work: UnitOfWork, graphs: StreetGraphs, no: str, wanted: Correction, *, revision: int, now: datetime
) -> IncidentView:
    """Correct what is said of an incident; its state stays, its history gets a row.

    Parameters
    ----------
    work : UnitOfWork
    graphs : StreetGraphs
        Shared by all requests of the process.
    no : str
    wanted : Correction
    revision : int
        Revision that the caller saw.
    now : datetime

    Raises
    ------
    StaleRevisionError
        Somebody else was faster; the present version rides along in ``current``.
    ActionRefused
        It is in the archive, or over where its place is asked to change.
    """
    work.actor.require(*(PLACERS if wanted.place is not None else AMENDERS))
    row = sql.get_incident(work.session, no, lock=True)
    if row is None:
        raise NotFoundError(f"There is no incident {no[:40]}.", no=no[:40])
    before = view_of(row, work.actor.account_id)
    if before.revision != revision:
        raise StaleRevisionError(
            "The incident was changed since you read it; look at the present version first.", current=before
        )
    _refuse_over(before, wanted)
    columns, facts = _words(work, row, before, wanted, now)
    if wanted.place is not None:
        where, said = _place(work, graphs, row, before, wanted.place)
        columns |= where
        facts = {**facts, **said, "changed": [*facts.get("changed", []), "place"]} if where else facts
    if not columns:
        return before
    case_sql.change(work.session, (row.month, row.id), columns)
    _add_step(work, before, facts, now.astimezone(UTC))
    after = get_incident(work, no)
    for box in {box_of(before), box_of(after)}:
        work.touch("incidents", row.territory_id, box)
    work.announce("incident", {"no": no, "action": "amend", "state": before.state}, row.territory_id)
    return after


def _refuse_over(before: IncidentView, wanted: Correction) -> None:
    """Refuse words for the archive, which holds none any more, and a place for what is over."""
    is_open = bool(machine().states[before.state]["open"])
    if before.state != "ARCHIVED" and (is_open or wanted.place is None):
        return
    raise ActionRefused(
        "wrong-state", f"'amend' is not possible in the state {before.state}.", action="amend", state=before.state
    )


def _words(
    work: UnitOfWork,
    row: Any,  # noqa: ANN401 - a database row
    before: IncidentView,
    wanted: Correction,
    now: datetime,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the columns that change, and the facts of the step: words stay out of the chain."""
    said = {name: getattr(wanted, name) for name in _WORDS if getattr(wanted, name) is not None}
    after = replace(before, **{name: value.strip() for name, value in said.items()})
    after = replace(
        after,
        item=mask_personal_numbers(after.item),
        description=mask_personal_numbers(after.description),
        item_code=after.item_code or None,
    )
    check(Report(Place(), after.item, after.description, severity=after.severity), "-", now)
    changed = [name for name in _WORDS if getattr(before, name) != getattr(after, name)]
    columns = {name: getattr(after, name) for name in changed}
    facts = {name: value for name, value in columns.items() if name != "description"}
    if "item_code" in changed:
        columns["urgent"] = facts["urgent"] = urgent_of(work, after.item_code, row.territory_id)
    return columns, {"changed": changed, **facts} if changed else {}


def _place(
    work: UnitOfWork,
    graphs: StreetGraphs,
    row: Any,  # noqa: ANN401 - a database row
    before: IncidentView,
    place: Place,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Find grid, area and component of another place as of what is reported; the same place changes nothing."""
    columns, answer = placed_at(work, graphs, replace(place, territory=row.territory_id), as_of(before))
    point = columns["point"]
    if (point.x, point.y, columns["accuracy_m"]) == (before.lon, before.lat, before.accuracy_m or None):
        return {}, {}
    grids = [each["code"] for each in (before.grid, before.alt_grid) if each is not None]
    facts = {
        "place": True, "placement": answer["placement"], "located_by": answer["located_by"],
        "grids": [grid["code"] for grid in answer["grids"]] if columns["grid_version_id"] else [],
        "grids_before": grids,
    }  # fmt: skip
    return columns, facts


def _add_step(work: UnitOfWork, before: IncidentView, facts: dict[str, Any], at: datetime) -> None:
    seq, prev = sql.last_step(work.session, before.month, before.id)
    actor_id = work.actor.account_id
    content = states.step_content(
        seq + 1, "amend", from_state=before.state, to_state=before.state, actor_id=actor_id, at=at, facts=facts
    )
    sql.add_step(
        work.session,
        {
            "month": before.month, "id": before.id, "seq": seq + 1, "action": "amend", "state": before.state,
            "actor_id": actor_id, "facts": facts, "at": at, "prev": prev, "digest": step_digest(prev, content),
        },
    )  # fmt: skip
