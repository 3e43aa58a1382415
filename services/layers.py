"""The map: tiles and features of every layer, with the tag that says when they are stale."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final, Literal
from uuid import UUID

import zstandard

from gis.errors import NotFoundError
from layers.catalogue import LAYERS, layer
from layers.spec import LayerSpec
from store.database import tiles as sql
from store.database.layer_sources import SOURCES
from store.database.tiles import ItemQuery, View
from store.database.work import Box, UnitOfWork

__all__ = [
    "Coding", "ItemPage", "ItemQuery", "LayerState", "Look", "Tile", "TileAddress", "TileCache", "attribution_of",
    "find_layer", "list_layers", "read_extent", "read_item", "read_items", "read_tile", "tag_of", "view_of",
]  # fmt: skip

Coding = Literal["zstd", "gzip"]
_WORTH_PACKING: Final = 256
_FORM: Final = "2"
"""Part of every tag: raise it when the same rows are drawn into other tiles than before."""


class TileCache:
    """Tiles as they go out, least recently used first to go; bounded by bytes.

    A key holds the tag of its content, so that nothing has to be thrown away when a layer changes: old entries
    are simply never asked for again.

    Parameters
    ----------
    limit : int
        Bytes.
    """

    def __init__(self, limit: int = 64 * 2**20) -> None:
        self.limit = limit
        self.size = 0
        self._tiles: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[object, ...]) -> bytes | None:
        """Return a tile, or None."""
        with self._lock:
            found = self._tiles.get(key)
            if found is not None:
                self._tiles.move_to_end(key)
            return found

    def put(self, key: tuple[object, ...], body: bytes) -> None:
        """Keep a tile; one that is larger than an eighth of the cache is not kept."""
        # the entry itself weighs something too, or a million empty tiles would count as nothing
        weight = len(body) + 512
        if weight > self.limit // 8:
            return
        with self._lock:
            before = self._tiles.pop(key, None)
            self.size += weight - (len(before) + 512 if before is not None else 0)
            self._tiles[key] = body
            while self.size > self.limit:
                _, dropped = self._tiles.popitem(last=False)
                self.size -= len(dropped) + 512


@dataclass(frozen=True, slots=True)
class Look:
    """What part of the data a map shows: a plan, or a territory with its current plan, or everything."""

    plan: UUID | None = None
    territory: UUID | None = None


@dataclass(frozen=True, slots=True)
class TileAddress:
    """A tile of the Web Mercator quad: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Tile:
    """One answer: `body` is None when the caller's tag still holds, empty when nothing is there."""

    tag: str
    body: bytes | None
    coding: Coding | None


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
    view = sql.read_view(work.session, plan=look.plan, territory=look.territory)
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


def read_tile(
    work: UnitOfWork,
    cache: TileCache,
    layer_id: str,
    address: TileAddress,
    *,
    look: Look,
    coding: Coding | None = None,
    known_tags: frozenset[str] = frozenset(),
) -> Tile:
    """Return one vector tile, from the cache where it is still true.

    Parameters
    ----------
    work : UnitOfWork
    cache : TileCache
        Shared by all requests of the process.
    layer_id : str
    address : TileAddress
    look : Look
    coding : {"zstd", "gzip"} or None
        What the caller can unpack.
    known_tags : frozenset of str
        Tags of the answers that the caller still has.

    Raises
    ------
    NotFoundError
        No such layer, or a tile outside its zooms or outside the world.
    """
    spec = find_layer(layer_id)
    z, x, y = address.z, address.x, address.y
    if not spec.min_zoom <= z <= spec.max_zoom:
        raise NotFoundError(
            f"'{layer_id}' has tiles for zooms {spec.min_zoom} to {spec.max_zoom}, not {z}.",
            min_zoom=spec.min_zoom,
            max_zoom=spec.max_zoom,
        )
    if not (0 <= x < 2**z and 0 <= y < 2**z):
        raise NotFoundError(f"Zoom {z} has columns and rows 0 to {2**z - 1}.", column=x, row=y)
    view = view_of(work, look)
    tag = tag_of(layer_id, view)
    if tag in known_tags:
        return Tile(tag, None, None)
    key = (layer_id, tag, z, x, y, coding)
    body = cache.get(key)
    if body is None:
        raw = sql.read_tile(work.session, layer_id, view, z, x, y)
        body = _pack(raw, coding)
        cache.put(key, body)
    return Tile(tag, body, _coding_of(body, coding))


def _pack(raw: bytes, coding: Coding | None) -> bytes:
    if coding is None or len(raw) < _WORTH_PACKING:
        return raw
    return zstandard.ZstdCompressor(level=3).compress(raw) if coding == "zstd" else gzip.compress(raw, 1, mtime=0)


def _coding_of(body: bytes, coding: Coding | None) -> Coding | None:
    # a vector tile begins with the field number of a layer (0x1a), so the packers' own first bytes can't be mistaken
    packed = body.startswith((b"\x28\xb5\x2f\xfd", b"\x1f\x8b"))
    return coding if packed else None


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Features of one page as GeoJSON texts, and the id after which the next page begins (None on the last)."""

    features: list[str]
    next_after: int | None
    tag: str
    unchanged: bool = False


def read_items(
    work: UnitOfWork, layer_id: str, query: ItemQuery, *, look: Look, known_tags: frozenset[str] = frozenset()
) -> ItemPage:
    """Return one page of features in the order of their ids; none when the caller's tag still holds.

    Raises
    ------
    NotFoundError
        No such layer, plan or territory.
    """
    find_layer(layer_id)
    view = view_of(work, look)
    tag = tag_of(layer_id, view)
    if tag in known_tags:
        return ItemPage([], None, tag, unchanged=True)
    one_more = replace(query, limit=query.limit + 1, plan_named=look.plan is not None)
    items = sql.read_items(work.session, layer_id, view, one_more)
    page = items[: query.limit]
    texts = [
        f'{{"type":"Feature","id":{item.fid},"geometry":{item.geometry or "null"},"properties":{item.properties}}}'
        for item in page
    ]
    return ItemPage(texts, page[-1].fid if len(items) > query.limit else None, tag)


def read_item(work: UnitOfWork, layer_id: str, fid: int, *, look: Look) -> tuple[str, str]:
    """Return one feature as GeoJSON text, and the tag of its layer.

    Raises
    ------
    NotFoundError
        No such layer or feature.
    """
    page = read_items(work, layer_id, ItemQuery(1, fid=fid), look=look)
    if not page.features:
        raise NotFoundError(f"'{layer_id}' has no feature {fid}.", collection=layer_id, feature=fid)
    return page.features[0], page.tag


def read_extent(work: UnitOfWork, layer_id: str, *, look: Look) -> Box | None:
    """Return west, south, east, north of a layer's features in EPSG:4326, or None without any."""
    find_layer(layer_id)
    return sql.read_extent(work.session, layer_id, view_of(work, look))


def attribution_of(work: UnitOfWork, look: Look) -> str:
    """Return whom the data on the map are owed to; each source once."""
    return " · ".join(sql.read_attributions(work.session, view_of(work, look)))
