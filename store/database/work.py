"""The unit of work: one request, command or job is one transaction, made by one actor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from store.database import trail
from store.database.actor import Actor
from store.database.models.plumbing import Outbox
from store.database.trail import Doing
from store.database.urls import ALL_ROLE, AREA_ROLE

Box = tuple[float, float, float, float]

# one statement locks the rows in the order of its values
_RAISE = sa.text(
    "insert into layer_revision (layer, rev) select layer, 1 from unnest(cast(:layers as text[])) as l(layer)"
    " order by layer on conflict (layer) do update set rev = layer_revision.rev + 1, changed_at = now()"
    " returning layer, rev"
)


@dataclass(slots=True)
class LayerChange:
    """What became stale on a map: a layer, where (lon/lat box; None is everywhere), and for which territory."""

    layer: str
    territory_id: UUID | None
    box: Box | None


@dataclass(slots=True)
class UnitOfWork:
    """A session with its actor, and the layer changes to announce when it commits.

    Attributes
    ----------
    session : sqlalchemy.orm.Session
        The one transaction. Code below the edge calls `flush`, never `commit`.
    actor : Actor
        Who acts.
    doing : Doing or None
        What for, as the audit trail tells it.
    """

    session: Session
    actor: Actor
    doing: Doing | None = None
    _changes: dict[tuple[str, UUID | None], LayerChange] = field(default_factory=dict)
    _events: list[dict[str, Any]] = field(default_factory=list)
    _last: list[Callable[[], None]] = field(default_factory=list)

    def touch(self, layer: str, territory_id: UUID | None = None, box: Box | None = None) -> None:
        """Note that `layer` changed within `box`; several touches of one layer become one event.

        Parameters
        ----------
        layer : str
            Collection id.
        territory_id : UUID or None
            Territory that changed.
        box : tuple of float or None
            West, south, east, north in EPSG:4326; None when it may be anywhere.
        """
        key = (layer, territory_id)
        before = self._changes.get(key)
        if before is None:
            self._changes[key] = LayerChange(layer, territory_id, box)
        else:
            before.box = _joined(before.box, box)

    @property
    def touched(self) -> frozenset[str]:
        """Layers whose revision the commit will raise."""
        return frozenset(change.layer for change in self._changes.values())

    def announce(self, kind: str, payload: dict[str, Any], territory_id: UUID | None = None) -> None:
        """Add an event of another kind than a layer change (job finished, incident registered)."""
        self._events.append({"kind": kind, "payload": payload, "territory_id": territory_id})

    def at_last(self, step: Callable[[], None]) -> None:
        """Have `step` run just before the commit: for rows that others want, too, and that are locked only so long."""
        self._last.append(step)

    @contextmanager
    def everywhere(self) -> Iterator[None]:
        """See the whole territory for a while, for figures that must follow a change beyond the actor's areas.

        Only for what the system derives by itself from rows that the actor was allowed to change; nothing read here
        may be shown. An error takes the whole unit of work with it.
        """
        if not self.actor.is_limited or self.session.info.get("everywhere"):
            yield
            return
        self.session.flush()
        self.session.connection().exec_driver_sql(f"set local role {ALL_ROLE}")
        self.session.info["everywhere"] = True
        try:
            yield
            self.session.flush()
            self.session.connection().exec_driver_sql(f"set local role {AREA_ROLE}")
        except BaseException:
            self.session.rollback()
            raise
        finally:
            del self.session.info["everywhere"]

    def commit(self) -> None:
        """Announce the changes and commit; only the edge calls this.

        The layer revisions are the last rows written, in name order: their locks are held only for the commit itself
        and two units of work can't wait for each other in a ring.
        """
        for step in self._last:
            step()
        self.session.flush()
        revisions = self._raise_revisions(sorted(self.touched))
        rows = [
            {
                "kind": "layer",
                "territory_id": change.territory_id,
                "payload": {"layer": change.layer, "rev": revisions[change.layer], "bbox": change.box},
            }
            for change in self._changes.values()
        ]
        if rows or self._events:
            self.session.execute(sa.insert(Outbox), [*rows, *self._events])
        trail.conclude(self.session, self.actor.account_id, self.doing)
        self.session.commit()
        self._changes.clear()
        self._events.clear()
        self._last.clear()

    def _raise_revisions(self, layers: list[str]) -> dict[str, int]:
        if not layers:
            return {}
        raised = self.session.execute(_RAISE, {"layers": layers})
        return {row.layer: row.rev for row in raised}


def _joined(first: Box | None, second: Box | None) -> Box | None:
    if first is None or second is None:
        return None
    return (
        min(first[0], second[0]),
        min(first[1], second[1]),
        max(first[2], second[2]),
        max(first[3], second[3]),
    )
