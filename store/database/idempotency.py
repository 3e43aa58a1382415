"""Queries on idempotency keys: claim one, keep its answer, forget old ones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from store.database.models import IdempotencyKey


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The answer that went out for a key, and the digest of the request it answered."""

    body_sha256: str
    status: int
    answer: Any


def claim_key(session: Session, *, account_id: UUID, key: str, route: str, body_sha256: str) -> StoredAnswer | None:
    """Take a key for this transaction, or return what it was answered before.

    Waits for another transaction that is just using the key.
    """
    mine = session.execute(
        pg.insert(IdempotencyKey)
        .values(account_id=account_id, key=key, route=route, body_sha256=body_sha256)
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    ).first()
    if mine is not None:
        return None
    row = session.execute(
        sa.select(IdempotencyKey.body_sha256, IdempotencyKey.status, IdempotencyKey.answer).where(
            IdempotencyKey.account_id == account_id, IdempotencyKey.key == key, IdempotencyKey.route == route
        )
    ).one()
    return StoredAnswer(row[0], int(row[1]), row[2])


def keep_answer(session: Session, *, account_id: UUID, key: str, route: str, status: int, answer: object) -> None:
    """Store the answer beside the key claimed in this transaction."""
    session.execute(
        sa.update(IdempotencyKey)
        .where(IdempotencyKey.account_id == account_id, IdempotencyKey.key == key, IdempotencyKey.route == route)
        .values(status=status, answer=answer)
    )


def delete_old_keys(session: Session, before: datetime) -> int:
    """Forget keys from before `before`; returns how many."""
    return len(
        session.execute(
            sa.delete(IdempotencyKey).where(IdempotencyKey.created_at < before).returning(IdempotencyKey.key)
        ).all()
    )
