"""Accounts, scopes, sessions, API tokens and one-time sign-in links; secrets are stored only as digests."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Mapped, mapped_column

from store.database.models.base import Base, one_of
from store.types import At, MaybeAt, UuidKey

ROLES = (
    "planner", "reviewer", "intake_officer", "shift_leader", "dispatcher", "handling_unit", "inspector", "grid_staff",
    "analyst", "camera_administrator", "street_office", "supervisor", "outside_body", "system_administrator",
    "security_administrator", "audit_administrator",
)  # fmt: skip
# they administer the system and each other, and nobody holds two of them or one beside business
ADMINISTRATORS = ("system_administrator", "security_administrator", "audit_administrator")
BUSINESS = tuple(role for role in ROLES if role not in ADMINISTRATORS)
# what a role may be given beside it: taking data out, who reported, how a camera is reached on its network
RIGHTS = ("export", "reporter_contact", "camera_network")


class Account(Base):
    """Somebody or something that signs in."""

    __tablename__ = "account"

    id: Mapped[UuidKey]
    name: Mapped[str] = mapped_column(unique=True)
    display: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="en")
    password_hash: Mapped[str | None]
    demo: Mapped[bool] = mapped_column(server_default=sa.false())
    # a new password is due before anything else
    must_change: Mapped[bool] = mapped_column(server_default=sa.false())
    created_at: Mapped[At]
    # by the system administrator: for good; by the security administrator: until unlocked
    disabled_at: Mapped[MaybeAt]
    locked_at: Mapped[MaybeAt]
    # whose tasks are its own, and which grids: the unit and the member of staff that it acts as
    unit_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("unit.id", ondelete="SET NULL"))
    staff_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("staff.id", ondelete="SET NULL"))


class Scope(Base):
    """A role of an account in an area subtree (no area: the whole territory of the system) over some time."""

    __tablename__ = "scope"

    id: Mapped[UuidKey]
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("account.id", ondelete="CASCADE"), index=True)
    role: Mapped[str]
    area_path: Mapped[str | None]
    valid: Mapped[pg.Range[datetime]] = mapped_column(pg.TSTZRANGE, server_default=sa.text("'[,)'"))

    duty: Mapped[str] = mapped_column(
        sa.Computed(
            "case when role in ('system_administrator', 'security_administrator', 'audit_administrator') then role"
            " else 'business' end",
            persisted=True,
        ),
        nullable=True,
    )

    __table_args__ = (
        one_of("role", *ROLES, *RIGHTS),
        pg.ExcludeConstraint(
            (sa.column("account_id"), "="),
            (sa.column("duty"), "<>"),
            (sa.column("valid"), "&&"),
            using="gist",
            name="ex_scope_one_duty",
        ),
    )


class Session(Base):
    """A signed-in browser; the cookie's value is not stored, only its SHA-256."""

    __tablename__ = "session"

    id: Mapped[UuidKey]
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("account.id", ondelete="CASCADE"), index=True)
    token_sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[At]
    seen_at: Mapped[At]
    expires_at: Mapped[datetime] = mapped_column(sa.TIMESTAMP(timezone=True))
    # the one of its account's duties that it acts in; the first without
    duty: Mapped[str | None]


class ApiToken(Base):
    """A token for programs."""

    __tablename__ = "api_token"

    id: Mapped[UuidKey]
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("account.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    token_sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[At]
    expires_at: Mapped[datetime] = mapped_column(sa.TIMESTAMP(timezone=True))
    revoked_at: Mapped[MaybeAt]
    used_at: Mapped[MaybeAt]
    # narrower than its account: these roles, these areas, reading only
    roles: Mapped[list[str] | None] = mapped_column(pg.ARRAY(sa.String))
    area_paths: Mapped[list[str] | None] = mapped_column(pg.ARRAY(sa.String))
    read_only: Mapped[bool] = mapped_column(server_default=sa.false())
    duty: Mapped[str | None]


class SignInLink(Base):
    """A one-time code that opens a session; short-lived, spent on first use. After a reset a password is due."""

    __tablename__ = "sign_in_link"

    id: Mapped[UuidKey]
    account_id: Mapped[UUID] = mapped_column(sa.ForeignKey("account.id", ondelete="CASCADE"), index=True)
    code_sha256: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[At]
    expires_at: Mapped[datetime] = mapped_column(sa.TIMESTAMP(timezone=True))
    used_at: Mapped[MaybeAt]
    purpose: Mapped[str] = mapped_column(server_default="sign-in")

    __table_args__ = (one_of("purpose", "sign-in", "reset"),)
