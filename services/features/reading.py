"""Read features: pages of a collection as GeoJSON, one feature, extents, and the reference systems they come in."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from typing import Final

from gis.crs import STORAGE_SRID, axes_are_swapped
from gis.errors import NotFoundError
from layers.catalogue import COLLECTIONS
from layers.fields import Fields, fields_of
from layers.spec import LayerSpec
from services.layers import Look, SeenViews, tag_of, view_of
from store.database import features as sql
from store.database.actor import Actor
from store.database.features import Cursor, FeatureQuery, OutputCrs, SortKey
from store.database.layer_sources import SOURCES
from store.database.read_lane import QuickReads
from store.database.tiles import View
from store.database.work import UnitOfWork

__all__ = [
    "CRS84",
    "EDITABLE",
    "Crs",
    "Cursor",
    "FeatureQuery",
    "ItemPage",
    "OutputCrs",
    "SortKey",
    "find_collection",
    "known_systems",
    "output_in",
    "read_feature",
    "read_page",
    "read_page_quickly",
    "visible_fields",
]  # fmt: skip

EDITABLE: Final[dict[str, tuple[str, ...]]] = {
    "cameras": ("POST", "PUT", "PATCH", "DELETE"),
    "key_places": ("POST", "PUT", "PATCH", "DELETE"),
    "facilities": ("POST", "PUT", "PATCH", "DELETE"),
    "privacy_zones": ("POST", "PUT", "PATCH", "DELETE"),
    "grids": ("PATCH",),
}
"""Collections whose features can be edited, and by which methods."""

CRS84: Final = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG: Final = "http://www.opengis.net/def/crs/EPSG/0/"
_ALWAYS: Final = (4326, 4490, 3857)
_DEGREES: Final = frozenset({4326, 4490})


@dataclass(frozen=True, slots=True)
class Crs:
    """A reference system by its address: EPSG code, and whether x comes first although EPSG says otherwise."""

    uri: str
    srid: int
    lon_first: bool = False


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Features of a page as GeoJSON texts joined by commas, in UTF-8, and where the next page begins (else None)."""

    features: bytes
    count: int
    following: Cursor | None
    tag: str
    unchanged: bool = False


def find_collection(collection: str) -> LayerSpec:
    """Return a collection of the catalogue.

    Raises
    ------
    NotFoundError
        No such collection.
    """
    found = next((spec for spec in COLLECTIONS if spec.id == collection), None)
    if found is None:
        known = [spec.id for spec in COLLECTIONS]
        raise NotFoundError(f"There is no collection '{collection[:60]}'; there are: {', '.join(known)}.", known=known)
    return found


def visible_fields(actor: Actor, collection: str) -> Fields:
    """Return the fields of a collection that an actor may see.

    Raises
    ------
    NotFoundError
        No such collection.
    """
    return fields_of(find_collection(collection).id, network=actor.may("camera_network"))


def known_systems(work: UnitOfWork, view: View) -> list[Crs]:
    """Return the reference systems that features come in: CRS84, the usual ones, and the territories' metric ones."""
    metric = sql.metric_srids(work.session, view.territories)
    codes = [*_ALWAYS, *(srid for srid in metric if srid not in _ALWAYS)]
    return [Crs(CRS84, STORAGE_SRID, lon_first=True), *(Crs(f"{_EPSG}{srid}", srid) for srid in codes)]


def output_in(crs: Crs) -> OutputCrs:
    """Return how coordinates are written in a reference system."""
    return OutputCrs(crs.srid, swapped=not crs.lon_first and axes_are_swapped(crs.srid), degrees=crs.srid in _DEGREES)


def read_page(
    work: UnitOfWork, collection: str, query: FeatureQuery, *, look: Look, known_tags: frozenset[str] = frozenset()
) -> ItemPage:
    """Return one page of features; nothing when the caller's tag still holds.

    Raises
    ------
    NotFoundError
        No such collection, plan or territory.
    """
    find_collection(collection)
    view = view_of(work, look)
    tag = _tag(work.actor, tag_of(collection, view))
    if tag in known_tags:
        return ItemPage(b"", 0, None, tag, unchanged=True)
    page = sql.read_page(work.session, collection, view, replace(query, plan_named=look.plan is not None))
    return ItemPage(page.features, page.count, page.following, tag)


async def read_page_quickly(
    reads: QuickReads,
    views: SeenViews,
    collection: str,
    query: FeatureQuery,
    *,
    look: Look,
    known_tags: frozenset[str] = frozenset(),
) -> ItemPage:
    """Return what `read_page` returns, for a query without filters: in one round trip, past sessions and threads.

    The page is asked for together with the view, by the view that was seen last; should it be another by now, the page
    is read anew.
    """
    find_collection(collection)
    query = replace(query, plan_named=look.plan is not None)
    question = views.question(look)
    guess = views.guess(reads.actor, look)
    # a caller who has the page of the view that we guess is likely to be told that it still holds
    worth = guess is not None and _tag(reads.actor, tag_of(collection, guess.view)) not in known_tags
    asked = [sql.page_statement(collection, guess.view, query)] if guess is not None and worth else []
    found, *pages = await reads.ask(question, *asked)
    now = views.learn(reads.actor, look, found)
    tag = _tag(reads.actor, tag_of(collection, now.view))
    if tag in known_tags:
        return ItemPage(b"", 0, None, tag, unchanged=True)
    if not pages or now is not guess:
        pages = await reads.ask(sql.page_statement(collection, now.view, query))
    came = pages[0].as_it_came()
    # a large page would hold up every other request while it is written
    page = await asyncio.to_thread(sql.page_in, came, query) if sql.is_large(came) else sql.page_in(came, query)
    return ItemPage(*page, tag)


def read_feature(
    work: UnitOfWork, collection: str, fid: int, *, look: Look, crs: OutputCrs | None = None
) -> tuple[str, str]:
    """Return one feature as GeoJSON text, and its tag: ``revision-…`` where it can be edited, else that of its layer.

    Raises
    ------
    NotFoundError
        No such collection or feature.
    """
    fields = visible_fields(work.actor, collection)
    view = view_of(work, look)
    query = FeatureQuery(1, fid=fid, plan_named=look.plan is not None, crs=crs or OutputCrs(), fields=fields)
    page = sql.read_page(work.session, collection, view, query)
    if not page.count:
        raise NotFoundError(f"'{collection}' has no feature {fid}.", collection=collection, feature=fid)
    # after a change in this very transaction: the tag that the feature will have when it is committed
    coming = {layer: view.revisions.get(layer, 0) + 1 for layer in work.touched}
    tag = _tag(work.actor, tag_of(collection, replace(view, revisions={**view.revisions, **coming})))
    return page.features.decode(), tag if SOURCES[collection].changed is None else f"{page.revision}-{tag}"


def _tag(actor: Actor, tag: str) -> str:
    """Return a tag that holds only for those who see the same part of the data."""
    scope = actor.scope_key
    return tag if scope == "all" else hashlib.sha256(f"{tag}|{scope}".encode()).hexdigest()[:20]
