"""Collect addresses from nodes and areas, merge duplicates, tie them to buildings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from gis import crs
from store.files.osm.model import Addresses
from store.files.osm.nearby import first_of_group, group_near, text_keys
from store.files.report import IngestReport

Geometries = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]

#: The same street and number further apart are two addresses (two towns, or a mistake worth seeing).
_SAME_ADDRESS_M = 150.0
#: A door node on the wall or before it belongs to the building.
_DOOR_REACH_M = 15.0
_SPACES = re.compile(r"\s+")
_UNIT_KEYS = ("addr:unit", "addr:flats", "addr:door")


@dataclass(frozen=True, slots=True)
class AddressEntry:
    """One object with a house number.

    Parameters
    ----------
    point : Point
        EPSG:4326.
    osm_id : int
    building : int
        Row of the building that carries the address itself, -1 otherwise.
    tags : dict
    """

    point: shapely.Point
    osm_id: int
    building: int
    tags: dict[str, str]


@dataclass(frozen=True, slots=True)
class LinkedAddresses:
    """Addresses, and per building how many and the first text.

    Parameters
    ----------
    addresses : Addresses
    per_building : (b,) int array
    first_text : (b,) array of str
    """

    addresses: Addresses
    per_building: Ints
    first_text: npt.NDArray[Any]


def address_text(tags: dict[str, str]) -> str:
    """Write an address as people do: street or place, then number.

    Parameters
    ----------
    tags : dict

    Returns
    -------
    str

    Examples
    --------
    >>> address_text({"addr:street": "Kaivokatu", "addr:housenumber": "1"})
    'Kaivokatu 1'
    """
    return " ".join(part for part in (_street(tags), tags.get("addr:housenumber", "").strip()) if part)


def _street(tags: dict[str, str]) -> str:
    for key in ("addr:street", "addr:place", "addr:hamlet"):
        if tags.get(key):
            return _SPACES.sub(" ", tags[key]).strip()
    return ""


def _key(entry: AddressEntry) -> str:
    street, number = _street(entry.tags), _SPACES.sub("", entry.tags["addr:housenumber"])
    if not street:
        # a bare number says nothing about which street: never merged
        return f"\0{number}\0{entry.osm_id}"
    return f"{street}\0{number}".casefold()


def link_addresses(
    entries: list[AddressEntry], buildings: Geometries, usable: npt.NDArray[np.bool_], srid: int, report: IngestReport
) -> LinkedAddresses:
    """Merge duplicate addresses and tie each to its building.

    Parameters
    ----------
    entries : list of AddressEntry
    buildings : (b,) array of Polygon
        Metric CRS.
    usable : (b,) bool array
        False for roofs and sheds, which no address belongs to unless it is tagged on them.
    srid : int
        The metric CRS.
    report : IngestReport
        Is added to.

    Returns
    -------
    LinkedAddresses
    """
    points = np.array([entry.point for entry in entries], dtype=object)
    metric = crs.to_metric(points, srid) if len(points) else points
    building = np.array([entry.building for entry in entries], dtype=np.int64)
    near = _nearest_building(metric, buildings, usable)
    building = np.where(building >= 0, building, near)
    keys = text_keys([_key(entry) for entry in entries]) if entries else np.empty(0, dtype=np.int64)
    xy = shapely.get_coordinates(metric)
    group = group_near(xy, keys, radius_m=_SAME_ADDRESS_M)
    ids = np.array([entry.osm_id for entry in entries], dtype=np.int64)
    own = np.array([entry.building < 0 for entry in entries], dtype=bool)
    chosen = first_of_group(group, own, building < 0, ids, xy[:, 0] if len(xy) else ids)
    copies = np.bincount(group, minlength=len(chosen)).astype(np.int64)
    report.note(
        "duplicate-address",
        "Objects that repeat an address nearby (shops, entrances, the building and its node) were merged into one.",
        count=int(len(entries) - len(chosen)),
    )
    report.note(
        "address-without-building",
        "Addresses with no building within 15 m stand on their own.",
        count=int((building[chosen] < 0).sum()),
    )
    table = _table(entries, points, chosen, building, group, copies)
    return LinkedAddresses(table, *_per_building(entries, keys, building, len(buildings)))


def _nearest_building(points: Geometries, buildings: Geometries, usable: npt.NDArray[np.bool_]) -> Ints:
    nearest = np.full(len(points), -1, dtype=np.int64)
    rows = np.flatnonzero(usable)
    if not len(points) or not len(rows):
        return nearest
    tree = shapely.STRtree(buildings[rows])
    source, target = tree.query_nearest(points, max_distance=_DOOR_REACH_M, all_matches=True)
    # ties (a point inside two overlapping footprints) go to the lower row, whatever the tree's order
    order = np.lexsort((-rows[target], source))
    nearest[source[order]] = rows[target[order]]
    return nearest


def _table(
    entries: list[AddressEntry], points: Geometries, chosen: Ints, building: Ints, group: Ints, copies: Ints
) -> Addresses:
    units: list[set[str]] = [set() for _ in chosen]
    for entry, label in zip(entries, group, strict=True):
        units[label].update(entry.tags[key] for key in _UNIT_KEYS if entry.tags.get(key))
    picked = [entries[row].tags for row in chosen]

    def column(values: list[str]) -> npt.NDArray[Any]:
        return np.array(values, dtype=object)

    return Addresses(
        point=points[chosen],
        osm_id=np.array([entries[row].osm_id for row in chosen], dtype=np.int64),
        street=column([_street(tags) for tags in picked]),
        number=column([tags["addr:housenumber"].strip() for tags in picked]),
        city=column([tags.get("addr:city", "") for tags in picked]),
        postcode=column([tags.get("addr:postcode", "") for tags in picked]),
        text=column([address_text(tags) for tags in picked]),
        copies=copies,
        units=np.array([len(found) for found in units], dtype=np.int64),
        building=building[chosen],
    )


def _per_building(entries: list[AddressEntry], keys: Ints, building: Ints, count: int) -> tuple[Ints, npt.NDArray[Any]]:
    found: list[dict[int, str]] = [{} for _ in range(count)]
    for entry, key, row in zip(entries, keys, building, strict=True):
        if row >= 0:
            found[row].setdefault(int(key), address_text(entry.tags))
    per_building = np.array([len(texts) for texts in found], dtype=np.int64)
    first = np.array([min(texts.values(), default="") for texts in found], dtype=object)
    return per_building, first
