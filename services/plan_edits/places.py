"""Where a refused edit was meant: what knows no place of its own gets that of its grids, else that of the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from gis.errors import ConflictError, GridwardError, InvalidInputError, RevisionRequiredError
from services.plan_edits.refusals import NothingToUndoError
from store.database import plan_edits as sql
from store.database.work import UnitOfWork

__all__ = ["placed"]

#: Fields of a refusal that name the grids it is about, the nearest to the fault first.
_NAMING = ("stale", "missing", "grids", "grid")


@contextmanager
def placed(work: UnitOfWork, plan_id: UUID, grids: Iterable[UUID] = ()) -> Iterator[None]:
    """Give a refusal that tells no place a point (lon, lat) inside the grids it names, else those asked for.

    Nobody is told where something lies that the account does not see: it is looked up under the account's own eyes.
    """
    try:
        yield
    except (ConflictError, InvalidInputError, RevisionRequiredError) as error:
        if (
            not error.fields.get("place")
            and not error.fields.get("faults")
            and not isinstance(error, NothingToUndoError)
        ):
            place = sql.place_of_grids(work.session, plan_id, _named(error) or list(grids))
            error.fields["place"] = place or sql.place_of_plan(work.session, plan_id)
        raise


def _named(error: GridwardError) -> list[UUID]:
    for name in _NAMING:
        found = error.fields.get(name)
        if found:
            return [UUID(str(grid)) for grid in (found if isinstance(found, list) else [found])]
    return []
