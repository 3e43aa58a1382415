"""Tiles that others made, in one file: MBTiles and PMTiles, pictures or vector tiles."""

from __future__ import annotations

import gzip
import json
import mmap
import sqlite3
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote

from gis.errors import InvalidInputError, UnavailableError

Box = tuple[float, float, float, float]

MEDIA_TYPES: Final = {
    "png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "pbf": "application/vnd.mapbox-vector-tile",
}  # fmt: skip
DEEPEST: Final = 24
_GZIP: Final = b"\x1f\x8b"
_WHOLE_WORLD: Final = (-180.0, -85.0511, 180.0, 85.0511)
# what broken bytes raise while they are read
_BROKEN: Final = (
    sqlite3.Error, struct.error, zlib.error, OSError, EOFError, ValueError, IndexError, KeyError, TypeError,
    AttributeError, OverflowError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ArchiveFacts:
    """What a file says of its tiles.

    Attributes
    ----------
    format : str
        One of `MEDIA_TYPES`.
    min_zoom, max_zoom : int
    box : tuple of float
        West, south, east, north in degrees.
    layers : tuple of str
        Layers of vector tiles.
    attribution : str
        Whom they are owed to.
    """

    format: str
    min_zoom: int
    max_zoom: int
    box: Box
    layers: tuple[str, ...]
    attribution: str


class TileArchive(Protocol):
    """An open file of tiles; may be read by several threads."""

    facts: ArchiveFacts

    def tile(self, z: int, x: int, y: int) -> bytes:
        """Return a tile as it was stored, vector tiles mostly packed with gzip; empty when there is none."""

    def close(self) -> None:
        """Let go of the file."""


def open_archive(path: Path) -> TileArchive:
    """Open a file of tiles, by what its bytes say, not its name.

    Raises
    ------
    InvalidInputError
        There is no such file, or it holds no tiles that a browser can draw.
    """
    try:
        with path.open("rb") as file:
            begin = file.read(16)
    except OSError as error:
        raise InvalidInputError(f"The file {path} can't be read: {error.strerror}.", file=str(path)) from error
    if begin.startswith(b"SQLite format 3"):
        return MBTiles(path)
    if begin.startswith(b"PMTiles\x03"):
        return PMTiles(path)
    raise InvalidInputError(f"{path.name} is neither MBTiles nor PMTiles (version 3).", file=str(path))


class MBTiles:
    """Tiles in SQLite, rows counted from the south.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()
        with _refusing(path):
            # read-only: a server that may not write beside the file must do
            self._file = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, check_same_thread=False)
            try:
                self.facts = self._read_facts()
            except BaseException:
                self._file.close()
                raise

    def tile(self, z: int, x: int, y: int) -> bytes:
        """Return a tile, counted from the north; empty when there is none."""
        with _telling(self._path), self._turn:
            asked = (z, x, 2**z - 1 - y)
            found = self._file.execute(
                "select tile_data from tiles where zoom_level = ? and tile_column = ? and tile_row = ?", asked
            ).fetchone()
        return bytes(found[0]) if found and found[0] else b""

    def close(self) -> None:
        """Close the database."""
        self._file.close()

    def _read_facts(self) -> ArchiveFacts:
        told = {str(name): str(value) for name, value in self._file.execute("select name, value from metadata")}
        low, high = self._file.execute("select min(zoom_level), max(zoom_level) from tiles").fetchone()
        if low is None:
            raise InvalidInputError(f"{self._path.name} holds no tile.", file=str(self._path))
        bounds = told.get("bounds")
        box = tuple(float(part) for part in bounds.split(",")) if bounds else _WHOLE_WORLD
        layers = json.loads(told.get("json") or "{}").get("vector_layers", [])
        return _checked(
            self._path,
            {"jpeg": "jpg"}.get(told.get("format", ""), told.get("format", "")),
            (int(low), int(high)),
            box,
            layers,
            told.get("attribution", ""),
        )


class PMTiles:
    """Tiles along a curve, with directories of where each begins.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        from pmtiles.tile import Compression, TileType, deserialize_directory, deserialize_header

        self._path = path
        with _refusing(path), path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            self._header: dict[str, Any] = {**deserialize_header(self._bytes[:127])}
            if self._header["internal_compression"] not in (Compression.NONE, Compression.GZIP) or self._header[
                "tile_compression"
            ] not in (Compression.NONE, Compression.GZIP, Compression.UNKNOWN):
                raise InvalidInputError(f"Pack {path.name} with gzip; other ways are not read.", file=str(path))
            if self._header["tile_data_offset"] + self._header["tile_data_length"] > len(self._bytes):
                raise InvalidInputError(f"{path.name} is cut off; copy it again.", file=str(path))
            names = {TileType.MVT: "pbf", TileType.PNG: "png", TileType.JPEG: "jpg", TileType.WEBP: "webp"}
            told = json.loads(unpacked(self._part("metadata_offset", "metadata_length")) or b"{}")
            box = tuple(self._header[f"{side}_e7"] / 1e7 for side in ("min_lon", "min_lat", "max_lon", "max_lat"))
            self.facts = _checked(
                path,
                names.get(self._header["tile_type"], ""),
                (self._header["min_zoom"], self._header["max_zoom"]),
                box,
                told.get("vector_layers", []),
                str(told.get("attribution", "")),
            )
            # a directory is read anew for no tile of the same screen
            self._directory: Callable[[int, int], Any] = lru_cache(maxsize=64)(
                lambda offset, length: deserialize_directory(self._bytes[offset : offset + length])
            )
            self._directory(self._header["root_offset"], self._header["root_length"])

    def tile(self, z: int, x: int, y: int) -> bytes:
        """Return a tile; empty when there is none."""
        from pmtiles.tile import find_tile, zxy_to_tileid

        with _telling(self._path):
            wanted = zxy_to_tileid(z, x, y)
            offset, length = self._header["root_offset"], self._header["root_length"]
            for _ in range(4):  # no file goes deeper
                entry = find_tile(self._directory(offset, length), wanted)
                if entry is None:
                    return b""
                if entry.run_length:
                    begin = self._header["tile_data_offset"] + entry.offset
                    return bytes(self._bytes[begin : begin + entry.length])
                offset, length = self._header["leaf_directory_offset"] + entry.offset, entry.length
        return b""

    def close(self) -> None:
        """Let go of the file."""
        self._bytes.close()

    def _part(self, offset: str, length: str) -> bytes:
        begin = self._header[offset]
        return bytes(self._bytes[begin : begin + self._header[length]])


def is_packed(content: bytes) -> bool:
    """Whether a tile is packed with gzip."""
    return content.startswith(_GZIP)


def unpacked(content: bytes) -> bytes:
    """Unpack what is packed with gzip.

    Examples
    --------
    >>> unpacked(gzip.compress(b"tile")), unpacked(b"tile")
    (b'tile', b'tile')
    """
    return gzip.decompress(content) if is_packed(content) else content


def _checked(
    path: Path, form: str, zooms: tuple[int, int], box: tuple[float, ...], layers: list[Any], attribution: str
) -> ArchiveFacts:
    if form not in MEDIA_TYPES:
        raise InvalidInputError(
            f"{path.name} holds tiles of the form '{form}'; a browser draws {', '.join(MEDIA_TYPES)}.", file=str(path)
        )
    if len(box) != 4 or not (-180.001 <= box[0] < box[2] <= 180.001 and -90.001 <= box[1] < box[3] <= 90.001):
        raise InvalidInputError(f"{path.name} says that its tiles lie outside the earth.", file=str(path), box=box)
    if not 0 <= zooms[0] <= zooms[1] <= DEEPEST:
        raise InvalidInputError(f"{path.name} has zooms that make no sense.", file=str(path), zooms=zooms)
    named = tuple(str(layer["id"]) for layer in layers) if form == "pbf" else ()
    if form == "pbf" and not named:
        raise InvalidInputError(f"{path.name} doesn't say which layers its vector tiles have.", file=str(path))
    return ArchiveFacts(form, *zooms, (box[0], box[1], box[2], box[3]), named, attribution)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Turn whatever a broken file raises while it is opened into a sentence."""
    try:
        yield
    except _BROKEN as error:
        raise InvalidInputError(f"{path.name} is damaged, or no file of tiles: {error}.", file=str(path)) from error


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    """Turn whatever a broken file raises while it is read into a sentence."""
    try:
        yield
    except _BROKEN as error:
        raise UnavailableError(f"The file {path.name} is damaged; put a whole one in its place.") from error
