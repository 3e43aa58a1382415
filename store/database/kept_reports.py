"""SQL of reports that people keep, and of those written each month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import Account, KeptReport, Report, ReportSchedule
from store.database.reports import same_file


def _listed() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            KeptReport.id, Report.name, KeptReport.title, Report.format, KeptReport.lang, KeptReport.month,
            KeptReport.plan_id.label("plan"), KeptReport.created_at.label("at"), Account.name.label("author"),
            KeptReport.author_id, sa.func.octet_length(Report.content).label("bytes"),
            Report.created_at.label("made_at"), Report.made_for,
        )
        .join(Report, Report.id == KeptReport.report_id)
        .outerjoin(Account, Account.id == KeptReport.author_id)
    )  # fmt: skip


def list_kept(session: Session, *, limit: int, plan_id: UUID | None = None) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return kept reports, newest first."""
    statement = _listed().order_by(KeptReport.created_at.desc(), KeptReport.id).limit(limit)
    if plan_id is not None:
        statement = statement.where(KeptReport.plan_id == plan_id)
    return session.execute(statement).all()


def kept_row(session: Session, kept_id: UUID) -> sa.Row[*tuple[Any, ...]] | None:
    """Return one kept report."""
    return session.execute(_listed().where(KeptReport.id == kept_id)).first()


def kept_content(session: Session, kept_id: UUID) -> bytes | None:
    """Return the file of a kept report."""
    statement = sa.select(Report.content).join(KeptReport, KeptReport.report_id == Report.id)
    return session.scalar(statement.where(KeptReport.id == kept_id))


def find_kept(session: Session, report_id: UUID, title: str) -> UUID | None:
    """Return the kept report of a file under a title."""
    statement = sa.select(KeptReport.id).where(KeptReport.report_id == report_id, KeptReport.title == title)
    return session.scalar(statement)


def find_file(session: Session, name: str, file_format: str, digest: str, made_for: str) -> UUID | None:
    """Return the finished file of equal inputs for the same eyes, without reading it."""
    return session.scalar(sa.select(Report.id).where(*same_file(name, file_format, digest, made_for)))


def add_kept(session: Session, kept: KeptReport) -> None:
    """Keep a report."""
    session.add(kept)
    session.flush()


def get_kept(session: Session, kept_id: UUID) -> KeptReport | None:
    """Return a kept report for changing it."""
    return session.get(KeptReport, kept_id, with_for_update=True)


def delete_kept(session: Session, kept: KeptReport) -> None:
    """Forget a kept report; its file goes, too, unless another title has it."""
    report_id = kept.report_id
    session.delete(kept)
    session.flush()
    used = sa.exists().where(KeptReport.report_id == report_id)
    session.execute(sa.delete(Report).where(Report.id == report_id, ~used))


def list_schedules(session: Session, *, active: bool | None = None) -> list[ReportSchedule]:
    """Return schedules, oldest first."""
    statement = sa.select(ReportSchedule).order_by(ReportSchedule.created_at, ReportSchedule.id)
    if active is not None:
        statement = statement.where(ReportSchedule.active == active)
    return list(session.scalars(statement))


def get_schedule(session: Session, schedule_id: UUID) -> ReportSchedule | None:
    """Return a schedule for changing it."""
    return session.get(ReportSchedule, schedule_id, with_for_update=True)


def add_schedule(session: Session, schedule: ReportSchedule) -> None:
    """Insert a schedule."""
    session.add(schedule)
    session.flush()


def delete_schedule(session: Session, schedule: ReportSchedule) -> None:
    """Delete a schedule; the reports that it wrote stay."""
    session.delete(schedule)
    session.flush()
