"""The audit trail: notes of what was read, its chain, what the audit administrator may see, and its end.

Lines of what was changed are written by each unit of work with its commit (`store.database.trail`), lines of sign-ins
and accounts by their services. Lines tell who did what to which thing; never a secret, a place, or what was read.
"""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import orjson

from gis.errors import InvalidInputError
from services.access import record
from services.logs import request_id
from store.database import audit as sql
from store.database.access import add_audit
from store.database.actor import Actor
from store.database.audit import Asked, Chain, Line, Link
from store.database.engine import Database
from store.database.trail import Doing
from store.database.work import UnitOfWork

__all__ = ["Asked", "Chain", "Line", "Link", "Page", "ReadNotes"]

ADMINISTRATOR = "audit_administrator"
READ_EVERY = timedelta(minutes=10)
SEAL_AT_ONCE = 5000
SHORTEST_MONTHS = 6
BATCH = 2000
DAYS_A_MONTH = 31
COLUMNS = ("id", "at", "account", "action", "target", "request_id", "details", "seq", "digest")


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, newest first, and the id to go on below (None at the end)."""

    lines: list[Line]
    next: int | None


def read_page(work: UnitOfWork, asked: Asked, *, before: int | None = None, limit: int = 100) -> Page:
    """Return lines of the trail to the audit administrator.

    Raises
    ------
    NotAllowedError
        The actor is not the audit administrator.
    """
    work.actor.require(ADMINISTRATOR)
    _check(asked)
    with work.everywhere():
        lines = sql.read_lines(work.session, asked, before=before, limit=limit + 1)
    return Page(lines[:limit], lines[limit - 1].id if len(lines) > limit else None)


def verify(work: UnitOfWork, *, known: Link | None = None) -> tuple[Chain, bool]:
    """Check the chain, and that a place of it that was written down elsewhere is still in it.

    Returns
    -------
    (Chain, bool)
        What was found, and whether all is as it should be.
    """
    work.actor.require(ADMINISTRATOR)
    with work.everywhere():
        found = sql.check_chain(work.session)
        kept = known is None or sql.link_at(work.session, known.seq) == known
    return found, found.broken is None and kept


def write_csv(database: Database, actor: Actor, asked: Asked) -> Iterator[bytes]:
    """Yield the lines wanted as CSV with a byte order mark, oldest first; that they are taken out is noted first.

    Each batch is a transaction of its own: a slow reader keeps no connection.
    """
    actor.require(ADMINISTRATOR)
    _check(asked)
    wanted = {key: str(value) for key, value in asdict(asked).items() if value is not None}
    with database.work(actor) as work:
        record(work, "audit.export", details=wanted)
    return _batches(database, actor, asked)


def _batches(database: Database, actor: Actor, asked: Asked) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf" + _rows([COLUMNS])
    after: int | None = 0
    while after is not None:
        with database.work(actor) as work, work.everywhere():
            lines = sql.read_on(work.session, asked, after=after, limit=BATCH)
        yield _rows((_cell(getattr(line, name)) for name in COLUMNS) for line in lines)
        after = lines[-1].id if len(lines) == BATCH else None


def seal(work: UnitOfWork, *, now: datetime | None = None) -> int:  # noqa: ARG001 - as all upkeep
    """Add the new lines to the chain."""
    done = 0
    while (sealed := sql.seal(work.session, SEAL_AT_ONCE)) > 0:
        done += sealed
        if sealed < SEAL_AT_ONCE:
            break
    return done


def head(work: UnitOfWork) -> Link | None:
    """Return the chain's last place."""
    return sql.head(work.session)


def retire(database: Database, *, months: int, now: datetime) -> Link | None:
    """Cut off lines older than `months`, as the owner of the tables.

    Raises
    ------
    InvalidInputError
        Fewer than six months.
    """
    if months < SHORTEST_MONTHS:
        raise InvalidInputError(
            f"The audit trail is kept for at least {SHORTEST_MONTHS} months.", field="months", months=months
        )
    before = now - timedelta(days=DAYS_A_MONTH * months)
    with database.owner_work(Actor.system(), Doing("upkeep audit", asks=True)) as work:
        last = sql.retire(work.session, before)
        if last is not None:
            record(work, "audit.retire", details={"through": last.seq, "digest": last.digest, "before": str(before)})
    return last


class ReadNotes:
    """Who reads what that is sensitive: one line per account and collection in ten minutes, not one per tile."""

    def __init__(self, most: int = 10000) -> None:
        self._most = most
        self._seen: dict[tuple[UUID | None, str, str], datetime] = {}
        self._lock = threading.Lock()

    def is_new(self, actor: Actor, action: str, target: str) -> bool:
        """Whether this process has not noted the same within ten minutes."""
        at = self._seen.get((actor.account_id, action, target))
        return at is None or datetime.now(UTC) - at >= READ_EVERY

    def note(self, database: Database, actor: Actor, action: str, target: str, each_time: bool = False) -> None:
        """Write the line, unless another process has and it isn't for `each_time`."""
        now = datetime.now(UTC)
        with database.work(Actor.system()) as work:
            if each_time or not sql.was_read(work.session, actor.account_id, action, target, now - READ_EVERY):
                record_for(work, actor, action, target)
        with self._lock:
            if len(self._seen) >= self._most:
                self._seen.pop(next(iter(self._seen)))
            self._seen[actor.account_id, action, target] = now


def record_for(work: UnitOfWork, actor: Actor, action: str, target: str) -> None:
    """Write one line of what another actor does than the one of the unit of work."""
    add_audit(work.session, action, account_id=actor.account_id, target=target[:500], request_id=request_id.get())


def _check(asked: Asked) -> None:
    if asked.since is not None and asked.until is not None and asked.since >= asked.until:
        raise InvalidInputError("The end of the time is not after its beginning.", field="until")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    text = orjson.dumps(value).decode() if isinstance(value, dict) else str(value)
    # a spreadsheet takes what begins like a formula for one
    return "'" + text if text[:1] in "=+-@\t\r" and text else text


def _rows(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
