"""What an account acts as: the unit whose tasks are its own, and the member of staff whose grids are its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gis.errors import NotFoundError
from services.access import actor_of_account, record
from store.database import access as access_sql
from store.database import cases as sql
from store.database.actor import Actor
from store.database.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Linked:
    """What an account acts as now."""

    name: str
    unit: UUID | None
    staff: UUID | None


def link_account(work: UnitOfWork, name: str, *, unit: str | None, staff: str | None) -> Linked:
    """Have an account act for a unit (by code or id), as a member of staff (by work number or id), or for nobody.

    Raises
    ------
    NotFoundError
        No such account, unit or member of staff.
    """
    work.actor.require("security_administrator")
    account = access_sql.find_account(work.session, name)
    if account is None:
        raise NotFoundError(f"There is no account called {name}.", name=name)
    account.unit_id = _found(sql.unit_anywhere(work.session, unit), "unit", unit)
    account.staff_id = _found(sql.staff_anywhere(work.session, staff), "staff", staff)
    work.session.flush()
    record(work, "account.link", name, {"unit": unit, "staff": staff})
    return Linked(name, account.unit_id, account.staff_id)


def actor_named(work: UnitOfWork, name: str | None, *, now: datetime) -> Actor:
    """Return the actor that an account is now, for the machine's owner acting in its place; None is the system.

    Raises
    ------
    NotFoundError
        No such account.
    """
    work.actor.require("system")
    if name is None:
        return work.actor
    account = access_sql.find_account(work.session, name)
    if account is None:
        raise NotFoundError(f"There is no account called {name}.", name=name)
    return actor_of_account(work, account.id, now=now)


def _found(known: UUID | None, field: str, name: str | None) -> UUID | None:
    if known is None and name is not None:
        raise NotFoundError(f"Nothing is called {name[:60]} among {field}.", field=field, name=name[:60])
    return known
