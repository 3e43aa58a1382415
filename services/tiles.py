"""Vector tiles: cut once for all who ask at the same time, packed once, kept while they are true."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Literal

import zstandard

from gis.errors import NotFoundError, UnavailableError
from layers.catalogue import LAYERS
from services.layers import Look, SeenView, SeenViews, find_layer, tag_of, view_of
from store.database import tiles as sql
from store.database.actor import Actor
from store.database.layer_sources import SOURCES
from store.database.read_lane import Found, Question, QuickReads
from store.database.tiles import View
from store.database.work import UnitOfWork

__all__ = [
    "CACHE_MB", "Coding", "MapFacts", "Tile", "TileAddress", "TileCache", "map_facts", "packed", "published_tags",
    "read_tile", "tile_tag", "with_body",
]  # fmt: skip

Coding = Literal["zstd", "gzip"]
Key = tuple[object, ...]

CACHE_MB: Final = 64
_WORTH_PACKING: Final = 256
_ENTRY: Final = 512
"""Bytes that an entry of the cache weighs beside its tile, or a million empty tiles would count as nothing."""
_SMALL: Final = 64 * 1024
"""Bytes up to which packing takes less time than handing it to a thread and getting it back."""
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


async def read_tile(
    reads: QuickReads,
    cache: TileCache,
    views: SeenViews,
    layer_id: str,
    address: TileAddress,
    *,
    look: Look,
    coding: Coding | None = None,
    known_tags: frozenset[str] = frozenset(),
) -> Tile:
    """Return one vector tile, from the cache where it is still true.

    What the map shows is asked of the database each time, so a change is seen by the next request. A tile that the
    last view says is needed is cut in the same round trip; should the view be another by now, it is cut anew.

    Parameters
    ----------
    reads : QuickReads
        Of whoever asks.
    cache : TileCache
        Shared by all requests of the process.
    views : SeenViews
        As shared.
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
    _require_tile(layer_id, address)
    work = _Cutting(reads, cache, layer_id, address, coding)
    question = views.question(look)
    guess = views.guess(reads.actor, look)
    body = None
    if guess is not None and work.claim(guess, known_tags):
        found, body = await work.cut(guess.view, question)
    else:
        [found] = await reads.ask(question, planned_once=True)
    now = views.learn(reads.actor, look, found)
    if now is not guess:
        body = None
    tag = _tag_in(now, layer_id, reads.actor)
    if tag in known_tags:
        return Tile(tag, None, None)
    if body is None:
        body = await work.fetch(now)
    return with_body(tag, body, coding)


def _tag_in(seen: SeenView, layer_id: str, actor: Actor) -> str:
    """Return `tile_tag`, reckoned once for a view: whoever has it has one scope."""
    found = seen.tags.get(layer_id)
    if found is None:
        found = seen.tags[layer_id] = tile_tag(layer_id, seen.view, actor)
    return found


def with_body(tag: str, body: bytes, coding: Coding | None) -> Tile:
    """Return an answer with a body from the cache, which is packed or too small to be worth it."""
    # a vector tile begins with the field number of a layer (0x1a), so the packers' own first bytes can't be mistaken
    is_packed = body.startswith((b"\x28\xb5\x2f\xfd", b"\x1f\x8b"))
    return Tile(tag, body, coding if is_packed else None)


@dataclass(slots=True)
class _Cutting:
    """One tile that may have to be cut, for somebody."""

    reads: QuickReads
    cache: TileCache
    layer_id: str
    address: TileAddress
    coding: Coding | None
    key: Key = ()

    def claim(self, seen: SeenView, known_tags: frozenset[str]) -> bool:
        """Whether the caller has to cut the tile: nobody has it, and nobody else is at it."""
        tag = _tag_in(seen, self.layer_id, self.reads.actor)
        self.key = (self.layer_id, tag, self.address, self.coding)
        return tag not in known_tags and self.cache.get(self.key) is None and self.cache.claim(self.key)[1]

    async def fetch(self, seen: SeenView) -> bytes:
        """Return the tile of a view: from the cache, from whoever is cutting it, or cut now."""
        self.key = (self.layer_id, _tag_in(seen, self.layer_id, self.reads.actor), self.address, self.coding)
        body = self.cache.get(self.key)
        if body is not None:
            return body
        promised, mine = self.cache.claim(self.key)
        if not mine:
            # shielded: one who goes away must not take the tile from the others
            return await asyncio.shield(asyncio.wrap_future(promised))
        return (await self.cut(seen.view))[1]

    async def cut(self, view: View, *before: Question) -> tuple[Found, bytes]:
        """Cut, pack and keep a tile that was claimed, in one round trip with another question.

        Whoever waits for it learns of a failure, too. Returns what the first of the questions found, and the tile.
        """
        masked = not self.reads.actor.may("camera_network")
        z, x, y = self.address.z, self.address.x, self.address.y
        try:
            tile = sql.tile_statement(self.layer_id, view, z, x, y, masked=masked)
            found = await self.reads.ask(*before, tile, planned_once=True)
            raw = found[-1].bytes_of_one()
            large = self.coding is not None and len(raw) > _SMALL
            body = await asyncio.to_thread(packed, raw, self.coding) if large else packed(raw, self.coding)
        except Exception as error:
            self.cache.fail(self.key, error)
            raise
        except BaseException:  # the caller went away, which is no fault of those who wait
            self.cache.fail(self.key, UnavailableError("The tile was not finished; ask again.", retry_after_s=1))
            raise
        self.cache.keep(self.key, body)
        return found[0], body


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


def packed(raw: bytes, coding: object) -> bytes:
    """Pack bytes that go out as often as they are asked for; few stay as they are."""
    if coding is None or len(raw) < _WORTH_PACKING:
        return raw
    if coding == "gzip":
        return gzip.compress(raw, 1, mtime=0)
    # a packer's work space costs more than packing a small tile; it serves one thread at a time
    packer: zstandard.ZstdCompressor | None = getattr(_packers, "zstd", None)
    if packer is None:
        packer = _packers.zstd = zstandard.ZstdCompressor(level=3)
    return packer.compress(raw)
