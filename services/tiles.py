"""Vector tiles: cut once for all who ask at the same time, packed once, kept while they are true."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Literal

import zstandard

from gis.errors import NotFoundError
from layers.catalogue import LAYERS
from services.layers import Look, find_layer, require_view, tag_of, view_of
from store.database import tiles as sql
from store.database.actor import Actor
from store.database.layer_sources import SOURCES
from store.database.quick_reads import QuickReads
from store.database.tiles import View
from store.database.work import UnitOfWork

__all__ = [
    "CACHE_MB", "Coding", "MapFacts", "Tile", "TileAddress", "TileCache", "map_facts", "published_tags", "read_tile",
    "tile_tag", "with_body",
]  # fmt: skip

Coding = Literal["zstd", "gzip"]
Key = tuple[object, ...]

CACHE_MB: Final = 64
_WORTH_PACKING: Final = 256
_ENTRY: Final = 512
"""Bytes that an entry of the cache weighs beside its tile, or a million empty tiles would count as nothing."""
_packers = threading.local()


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


class TileCache:
    """Tiles as they go out, least recently used first to go, and the tiles that are being cut just now.

    A key holds the tag of its content, so that nothing has to be thrown away when a layer changes: old entries
    are simply never asked for again.

    Parameters
    ----------
    limit : int
        Bytes; 0 keeps nothing.

    Attributes
    ----------
    size : int
        Bytes kept now.
    cuts : int
        Tiles cut so far.
    """

    def __init__(self, limit: int = CACHE_MB * 2**20) -> None:
        self.limit = limit
        self.size = 0
        self.cuts = 0
        self._tiles: OrderedDict[Key, bytes] = OrderedDict()
        self._cutting: dict[Key, Future[bytes]] = {}
        self._lock = threading.Lock()

    def get(self, key: Key) -> bytes | None:
        """Return a tile, or None."""
        with self._lock:
            found = self._tiles.get(key)
            if found is not None:
                self._tiles.move_to_end(key)
            return found

    def put(self, key: Key, body: bytes) -> None:
        """Keep a tile; one that is larger than an eighth of the cache is not kept."""
        weight = len(body) + _ENTRY
        if weight > self.limit // 8:
            return
        with self._lock:
            before = self._tiles.pop(key, None)
            self.size += weight - (len(before) + _ENTRY if before is not None else 0)
            self._tiles[key] = body
            while self.size > self.limit:
                _, dropped = self._tiles.popitem(last=False)
                self.size -= len(dropped) + _ENTRY

    def claim(self, key: Key) -> tuple[Future[bytes], bool]:
        """Return the promise of a tile, and whether the caller is the one who has to keep it (`keep`, `fail`)."""
        with self._lock:
            promised = self._cutting.get(key)
            if promised is not None:
                return promised, False
            self._cutting[key] = promised = Future()
            return promised, True

    def keep(self, key: Key, body: bytes) -> None:
        """Hand a tile to everybody who waits for it, and keep it."""
        self.cuts += 1
        self.put(key, body)
        self._release(key).set_result(body)

    def fail(self, key: Key, error: BaseException) -> None:
        """Tell everybody who waits for a tile why there is none."""
        self._release(key).set_exception(error)

    def _release(self, key: Key) -> Future[bytes]:
        with self._lock:
            return self._cutting.pop(key)


def tile_tag(layer_id: str, view: View, actor: Actor) -> str:
    """Return the tag of the tiles of a layer for whoever may see what `actor` may."""
    return hashlib.sha256(f"{tag_of(layer_id, view)}|{actor.scope_key}".encode()).hexdigest()[:20]


def published_tags(view: View, actor: Actor) -> dict[str, str]:
    """Return the tags of the layers that show published plans alone: an address that holds one may be kept for good.

    Everything else is changed by people at work all day long; a client asks there whether its tile still holds.
    """
    found = {}
    for spec in LAYERS:
        source = SOURCES[spec.id]
        plans = view.scope_of(source) if source.follows in ("plan", "water", "cell") else []
        if plans and view.published.issuperset(plans):
            found[spec.id] = tile_tag(spec.id, view, actor)
    return found


@dataclass(frozen=True, slots=True)
class MapFacts:
    """What a map style says beside its drawing.

    Attributes
    ----------
    attribution : str
        Whom the data are owed to.
    tags : dict of str to str
        `published_tags`.
    stale_with : dict of str to list of str
        Layer → layers whose changes make its tiles stale, too.
    """

    attribution: str
    tags: dict[str, str]
    stale_with: dict[str, list[str]]


def map_facts(work: UnitOfWork, look: Look) -> MapFacts:
    """Return what the style of a map that shows `look` has to know."""
    view = view_of(work, look)
    return MapFacts(
        " · ".join(sql.read_attributions(work.session, view)),
        published_tags(view, work.actor),
        {spec.id: list(SOURCES[spec.id].also) for spec in LAYERS if SOURCES[spec.id].also},
    )


def read_tile(
    reads: QuickReads,
    cache: TileCache,
    layer_id: str,
    address: TileAddress,
    *,
    look: Look,
    coding: Coding | None = None,
    known_tags: frozenset[str] = frozenset(),
) -> tuple[Tile, Future[bytes] | None]:
    """Return one vector tile, from the cache where it is still true.

    Parameters
    ----------
    reads : QuickReads
        Of whoever asks.
    cache : TileCache
        Shared by all requests of the process.
    layer_id : str
    address : TileAddress
    look : Look
    coding : {"zstd", "gzip"} or None
        What the caller can unpack.
    known_tags : frozenset of str
        Tags of the answers that the caller still has.

    Returns
    -------
    tuple of Tile and Future or None
        With a future, somebody else is cutting the tile: its body (see `with_body`) comes from there.

    Raises
    ------
    NotFoundError
        No such layer, or a tile outside its zooms or outside the world.
    """
    _require_tile(layer_id, address)
    view = require_view(sql.look_quickly(reads, plan=look.plan, territory=look.territory), look)
    tag = tile_tag(layer_id, view, reads.actor)
    if tag in known_tags:
        return Tile(tag, None, None), None
    key = (layer_id, tag, address.z, address.x, address.y, coding)
    body = cache.get(key)
    if body is None:
        promised, mine = cache.claim(key)
        if not mine:
            return Tile(tag, None, None), promised
        body = _cut(reads, cache, key, view)
    return with_body(tag, body, coding), None


def with_body(tag: str, body: bytes, coding: Coding | None) -> Tile:
    """Return the answer with a body from the cache, which is packed or too small to be worth it."""
    # a vector tile begins with the field number of a layer (0x1a), so the packers' own first bytes can't be mistaken
    packed = body.startswith((b"\x28\xb5\x2f\xfd", b"\x1f\x8b"))
    return Tile(tag, body, coding if packed else None)


def _require_tile(layer_id: str, address: TileAddress) -> None:
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


def _cut(reads: QuickReads, cache: TileCache, key: Key, view: View) -> bytes:
    """Cut, pack and keep a tile that was claimed; whoever waits for it learns of a failure too."""
    layer_id, _, z, x, y, coding = key
    try:
        raw = sql.cut_quickly(reads, str(layer_id), view, int(str(z)), int(str(x)), int(str(y)))
        body = _packed(raw, coding)
    except BaseException as error:
        cache.fail(key, error)
        raise
    cache.keep(key, body)
    return body


def _packed(raw: bytes, coding: object) -> bytes:
    if coding is None or len(raw) < _WORTH_PACKING:
        return raw
    if coding == "gzip":
        return gzip.compress(raw, 1, mtime=0)
    # a packer's work space costs more than packing a small tile; it serves one thread at a time
    packer: zstandard.ZstdCompressor | None = getattr(_packers, "zstd", None)
    if packer is None:
        packer = _packers.zstd = zstandard.ZstdCompressor(level=3)
    return packer.compress(raw)
