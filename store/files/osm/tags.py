"""Which OpenStreetMap tags mean what here; plain tables and small parsers."""

from __future__ import annotations

import math
import re
from typing import Any

Tags = Any  # osmium.osm.TagList or dict[str, str]: both answer get(key, default) and `in`


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STREETS = _words(
    "motorway trunk primary secondary tertiary unclassified residential living_street pedestrian service track road"
    " motorway_link trunk_link primary_link secondary_link tertiary_link footway path cycleway steps bridleway"
    " busway corridor"
)
MOTOR = STREETS - _words("footway path cycleway steps bridleway corridor pedestrian track")
NOT_WALKABLE = _words("motorway motorway_link busway")
#: Highway values of ways that are no streets (any more, or yet).
STREET_GONE = _words("construction proposed planned abandoned razed disused")
JUNCTION_CLASSES = MOTOR - _words("service motorway motorway_link busway")
MAIN_CLASSES = _words("trunk primary secondary tertiary trunk_link primary_link secondary_link")

RAILS = _words("rail light_rail tram subway narrow_gauge monorail funicular")
WATERWAYS = _words("river stream canal drain ditch")
BARRIERS = _words("wall city_wall retaining_wall fence hedge guard_rail")

WATER = {
    "natural": _words("water bay strait"),
    "landuse": _words("basin reservoir"),
    "waterway": _words("riverbank dock"),
    "leisure": _words("swimming_pool_outdoor"),
}
GREEN = {
    "natural": _words("wood scrub heath grassland wetland tree_row fell"),
    "landuse": _words("grass forest meadow recreation_ground village_green cemetery orchard vineyard allotments"),
    "leisure": _words("park garden pitch common nature_reserve dog_park golf_course playground"),
}
LAND = {
    "natural": _words("bare_rock scree beach sand shingle"),
    "landuse": _words("farmland quarry brownfield"),
}

#: Tags that hold further names, and what we call them.
OTHER_NAMES = {
    "official_name": "official", "alt_name": "alt", "short_name": "short", "loc_name": "local", "old_name": "old",
    "int_name": "international",
}  # fmt: skip
_LANGUAGE = re.compile(r"name:([a-z]{2,3}(?:[-_][A-Za-z]+)?)")

#: Values of ``residential`` that mark a compound even without a name.
COMPOUNDS = _words("gated apartments condominium")

FACILITIES = {
    "amenity": {
        name: name
        for name in sorted(
            _words(
                "school kindergarten college university hospital clinic doctors pharmacy police fire_station townhall"
                " community_centre library post_office social_facility nursing_home marketplace bus_station"
                " place_of_worship courthouse shelter toilets childcare"
            )
        )
    },
    "healthcare": {"hospital": "hospital", "clinic": "clinic", "centre": "clinic"},
    "railway": {"station": "station", "halt": "station"},
    "public_transport": {"station": "station"},
    "waterway": {name: name for name in ("dam", "lock_gate", "sluice_gate", "weir")},
}

#: tag -> value -> (kind of key place, weight)
KEY_PLACES = {
    "amenity": {
        "school": ("school", 2.0),
        "kindergarten": ("school", 2.0),
        "college": ("school", 1.5),
        "university": ("school", 1.5),
        "hospital": ("hospital", 3.0),
        "clinic": ("hospital", 1.5),
        "marketplace": ("market", 2.0),
        "bus_station": ("station", 2.0),
        "ferry_terminal": ("station", 2.0),
    },
    "healthcare": {"hospital": ("hospital", 3.0)},
    "shop": {"mall": ("market", 2.0), "supermarket": ("market", 1.0), "department_store": ("market", 2.0)},
    "railway": {"station": ("station", 3.0), "halt": ("station", 2.0), "subway_entrance": ("station", 1.0)},
    "public_transport": {"station": ("station", 3.0)},
    "place": {"square": ("square", 2.0)},
}

#: What a building is used for, when it says more than ``building=yes``.
USE_KEYS = ("amenity", "shop", "office", "tourism", "healthcare", "leisure", "railway", "industrial", "craft")

_CARDINALS = {
    name: index * 22.5
    for index, name in enumerate(
        ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
    )
}
_WORDS = {"north": "N", "east": "E", "south": "S", "west": "W", "northeast": "NE", "southeast": "SE"}
_WORDS |= {"southwest": "SW", "northwest": "NW"}
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")
_FEET = re.compile(r"(\d+(?:\.\d+)?)\s*(?:'|ft|feet)\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|in))?")


def surface_kind(tags: Tags) -> tuple[str, str] | None:
    """Tell whether tags mean water, green or bare land.

    Parameters
    ----------
    tags : mapping of str to str

    Returns
    -------
    (kind, detail) or None
    """
    for key in ("natural", "waterway", "leisure", "landuse"):
        value = tags.get(key)
        if value is None:
            continue
        for kind, table in (("water", WATER), ("green", GREEN), ("land", LAND)):
            if value in table.get(key, ()):
                return kind, value
    return None


def is_compound(tags: Tags) -> bool:
    """Tell whether tags mean a residential compound: a named or gated estate, not just any built-up ground."""
    if tags.get("landuse") != "residential":
        return False
    return tags.get("residential") in COMPOUNDS or bool(tags.get("name"))


def is_building(tags: Tags) -> bool:
    """Tell whether tags mean a building footprint."""
    return tags.get("building", "no") not in ("no", "entrance", "underpass_entrance")


def is_admin(tags: Tags) -> bool:
    """Tell whether tags mean an administrative area."""
    return bool(tags.get("boundary") == "administrative")


def is_site(tags: Tags) -> bool:
    """Tell whether tags mean a key place, facility, camera or address."""
    if "addr:housenumber" in tags or tags.get("man_made") == "surveillance":
        return True
    return any(tags.get(key) in table for families in (KEY_PLACES, FACILITIES) for key, table in families.items())


def parse_direction(text: str) -> float | None:
    """Read one direction: degrees or a cardinal point.

    Parameters
    ----------
    text : str
        ``NNW``, ``north``, ``270``, ``270°``.

    Returns
    -------
    float or None
        Degrees clockwise from north in [0, 360); None when it is neither.

    Examples
    --------
    >>> parse_direction("SW"), parse_direction("-90"), parse_direction("forward")
    (225.0, 270.0, None)
    """
    word = text.strip().rstrip("°").strip()
    cardinal = _CARDINALS.get(_WORDS.get(word.lower(), word.upper()))
    if cardinal is not None:
        return cardinal
    if _NUMBER.fullmatch(word) is None:
        return None
    return float(word.replace(",", ".")) % 360


def parse_directions(text: str) -> list[tuple[float, float]]:
    """Read a direction tag that may name several lenses or a range.

    Parameters
    ----------
    text : str
        ``90``, ``N;S``, ``45-135``.

    Returns
    -------
    list of (azimuth, hfov)
        hfov is nan unless a range was given; empty when nothing could be read.

    Examples
    --------
    >>> parse_directions("350-10")
    [(0.0, 20.0)]
    """
    found = []
    for part in text.split(";"):
        ends = [parse_direction(end) for end in part.strip().split("-")] if "-" in part.strip().lstrip("-") else []
        if len(ends) == 2 and ends[0] is not None and ends[1] is not None:
            width = (ends[1] - ends[0]) % 360
            found.append(((ends[0] + width / 2) % 360, width or 360.0))
            continue
        azimuth = parse_direction(part)
        if azimuth is not None:
            found.append((azimuth, math.nan))
    return found


def parse_length_m(text: str | None) -> float:
    """Read a length tag.

    Parameters
    ----------
    text : str or None
        ``12``, ``12.5 m``, ``40'``, ``40 ft``.

    Returns
    -------
    float
        Metres; nan when missing or unreadable.

    Examples
    --------
    >>> parse_length_m("12,5 m"), round(parse_length_m("40'"), 2)
    (12.5, 12.19)
    """
    if not text:
        return math.nan
    feet = _FEET.match(text)
    if feet is not None:
        return (float(feet.group(1)) + float(feet.group(2) or 0) / 12) * 0.3048
    return parse_number(text)


def other_names(tags: Tags) -> dict[str, str]:
    """Read under which other names a thing is known, by the kind of name or its language.

    Examples
    --------
    >>> other_names({"name": "Esplanadi", "name:en": "Esplanade", "alt_name": "Espa;Esplanadi", "old_name": ""})
    {'alt': 'Espa', 'en': 'Esplanade'}
    """
    found: dict[str, str] = {}
    known = {tags.get("name")}
    for key, value in dict(tags).items():
        language = _LANGUAGE.fullmatch(key)
        kind = OTHER_NAMES.get(key, "") or (language[1] if language else "")
        parts = [part.strip() for part in value.split(";")] if kind else []
        for part in (part for part in parts if part and part not in known):
            known.add(part)
            found[kind if kind not in found else f"{kind} {len(found)}"] = part
    return dict(sorted(found.items()))


def parse_number(text: str | None) -> float:
    """Read the first number of a tag, nan when there is none or it is negative.

    Parameters
    ----------
    text : str or None
        ``5``, ``5;6``, ``about 5``.

    Returns
    -------
    float
    """
    match = _NUMBER.search(text) if text else None
    if match is None:
        return math.nan
    value = float(match.group().replace(",", "."))
    return value if value >= 0 else math.nan
