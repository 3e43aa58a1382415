"""Maps of others that ours may be drawn on: what the setting names, and the tiles of local files.

The server itself asks no address: tiles of a file go out from here, and those of another server are asked for by the
browser, which may ask that server because the page's policy names it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlencode, urlsplit

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator, model_validator

from gis.crs import in_mainland_china
from gis.errors import InvalidInputError, NotFoundError
from services.territories import list_territories
from store.database.work import Box, UnitOfWork
from store.files.tile_archives import DEEPEST, MEDIA_TYPES, TileArchive, is_packed, open_archive, unpacked

__all__ = ["DEEPEST", "MEDIA_TYPES", "Basemaps", "Name", "open_basemaps"]

NOTHING: Final = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082"
)
"""A clear picture of one pixel: a browser complains of a picture that is not there."""
REMOTE_MAX_ZOOM: Final = 18
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?")
_PLACES = {"{tilematrix}": "{z}", "{tilerow}": "{y}", "{tilecol}": "{x}"}
_WMTS_FIELDS = {"SERVICE": "WMTS", "REQUEST": "GetTile", "VERSION": "1.0.0"}


class Name(BaseModel):
    """A name in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    en: Annotated[str, Field(min_length=1, max_length=60)]
    zh: Annotated[str, Field(min_length=1, max_length=60)]


class BasemapSource(BaseModel):
    """One map of the setting ``GRIDWARD_BASEMAPS``; docs/how-to/basemaps.md tells of each member."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,30}$")]
    name: Name
    kind: Literal["xyz", "wmts", "mbtiles", "pmtiles"]
    datum: Literal["wgs84", "gcj02"]
    attribution: Annotated[str, Field(min_length=1, max_length=300)]
    url: Annotated[str | None, Field(max_length=2000)] = None
    file: Path | None = None
    layer: str | None = None
    matrix_set: str | None = None
    style: str = "default"
    format: str = "image/png"
    min_zoom: Annotated[int | None, Field(ge=0, le=DEEPEST)] = None
    max_zoom: Annotated[int | None, Field(ge=0, le=DEEPEST)] = None
    tile_size: Literal[256, 512] = 256
    default: bool = False

    @field_validator("kind", "datum", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.lower().replace("-", "") if isinstance(value, str) else value

    @field_validator("name", mode="before")
    @classmethod
    def _one_for_both(cls, value: object) -> object:
        return {"en": value, "zh": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        remote = self.kind in ("xyz", "wmts")
        if (self.url is not None) != remote or (self.file is None) != remote:
            wanted = "a url and no file" if remote else "a file and no url"
            raise ValueError(f"{self.id}: a {self.kind} source has {wanted}")
        if remote:
            self.address()
        if self.min_zoom is not None and self.max_zoom is not None and self.min_zoom > self.max_zoom:
            raise ValueError(f"{self.id}: min_zoom is above max_zoom")
        return self

    def address(self) -> str:
        """Return the address of a remote tile with ``{z}``, ``{x}`` and ``{y}``.

        Raises
        ------
        ValueError
            It is none that a browser may be sent to.
        """
        url = self.url or ""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc) or re.search(r"[\s\"'<>\\]", url):
            raise ValueError(f"{self.id}: url is no plain http or https address, without a name or password in it")
        for given, place in _PLACES.items():
            url = re.sub(re.escape(given), place, url, flags=re.IGNORECASE)
        if self.kind == "wmts" and "{" not in url:
            if not (self.layer and self.matrix_set):
                raise ValueError(f"{self.id}: name the layer and the matrix_set, or put {{TileMatrix}} … into the url")
            fields = {**_WMTS_FIELDS, "LAYER": self.layer, "STYLE": self.style, "TILEMATRIXSET": self.matrix_set,
                      "FORMAT": self.format}  # fmt: skip
            url += f"{'&' if parts.query else '?'}{urlencode(fields)}&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}"
        if sorted(re.findall(r"\{[^}]*\}", url)) != ["{x}", "{y}", "{z}"]:
            raise ValueError(f"{self.id}: url needs {{z}}, {{x}} and {{y}}, each once, and nothing else in braces")
        return url

    @property
    def origin(self) -> str | None:
        """Scheme and host of a remote source, as the page's policy names them."""
        if self.url is None:
            return None
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.lower()}"


@dataclass(frozen=True, slots=True)
class Basemap:
    """A map to draw on.

    Attributes
    ----------
    source : BasemapSource
    archive : TileArchive or None
        Of a local file.
    tag : str
        Changes with the file; empty for a remote source.
    """

    source: BasemapSource
    archive: TileArchive | None
    tag: str

    @property
    def is_vector(self) -> bool:
        """Whether its tiles are vector tiles."""
        return self.archive is not None and self.archive.facts.format == "pbf"

    def described(self, *, shifted: bool) -> dict[str, Any]:
        """Return what the page needs to draw it.

        Parameters
        ----------
        shifted : bool
            Whether GCJ-02 is another place than WGS-84 here.
        """
        source, facts = self.source, self.archive.facts if self.archive else None
        lowest, deepest = (facts.min_zoom, facts.max_zoom) if facts else (0, DEEPEST)
        usual = deepest if facts else REMOTE_MAX_ZOOM
        own = f"/api/v1/basemaps/{source.id}/{{z}}/{{x}}/{{y}}?v={self.tag}"
        return {
            "id": source.id,
            "name": source.name.model_dump(),
            "kind": source.kind,
            "form": "vector" if self.is_vector else "picture",
            "datum": source.datum,
            "shifted": shifted and source.datum == "gcj02",
            "attribution": source.attribution,
            "address": own if self.archive else source.address(),
            "min_zoom": max(lowest, source.min_zoom or 0),
            "max_zoom": usual if source.max_zoom is None else min(deepest, source.max_zoom),
            "tile_size": source.tile_size,
            "box": facts.box if facts else None,
            "layers": list(facts.layers) if facts else [],
            "default": source.default,
        }


@dataclass(frozen=True, slots=True)
class LocalTile:
    """A tile of a file (empty is nothing), its media type, the file's tag, and whether gzip packs it."""

    content: bytes
    media_type: str
    tag: str
    packed: bool


class Basemaps:
    """All maps of the setting, their files open.

    Parameters
    ----------
    found : sequence of Basemap
    """

    def __init__(self, found: Sequence[Basemap]) -> None:
        self._by_id = {each.source.id: each for each in found}

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins of remote sources, each once."""
        return tuple(sorted({each.source.origin for each in self._by_id.values() if each.source.origin}))

    def listed(self, work: UnitOfWork) -> list[dict[str, Any]]:
        """Return what the page needs of each map."""
        shifted = any(is_shifted(each.bbox) for each in list_territories(work))
        return [each.described(shifted=shifted) for each in self._by_id.values()]

    def tile(self, basemap: str, address: tuple[int, int, int], *, packed: bool) -> LocalTile:
        """Return a tile of a local file; where it has no picture, a clear one.

        Parameters
        ----------
        basemap : str
        address : tuple of int
            Zoom, column, row from the north.
        packed : bool
            Whether it may be packed with gzip.

        Raises
        ------
        NotFoundError
            No such map here, or no such tile on earth.
        """
        found = self._by_id.get(basemap)
        if found is None or found.archive is None:
            local = [name for name, each in self._by_id.items() if each.archive]
            raise NotFoundError(f"There is no map '{basemap}' in a file here.", known=local)
        z, x, y = address
        if not (0 <= z <= DEEPEST and 0 <= x < 2**z and 0 <= y < 2**z):
            raise NotFoundError("There is no such tile.", z=z, x=x, y=y)
        content = found.archive.tile(z, x, y)
        if not content and not found.is_vector:
            return LocalTile(NOTHING, MEDIA_TYPES["png"], found.tag, packed=False)
        packed = packed and is_packed(content)
        kind = MEDIA_TYPES[found.archive.facts.format]
        return LocalTile(content if packed else unpacked(content), kind, found.tag, packed=packed)

    def close(self) -> None:
        """Close the files."""
        for each in self._by_id.values():
            if each.archive is not None:
                each.archive.close()


def is_shifted(box: Box) -> bool:
    """Whether the map providers of a box's middle shift their coordinates.

    Examples
    --------
    >>> is_shifted((120.0, 31.0, 121.0, 32.0)), is_shifted((114.1, 22.25, 114.25, 22.35))
    (True, False)
    """
    return bool(in_mainland_china(np.array([[(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]]))[0])


def open_basemaps(text: str | None) -> Basemaps:
    """Read the setting and open its files.

    Parameters
    ----------
    text : str or None
        A JSON list of `BasemapSource`, or the path of a file that holds one; files in such a list may be named
        relative to it.

    Raises
    ------
    InvalidInputError
        It says something that makes no sense, or a file holds no tiles.
    """
    if text is None or not text.strip():
        return Basemaps([])
    folder = Path()
    if not text.lstrip().startswith("["):
        listed = Path(text.strip())
        try:
            text, folder = listed.read_text(encoding="utf-8-sig"), listed.parent
        except (OSError, UnicodeDecodeError) as error:
            raise _unfit(f"{listed} can't be read: {error}") from error
    try:
        sources = TypeAdapter(list[BasemapSource]).validate_python(json.loads(text))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise _unfit(f"{place}: {first['msg']}") from None
    except ValueError as error:
        raise _unfit(f"it is no JSON list: {error}") from None
    names = [each.id for each in sources]
    if len(set(names)) < len(names) or sum(each.default for each in sources) > 1:
        raise _unfit("two maps have one id, or two are the default")
    return Basemaps([_open(each, folder) for each in sources])


def _open(source: BasemapSource, folder: Path) -> Basemap:
    if source.file is None:
        return Basemap(source, None, "")
    path = (folder / source.file).absolute()
    try:
        archive = open_archive(path)
    except InvalidInputError as error:
        raise _unfit(f"{source.id}: {error.message.rstrip('.')}", file=str(path)) from error
    if source.datum == "gcj02" and archive.facts.format == "pbf":
        archive.close()
        raise _unfit(f"{source.id}: vector tiles in GCJ-02 can't be drawn in the right place; convert them first")
    stat = path.stat()
    tag = hashlib.sha256(f"{path}|{stat.st_size}|{stat.st_mtime_ns}".encode()).hexdigest()[:16]
    return Basemap(source, archive, tag)


def _unfit(why: str, **fields: object) -> InvalidInputError:
    return InvalidInputError(
        f"The setting GRIDWARD_BASEMAPS does not fit: {why}.",
        setting="GRIDWARD_BASEMAPS", remedy="Correct it or unset it.", **fields,
    )  # fmt: skip
