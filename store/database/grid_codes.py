"""SQL of grid codes: which are given for good, which a plan uses, and what happens to them at publishing.

A code is given when its grid comes into force, and never to another grid after that. Until then it is a draft's own:
two drafts may use the same one, a plan never uses one twice (`grid_code_once_a_plan`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import Session

from store.database.models import Edit, Grid, GridVersion, Plan

#: Plans that are not in force yet.
DRAFTS = ("draft", "review")


def take_turn(session: Session) -> None:
    """Wait until nobody else gives codes; one writer numbers whole areas at a time."""
    session.execute(sa.text("select pg_advisory_xact_lock(hashtext('grid codes'))"))


def drafted_codes(session: Session, stems: Sequence[str], *, territory_id: UUID, kind: str) -> list[str]:
    """Return codes below `stems` that drafts use beside which a new draft of a kind will be in force.

    Another draft of the same kind takes this one's place or gives way to it, so only those in review count, which
    are likely to come first; drafts of other kinds and places stay beside it.
    """
    if not stems:
        return []
    beside = sa.or_(Plan.status == "review", Plan.kind != kind, Plan.territory_id != territory_id)
    statement = (
        sa.select(Grid.code)
        .join(GridVersion, GridVersion.grid_id == Grid.id)
        .join(Plan, Plan.id == GridVersion.plan_id)
        .where(Grid.code_given_at.is_(None), Plan.status.in_(DRAFTS), beside, below(stems))
        .distinct()
    )
    return list(session.scalars(statement))


def below(stems: Sequence[str]) -> sa.ColumnElement[bool]:
    """Select grids whose code begins with one of `stems`."""
    return sa.or_(*(Grid.code.startswith(stem, autoescape=True) for stem in stems))


_OF_PLANS = sa.text("""
select code from grid where id in (
    select grid_id from grid_version where plan_id = any(:plans)
    union select unnest(grids) from edit where plan_id = any(:plans)
)
""")


def codes_of_plans(session: Session, plan_ids: Sequence[UUID]) -> set[str]:
    """Return the codes that plans use, and those of grids that edits took out and undo may bring back."""
    return set(session.scalars(_OF_PLANS, {"plans": list(plan_ids)}))


def highest_serial(session: Session, plan_id: UUID, stem: str, digits: int) -> int:
    """Return the highest serial after a stem that is given for good or that a plan uses; 0 for none."""
    found = session.scalar(
        sa.select(sa.func.max(sa.func.right(Grid.code, digits))).where(
            Grid.code.like(f"{_escaped(stem)}{'_' * digits}"),
            Grid.code.regexp_match(rf"\d{{{digits}}}$"),
            sa.or_(Grid.code_given_at.is_not(None), _in_plan(plan_id)),
        )
    )
    return int(found or 0)


def code_is_taken(session: Session, plan_id: UUID, code: str) -> bool:
    """Whether a code is given for good, or used by a grid of a plan."""
    statement = sa.select(Grid.id).where(Grid.code == code, sa.or_(Grid.code_given_at.is_not(None), _in_plan(plan_id)))
    return session.scalar(statement.limit(1)) is not None


def _in_plan(plan_id: UUID) -> sa.ColumnElement[bool]:
    edited = sa.select(sa.func.unnest(Edit.grids)).where(Edit.plan_id == plan_id)
    here = sa.exists().where(GridVersion.plan_id == plan_id, GridVersion.grid_id == Grid.id)
    return sa.or_(here, Grid.id.in_(edited))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


_CLASHES = sa.text("""
select g.id, g.code, a.code as area_code, u.code as parent_code, k.kind as holder_kind
from grid_version v
join grid g on g.id = v.grid_id and g.code_given_at is null
join grid k on k.code = g.code and k.code_given_at is not null
join area a on a.id = v.area_id
left join grid u on u.id = v.parent_grid_id
where v.plan_id = :plan order by g.code
""")


def clashes(session: Session, plan_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return the grids of a plan whose code was given to another grid since, with area, parent grid and holder."""
    return session.execute(_CLASHES, {"plan": plan_id}).all()


def plans_with(session: Session, grid_ids: Sequence[UUID]) -> list[UUID]:
    """Return the plans that know any of some grids."""
    wanted = sa.bindparam("grids", list(grid_ids), type_=pg.ARRAY(pg.UUID(as_uuid=True)), unique=True)
    held = sa.select(GridVersion.plan_id).where(GridVersion.grid_id == sa.any_(wanted))
    return list(session.scalars(held.union(sa.select(Edit.plan_id).where(Edit.grids.overlap(list(grid_ids))))))


_INSIDE = sa.text("""
update grid g set code = replace(g.code, n.old, n.new)
from (select o.id, o.code as old, c.code as new
      from unnest(cast(:ids as uuid[]), cast(:codes as text[])) as c(id, code) join grid o on o.id = c.id) n
where g.code_given_at is null and position(n.old in g.code) > 0 and exists (
    select from grid_version v where v.grid_id = g.id and v.parent_grid_id = n.id
)
""")
_RENUMBER = sa.text("""
update grid g set code = c.code from unnest(cast(:ids as uuid[]), cast(:codes as text[])) as c(id, code)
where g.id = c.id
""")


def renumber(session: Session, code_of: Mapping[UUID, str]) -> None:
    """Give grids of drafts other codes; codes of drafted grids inside them follow."""
    values = {"ids": list(code_of), "codes": list(code_of.values())}
    session.execute(_INSIDE, values)
    session.execute(_RENUMBER, values)


def give_codes(session: Session, plan_id: UUID) -> None:
    """Give the codes of a plan's grids for good."""
    mine = sa.select(GridVersion.grid_id).where(GridVersion.plan_id == plan_id)
    session.execute(
        sa.update(Grid)
        .where(Grid.id.in_(mine), Grid.code_given_at.is_(None))
        .values(code_given_at=sa.func.now())
        .execution_options(synchronize_session=False)
    )


def take_back_codes(session: Session, plan_id: UUID) -> None:
    """Make the codes of a plan's grids a draft's again, but for those of grids that are or were in force."""
    mine = sa.select(GridVersion.grid_id).where(GridVersion.plan_id == plan_id)
    in_force = sa.exists().where(GridVersion.grid_id == Grid.id, GridVersion.valid.is_not(None))
    session.execute(
        sa.update(Grid)
        .where(Grid.id.in_(mine), ~in_force)
        .values(code_given_at=None)
        .execution_options(synchronize_session=False)
    )
