"""What a transaction changed, counted as its statements go by, and the line of the audit trail that tells it.

Every unit of work passes here with its commit, so no route, command or job can forget to leave a line.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session, SessionTransaction

from store.database.models import Audit

# of use to the system only: changes of these alone are no edit. Sign-ins and tokens are recorded by their services.
PLUMBING = frozenset(
    {
        "outbox", "layer_revision", "idempotency_key", "job_progress", "job_file", "job_output", "session", "api_token",
        "audit", "audit_retired", "sign_in_link", "grid_shape", "area_shape", "incident_cell", "intake_quota",
    }
)  # fmt: skip
_KEY = "gridward_changed"
_CHANGE = re.compile(
    r"(?:^|[\s(;])(insert\s+into|update|delete\s+from)\s+(?:only\s+)?(?:public\.)?\"?([a-z_]\w*)", re.IGNORECASE
)
_COMMENT = re.compile(r"--[^\n]*")
_NO_TABLE = frozenset({"set", "skip", "nowait", "of"})
_MOST_KINDS = 40

Changes = Counter[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Doing:
    """What a unit of work is for, as the audit trail tells it.

    Attributes
    ----------
    action : str
        Route, command or job: ``POST /api/v1/plans/{plan_id}/publish``, ``job partition``, ``gridward load``.
    target : str
        What it is about: the path, the job's id. Never a place, a name of a reporter or a secret.
    request_id : str
    asks : bool
        It only asks, so it leaves a line only if it changes more than the system's own tables.
    """

    action: str
    target: str = ""
    request_id: str = ""
    asks: bool = False


def follow(session: Session) -> None:
    """Count what each transaction of a session changes."""

    def on_begin(_session: Session, transaction: SessionTransaction, connection: sa.Connection) -> None:
        if not transaction.nested:
            session.info[_KEY] = connection.info[_KEY] = Counter()

    event.listen(session, "after_begin", on_begin)


def watch(engine: sa.Engine) -> None:
    """Count the rows that the statements of an engine change; what they hold is not looked at."""

    def on_statement(connection: sa.Connection, cursor: Any, statement: str, *_rest: object) -> None:  # noqa: ANN401
        changed = changed_tables(statement)
        if not changed:
            return
        noted: Changes | None = connection.info.get(_KEY)
        rows = int(cursor.rowcount)
        if noted is not None and rows:
            for number, place in enumerate(changed):
                # of a statement in several parts the driver tells one number only
                noted[place] += max(rows, 1) if number == 0 else 1

    event.listen(engine, "after_cursor_execute", on_statement)


def note_rows(session: Session, verb: str, table: str, rows: int) -> None:
    """Count rows that went in by another way than a statement of the engine (COPY)."""
    noted: Changes | None = session.info.get(_KEY)
    if noted is not None and rows:
        noted[verb, table] += rows


@lru_cache(maxsize=4096)
def changed_tables(statement: str) -> tuple[tuple[str, str], ...]:
    """Return (verb, table) of each part of a statement that changes a table.

    Examples
    --------
    >>> changed_tables("insert into plan (id) values (1) on conflict (id) do update set name = 'x'")
    (('insert', 'plan'),)
    >>> changed_tables("with gone as (delete from gap returning 1) update grid_version set locked = true")
    (('delete', 'gap'), ('update', 'grid_version'))
    >>> changed_tables("select * from plan for update of plan")
    ()
    """
    found = []
    for match in _CHANGE.finditer(_COMMENT.sub("", statement)):
        verb, table = match.group(1).split()[0].lower(), match.group(2).lower()
        if table not in _NO_TABLE and (verb, table) not in found:
            found.append((verb, table))
    return tuple(found)


def conclude(session: Session, account_id: UUID | None, doing: Doing | None) -> None:
    """Write the line of a transaction that is about to be committed, if it changed anything worth one."""
    changed: Changes = session.info.get(_KEY) or Counter()
    business = {place for place in changed if place[1] not in PLUMBING}
    if doing is None:
        # a service that wrote its own line has said what it does
        if not business or ("insert", "audit") in changed:
            return
        doing = Doing("change")
    elif not (business if doing.asks else changed):
        return
    table = cast("sa.Table", Audit.__table__)
    # inline: nothing is asked back, which accounts of some areas may not read
    session.execute(
        sa.insert(table)
        .inline()
        .values(
            account_id=account_id,
            action=doing.action,
            target=doing.target[:500],
            request_id=doing.request_id,
            details={"changed": told(changed)} if business else {},
        )
    )


def told(changed: Changes) -> dict[str, dict[str, int]]:
    """Return counts by table and verb, tables of the system's own left out.

    Examples
    --------
    >>> told(Counter({("insert", "grid_version"): 2, ("update", "grid_version"): 1, ("insert", "outbox"): 3}))
    {'grid_version': {'insert': 2, 'update': 1}}
    """
    found: dict[str, dict[str, int]] = {}
    for (verb, name), rows in sorted(changed.items(), key=lambda item: (item[0][1], item[0][0])):
        if name not in PLUMBING and len(found) < _MOST_KINDS:
            found.setdefault(name, {})[verb] = rows
    return found
