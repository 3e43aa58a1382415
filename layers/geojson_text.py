"""Write the geometries of a page of features as GeoJSON, all of them in one go.

The database leaves a mark in the text of a page where a geometry goes, and hands over the geometries themselves in
binary, one behind the other: it takes several times as long as this to write coordinates as text. Form of the binary:
OGC 06-103r4 (WKB, little-endian, two dimensions); of the text: RFC 7946, rings wound as its section 3.1.6 has them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from grid_coverage.compiled import inlined, kernel

__all__ = ["MARK", "fill_geometries"]

Bytes = npt.NDArray[np.uint8]

MARK: Final = 1
"""Code of the character that stands for a geometry: JSON has no bare control characters."""
_POINT, _LINE, _POLYGON, _MANY, _COLLECTION = 1, 2, 3, 3, 7
_COMMA, _POINT_SIGN, _MINUS, _ZERO, _OPEN, _SHUT, _END = b",.-0[]}"
_KINDS: Final = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon")
_HEADS: Final = [b"", *(f'{{"type":"{kind}","coordinates":'.encode() for kind in _KINDS)]
_HEADS.append(b'{"type":"GeometryCollection","geometries":')
_HEAD_LENGTHS: Final = np.array([len(head) for head in _HEADS])
_HEAD_SIGNS: Final = np.array([list(head.ljust(48)) for head in _HEADS], dtype=np.uint8)
# two numbers of at most 17 signs with brackets and commas for 16 bytes; what else a geometry needs
_PER_BYTE: Final = 3
_PER_GEOMETRY: Final = 80
# beyond it a number of either kind of system has no digits left behind the point
_LARGEST: Final = 9e15


class _How(NamedTuple):
    """How coordinates are written: ten to the number of decimals, and whether the second comes first."""

    scale: int
    swapped: bool


def fill_geometries(text: bytes, binary: bytes, digits: int, *, swapped: bool = False) -> bytes:
    r"""Return `text` with its marks replaced by geometries.

    Parameters
    ----------
    text : bytes
        JSON with a `MARK` for each geometry.
    binary : bytes
        The geometries in the order of the marks, as WKB without SRID.
    digits : int
        Decimals that coordinates are rounded to; zeros at their end are left out.
    swapped : bool
        Write the second coordinate first.

    Raises
    ------
    ValueError
        Marks and geometries don't fit each other.

    Examples
    --------
    >>> import shapely
    >>> fill_geometries(b"[\x01]", shapely.to_wkb(shapely.Point(120.5, 31)), 7)
    b'[{"type":"Point","coordinates":[120.5,31]}]'
    """
    room = np.empty(len(text) + _PER_BYTE * len(binary) + _PER_GEOMETRY * text.count(MARK) + 64, dtype=np.uint8)
    end = _fill(np.frombuffer(text, np.uint8), np.frombuffer(binary, np.uint8), room, _How(10**digits, swapped))
    if end < 0:
        raise ValueError("The geometries do not fit the text of the page.")
    return room[:end].tobytes()


@inlined
def _sign(sign: int, room: Bytes, at: int) -> int:
    room[at] = sign
    return at + 1


@kernel
def _head(kind: int, room: Bytes, at: int) -> int:
    length = int(_HEAD_LENGTHS[kind])
    for k in range(length):
        room[at + k] = _HEAD_SIGNS[kind, k]
    return at + length


@inlined
def _word(binary: Bytes, read: int) -> int:
    """Return the unsigned number of four bytes."""
    found = 0
    for k in range(3, -1, -1):
        found = found * 256 + int(binary[read + k])
    return found


@inlined
def _number(value: float, room: Bytes, at: int, scale: int) -> int:
    """Write a coordinate, rounded, without zeros at its end."""
    if not abs(value) * scale < _LARGEST:  # not finite, too
        for sign in (110, 117, 108, 108):  # null
            at = _sign(sign, room, at)
        return at
    scaled = int(abs(value) * scale + 0.5)
    whole, part = scaled // scale, scaled % scale
    if value < 0 and scaled:
        at = _sign(_MINUS, room, at)
    end = at + 1
    left = whole // 10
    while left:
        end += 1
        left //= 10
    _digits(whole, room, at, end)
    if not part:
        return end
    at = _sign(_POINT_SIGN, room, end)
    end = at
    left = scale
    while left > 1:
        end += 1
        left //= 10
    _digits(part, room, at, end)
    while room[end - 1] == _ZERO:
        end -= 1
    return end


@inlined
def _digits(value: int, room: Bytes, at: int, end: int) -> None:
    """Write a number from its last digit, with zeros in front as far as there is room."""
    for k in range(end - 1, at - 1, -1):
        room[k] = _ZERO + value % 10
        value //= 10


@inlined
def _position(x: float, y: float, room: Bytes, at: int, how: _How) -> int:
    at = _sign(_OPEN, room, at)
    at = _number(y if how.swapped else x, room, at, how.scale)
    at = _sign(_COMMA, room, at)
    at = _number(x if how.swapped else y, room, at, how.scale)
    return _sign(_SHUT, room, at)


@kernel
def _is_clockwise(xy: npt.NDArray[np.float64]) -> bool:
    area = 0.0
    for k in range(2, len(xy) - 2, 2):
        x, y = xy[k] - xy[0], xy[k + 1] - xy[1]
        area += x * (xy[k + 3] - xy[1]) - (xy[k + 2] - xy[0]) * y
    return area < 0


@kernel
def _row(xy: npt.NDArray[np.float64], room: Bytes, at: int, how: _How, turned: bool) -> int:
    """Write the positions of a line or a ring, from its end where it is turned."""
    at = _sign(_OPEN, room, at)
    last = len(xy) - 2
    for k in range(0, len(xy), 2):
        at = _sign(_COMMA, room, at) if k else at
        here = last - k if turned else k
        at = _position(xy[here], xy[here + 1], room, at, how)
    return _sign(_SHUT, room, at)


@kernel
def _coordinates(kind: int, binary: Bytes, read: int, room: Bytes, at: int, how: _How) -> tuple[int, int]:
    """Write the coordinates of a point, a line or a polygon that begin at `read`; return where they end."""
    if kind == _POINT:
        xy = binary[read : read + 16].view(np.float64)
        empty = np.isnan(xy[0])
        at = _sign(_SHUT, room, _sign(_OPEN, room, at)) if empty else _position(xy[0], xy[1], room, at, how)
        return read + 16, at
    rings = 1
    if kind == _POLYGON:
        rings = _word(binary, read)
        read += 4
        at = _sign(_OPEN, room, at)
    for ring in range(rings):
        at = _sign(_COMMA, room, at) if ring else at
        end = read + 4 + 16 * _word(binary, read)
        xy = binary[read + 4 : end].view(np.float64)
        turned = kind == _POLYGON and _is_clockwise(xy) == (ring == 0)
        at = _row(xy, room, at, how, turned)
        read = end
    if kind == _POLYGON:
        at = _sign(_SHUT, room, at)
    return read, at


@kernel
def _geometry(binary: Bytes, read: int, room: Bytes, at: int, how: _How) -> tuple[int, int]:
    """Write a geometry that is no collection; return where the next one begins, -1 for what is none."""
    kind = _word(binary, read + 1)
    if binary[read] != 1 or not _POINT <= kind < _COLLECTION:
        return -1, at
    at = _head(kind, room, at)
    if kind <= _POLYGON:
        read, at = _coordinates(kind, binary, read + 5, room, at, how)
    else:
        parts = _word(binary, read + 5)
        read += 9
        at = _sign(_OPEN, room, at)
        for part in range(parts):
            at = _sign(_COMMA, room, at) if part else at
            read, at = _coordinates(kind - _MANY, binary, read + 5, room, at, how)
        at = _sign(_SHUT, room, at)
    return read, _sign(_END, room, at)


@kernel
def _fill(text: Bytes, binary: Bytes, room: Bytes, how: _How) -> int:
    """Write the text with its geometries into `room`; return how far it goes, or -1."""
    at = read = 0
    for k in range(len(text)):
        if text[k] != MARK:
            at = _sign(text[k], room, at)
            continue
        if read + 9 > len(binary):
            return -1
        if _word(binary, read + 1) != _COLLECTION:
            read, at = _geometry(binary, read, room, at, how)
        else:
            at = _sign(_OPEN, room, _head(_COLLECTION, room, at))
            parts = _word(binary, read + 5)
            read += 9
            for part in range(parts):
                at = _sign(_COMMA, room, at) if part else at
                if read >= 0:
                    read, at = _geometry(binary, read, room, at, how)
            at = _sign(_END, room, _sign(_SHUT, room, at))
        if read < 0:
            return -1
    return at if read == len(binary) else -1
