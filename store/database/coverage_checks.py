"""SQL of the nightly comparisons of live coverage with a whole computation."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import CoverageCheck, CoverageRun


def add_check(session: Session, check: CoverageCheck) -> None:
    """Keep what a nightly comparison found."""
    session.add(check)
    session.flush()


def newest_check(session: Session, plan_id: UUID) -> CoverageCheck | None:
    """Return the newest comparison of a plan."""
    return session.scalars(
        sa.select(CoverageCheck).where(CoverageCheck.plan_id == plan_id).order_by(CoverageCheck.at.desc()).limit(1)
    ).first()


def plans_to_check(session: Session, before: datetime) -> list[UUID]:
    """Return plans with live figures that were not compared since a moment."""
    checked = sa.exists().where(CoverageCheck.plan_id == CoverageRun.plan_id, CoverageCheck.at >= before)
    statement = sa.select(CoverageRun.plan_id).where(CoverageRun.live, ~checked).order_by(CoverageRun.plan_id)
    return list(session.scalars(statement))
