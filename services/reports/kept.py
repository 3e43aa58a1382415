"""Reports under a title: written once, kept, taken away as often as wanted."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from gis.errors import InvalidInputError, NotAllowedError, NotFoundError
from layers.report import ReportContent
from services.reports.building import UNNAMED, check_format, eyes, finish, gather
from services.reports.formats import ENGINE
from store.database import kept_reports as sql
from store.database.cameras import unnamed
from store.database.models import KeptReport
from store.database.work import UnitOfWork

LONGEST_TITLE = 200
MOST_LISTED = 200
NAMING = ("coverage", "cameras")
"""Reports that show what cameras are called."""

ROLES = ("analyst", "planner", "camera_administrator", "dispatcher", "system_administrator")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A report that somebody wants to keep.

    Attributes
    ----------
    name, file_format, lang : str
    title : str
    plan_id : UUID
    run_id : UUID or None
        Coverage run; the newest of how things stand without it.
    month : str or None
        Local month (YYYY-MM) that a schedule wrote it of.
    schedule_id : UUID or None
    area_id : UUID or None
        Area that it is of; the whole territory without it.
    """

    name: str
    title: str
    plan_id: UUID
    file_format: str = "html"
    lang: str = "en"
    run_id: UUID | None = None
    month: str | None = None
    schedule_id: UUID | None = None
    area_id: UUID | None = None


def finished(work: UnitOfWork, wanted: Wanted) -> dict[str, Any] | None:
    """Keep the file that equal inputs had already under a title, and return it; None when it is to be written.

    Raises
    ------
    InvalidInputError
        No such report, format or language, or no title.
    NotFoundError
        There is no such plan, or no coverage run yet.
    """
    work.actor.require(*ROLES)
    with _for_readers(work, wanted):
        content = _content(work, wanted)
        known = sql.find_file(work.session, content.name, wanted.file_format, content.digest(str(ENGINE)), eyes(work))
    return None if known is None else _keep(work, wanted, known)


def write_kept(work: UnitOfWork, wanted: Wanted) -> dict[str, Any]:
    """Write a report and keep it under its title; parameters and errors as of `finished`."""
    work.actor.require(*ROLES)
    with _for_readers(work, wanted):
        report_id = finish(work, _content(work, wanted), wanted.file_format).id
    return _keep(work, wanted, report_id)


def list_kept(work: UnitOfWork, *, plan_id: UUID | None = None) -> list[dict[str, Any]]:
    """Return kept reports, newest first."""
    return [_told(row) for row in sql.list_kept(work.session, limit=MOST_LISTED, plan_id=plan_id)]


def file_of(work: UnitOfWork, kept_id: UUID) -> tuple[dict[str, Any], bytes]:
    """Return a kept report and its file.

    Raises
    ------
    NotFoundError
        There is no such report.
    NotAllowedError
        It names cameras by their codes, and whoever asks may not know them.
    """
    row, content = sql.kept_row(work.session, kept_id), sql.kept_content(work.session, kept_id)
    if row is None or content is None:
        raise NotFoundError("There is no such report.", report=str(kept_id))
    if row.name in NAMING and not row.made_for.endswith(UNNAMED) and not work.actor.may("camera_network"):
        raise NotAllowedError(
            "This report names cameras by their codes, which needs the right camera network; write one of your own, "
            "which shows their ids.",
            report=str(kept_id), roles=["camera_network"],
        )  # fmt: skip
    return _told(row), content


def rename(work: UnitOfWork, kept_id: UUID, title: str) -> dict[str, Any]:
    """Give a kept report another title; its author may, and who looks after the system."""
    kept = _own(work, kept_id)
    kept.title = checked_title(title)
    work.session.flush()
    return file_facts(work, kept.id)


def forget(work: UnitOfWork, kept_id: UUID) -> None:
    """Delete a kept report; its author may, and who looks after the system."""
    sql.delete_kept(work.session, _own(work, kept_id))


def file_facts(work: UnitOfWork, kept_id: UUID) -> dict[str, Any]:
    """Return what there is to say of a kept report."""
    row = sql.kept_row(work.session, kept_id)
    if row is None:
        raise NotFoundError("There is no such report.", report=str(kept_id))
    return _told(row)


def checked_title(title: str) -> str:
    """Return a title without blanks around it, or refuse it."""
    found = " ".join(title.split())
    if not 0 < len(found) <= LONGEST_TITLE:
        raise InvalidInputError(f"A title has 1 to {LONGEST_TITLE} letters.", field="title")
    return found


def _for_readers(work: UnitOfWork, wanted: Wanted) -> AbstractContextManager[None]:
    """Keep the codes of cameras out of what everybody may read; a register is of them, and keeps its readers."""
    return unnamed(work.session) if wanted.name == "coverage" else nullcontext()


def _content(work: UnitOfWork, wanted: Wanted) -> ReportContent:
    checked_title(wanted.title)
    check_format(wanted.file_format)
    return gather(work, wanted.name, wanted.plan_id, lang=wanted.lang, run_id=wanted.run_id, area_id=wanted.area_id)


def _keep(work: UnitOfWork, wanted: Wanted, report_id: UUID) -> dict[str, Any]:
    title = checked_title(wanted.title)
    known = sql.find_kept(work.session, report_id, title)
    if known is None:
        kept = KeptReport(
            report_id=report_id,
            plan_id=wanted.plan_id,
            title=title,
            lang=wanted.lang,
            month=wanted.month,
            schedule_id=wanted.schedule_id,
            author_id=work.actor.account_id,
        )
        sql.add_kept(work.session, kept)
        known = kept.id
    return file_facts(work, known)


def _own(work: UnitOfWork, kept_id: UUID) -> KeptReport:
    kept = sql.get_kept(work.session, kept_id)
    if kept is None:
        raise NotFoundError("There is no such report.", report=str(kept_id))
    if kept.author_id != work.actor.account_id:
        work.actor.require("reviewer", "system_administrator")
    return kept


def _told(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a database row
    names = ("id", "name", "title", "format", "lang", "month", "plan", "at", "made_at", "author", "bytes")
    return {**{name: getattr(row, name) for name in names}, "saved": True}
