"""The map: features of every layer, with the tag that says when they and the layer's tiles are stale."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from gis.errors import NotFoundError
from layers.catalogue import LAYERS, layer
from layers.spec import LayerSpec
from store.database import tiles as sql
from store.database.actor import Actor
from store.database.layer_sources import SOURCES
from store.database.read_lane import Found, Question
from store.database.tiles import View
from store.database.work import UnitOfWork

__all__ = [
    "LayerState", "Look", "SeenView", "SeenViews", "attribution_of", "find_layer", "list_layers", "tag_of", "view_of",
]  # fmt: skip

_FORM: Final = "2"
"""Part of every tag: raise it when the same rows are drawn into other tiles than before."""


@dataclass(frozen=True, slots=True)
class Look:
    """What part of the data a map shows: a plan, or a territory with its current plan, or everything."""

    plan: UUID | None = None
    territory: UUID | None = None


@dataclass(frozen=True, slots=True)
class SeenView:
    """A view as the database last told it, and the tags of its layers' tiles as they were reckoned."""

    told: tuple[bytes | None, ...]
    view: View
    tags: dict[str, str]


class SeenViews:
    """The views that a process saw last: guesses at what a look shows now, never more.

    A guess lets a question be asked together with the view that it hangs on; the view that comes back decides whether
    the answer is any good.
    """

    def __init__(self, size: int = 256) -> None:
        self.size = size
        self._seen: dict[tuple[str, Look], SeenView] = {}

    def question(self, look: Look) -> Question:
        """Return the statement that asks what `look` shows now."""
        return sql.view_statement(plan=look.plan, territory=look.territory)

    def guess(self, actor: Actor, look: Look) -> SeenView | None:
        """Return the view that whoever sees what `actor` may had last."""
        return self._seen.get((actor.scope_key, look))

    def learn(self, actor: Actor, look: Look, found: Found) -> SeenView:
        """Return the view that was found: the very guess, where it still holds.

        Raises
        ------
        NotFoundError
            `look` names a plan or territory that does not exist.
        """
        key, told = (actor.scope_key, look), found.as_it_came()
        seen = self._seen.get(key)
        if seen is None or seen.told != told:
            seen = SeenView(told, require_view(sql.view_in(found), look), {})
            if len(self._seen) >= self.size:
                self._seen.pop(next(iter(self._seen), key), None)
            self._seen[key] = seen
        return seen


@dataclass(frozen=True, slots=True)
class LayerState:
    """A layer of the catalogue with what the data say about it now."""

    spec: LayerSpec
    revision: int
    tag: str


def find_layer(layer_id: str) -> LayerSpec:
    """Return a layer of the catalogue.

    Raises
    ------
    NotFoundError
        No such layer.
    """
    spec = layer(layer_id)
    if spec is None or layer_id not in SOURCES:
        known = [each.id for each in LAYERS]
        raise NotFoundError(f"There is no collection '{layer_id}'; there are: {', '.join(known)}.", known=known)
    return spec


def view_of(work: UnitOfWork, look: Look) -> View:
    """Return what `look` shows now.

    Raises
    ------
    NotFoundError
        It names a plan or territory that does not exist.
    """
    return require_view(sql.read_view(work.session, plan=look.plan, territory=look.territory), look)


def require_view(view: View, look: Look) -> View:
    """Return a view, unless what `look` names was not there."""
    if not view.territories and (look.plan is not None or look.territory is not None):
        if look.plan is not None:
            raise NotFoundError(f"There is no plan {look.plan} here.", plan=str(look.plan))
        raise NotFoundError(f"There is no territory {look.territory}.", territory=str(look.territory))
    return view


def tag_of(layer_id: str, view: View) -> str:
    """Return the tag of everything that `layer_id` shows in `view`: equal tags mean equal tiles and features."""
    source = SOURCES[layer_id]
    parts = [_FORM, layer_id]
    parts += [f"{name}={view.revisions.get(name, 0)}" for name in (layer_id, *source.also)]
    parts += [str(each) for each in (*view.territories, *view.plans, *view.runs)]
    if source.follows in ("water", "cell"):
        parts += [str(each) for each in view.scope_of(source)]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:20]


def list_layers(work: UnitOfWork, look: Look) -> list[LayerState]:
    """Return every layer of the catalogue with its revision and tag."""
    view = view_of(work, look)
    return [LayerState(spec, view.revisions.get(spec.id, 0), tag_of(spec.id, view)) for spec in LAYERS]


def attribution_of(work: UnitOfWork, look: Look) -> str:
    """Return whom the data on the map are owed to; each source once."""
    return " · ".join(sql.read_attributions(work.session, view_of(work, look)))
