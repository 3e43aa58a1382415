"""SQL of the figures of a plan as it stands now, edits included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

_PARENTS = sa.text(
    "select v.area_id, v.parent_grid_id, a.code as area_code, count(*) as grids, sum(v.households) as households"
    " from grid_version v join area a on a.id = v.area_id where v.plan_id = :plan and v.area_id = any(:areas)"
    " group by v.area_id, v.parent_grid_id, a.code order by a.code, v.parent_grid_id"
)


def plan_totals(session: Session, plan_id: UUID, tolerance: float, author_id: UUID | None) -> sa.Row[*tuple[Any, ...]]:
    """Return the figures of a plan as it stands now, and the edits there are and that an author can undo and redo."""
    return session.execute(
        sa.text("""
            select v.*, e.*
            from (
                select count(*) as grids, coalesce(sum(households), 0) as households,
                    coalesce(max(abs(deviation)), 0) as max_deviation,
                    coalesce(avg(abs(deviation)), 0) as mean_deviation,
                    coalesce(avg((abs(deviation) <= :tolerance + 1e-9)::int), 0) as share_within,
                    coalesce(avg(compactness), 0) as compactness,
                    count(*) filter (where exclave) as exclaves
                from (
                    select households, compactness, exclave, case when mean > 0 then households / mean - 1 else 0 end
                        as deviation
                    from (
                        select *, avg(households::float8) over (partition by area_id, parent_grid_id) as mean
                        from (
                            select households, compactness, exclave, area_id, parent_grid_id
                            from grid_version where plan_id = :plan
                        ) figure
                    ) measured
                ) grid
            ) v, (
                select count(*) filter (where state = 'live') as edits,
                    count(*) filter (where state = 'live' and mine) as can_undo,
                    count(*) filter (where state = 'undone' and mine) as can_redo
                from (
                    select state, author_id is not distinct from cast(:author as uuid) as mine
                    from edit where plan_id = :plan and kind not in ('undo', 'redo')
                ) step
            ) e
        """),
        {"plan": plan_id, "tolerance": tolerance, "author": author_id},
    ).one()


def own_steps(session: Session, plan_id: UUID, author_id: UUID | None) -> tuple[int, int]:
    """Return how many edits an author can undo and redo."""
    row = session.execute(
        sa.text("""
            select count(*) filter (where state = 'live'), count(*) filter (where state = 'undone') from edit
            where plan_id = :plan and author_id is not distinct from cast(:author as uuid)
                and kind not in ('undo', 'redo')
        """),
        {"plan": plan_id, "author": author_id},
    ).one()
    return int(row[0]), int(row[1])


def edited_totals(session: Session, plan_ids: Sequence[UUID]) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the figures of those plans that have been edited, counted from their grids."""
    return session.execute(
        sa.text("""
            select p.id as plan_id, e.edits, count(*) as grids, sum(v.households) as households,
                max(abs(v.deviation)) as max_deviation, avg(abs(v.deviation)) as mean_deviation,
                avg((abs(v.deviation) <= coalesce((p.spec->>'tolerance')::float8, 0.1) + 1e-9)::int) as share_within,
                avg(v.compactness) as compactness, count(*) filter (where v.exclave) as exclaves
            from plan p
            join (
                select plan_id, count(*) filter (where state = 'live' and kind not in ('undo', 'redo')) as edits
                from edit where plan_id = any(:plans) group by plan_id
            ) e on e.plan_id = p.id
            join grid_version v on v.plan_id = p.id
            group by p.id, p.spec, e.edits
        """),
        {"plans": list(plan_ids)},
    ).all()


def totals_in_sight(session: Session, plan_ids: Sequence[UUID]) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return the figures of the grids of each plan that the session sees; of none where it sees none."""
    return session.execute(
        sa.text("""
            select p.id as plan_id, count(v.grid_id) as grids, coalesce(sum(v.households), 0) as households,
                coalesce(max(abs(v.deviation)), 0) as max_deviation,
                coalesce(avg(abs(v.deviation)), 0) as mean_deviation,
                coalesce(avg((abs(v.deviation) <= coalesce((p.spec->>'tolerance')::float8, 0.1) + 1e-9)::int), 0)
                    as share_within,
                coalesce(avg(v.compactness), 0) as compactness, count(*) filter (where v.exclave) as exclaves
            from plan p left join grid_version v on v.plan_id = p.id
            where p.id = any(:plans) group by p.id
        """),
        {"plans": list(plan_ids)},
    ).all()


def parent_means(session: Session, plan_id: UUID, areas: Sequence[UUID]) -> Sequence[sa.Row[*tuple[Any, ...]]]:
    """Return number of grids and households of each parent in some areas."""
    return session.execute(_PARENTS, {"plan": plan_id, "areas": list(areas)}).all()
