"""The search box: grids, areas, cameras, key places, streets, addresses and coordinates by one text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from gis.codes import ungrouped
from gis.errors import InvalidInputError
from services.addresses import Addresses
from store.database import gazetteer as names
from store.database import search as sql
from store.database.search import TerritoryBox
from store.database.work import Box, UnitOfWork

Kind = Literal["grid", "address", "place", "street", "camera", "component", "coordinate", "area"]
LONGEST: Final = 120
_NUMBER: Final = r"[+-]?\d{1,3}(?:\.\d+)?"
_PAIR: Final = re.compile(
    rf"\(?\s*({_NUMBER})\s*°?\s*([NSEWnsew])?\s*(?:[,，;；/]\s*|\s+)({_NUMBER})\s*°?\s*([NSEWnsew])?\s*\)?"
)


_SOUNDS_AND_NUMBER: Final = re.compile(r"([A-Za-z' ]{2,}?)\s*(\d.*)")
MOST_STREETS: Final = 3
_NAMED: Final = frozenset({"area", "street", "place"})


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found; position and box in EPSG:4326."""

    kind: Kind
    label: str
    detail: str | None
    id: str | None
    lon: float
    lat: float
    bbox: Box | None


def search(
    work: UnitOfWork, addresses: Addresses, text: str, *, limit: int = 20, territory: UUID | None = None
) -> list[Hit]:
    """Return what `text` names, best first.

    Parameters
    ----------
    work : UnitOfWork
    addresses : Addresses
        Shared by all requests of the process.
    text : str
        A code, a name, an address, one Chinese character of any, or two coordinates in either order.
    limit : int
    territory : UUID or None
        Look in this territory only.

    Raises
    ------
    InvalidInputError
        Nothing was asked.
    """
    clean = ungrouped(" ".join(text.split()))
    if not clean or len(clean) > LONGEST:
        raise InvalidInputError(f"Search for 1 to {LONGEST} characters.", field="q")
    pair = _PAIR.fullmatch(clean)
    points = _coordinates(work, pair, territory) if pair is not None else []
    # two numbers with decimals are nothing but a position
    if points and "." in clean:
        return points[:limit]
    sounds = _sounds(clean)
    doors = addresses.find(work, clean, limit=limit, territory=territory)
    rows = sql.search(work.session, clean, doors, limit=limit, territory=territory, sounds=sounds)
    if not rows and (typed := _SOUNDS_AND_NUMBER.fullmatch(clean)) is not None:
        rows = _addresses_by_sound(work, addresses, typed, limit=limit, territory=territory)
    called = _after_town(work, clean, rows, limit=limit, territory=territory)
    found = [
        Hit(
            row.kind,
            row.label,
            row.detail,
            row.id,
            row.lon,
            row.lat,
            None if row.west is None else (row.west, row.south, row.east, row.north),
        )
        for row in _places(rows)
    ]
    return [*called, *found, *points][:limit]


def _after_town(work: UnitOfWork, text: str, rows: list[Any], *, limit: int, territory: UUID | None) -> list[Hit]:
    """Return places called by their town's name and their own, where nothing is called so by itself."""
    if any(row.kind in _NAMED for row in rows) or any(sign.isdigit() for sign in text):
        return []
    within = names.find_within(work.session, text, territory=territory, limit=limit)
    return [
        Hit(row.kind if row.kind in _NAMED else "place", row.label, row.detail, str(row.id), row.lon, row.lat, None)
        for row in within
    ]


def _places(rows: list[Any]) -> list[Any]:
    """Keep the better of a name and its alias, and of what is known twice by one name at one spot (a hospital)."""
    ids: set[tuple[str, str | None]] = set()
    spots: set[tuple[str, str, str | None, float, float]] = set()
    kept = []
    for row in rows:
        code = row.detail if row.kind == "address" else None
        spot = (row.kind, row.label, code, round(row.lon, 4), round(row.lat, 4))
        if (row.kind, row.id) not in ids and spot not in spots:
            kept.append(row)
        ids.add((row.kind, row.id))
        spots.add(spot)
    return kept


def _sounds(text: str) -> str | None:
    """Return what of a text may be pinyin or initials: two letters or more, and nothing but letters and digits."""
    joined = "".join(text.split()).replace("'", "").casefold()
    return joined if joined.isascii() and joined.isalnum() and joined[:2].isalpha() else None


def _addresses_by_sound(
    work: UnitOfWork, addresses: Addresses, typed: re.Match[str], *, limit: int, territory: UUID | None
) -> list[Any]:
    """Find addresses whose street is typed by its sounds: the street's own name takes their place."""
    sounds = "".join(typed[1].split()).casefold()
    streets = {row.label for row in names.find_named(work.session, typed[1], sounds=sounds, territory=territory)}
    found: list[Any] = []
    for street in sorted(streets)[:MOST_STREETS]:
        text = f"{street} {typed[2]}"
        doors = addresses.find(work, text, limit=limit, territory=territory)
        found += sql.search(work.session, text, doors, limit=limit, territory=territory)
    return found[:limit]


def _coordinates(work: UnitOfWork, pair: re.Match[str], territory: UUID | None) -> list[Hit]:
    first, second = float(pair[1]), float(pair[3])
    marks = ((pair[2] or "").upper(), (pair[4] or "").upper())
    orders = _orders(first, second, marks)
    boxes = sql.territory_boxes(work.session, territory)
    inside = [order for order in orders if _holder(boxes, order)]
    # the order as typed counts unless only the other one lies where we know the ground
    chosen = inside or orders
    return [_hit(boxes, lon, lat, swapped=(lon, lat) != (first, second)) for lon, lat in chosen]


def _orders(first: float, second: float, marks: tuple[str, str]) -> list[tuple[float, float]]:
    """Return the possible (longitude, latitude) readings of two numbers, as typed first."""
    if marks[0] in ("N", "S") or marks[1] in ("E", "W"):
        pairs = [(_signed(second, marks[1], "W"), _signed(first, marks[0], "S"))]
    elif marks[0] or marks[1]:
        pairs = [(_signed(first, marks[0], "W"), _signed(second, marks[1], "S"))]
    else:
        pairs = [(first, second), (second, first)]
    return [(lon, lat) for lon, lat in dict.fromkeys(pairs) if abs(lon) <= 180 and abs(lat) <= 90]


def _signed(value: float, mark: str, negative: str) -> float:
    return -abs(value) if mark == negative else value


def _holder(boxes: list[TerritoryBox], position: tuple[float, float]) -> TerritoryBox | None:
    return next((box for box in boxes if box.holds(*position)), None)


def _hit(boxes: list[TerritoryBox], lon: float, lat: float, *, swapped: bool) -> Hit:
    holder = _holder(boxes, (lon, lat))
    words = [holder.name] if holder is not None else []
    if swapped:
        words.append("lat, lon → lon, lat")
    return Hit("coordinate", f"{lon:.6f}, {lat:.6f}", " · ".join(words) or None, None, lon, lat, None)
