"""What a case carries beside its report: texts that can be erased, child tasks, the reporter's contact and links."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, one_of
from store.types import At, MaybeAt, UuidKey

TASK_KINDS = ("verify", "check", "handle", "countersign", "joint_call", "supervise")
TASK_STATES = ("asked", "reported_in", "done", "signed", "cancelled")


def _of_incident() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["month", "incident_id"], ["incident.month", "incident.id"], ondelete="CASCADE")


class TransitionText(Base):
    """What somebody wrote at a step; the chain holds only its salted digest, so that the text can be erased."""

    __tablename__ = "transition_text"

    month: Mapped[date] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    reason: Mapped[str | None]
    words: Mapped[str | None]
    salt: Mapped[str | None]
    # written by whoever reported, not by somebody in office: goes at archiving
    from_public: Mapped[bool] = mapped_column(server_default=sa.false())
    erased_at: Mapped[MaybeAt]

    __table_args__ = (
        sa.ForeignKeyConstraint(
            ["month", "incident_id", "seq"],
            ["transition.month", "transition.incident_id", "transition.seq"],
            ondelete="CASCADE",
        ),
    )


class CaseTask(Base):
    """Work that a case asks of a unit or an account: to handle, countersign, come to a joint call, verify, check."""

    __tablename__ = "task"

    id: Mapped[UuidKey]
    month: Mapped[date]
    incident_id: Mapped[int] = mapped_column(sa.BigInteger)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="asked")
    cycle: Mapped[int] = mapped_column(server_default=sa.text("1"))
    unit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("unit.id"))
    account_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    asked_by: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    asked_at: Mapped[At]
    report_in_by: Mapped[MaybeAt]
    due_at: Mapped[MaybeAt]
    reported_in_at: Mapped[MaybeAt]
    done_at: Mapped[MaybeAt]
    signed_at: Mapped[MaybeAt]
    # a joint call that nobody settled in time went up a level
    deadlocked_at: Mapped[MaybeAt]
    score: Mapped[int | None]

    __table_args__ = (
        _of_incident(),
        one_of("kind", *TASK_KINDS),
        one_of("state", *TASK_STATES),
        sa.CheckConstraint("score between 1 and 5", name="score_known"),
        sa.Index("ix_task_incident", "month", "incident_id"),
        sa.Index("ix_task_unit_open", "unit_id", postgresql_where=sa.text("state in ('asked', 'reported_in', 'done')")),
        sa.Index(
            "ix_task_account_open", "account_id", postgresql_where=sa.text("state in ('asked', 'reported_in', 'done')")
        ),
    )


class IncidentContact(Base):
    """How to reach whoever reported, encrypted with a key that is not in the database; erased at archiving."""

    __tablename__ = "incident_contact"

    month: Mapped[date] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    sealed: Mapped[bytes]
    erase_after: Mapped[MaybeAt]
    written_at: Mapped[At]
    tell: Mapped[str | None]
    """State of the case that whoever reported is to be told of."""
    tell_at: Mapped[MaybeAt]
    """When that is tried next."""
    tell_tries: Mapped[int] = mapped_column(server_default=sa.text("0"))

    __table_args__ = (
        _of_incident(),
        sa.Index("ix_incident_contact_erase_after", "erase_after"),
        sa.Index("ix_incident_contact_tell_at", "tell_at", postgresql_where=sa.text("tell_at is not null")),
    )


class CaseLink(Base):
    """A link for whoever reported: to look, and once to rate, reopen or appeal; only its digest is kept."""

    __tablename__ = "case_link"

    id: Mapped[UuidKey]
    month: Mapped[date]
    incident_id: Mapped[int] = mapped_column(sa.BigInteger)
    token_sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[At]
    expires_at: Mapped[datetime] = mapped_column(sa.TIMESTAMP(timezone=True))
    used_at: Mapped[MaybeAt]

    __table_args__ = (_of_incident(), sa.Index("ix_case_link_incident", "month", "incident_id"))
