"""Queries on what people see of long work: its state, how far it is, its result or its problem."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import JobFile, JobOutput, JobProgress

FINISHED = ("succeeded", "failed", "cancelled")


def add_job(
    session: Session,
    *,
    kind: str,
    args: dict[str, Any],
    account_id: UUID | None,
    acting: dict[str, Any] | None = None,
) -> JobProgress:
    """Add a queued job of an account; `acting` says how much less it may do than the account."""
    job = JobProgress(kind=kind, args=args, account_id=account_id, acting=acting)
    session.add(job)
    session.flush()
    session.refresh(job)
    return job


_UNDER_WAY = sa.text("""
select exists (
    select from job_progress
    where kind = :kind and state in ('queued', 'running') and args = cast(:args as jsonb)
)
""")


def take_turn(session: Session, name: str) -> None:
    """Wait until no other process does work of this name, and keep others waiting until the transaction ends.

    Every server does the same upkeep; what one of them has done or queued the next one sees when its turn comes.
    """
    session.execute(sa.text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": f"queue {name}"})


def is_under_way(session: Session, kind: str, args: dict[str, Any]) -> bool:
    """Tell whether a job with these arguments waits or runs already."""
    return bool(session.scalar(_UNDER_WAY, {"kind": kind, "args": orjson.dumps(args).decode()}))


def set_queue_id(session: Session, job: JobProgress, queue_id: int) -> None:
    """Note which entry of the queue runs a job."""
    job.queue_id = queue_id
    session.flush()


def get_job(session: Session, job_id: UUID) -> JobProgress | None:
    """Return a job."""
    return session.get(JobProgress, job_id)


def ask_cancel(session: Session, job_id: UUID) -> JobProgress | None:
    """Ask a job to stop; one that nobody has started yet is cancelled on the spot."""
    waiting = JobProgress.state == "queued"
    return session.scalars(
        sa.update(JobProgress)
        .where(JobProgress.id == job_id, JobProgress.state.not_in(FINISHED))
        .values(
            cancel_asked=True,
            state=sa.case((waiting, "cancelled"), else_=JobProgress.state),
            finished_at=sa.case((waiting, sa.func.now()), else_=JobProgress.finished_at),
        )
        .returning(JobProgress)
        .execution_options(populate_existing=True)
    ).one_or_none()


def mark_succeeded(session: Session, job_id: UUID, result: dict[str, Any] | None) -> None:
    """Store a job's result, in the transaction that holds its work."""
    session.execute(
        sa.update(JobProgress)
        .where(JobProgress.id == job_id)
        .values(state="succeeded", done=1.0, result=result, finished_at=sa.func.now())
    )


def go_on_with(session: Session, job_id: UUID, args: dict[str, Any]) -> None:
    """Note where a job that saves part by part goes on, in the transaction that holds the part."""
    session.execute(sa.update(JobProgress).where(JobProgress.id == job_id).values(args=args))


def name_itself(session: Session, job: JobProgress) -> None:
    """Tell a job its own id."""
    job.args = {**job.args, "job": str(job.id)}
    session.flush()


def keep_file(session: Session, job: JobProgress, name: str, content: bytes) -> None:
    """Keep a file for a job to read, and tell the job its own id, by which it is found."""
    name_itself(session, job)
    session.execute(sa.insert(JobFile).values(job_id=job.id, name=name, content=content))


def read_file(session: Session, job_id: UUID) -> tuple[str, bytes] | None:
    """Return name and content of the file that was sent for a job."""
    row = session.execute(sa.select(JobFile.name, JobFile.content).where(JobFile.job_id == job_id)).first()
    return None if row is None else (row.name, row.content)


def delete_spent_files(session: Session) -> int:
    """Forget the files of jobs that have ended; returns how many."""
    ended = sa.select(JobProgress.id).where(JobProgress.state.in_(FINISHED))
    return len(session.execute(sa.delete(JobFile).where(JobFile.job_id.in_(ended)).returning(JobFile.job_id)).all())


def keep_output(session: Session, job_id: UUID, name: str, media_type: str, content: bytes) -> None:
    """Keep a file that a job made."""
    session.execute(sa.insert(JobOutput).values(job_id=job_id, name=name, media_type=media_type, content=content))


def read_output(session: Session, job_id: UUID, account_id: UUID | None) -> tuple[str, str, bytes] | None:
    """Return name, media type and content of the file that a job of this account made."""
    row = session.execute(
        sa.select(JobOutput.name, JobOutput.media_type, JobOutput.content)
        .join(JobProgress, JobProgress.id == JobOutput.job_id)
        .where(JobOutput.job_id == job_id, JobProgress.account_id.is_not_distinct_from(account_id))
    ).first()
    return None if row is None else (row.name, row.media_type, row.content)


def delete_old_outputs(session: Session, before: datetime) -> int:
    """Forget files that jobs made before `before`; returns how many."""
    gone = sa.delete(JobOutput).where(JobOutput.made_at < before).returning(JobOutput.job_id)
    return len(session.execute(gone).all())


def delete_old_jobs(session: Session, before: datetime) -> int:
    """Forget jobs that ended before `before`; returns how many."""
    return len(
        session.execute(sa.delete(JobProgress).where(JobProgress.finished_at < before).returning(JobProgress.id)).all()
    )


def count_by_state(session: Session) -> dict[str, int]:
    """Count the jobs that wait or run."""
    rows = session.execute(
        sa.select(JobProgress.state, sa.func.count())
        .where(JobProgress.state.in_(("queued", "running")))
        .group_by(JobProgress.state)
    )
    return {"queued": 0, "running": 0} | {state: int(count) for state, count in rows}
