"""Queries on rows that name a person in office."""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from store.database.models import Assignment, IdempotencyKey, Staff

# what a person is called under in answers; not the lists of roles, whose words may be names of accounts, too
_NAMES = ("name", "display", "author", "actor", "account", "by", "giver", "head")


def find_staff(session: Session, work_no: str) -> Staff | None:
    """Return the member of staff with this work number."""
    return session.scalar(sa.select(Staff).where(Staff.work_no == work_no))


def is_assigned(session: Session, staff_id: UUID) -> bool:
    """Whether a member of staff answers for anything now or later."""
    ahead = sa.func.coalesce(sa.func.upper(Assignment.valid), sa.text("'infinity'")) > sa.func.now()
    return bool(session.scalar(sa.select(sa.exists().where(Assignment.staff_id == staff_id, ahead))))


def rename_in_answers(session: Session, account_id: UUID, before: set[str], called: str) -> None:
    """Take a name out of the answers that are kept for repeats; those to the account itself can't come again."""
    session.execute(sa.delete(IdempotencyKey).where(IdempotencyKey.account_id == account_id))
    for name in before:
        text = sa.cast(IdempotencyKey.answer, sa.Text)
        replaced: sa.ColumnElement[str] = text
        for key in _NAMES:
            was, becomes = (
                sa.func.concat(f'"{key}": ', sa.cast(sa.func.to_jsonb(sa.cast(each, sa.Text)), sa.Text))
                for each in (name, called)
            )
            replaced = sa.func.replace(replaced, was, becomes)
        session.execute(
            sa.update(IdempotencyKey)
            .where(sa.func.strpos(text, sa.cast(sa.func.to_jsonb(sa.cast(name, sa.Text)), sa.Text)) > 0)
            .values(answer=sa.cast(replaced, pg.JSONB))
        )
