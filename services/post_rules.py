"""What holds for every post: of one grid or one area, one head a grid, nobody the same post twice at once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from gis.errors import ConflictError, InvalidInputError
from store.database import organisation as sql
from store.database.models import Assignment, Staff
from store.database.work import UnitOfWork

HEAD = "grid_head"


class TwoHeadsError(ConflictError):
    """A grid would have two heads at once."""

    code = "two-heads"


class HeldAlreadyError(ConflictError):
    """Somebody would hold one post twice at once."""

    code = "held-already"


def check_target(work: UnitOfWork, member: Staff, role: str, grid: UUID | None, area: UUID | None) -> None:
    """Refuse a post that is of no grid and no area, of both, or of one that is not there."""
    if (grid is None) == (area is None):
        raise InvalidInputError("Name one grid or one area.", field="grid")
    if role == HEAD and grid is None:
        raise InvalidInputError("A head is the head of a grid.", field="grid")
    if grid is not None and sql.grid_of(work.session, member.territory_id, grid) is None:
        raise InvalidInputError("There is no such grid.", field="grid")
    if area is not None and sql.area_of(work.session, member.territory_id, area) is None:
        raise InvalidInputError("There is no such area.", field="area")


def check_order(since: datetime, until: datetime | None) -> None:
    """Refuse a post that ends before it begins."""
    if until is not None and until <= since:
        raise InvalidInputError("An assignment ends after it began.", field="until")


def refuse_second_head(
    work: UnitOfWork, grid: UUID, since: datetime, until: datetime | None, *, but: UUID | None = None
) -> None:
    """Refuse a head of a grid that somebody heads in that time."""
    others = sql.heads_within(work.session, grid, since, until, but=but)
    if others:
        raise TwoHeadsError(
            f"{others[0].work_no} heads this grid in that time; a grid has one head.",
            head=others[0].work_no,
            since=others[0].since,
            until=others[0].until,
        )


def refuse_held_twice(work: UnitOfWork, member: Staff, post: Assignment, *, but: UUID | None = None) -> None:
    """Refuse a post that the same person holds in that time already."""
    with work.session.no_autoflush:
        held = sql.held_within(work.session, post, but=but)
    if held is not None:
        raise HeldAlreadyError(
            f"{member.work_no} holds this post already in that time; end it first, or change its share or its end.",
            staff=member.work_no, since=held.since, until=held.until,
        )  # fmt: skip
