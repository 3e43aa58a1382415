"""Put grids of a copied plan back to what somebody saw before others changed them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

from services.plan_edits.save import Change, areas_of, write_states
from services.plan_edits.scene import open_plan, read_images
from store.database import edit_log as log_sql
from store.database import plan_edits as sql
from store.database.actor import AreaLimitedError
from store.database.plan_edits import Image
from store.database.work import UnitOfWork

__all__ = ["take_back_later"]


def take_back_later(work: UnitOfWork, source_id: UUID, copy_id: UUID, seen: Mapping[UUID, int]) -> bool:
    """Take back in a copy every edit that changed the seen grids since, and those that build on such an edit.

    Edits elsewhere stay. The copy's own log stays empty: this is what it starts from.

    Parameters
    ----------
    work : UnitOfWork
    source_id, copy_id : UUID
        The plan that was copied, whose log tells what happened, and its copy.
    seen : mapping of UUID to int
        Revision at which each grid was seen.

    Returns
    -------
    bool
        Whether anything had changed since.

    Raises
    ------
    AreaLimitedError
        The account is limited to some areas, and the log goes beyond.
    """
    if work.actor.is_limited:
        raise AreaLimitedError(
            "Only accounts of the whole territory can copy what they saw.", area=work.actor.area_path
        )
    then = _before(work, source_id, seen)
    if not then:
        return False
    present = read_images(work, copy_id, then)
    row = next(iter(present.values()))
    target = {
        grid: {**image, "id": str(uuid4()), "plan_id": str(copy_id), "revision": row["revision"], "valid": row["valid"]}
        for grid, image in then.items()
        if image is not None
    }
    wanted = {label for image in target.values() for label in image["atoms"]}
    wanted.difference_update(label for image in present.values() for label in image["atoms"])
    sql.copy_past_atoms(work.session, source_id, copy_id, sorted(wanted))
    plan = open_plan(work, copy_id)
    change = Change(present, target, [])
    write_states(work, plan, change)
    if plan.balanced:
        sql.renew_deviations(work.session, copy_id, sorted(areas_of(change)))
    return True


def _before(work: UnitOfWork, source_id: UUID, seen: Mapping[UUID, int]) -> dict[UUID, Image | None]:
    """Return what every grid was before the first edit to be taken back; None where there was none."""
    then: dict[UUID, Image | None] = {}
    for row in log_sql.edits_since(work.session, source_id, seen):
        before = {UUID(grid): image for grid, image in row.before.items()}
        grids = {*before, *map(UUID, row.after)}
        later = any(grid in seen and int(image["revision"]) >= seen[grid] for grid, image in before.items())
        if later or not grids.isdisjoint(then):
            for grid in grids:
                then.setdefault(grid, before.get(grid))
    return then
