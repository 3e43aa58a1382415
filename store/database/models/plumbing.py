"""What every feature needs: outbox, layer revisions, idempotency keys, job progress, finished reports."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, one_of
from store.types import At, Json, MaybeAt, UuidKey, Xid8


class Outbox(Base):
    """Events, numbered in commit order.

    A trigger lets one transaction at a time write here, from its first event to its commit (docs/adr/0008), so `id`
    follows the order of commits. `xid` tells the events of this database from those of one it was restored from.
    """

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(sa.BigInteger, sa.Identity(always=True), primary_key=True)
    xid: Mapped[int] = mapped_column(Xid8, server_default=sa.text("pg_current_xact_id()"))
    at: Mapped[At]
    territory_id: Mapped[UUID | None]
    kind: Mapped[str]
    payload: Mapped[Json]

    __table_args__ = (sa.Index("ix_outbox_at", "at"),)


class LayerRevision(Base):
    """The revision of each map layer: the ETag of its tiles and items."""

    __tablename__ = "layer_revision"

    layer: Mapped[str] = mapped_column(primary_key=True)
    rev: Mapped[int] = mapped_column(sa.BigInteger)
    changed_at: Mapped[At]


class IdempotencyKey(Base):
    """The answer already given to a request that carried this key."""

    __tablename__ = "idempotency_key"

    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    body_sha256: Mapped[str]
    status: Mapped[int | None]
    answer: Mapped[Any] = mapped_column(pg.JSONB, nullable=True)
    created_at: Mapped[At]

    __table_args__ = (sa.Index("ix_idempotency_key_created_at", "created_at"),)


class JobProgress(Base):
    """What a person sees of a long piece of work; written on its own connection while the job's transaction runs."""

    __tablename__ = "job_progress"

    id: Mapped[UuidKey]
    kind: Mapped[str]
    queue_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    account_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    state: Mapped[str] = mapped_column(server_default="queued")
    done: Mapped[float] = mapped_column(server_default=sa.text("0"))
    note: Mapped[str] = mapped_column(server_default="")
    args: Mapped[Json]
    result: Mapped[Any] = mapped_column(pg.JSONB, nullable=True)
    problem: Mapped[Any] = mapped_column(pg.JSONB, nullable=True)
    cancel_asked: Mapped[bool] = mapped_column(server_default=sa.false())
    created_at: Mapped[At]
    finished_at: Mapped[MaybeAt]
    # the duty, roles and areas of whoever asked, when that was less than the whole account
    acting: Mapped[Any] = mapped_column(pg.JSONB, nullable=True)

    __table_args__ = (one_of("state", "queued", "running", "succeeded", "failed", "cancelled"),)


class JobFile(Base):
    """A file that was sent for a job to read; it goes when the job has ended."""

    __tablename__ = "job_file"

    job_id: Mapped[UUID] = mapped_column(sa.ForeignKey("job_progress.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str]
    content: Mapped[bytes] = mapped_column(pg.BYTEA, deferred=True)


class JobOutput(Base):
    """A file that a job made, for whoever asked for it; it goes after a day."""

    __tablename__ = "job_output"

    job_id: Mapped[UUID] = mapped_column(sa.ForeignKey("job_progress.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str]
    media_type: Mapped[str]
    content: Mapped[bytes] = mapped_column(pg.BYTEA, deferred=True)
    made_for: Mapped[str] = mapped_column(
        server_default=sa.text("coalesce(nullif(current_setting('gridward.scope', true), ''), 'all')")
    )
    made_at: Mapped[At]


class Report(Base):
    """A finished report file; equal inputs return the same row."""

    __tablename__ = "report"

    id: Mapped[UuidKey]
    name: Mapped[str]
    digest: Mapped[str]
    format: Mapped[str]
    run_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("coverage_run.id", ondelete="CASCADE"))
    content: Mapped[bytes] = mapped_column(pg.BYTEA, deferred=True)
    created_at: Mapped[At]
    # whose eyes it was made for: the scope of whoever asked
    made_for: Mapped[str] = mapped_column(
        server_default=sa.text("coalesce(nullif(current_setting('gridward.scope', true), ''), 'all')")
    )

    __table_args__ = (sa.UniqueConstraint("name", "format", "digest", "made_for"),)
