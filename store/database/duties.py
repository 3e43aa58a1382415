"""SQL of responsibilities: the lists of a grid, of a territory, and the one that Gridward starts with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database.models import Grid, GridVersion, Responsibility, Role, Unit


def read_duties(
    session: Session, territory_id: UUID, kind: str, grid_id: UUID | None = None
) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return every duty that may hold for a kind of grid, or for one grid, in order."""
    here = sa.or_(Responsibility.grid_id.is_(None), Responsibility.grid_id == grid_id)
    statement = (
        sa.select(
            Responsibility.territory_id, Responsibility.grid_id, Responsibility.role, Responsibility.duty_en,
            Responsibility.duty_zh, Unit.code.label("unit"),
        )
        .outerjoin(Unit, Unit.id == Responsibility.unit_id)
        .where(
            Responsibility.grid_kind == kind,
            sa.or_(Responsibility.territory_id.is_(None), Responsibility.territory_id == territory_id),
            here,
        )
        .order_by(Responsibility.seq)
    )  # fmt: skip
    return session.execute(statement).all()


def replace_duties(
    session: Session,
    territory_id: UUID,
    kind: str,
    grid_id: UUID | None,
    rows: Sequence[tuple[str, str, str, UUID | None]],
) -> None:
    """Put a list of (role, English, Chinese, unit id) in the place of a territory's or a grid's own."""
    own = Responsibility.grid_id.is_(None) if grid_id is None else Responsibility.grid_id == grid_id
    session.execute(
        sa.delete(Responsibility).where(
            Responsibility.territory_id == territory_id, Responsibility.grid_kind == kind, own
        )
    )
    if rows:
        session.execute(
            sa.insert(Responsibility),
            [
                {
                    "territory_id": territory_id, "grid_kind": kind, "grid_id": grid_id, "role": role, "seq": seq,
                    "duty_en": en, "duty_zh": zh, "unit_id": unit,
                }
                for seq, (role, en, zh, unit) in enumerate(rows, start=1)
            ],
        )  # fmt: skip


def grids_without_duties(session: Session, plan_id: UUID, territory_id: UUID, kind: str) -> list[str]:
    """Return codes of a plan's grids for which no list holds."""
    listed = sa.exists().where(
        Responsibility.grid_kind == kind,
        sa.or_(Responsibility.territory_id.is_(None), Responsibility.territory_id == territory_id),
        sa.or_(Responsibility.grid_id.is_(None), Responsibility.grid_id == GridVersion.grid_id),
    )
    statement = (
        sa.select(Grid.code)
        .join(GridVersion, GridVersion.grid_id == Grid.id)
        .where(GridVersion.plan_id == plan_id, ~listed)
        .order_by(Grid.code)
    )
    return list(session.scalars(statement))


def grid_named(session: Session, territory_id: UUID, kind: str, code: str) -> UUID | None:
    """Return the id of a grid by its code: the one in force, else that of the newest draft."""
    statement = (
        sa.select(Grid.id)
        .where(Grid.territory_id == territory_id, Grid.kind == kind, Grid.code == code)
        .order_by(Grid.code_given_at.is_(None), Grid.created_at.desc(), Grid.fid.desc())
        .limit(1)
    )
    return session.scalar(statement)


def role_codes(session: Session) -> set[str]:
    """Return the codes of every role."""
    return set(session.scalars(sa.select(Role.code)))


def unit_ids(session: Session, territory_id: UUID) -> dict[str, UUID]:
    """Return the ids of a territory's units by code."""
    rows = session.execute(sa.select(Unit.code, Unit.id).where(Unit.territory_id == territory_id))
    return {str(code): unit_id for code, unit_id in rows}
