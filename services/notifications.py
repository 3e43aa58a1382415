"""Notices: to roles, units and accounts in the page, and to places outside that an administrator named."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from casework.notices import Told
from gis.errors import InvalidInputError, NotFoundError
from services import catalogue
from services.access import record
from store.database import notifications as sql
from store.database.work import UnitOfWork
from store.outbound import plugins
from store.outbound.webhooks import check_target

KINDS: Final = ("clock", "case")
KEPT: Final = timedelta(days=90)
MOST_UNREAD: Final = 1000
ADMINISTRATOR: Final = "system_administrator"
TEST: Final = "test"
"""A notice that an administrator sends to one place, to see that it arrives."""
_MAILBOX = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,253}")


def is_mailbox(text: str) -> bool:
    """Whether a text is the address of one mailbox and nothing else."""
    return _MAILBOX.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice to an account."""

    id: int
    kind: str
    role: str | None
    facts: dict[str, Any]
    at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Notices:
    """Some notices, newest first, how many are unread (counted up to a thousand), and the id to go on below."""

    notices: list[Notice]
    unread: int
    next: int | None


@dataclass(frozen=True, slots=True)
class WebhookView:
    """Somewhere else that is told, and how deliveries to it stand."""

    id: UUID
    channel: str
    target: str
    kinds: tuple[str, ...]
    territory_id: UUID | None
    unit_id: UUID | None
    active: bool
    created_at: datetime
    queued: int = 0
    sent: int = 0
    given_up: int = 0


def tell_step(work: UnitOfWork, case: Any, action: str, told: Sequence[Told], facts: Mapping[str, Any]) -> None:  # noqa: ANN401 - a row
    """Tell in the page of a step of a case, whom it concerns.

    Parameters
    ----------
    work : UnitOfWork
    case : row
        The incident after the step.
    action : str
        Of the state table, or ``task_…`` for a step of a child task.
    told : sequence of Told
        As `casework.notices` says.
    facts : mapping
        Of the step: a level, what is asked for and when an answer is due go along; no texts.
    """
    if not told:
        return
    said = {"no": case.no, "item": case.item, "item_code": case.item_code, "state": case.state, "action": action}
    said |= {name: facts[name] for name in ("to_level", "answer_due", "review_date", "kind") if facts.get(name)}
    for each in told:
        values = {
            "territory_id": case.territory_id, "kind": "case", "role": each.role, "month": case.month,
            "unit_id": UUID(each.unit) if each.unit else None, "account_id": each.account,
            "incident_id": case.id, "facts": said,
        }  # fmt: skip
        sql.add(work.session, values)
    work.announce("notification", {"kind": "case"}, case.territory_id)


def list_notices(
    work: UnitOfWork, *, now: datetime, unread: bool = False, before: int | None = None, limit: int = 50
) -> Notices:
    """Return the notices of the account that asks, of the last thirty days."""
    account, roles = work.actor.account_id, sorted(work.actor.roles)
    rows = sql.mine(
        work.session, account_id=account, roles=roles, now=now, unread=unread, before=before, limit=limit + 1
    )
    facts = with_names(work, [(row.facts, row.territory_id) for row in rows[:limit]])
    found = [
        Notice(row.id, row.kind, row.role, said, row.at, row.read_at)
        for row, said in zip(rows[:limit], facts, strict=True)
    ]
    count = sql.unread_count(work.session, account_id=account, roles=roles, now=now, most=MOST_UNREAD)
    return Notices(found, count, found[-1].id if len(rows) > limit else None)


def with_names(work: UnitOfWork, notices: Sequence[tuple[Mapping[str, Any], UUID | None]]) -> list[dict[str, Any]]:
    """Return the facts of notices (each with its territory) with what the catalogue of now calls their items.

    ``item_en`` and ``item_zh`` are there where the report has an item of the catalogue.
    """
    catalogues: dict[UUID, Mapping[str, catalogue.ItemView]] = {}
    named = []
    for facts, territory_id in notices:
        code = facts.get("item_code")
        found = None
        if code and territory_id is not None:
            if territory_id not in catalogues:
                version = catalogue.version_id(work, territory_id)
                catalogues[territory_id] = catalogue.items_of(work, version)
            found = catalogues[territory_id].get(code)
        names = {} if found is None else {"item_en": found.name_en, "item_zh": found.name_zh}
        named.append({**facts, **{name: value for name, value in names.items() if value}})
    return named


def mark_read(work: UnitOfWork, *, now: datetime, ids: Sequence[int] = (), through: int | None = None) -> int:
    """Mark notices as read, those named or all up to one; return how many were unread.

    Raises
    ------
    InvalidInputError
        Neither is said.
    """
    if not ids and through is None:
        raise InvalidInputError("Say which notices were read: ids, or through the newest.", field="ids")
    if work.actor.account_id is None:
        return 0
    return sql.mark_read(
        work.session,
        account_id=work.actor.account_id,
        roles=sorted(work.actor.roles),
        now=now,
        ids=ids,
        through=through,
    )


def forget_old(work: UnitOfWork, *, now: datetime) -> int:
    """Delete notices that are past their time, with what was delivered of them."""
    return sql.forget(work.session, now - KEPT)


def add_webhook(
    work: UnitOfWork,
    channel: str,
    target: str,
    *,
    kinds: Sequence[str] = (),
    territory_id: UUID | None = None,
    unit_id: UUID | None = None,
    inside: Sequence[str] = (),
) -> tuple[WebhookView, str]:
    """Have somewhere else be told from now on.

    Parameters
    ----------
    work : UnitOfWork
    channel : str
        ``webhook``, ``mail``, or what an installed plug-in offers.
    target : str
        URL, office mailbox, or what the plug-in takes.
    kinds : sequence of str
        Kinds of notices; all when empty.
    territory_id, unit_id : UUID or None
        Only notices of these.
    inside : sequence of str
        Hosts and networks that webhooks may go to although they are not public.

    Returns
    -------
    (WebhookView, str)
        And the secret that it signs with, which is never shown again; empty for other channels.

    Raises
    ------
    InvalidInputError
        The channel, the target or a kind is not known.
    """
    work.actor.require(ADMINISTRATOR)
    _check_listener(channel, target, kinds, inside)
    secret = secrets.token_urlsafe(32) if channel == "webhook" else ""
    with work.everywhere():
        row = sql.add_webhook(
            work.session,
            {
                "channel": channel, "target": target, "secret": secret, "kinds": list(kinds),
                "territory_id": territory_id, "unit_id": unit_id,
                "created_by": work.actor.account_id, "created_at": datetime.now(UTC),
            },
        )  # fmt: skip
    record(work, "webhook.add", target=str(row.id), details={"channel": channel})
    return _view(row), secret


def _check_listener(channel: str, target: str, kinds: Sequence[str], inside: Sequence[str]) -> None:
    strange = [kind for kind in kinds if kind not in KINDS]
    if strange:
        raise InvalidInputError(f"There are no notices of the kind {strange[0][:40]}.", field="kinds", known=KINDS)
    known = ("webhook", "mail", *plugins.channels())
    if channel not in known:
        raise InvalidInputError(f"There is no channel {channel[:40]}.", field="channel", known=known)
    if channel == "webhook":
        check_target(target, inside)
    elif channel == "mail" and not is_mailbox(target):
        raise InvalidInputError("This is no mailbox such as desk@example.org.", field="target")
    elif not target.strip() or len(target) > 500:
        raise InvalidInputError("A target has 1 to 500 characters.", field="target")


def list_webhooks(work: UnitOfWork) -> list[WebhookView]:
    """Return where else is told, and how deliveries stand."""
    work.actor.require(ADMINISTRATOR)
    with work.everywhere():
        return [_view(row) for row in sql.webhooks(work.session)]


def remove_webhook(work: UnitOfWork, webhook_id: UUID) -> None:
    """Stop telling a place; its ledger goes with it, the audit trail keeps a line.

    Raises
    ------
    NotFoundError
        There is no such place.
    """
    work.actor.require(ADMINISTRATOR)
    with work.everywhere():
        gone = sql.delete_webhook(work.session, webhook_id)
    if not gone:
        raise NotFoundError("There is no such webhook.", id=str(webhook_id))
    record(work, "webhook.remove", target=str(webhook_id))


def test_webhook(work: UnitOfWork, webhook_id: UUID, *, now: datetime) -> UUID:
    """Queue a word that only says that this place is told; return the delivery's id.

    Raises
    ------
    NotFoundError
        There is no such place.
    """
    work.actor.require(ADMINISTRATOR)
    with work.everywhere():
        found = _known(work, webhook_id)
        values = {"kind": TEST, "role": ADMINISTRATOR, "facts": {}, "territory_id": found.territory_id, "at": now}
        queued = sql.queue(work.session, webhook_id, sql.add(work.session, values), now)
    record(work, "webhook.test", target=str(webhook_id))
    return queued


def send_again(work: UnitOfWork, webhook_id: UUID, *, now: datetime) -> int:
    """Have all that was given up for a place be tried once more; return how many notices that are.

    Raises
    ------
    NotFoundError
        There is no such place.
    """
    work.actor.require(ADMINISTRATOR)
    with work.everywhere():
        _known(work, webhook_id)
        queued = sql.queue_again(work.session, webhook_id, now)
    record(work, "webhook.again", target=str(webhook_id))
    return queued


def list_deliveries(work: UnitOfWork, webhook_id: UUID, *, limit: int = 100) -> list[dict[str, Any]]:
    """Return the newest deliveries to a place with all their tries."""
    work.actor.require(ADMINISTRATOR)
    with work.everywhere():
        return [dict(row) for row in sql.deliveries(work.session, webhook_id, limit)]


def _known(work: UnitOfWork, webhook_id: UUID) -> Any:  # noqa: ANN401 - a database row
    found = next((row for row in sql.webhooks(work.session) if row.id == webhook_id), None)
    if found is None:
        raise NotFoundError("There is no such webhook.", id=str(webhook_id))
    return found


def _view(row: Any) -> WebhookView:  # noqa: ANN401 - a database row
    counts = {name: getattr(row, name, 0) for name in ("queued", "sent", "given_up")}
    return WebhookView(
        row.id, row.channel, row.target, tuple(row.kinds), row.territory_id, row.unit_id, row.active, row.created_at,
        **counts,
    )  # fmt: skip
