"""Proof of a case: its chain is whole, its texts are those that were written, its steps lead to its row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from casework.chain import first_broken
from casework.replay import Step, differences, replay
from casework.states import step_content
from services.cases.act import text_digest
from services.cases.standing import standing_of
from store.database import cases as sql
from store.database.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Proof:
    """What a check of one case found.

    Attributes
    ----------
    no : str
    steps : int
    head : str
        Digest of the last step: written down elsewhere, it proves later that nothing was taken away.
    intact : bool
        Everything below is as it should be.
    broken_at : int or None
        Sequence number of the first step that does not follow from the one before.
    changed_texts : list of int
        Steps whose text is not the one that was written.
    erased_texts : list of int
        Steps whose text was erased in its time, which is no fault.
    differs : list of str
        Fields in which the row is not what its steps lead to.
    known : bool
        Whether the digest that was written down earlier is in it; True where none was given.
    """

    no: str
    steps: int
    head: str
    intact: bool
    broken_at: int | None
    changed_texts: list[int]
    erased_texts: list[int]
    differs: list[str]
    known: bool


def verify(work: UnitOfWork, no: str, *, now: datetime, known: str | None = None) -> Proof:
    """Check one case; `known` is a digest of it that was written down earlier.

    Raises
    ------
    NotFoundError
        No incident of this number.
    """
    at = standing_of(work, no, now=now)
    rows = sql.steps(work.session, at.key)
    broken = first_broken((row.prev, row.digest, _content(row)) for row in rows)
    replayed = replay(
        Step(row.seq, row.action, row.to_state, row.actor_id, row.at.astimezone(UTC), row.facts, row.digest)
        for row in rows
    )
    differs = differences(at.case, replayed)
    changed = [row.seq for row in rows if not _text_holds(row)]
    head = rows[-1].digest if rows else ""
    is_known = known is None or any(row.digest == known for row in rows)
    intact = broken is None and not differs and not changed and is_known
    return Proof(
        no, len(rows), head, intact, None if broken is None else rows[broken].seq, changed,
        [row.seq for row in rows if row.erased_at is not None], differs, is_known,
    )  # fmt: skip


def _content(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a database row
    return step_content(
        row.seq, row.action, from_state=row.from_state, to_state=row.to_state, actor_id=row.actor_id,
        at=row.at.astimezone(UTC), facts=row.facts,
    )  # fmt: skip


def _text_holds(row: Any) -> bool:  # noqa: ANN401 - a database row
    known = row.facts.get("text_sha256")
    if row.erased_at is not None:
        return known is not None and row.reason is None and row.words is None
    if row.salt is None:
        return known is None
    return bool(known == text_digest(row.salt, row.reason, row.words))
