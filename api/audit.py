"""The audit trail, for the audit administrator alone."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from api.deps import Who, Wired, Work
from api.moments import Moment
from services import audit
from services.audit import Asked, Link

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])


def asked(
    who: Annotated[str | None, Query(max_length=64, description="Account name; `system` for the system.")] = None,
    action: Annotated[str | None, Query(max_length=200, description="What the action begins with.")] = None,
    target: Annotated[str | None, Query(max_length=200, description="What the target contains.")] = None,
    since: Annotated[Moment | None, Query(description="From this time on.")] = None,
    until: Annotated[Moment | None, Query(description="Before this time.")] = None,
) -> Asked:
    """Read which lines are wanted."""
    return Asked(who or None, action or None, target or None, since, until)


Filters = Annotated[Asked, Depends(asked)]


class LineOut(BaseModel):
    """One line. `seq` is its place in the chain, null until it is sealed."""

    id: int
    at: datetime
    account_id: UUID | None
    account: str
    action: str
    target: str
    request_id: str
    details: dict[str, Any]
    seq: int | None
    digest: str | None


class LinesOut(BaseModel):
    """Lines, newest first; `next` is the `before` of the page that follows, null at the end."""

    lines: list[LineOut]
    next: int | None


class LinkOut(BaseModel):
    """A place in the chain."""

    seq: int
    digest: str

    @classmethod
    def of(cls, link: Link | None) -> LinkOut | None:
        """Build the answer from the service's result."""
        return None if link is None else cls(seq=link.seq, digest=link.digest)


class ChainOut(BaseModel):
    """What a check of the chain found; `broken` is the first line that does not follow from the one before it."""

    intact: bool
    lines: int
    unsealed: int
    start: LinkOut | None
    head: LinkOut | None
    broken: int | None


@router.get("", summary="Read the audit trail", operation_id="list_audit")
def list_lines(
    work: Work,
    filters: Filters,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> LinesOut:
    """Return lines of the trail, newest first."""
    page = audit.read_page(work, filters, before=before, limit=limit)
    lines = [LineOut.model_validate(line, from_attributes=True) for line in page.lines]
    return LinesOut(lines=lines, next=page.next)


@router.get("/verify", summary="Check the chain of the audit trail", operation_id="verify_audit")
def verify(
    work: Work,
    seq: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="A place written down earlier…")] = None,
    digest: Annotated[str | None, Query(pattern="^[0-9a-f]{64}$", description="…and its digest.")] = None,
) -> ChainOut:
    """Compute each sealed line's digest again, and look for a place of the chain that was written down."""
    known = Link(seq, digest) if seq is not None and digest is not None else None
    found, intact = audit.verify(work, known=known)
    return ChainOut(
        intact=intact,
        lines=found.lines,
        unsealed=found.unsealed,
        start=LinkOut.of(found.start),
        head=LinkOut.of(found.head),
        broken=found.broken,
    )


@router.get(
    "/export",
    summary="Take the audit trail out as CSV",
    operation_id="export_audit",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "Lines, oldest first."}},
)
def export(wiring: Wired, who: Who, filters: Filters) -> StreamingResponse:
    """Stream the lines wanted as CSV (UTF-8 with a mark, formulas inert); this leaves a line itself."""
    text = audit.write_csv(wiring.database, who.actor, filters)
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(text, media_type="text/csv; charset=utf-8", headers=headers)
