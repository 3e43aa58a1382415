"""Notices in the page, and the places outside that are told, too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.deps import Wired, Work
from services import notifications

router = APIRouter(tags=["notifications"])
MOST_IDS = 1000


class NoticeOut(BaseModel):
    """A notice. `facts` hold `no` and `state`; of a clock also `clock`, `percent`, `due_at`, of a case the `action`."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    kind: str
    role: str | None
    facts: dict[str, Any]
    at: datetime
    read_at: datetime | None


class NoticesOut(BaseModel):
    """Notices of the last thirty days, newest first; `unread` counts up to a thousand."""

    model_config = ConfigDict(from_attributes=True)

    notices: list[NoticeOut]
    unread: int
    next: int | None


class ReadIn(BaseModel):
    """Which notices were read: some, or all up to one."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[Annotated[int, Field(ge=1, le=2**63 - 1)]], Field(max_length=MOST_IDS)] = []
    through: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None


class ReadOut(BaseModel):
    """How many of them were unread."""

    read: int


class WebhookIn(BaseModel):
    """Somewhere else to tell: a webhook, an office mailbox, or a channel of an installed plug-in."""

    model_config = ConfigDict(extra="forbid")

    channel: Annotated[str, Field(min_length=1, max_length=40)] = "webhook"
    target: Annotated[str, Field(min_length=1, max_length=500)]
    kinds: Annotated[list[str], Field(max_length=20)] = []
    territory_id: UUID | None = None
    unit_id: UUID | None = None


class WebhookOut(BaseModel):
    """Somewhere else that is told, and how deliveries to it stand."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    channel: str
    target: str
    kinds: list[str]
    territory_id: UUID | None
    unit_id: UUID | None
    active: bool
    created_at: datetime
    queued: int
    sent: int
    given_up: int


class WebhookMade(BaseModel):
    """A new webhook; the `secret` that it signs with is shown this once."""

    webhook: WebhookOut
    secret: str


class WebhooksOut(BaseModel):
    """Everywhere else that is told."""

    webhooks: list[WebhookOut]


class TestQueued(BaseModel):
    """The delivery whose tries tell whether a place can be reached."""

    delivery_id: UUID


class SentAgain(BaseModel):
    """How many notices that were given up are on their way once more."""

    queued: int


class TryOut(BaseModel):
    """One try to deliver."""

    seq: int
    at: datetime
    ok: bool
    status: int | None
    note: str
    took_ms: int


class DeliveryOut(BaseModel):
    """One notice on its way to one place, with every try."""

    id: UUID
    notification_id: int
    kind: str
    state: str
    next_at: datetime | None
    created_at: datetime
    ended_at: datetime | None
    tries: list[TryOut]


class DeliveriesOut(BaseModel):
    """The ledger of a place, newest first."""

    deliveries: list[DeliveryOut]


@router.get("/api/v1/notifications", summary="My notices", operation_id="list_notifications")
def list_notifications(
    work: Work,
    *,
    unread: bool = False,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> NoticesOut:
    """Return notices to the account, its roles and its unit."""
    found = notifications.list_notices(work, now=datetime.now(UTC), unread=unread, before=before, limit=limit)
    return NoticesOut.model_validate(found)


@router.post("/api/v1/notifications/read", summary="Mark notices as read", operation_id="read_notifications")
def read_notifications(work: Work, body: ReadIn) -> ReadOut:
    """Note that the account has read notices."""
    done = notifications.mark_read(work, now=datetime.now(UTC), ids=body.ids, through=body.through)
    return ReadOut(read=done)


@router.get("/api/v1/operations/webhooks", summary="Who else is told", operation_id="list_webhooks")
def list_webhooks(work: Work) -> WebhooksOut:
    """Return webhooks and mailboxes with their figures; for the system administrator."""
    return WebhooksOut(webhooks=[WebhookOut.model_validate(row) for row in notifications.list_webhooks(work)])


@router.post(
    "/api/v1/operations/webhooks", summary="Tell somebody else, too", operation_id="add_webhook", status_code=201
)
def add_webhook(work: Work, wiring: Wired, body: WebhookIn) -> WebhookMade:
    """Add a webhook or a mailbox; for the system administrator."""
    view, secret = notifications.add_webhook(
        work,
        body.channel,
        body.target,
        kinds=body.kinds,
        territory_id=body.territory_id,
        unit_id=body.unit_id,
        inside=wiring.settings.outbound.webhook_hosts,
    )
    return WebhookMade(webhook=WebhookOut.model_validate(view), secret=secret)


@router.delete(
    "/api/v1/operations/webhooks/{webhook_id}", summary="Stop telling", operation_id="remove_webhook", status_code=204
)
def remove_webhook(work: Work, webhook_id: UUID) -> Response:
    """Remove a webhook or mailbox with its ledger; for the system administrator."""
    notifications.remove_webhook(work, webhook_id)
    return Response(status_code=204)


@router.post(
    "/api/v1/operations/webhooks/{webhook_id}/test",
    summary="Send a test to a place",
    operation_id="test_webhook",
    status_code=202,
)
def test_webhook(work: Work, webhook_id: UUID) -> TestQueued:
    """Queue a word of no content; the ledger tells what became of it. For the system administrator."""
    return TestQueued(delivery_id=notifications.test_webhook(work, webhook_id, now=datetime.now(UTC)))


@router.post(
    "/api/v1/operations/webhooks/{webhook_id}/again",
    summary="Send again what was given up",
    operation_id="send_again",
    status_code=202,
)
def send_again(work: Work, webhook_id: UUID) -> SentAgain:
    """Queue what was given up for a place for one more try; for the system administrator."""
    return SentAgain(queued=notifications.send_again(work, webhook_id, now=datetime.now(UTC)))


@router.get(
    "/api/v1/operations/webhooks/{webhook_id}/deliveries",
    summary="The ledger of a place",
    operation_id="list_deliveries",
)
def list_deliveries(work: Work, webhook_id: UUID, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> DeliveriesOut:
    """Return deliveries with every try; for the system administrator."""
    rows = notifications.list_deliveries(work, webhook_id, limit=limit)
    return DeliveriesOut(deliveries=[DeliveryOut.model_validate(row) for row in rows])
