"""What each action needs, found from what it came with: units, inspectors, masters, dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from casework.case import ActionRefused
from casework.guards import LEVELS
from casework.machine import machine
from casework.masking import mask_personal_numbers
from gis.errors import InvalidInputError, NotFoundError
from services import media
from services.cases.asked import MOST_UNITS, OUTCOMES, Asked
from services.cases.standing import Standing
from store.database import cases as sql
from store.database import incidents as incident_sql
from store.database.work import UnitOfWork

LONGEST_SUSPENSION: Final = timedelta(days=90)
Finder = Callable[[UnitOfWork, Standing, Asked], dict[str, Any]]

# what may be left out because the system knows an answer of its own
CHOSEN: Final = frozenset({"inspector", "inspector of the grid", "worker", "place"})


def field_of(need: str) -> str:
    """Return the field of a form that answers a need of the state table.

    Examples
    --------
    >>> field_of("inspector of the grid"), field_of("review date"), field_of("photo after")
    ('inspector', 'review_date', 'photo_after')
    """
    return "inspector" if need.startswith("inspector") else need.replace(" ", "_")


def facts_for(work: UnitOfWork, at: Standing, action: str, asked: Asked) -> dict[str, Any]:
    """Return the facts that an action states, as JSON values for the chain.

    Raises
    ------
    InvalidInputError, NotFoundError
        Something is named that does not exist or makes no sense.
    """
    finder = _FINDERS.get(action)
    found = finder(work, at, asked) if finder is not None else {}
    return {name: value for name, value in found.items() if value is not None}


def _unit(work: UnitOfWork, at: Standing, asked: Asked) -> dict[str, Any]:
    lead = _units(work, at, [asked.unit], "unit") if asked.unit else []
    others = _units(work, at, asked.units, "units")
    if lead and lead[0] in others:
        raise InvalidInputError("The lead unit does not countersign itself.", field="units")
    return {"unit": lead[0] if lead else None, "countersigning": others or None}


def _departments(work: UnitOfWork, at: Standing, asked: Asked) -> dict[str, Any]:
    return {"departments": _units(work, at, asked.departments, "departments") or None}


def _units(work: UnitOfWork, at: Standing, names: Any, field: str) -> list[str]:  # noqa: ANN401 - any sequence
    wanted = list(dict.fromkeys(names))
    if len(wanted) > MOST_UNITS:
        raise InvalidInputError(f"At most {MOST_UNITS} units.", field=field)
    if not wanted:
        return []
    known = sql.units_named(work.session, at.row.territory_id, wanted)
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise NotFoundError(f"There is no unit {unknown[0][:60]}.", field=field, unit=unknown[0][:60])
    return list(dict.fromkeys(str(known[name].id) for name in wanted))


def _inspector(work: UnitOfWork, at: Standing, asked: Asked) -> dict[str, Any]:
    """Name an inspector of the place who never handled the case."""
    who = sql.holders_of(work.session, "inspector", at.row.area_code, apart=sorted(at.case.handlers), now=at.now)
    if asked.inspector is None:
        chosen = who[0].id if who else None
    else:
        chosen = next((each.id for each in who if asked.inspector in (each.name, str(each.id))), None)
        if chosen is None:
            raise NotFoundError(
                f"{asked.inspector[:60]} is no inspector of this place who could check it.", field="inspector"
            )
    if chosen is None:
        return {}
    return {"inspector": str(chosen), "inspector_of_the_grid": str(chosen)}


def _worker(work: UnitOfWork, at: Standing, asked: Asked) -> dict[str, Any]:
    if asked.worker is None or not asked.worker.strip():
        who = at.post.staff_id or at.actor.id
        return {"worker": str(who) if who else None}
    known = sql.staff_named(work.session, at.row.territory_id, asked.worker.strip())
    # a name typed in is a person's: only that somebody was named enters the chain
    return {"worker": str(known.id) if known is not None else "named"}


def _verified(_work: UnitOfWork, at: Standing, asked: Asked) -> dict[str, Any]:
    if asked.outcome is not None and asked.outcome not in OUTCOMES:
        raise InvalidInputError(f"An outcome is one of {', '.join(OUTCOMES)}.", field="outcome", known=list(OUTCOMES))
    if (asked.lon is None) != (asked.lat is None):
        raise InvalidInputError("A place has both lon and lat.", field="lon" if asked.lon is None else "lat")
    moved = asked.lon is not None
    return {"outcome": asked.outcome, "place": True if moved or at.case.place_set else None, "moved": moved or None}


def _review(_work: UnitOfWork, at: Standing, asked: Asked) -> dict[str, Any]:
    if asked.review_date is None:
        return {}
    today = at.now.date()
    if not today < asked.review_date <= today + LONGEST_SUSPENSION:
        raise InvalidInputError(
            f"The review is after today and within {LONGEST_SUSPENSION.days} days.", field="review_date"
        )
    return {"review_date": asked.review_date.isoformat()}


def _master(work: UnitOfWork, at: Standing, asked: Asked) -> dict[str, Any]:
    if not asked.master:
        return {}
    if asked.master == at.row.no:
        raise InvalidInputError("A case does not repeat itself.", field="master")
    master = incident_sql.get_incident(work.session, asked.master)
    if master is None:
        raise NotFoundError(f"There is no incident {asked.master[:40]}.", no=asked.master[:40], field="master")
    return {"master": master.no, "master_state": master.state}


def _of_master(work: UnitOfWork, at: Standing, _asked: Asked) -> dict[str, Any]:
    master = incident_sql.get_incident(work.session, at.row.master_no) if at.row.master_no else None
    return {"master": at.row.master_no, "master_state": master.state if master is not None else None}


def _outside(_work: UnitOfWork, _at: Standing, asked: Asked) -> dict[str, Any]:
    # the chain keeps it for good, so no number of a person may come with it
    body = mask_personal_numbers((asked.outside_body or "").strip())
    if len(body) > 200:
        raise InvalidInputError("An outside body is named in at most 200 characters.", field="outside_body")
    return {"outside_body": body or None}


def _level(_work: UnitOfWork, at: Standing, asked: Asked) -> dict[str, Any]:
    here = LEVELS.index(at.case.handling_level)
    if asked.to_level is not None and asked.to_level not in LEVELS:
        raise InvalidInputError(f"A level is one of {', '.join(LEVELS)}.", field="to_level", known=list(LEVELS))
    if asked.to_level is not None:
        level = asked.to_level
    elif at.case.severity == "critical" and here < LEVELS.index("county"):
        level = "county"
    elif here + 1 < len(LEVELS):
        level = LEVELS[here + 1]
    else:
        raise ActionRefused("guard", "The case is at the highest level.", action="escalate", what="direct parent only")
    critical = at.case.severity == "critical" and level == "county"
    told = [each for each in ("town", "county") if LEVELS.index(each) > here] if critical else [level]
    return {"to_level": level, "told": told}


def _answer(_work: UnitOfWork, at: Standing, asked: Asked) -> dict[str, Any]:
    if asked.answer_due is None:
        return {}
    if asked.answer_due <= at.now:
        raise InvalidInputError("An answer is due in the future.", field="answer_due")
    return {"answer_due": asked.answer_due.isoformat()}


def _score(_work: UnitOfWork, _at: Standing, asked: Asked) -> dict[str, Any]:
    if asked.score is not None and not 1 <= asked.score <= 5:
        raise InvalidInputError("A score is 1 to 5.", field="score")
    return {"score": asked.score}


def _photos(name: str) -> Finder:
    # photos never enter the chain: how many there were does
    return lambda _work, _at, asked: {name: len(asked.media) or None}


def _before_and_after(work: UnitOfWork, at: Standing, _asked: Asked) -> dict[str, Any]:
    stages = Counter(photo.stage for photo in media.views(work, *at.key))
    return {"photo_before": stages["before"] or None, "photo_after": stages["after"] or None}


_FINDERS: Final[Mapping[str, Finder]] = {
    "self_handle": _before_and_after,
    "ask_verification": _inspector,
    "verification_done": _verified,
    "link_duplicate": _master,
    "unlink_duplicate": _of_master,
    "refer": _outside,
    "dispatch": _unit,
    "sign": _worker,
    "request_suspension": _review,
    "report_done": _photos("photo_after"),
    "send_to_check": _inspector,
    "pass_check": _photos("photo"),
    "fail_check": _photos("photo"),
    "rate": _score,
    "escalate": _level,
    "supervise": _answer,
    "joint_call": _departments,
}
assert _FINDERS.keys() <= machine().actions.keys()  # noqa: S101 - a misspelt action would never be found
