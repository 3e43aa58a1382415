"""Where the features of collections lie: reckoned once for what they hold, then remembered."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import Final

from services.layers import tag_of
from store.database import features as sql
from store.database.tiles import View
from store.database.work import Box, UnitOfWork

Key = tuple[str, str]
BUSY: Final = frozenset({"incidents"})
"""Collections that change all day and hold millions: their box is reckoned anew once a minute, not at each report."""
BUSY_KEPT_S: Final = 60


class Extents:
    """Boxes of collections, kept while the tag of what they hold stays the same; those of busy ones for a minute.

    Parameters
    ----------
    size : int
        Boxes remembered; the oldest goes when there are too many.
    """

    def __init__(self, size: int = 2048) -> None:
        self.size = size
        self._known: dict[Key, Box | None] = {}

    def read(self, work: UnitOfWork, collections: Iterable[str], view: View) -> dict[str, Box | None]:
        """Return west, south, east, north of the features that the caller may see, or None without any.

        Parameters
        ----------
        work : UnitOfWork
        collections : iterable of str
            Names of the catalogue.
        view : View
            What is shown of them.

        Returns
        -------
        dict of str to tuple or None
            Collection → box in EPSG:4326.
        """
        keys = {name: (work.actor.scope_key, _tag_of(name, view)) for name in collections}
        found = {name: self._known[key] for name, key in keys.items() if key in self._known}
        missing = [name for name in keys if name not in found]
        if missing:
            read = sql.read_extents(work.session, missing, view)
            for name in missing:
                # the first of a busy collection is seen at once
                if read[name] is not None or name not in BUSY:
                    self._keep(keys[name], read[name])
            found |= read
        return found

    def _keep(self, key: Key, box: Box | None) -> None:
        if len(self._known) >= self.size:
            self._known.pop(next(iter(self._known)), None)
        self._known[key] = box


def _tag_of(name: str, view: View) -> str:
    if name not in BUSY:
        return tag_of(name, view)
    return f"{name} {view.territories} {monotonic() // BUSY_KEPT_S}"
