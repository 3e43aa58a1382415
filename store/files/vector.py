"""Read layers with geometry through GDAL (pyogrio): GeoJSON, GeoPackage, Shapefile, FlatGeobuf."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gis.errors import InvalidInputError
from store.files.encodings import Encoding, guess_encoding
from store.files.tables import Table, number_text, refuse_broken_utf8

_CRS_MEMBER = re.compile(rb'"crs"\s*:\s*\{')
#: Layer beside the grids of our own exports, read by `store.files.atom_borders`.
ATOM_BORDERS = "atom_borders"
_DBF_HEADER = 32
_SAMPLE = 4 << 20


def read_layer(path: Path, *, layer: str | None = None) -> Table:
    """Read one layer.

    Parameters
    ----------
    path : Path
    layer : str, optional
        The first by default.

    Returns
    -------
    Table
        With geometry; `crs` is None when the file says nothing. GeoJSON without a ``crs`` member says nothing: the
        format implies WGS-84, but files of Chinese map services carry GCJ-02 without a word.

    Raises
    ------
    InvalidInputError
        Damaged, empty, or without its companions (.dbf, .shx).
    """
    suffix = path.suffix.lower()
    encoding: Encoding | None = None
    source: Any = path
    options: dict[str, Any] = {}
    stated = True
    if suffix in (".geojson", ".json"):
        source, encoding, stated = _geojson(path)
    elif suffix == ".shp":
        encoding = _dbf_encoding(path)
        options["encoding"] = {"utf-8-sig": "utf-8", "latin-1": "iso-8859-1"}.get(encoding.name, encoding.name)
    notes, chosen = _layers(source, layer)
    meta, geometry, fields = _read(path, source, chosen, options)
    columns = tuple(str(name) for name in meta["fields"])
    cells = {name: [_text(value) for value in values] for name, values in zip(columns, fields, strict=True)}
    if not len(geometry):
        raise InvalidInputError(f"{path} holds no features. Check that it is the layer you meant.", file=str(path))
    crs = meta["crs"] if stated else None
    lines = np.arange(1, len(geometry) + 1, dtype=np.int64)
    return Table(path.name, columns, cells, lines, geometry, crs or None, encoding, notes, "feature")


def _geojson(path: Path) -> tuple[Any, Encoding, bool]:
    data = path.read_bytes()
    encoding = guess_encoding(data)
    if not encoding.name.startswith("utf-16"):
        refuse_broken_utf8(path, data)
    if encoding.name not in ("utf-8", "utf-8-sig"):
        data = data.decode(encoding.name, errors="replace").encode()
    head = data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if head not in (b"{", b"["):
        raise InvalidInputError(f"{path} is not JSON. Export it as GeoJSON.", file=str(path))
    stated = _CRS_MEMBER.search(data[:65536]) is not None
    return data, Encoding(encoding.name, encoding.guessed and encoding.name not in ("utf-8", "utf-8-sig")), stated


def _dbf_encoding(path: Path) -> Encoding:
    companions = {other.suffix.lower(): other for other in path.parent.glob(f"{path.stem}.*")}
    missing = [suffix for suffix in (".dbf", ".shx") if suffix not in companions]
    if missing:
        raise InvalidInputError(
            f"{path} comes without {' and '.join(missing)}. A Shapefile is several files; bring them all.",
            file=str(path),
        )
    if ".cpg" in companions:
        name = companions[".cpg"].read_text(encoding="ascii", errors="ignore").strip().lower() or "utf-8"
        known = {"utf-8": "utf-8", "utf8": "utf-8", "936": "gbk", "cp936": "gbk", "gbk": "gbk", "gb2312": "gbk"}
        return Encoding(known.get(name, name), guessed=False)
    with companions[".dbf"].open("rb") as stream:
        header = stream.read(_DBF_HEADER)
        start = int.from_bytes(header[8:10], "little") if len(header) == _DBF_HEADER else 0
        names = stream.read(max(start - _DBF_HEADER, 0))
        records = stream.read(_SAMPLE)
    # only bytes above 0x7F tell something: numbers and blanks of the records would drown them
    return Encoding(guess_encoding(names + b"\n" + records).name, guessed=True)


def _layers(source: Any, layer: str | None) -> tuple[list[str], str | None]:  # noqa: ANN401 - path or bytes
    import pyogrio
    from pyogrio.errors import DataSourceError

    try:
        names = [str(name) for name in pyogrio.list_layers(source)[:, 0]]
    except DataSourceError:
        return [], layer  # the read itself explains
    if layer is not None and layer not in names:
        raise InvalidInputError(f"There is no layer '{layer}'. There are: {', '.join(names)}.", layer=layer)
    if len(names) > 1 and layer is None:
        first, *others = [name for name in names if name != ATOM_BORDERS]
        return [f"Only the layer '{first}' was read; the file also has: {', '.join(others)}."] if others else [], first
    return [], layer


def _read(
    path: Path,
    source: Any,  # noqa: ANN401 - path or bytes
    layer: str | None,
    options: dict[str, Any],
) -> tuple[dict[str, Any], npt.NDArray[Any], list[npt.NDArray[Any]]]:
    import pyogrio.raw
    from pyogrio.errors import DataLayerError, DataSourceError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            meta, _, geometry, fields = pyogrio.raw.read(source, layer=layer, force_2d=True, **options)
    except (DataSourceError, DataLayerError, UnicodeDecodeError, ValueError, RuntimeError) as error:
        raise InvalidInputError(
            f"{path} cannot be read as a layer{_reason(error)}. Export it again.", file=str(path)
        ) from error
    if geometry is None:
        raise InvalidInputError(f"{path} holds no geometry. Load plain tables as CSV or XLSX.", file=str(path))
    # a broken ring becomes None here and is refused as a row, instead of failing the whole file; so is a coordinate
    # that is not a number, which needs no words of numpy's beside
    with np.errstate(invalid="ignore"):
        shapes = shapely.from_wkb(geometry, on_invalid="ignore")
    return meta, np.asarray(shapes, dtype=object), list(fields)


def _reason(error: Exception) -> str:
    """Return what a driver says of a file, in brackets; nothing where it only knows no driver for it."""
    words = str(error).splitlines()[0][:200]
    return "" if "/vsimem/" in words or "not recognized" in words else f" ({words})"


def _text(value: Any) -> str:  # noqa: ANN401 - whatever a column holds
    if value is None or value is np.ma.masked:
        return ""
    if isinstance(value, (float, np.floating)):
        return number_text(float(value))
    if isinstance(value, np.datetime64):
        return "" if np.isnat(value) else str(value)
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    return str(value).strip()
