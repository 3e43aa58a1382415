"""Make an editable copy of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

from gis.errors import ConflictError
from services.plan_edits.as_seen import take_back_later
from services.plan_figures import quality_counted, quality_now
from store.database import plan_edits as sql
from store.database import plans as plan_sql
from store.database.models import Plan
from store.database.work import UnitOfWork


def make_draft(
    work: UnitOfWork, plan_id: UUID, *, name: str | None = None, as_seen: Mapping[UUID, int] | None = None
) -> UUID:
    """Copy a plan, published ones too, into a new draft with the same grids: identities, codes, shapes, names, locks.

    Parameters
    ----------
    work : UnitOfWork
    plan_id : UUID
    name : str, optional
        Of the copy.
    as_seen : mapping of UUID to int, optional
        Revisions of grids as the caller saw them: the copy has them so, without the edits that others saved since.

    Returns
    -------
    UUID
        The draft, based on the plan. The caller is its author.
    """
    work.actor.require("planner")
    source = plan_sql.get_plan(work.session, plan_id)
    if source.kind == "water":
        raise ConflictError("Water plans are drawn anew, not copied.", plan=str(plan_id), kind=source.kind)
    draft = Plan(
        id=uuid4(),
        territory_id=source.territory_id,
        kind=source.kind,
        name=(name or "").strip() or source.name,
        based_on_id=source.id,
        spec=source.spec,
        # no two drafts of a plan are the same piece of work, so equal inputs must not find this one
        spec_digest=f"draft {uuid4()}",
        quality={key: value for key, value in quality_now(work, [source])[source.id].items() if key != "edits"},
        author_id=work.actor.account_id,
    )
    work.session.add(draft)
    work.session.flush()
    sql.copy_plan(work.session, source.id, draft.id)
    if as_seen and take_back_later(work, source.id, draft.id, as_seen):
        draft.quality = quality_counted(work, draft)
    box = plan_sql.plan_box(work.session, draft.id)
    for layer in ("grids", "grid_labels", "atoms"):
        work.touch(layer, source.territory_id, box)
    return draft.id
