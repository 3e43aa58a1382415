"""Answer a repeated request with the first answer instead of doing it again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gis.errors import ConflictError, InvalidInputError, NotAllowedError
from store.database import idempotency as sql
from store.database.work import UnitOfWork

LONGEST_KEY = 200
KEPT = timedelta(days=7)


class KeyReusedError(ConflictError):
    """An idempotency key came again with another request body."""

    code = "idempotency-key-reused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered.

    Attributes
    ----------
    status : int
    body : object
        JSON.
    repeated : bool
        Whether this is the stored answer to an earlier request.
    """

    status: int
    body: Any
    repeated: bool = False


def answer_once(
    work: UnitOfWork, *, route: str, key: str, request_body: bytes, compute: Callable[[], tuple[int, Any]]
) -> Answer:
    """Run `compute` unless the actor's account sent this key to this route before; then return the answer given then.

    The key is claimed in the request's own transaction: a second request with it waits until the first one committed
    or failed, so two at the same moment can't both act, and a failed one leaves the key free.

    Raises
    ------
    KeyReusedError
        The key came with another body.
    InvalidInputError
        The key is empty, too long or not plain ASCII.
    """
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise InvalidInputError(
            f"The Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters; a UUID does.",
            field="Idempotency-Key",
        )
    if work.actor.account_id is None:
        raise NotAllowedError("Only an account can send an Idempotency-Key.")
    digest = hashlib.sha256(request_body).hexdigest()
    known = sql.claim_key(work.session, account_id=work.actor.account_id, key=key, route=route, body_sha256=digest)
    if known is not None:
        if known.body_sha256 != digest:
            raise KeyReusedError("This Idempotency-Key was used for another request; send a new key.", key=key)
        return Answer(known.status, known.answer, repeated=True)
    status, body = compute()
    work.session.flush()
    sql.keep_answer(work.session, account_id=work.actor.account_id, key=key, route=route, status=status, answer=body)
    return Answer(status, body)


def forget_old_keys(work: UnitOfWork, *, now: datetime) -> int:
    """Delete keys so old that no repeat can still come."""
    return sql.delete_old_keys(work.session, now - KEPT)
