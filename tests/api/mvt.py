"""A reader of vector tiles, small enough to be checked by eye, so that tests see what a client sees."""

from __future__ import annotations

import struct
from itertools import pairwise
from typing import Any

import shapely


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _fields(data: bytes) -> list[tuple[int, Any]]:
    found, at = [], 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = _varint(data, at)
        elif wire == 1:
            value, at = data[at : at + 8], at + 8
        elif wire == 5:
            value, at = data[at : at + 4], at + 4
        else:
            length, at = _varint(data, at)
            value, at = data[at : at + length], at + length
        found.append((number, value))
    return found


def _packed(data: bytes) -> list[int]:
    values, at = [], 0
    while at < len(data):
        value, at = _varint(data, at)
        values.append(value)
    return values


def _zigzag(value: int) -> int:
    return (value >> 1) ^ -(value & 1)


def _value(data: bytes) -> Any:
    (number, raw) = _fields(data)[0]
    readers = {
        1: lambda: str(raw, "utf-8"),
        2: lambda: struct.unpack("<f", raw)[0],
        3: lambda: struct.unpack("<d", raw)[0],
        4: lambda: raw,
        5: lambda: raw,
        6: lambda: _zigzag(raw),
        7: lambda: bool(raw),
    }
    return readers[number]()


def read_tile(data: bytes) -> dict[str, dict[str, Any]]:
    """Return layer name → extent and features (id, type, properties, geometry commands)."""
    layers = {}
    for number, body in _fields(data):
        assert number == 3
        parts = _fields(body)
        keys = [value.decode() for field, value in parts if field == 3]
        values = [_value(value) for field, value in parts if field == 4]
        features = []
        for field, value in parts:
            if field != 2:
                continue
            feature: dict[str, Any] = {"id": None, "properties": {}}
            for inner, content in _fields(value):
                if inner == 1:
                    feature["id"] = content
                elif inner == 2:
                    tags = _packed(content)
                    feature["properties"] = {keys[k]: values[v] for k, v in zip(tags[::2], tags[1::2], strict=True)}
                elif inner == 3:
                    feature["type"] = content
                elif inner == 4:
                    feature["commands"] = _packed(content)
            features.append(feature)
        name = next(value.decode() for field, value in parts if field == 1)
        extent = next(value for field, value in parts if field == 5)
        layers[name] = {"extent": extent, "features": features}
    return layers


def polygons_of(commands: list[int]) -> shapely.Geometry:
    """Decode the geometry of a polygon feature in tile units, y upwards."""
    rings, ring, at, x, y = [], [], 0, 0, 0
    while at < len(commands):
        command, count, at = commands[at] & 7, commands[at] >> 3, at + 1
        if command == 7:
            rings.append(ring)
            continue
        if command == 1:
            ring = []
        for _ in range(count):
            dx, dy = ((value >> 1) ^ -(value & 1) for value in commands[at : at + 2])
            x, y, at = x + dx, y + dy, at + 2
            ring.append((x, -y))
    parts: list[tuple[list[Any], list[Any]]] = []
    for each in rings:
        area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise([*each, each[0]]))
        if area < 0:  # an outer ring: clockwise on screen, y downwards
            parts.append((each, []))
        else:
            parts[-1][1].append(each)
    return shapely.MultiPolygon([shapely.Polygon(shell, holes) for shell, holes in parts])
