"""Taking out what names a person, when it is no longer needed: what they did stays, their name goes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from gis.errors import ConflictError, NotFoundError
from services.access import record
from store.database import access, privacy
from store.database.work import UnitOfWork


def erase_account(work: UnitOfWork, name: str, *, now: datetime) -> str:
    """Take the name out of an account and shut it for good; returns what it is called from now on.

    What the account did stays, under a number that leads to nobody. Lines of the audit trail that were written under
    the old name keep it until they are retired.

    Raises
    ------
    NotFoundError
        No such account.
    """
    work.actor.require("system")
    account = access.find_account(work.session, name)
    if account is None:
        raise NotFoundError(f"There is no account called {name}.", name=name)
    called = f"erased-{account.id.hex[:12]}"
    before = {account.name, account.display}
    account.name, account.display, account.password_hash = called, called, None
    account.unit_id = account.staff_id = None  # a member of staff has a name
    account.disabled_at = account.disabled_at or now
    work.session.flush()
    access.revoke_everything(work.session, account.id, now)
    privacy.rename_in_answers(work.session, account.id, before, called)
    record(work, "privacy.erase", called)
    return called


def erase_staff(work: UnitOfWork, work_no: str) -> UUID:
    """Take the name out of a member of staff who has left: the work number stays, for the history of grids.

    Raises
    ------
    NotFoundError
        Nobody has this work number.
    ConflictError
        The member still answers for a grid.
    """
    work.actor.require("system")
    member = privacy.find_staff(work.session, work_no)
    if member is None:
        raise NotFoundError(f"Nobody has the work number {work_no}.", work_no=work_no)
    if privacy.is_assigned(work.session, member.id):
        raise ConflictError("This member of staff still answers for a grid; end the assignment first.", work_no=work_no)
    member.name, member.duty_point, member.active = member.work_no, None, False
    work.session.flush()
    work.touch("staff", member.territory_id)
    record(work, "privacy.erase", work_no)
    return member.id
