"""Estimate how many households live in each building, from whatever the map says about it.

Evidence is taken in this order, the first that applies to a building wins:

1. ``flats``: a count of flats is tagged.
2. ``levels``: storeys (or height) × footprint gives the floor area; the building's kind says which part of it is
   housing and how much a household takes.
3. ``type``: the same with typical storeys: the median of tagged buildings of the same group in this very data when
   there are at least 20, else the table's figure.
4. ``addresses``: one household an address, for small buildings of unknown kind and for addresses without a building.

Every figure is an estimate and is stored as such. It depends on the set of buildings only, never on their order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gis.errors import InvalidInputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[Any]

ESTIMATOR = "gridward-households-1"
EVIDENCE = ("flats", "levels", "type", "addresses")

STOREY_M = 3.2
MAX_LEVELS = 80.0
#: Below this a footprint of unknown kind is a shed, not a home.
MIN_HOME_M2 = 35.0
#: Up to this footprint a building of unknown kind is taken for a house, above for a block of mixed use.
HOUSE_FOOTPRINT_M2 = 250.0
_ENOUGH_TAGGED = 20
#: With fewer addressed buildings than this share, missing addresses say nothing about a building.
_ADDRESSES_KNOWN = 0.2


@dataclass(frozen=True, slots=True)
class HousingKind:
    """How buildings of one kind house people.

    Parameters
    ----------
    share : float
        Part of the floor area that is housing.
    m2_per_household : float
        Gross floor area a household takes, stairs and walls included.
    levels : float
        Typical storeys where nothing is tagged.
    most : float
        Upper bound a building; infinite for blocks.
    """

    share: float
    m2_per_household: float
    levels: float
    most: float = math.inf


_BLOCK = HousingKind(0.95, 95.0, 4.0)
_RESIDENTIAL = HousingKind(0.95, 120.0, 2.0)
_HOUSE = HousingKind(1.0, 240.0, 2.0, 3.0)
_TERRACE = HousingKind(1.0, 140.0, 2.0)
_CABIN = HousingKind(1.0, 120.0, 1.0, 1.0)
_HOSTEL = HousingKind(0.8, 200.0, 4.0)
_MIXED = HousingKind(0.35, 110.0, 2.0)

#: Kinds absent here and not listed as unknown house nobody.
HOUSING: dict[str, HousingKind] = {
    "apartments": _BLOCK,
    "block": _BLOCK,
    "tower_block": _BLOCK,
    "residential": _RESIDENTIAL,
    "permanent": _RESIDENTIAL,
    "house": _HOUSE,
    "detached": _HOUSE,
    "semidetached_house": _HOUSE,
    "semi": _HOUSE,
    "villa": _HOUSE,
    "farm": _HOUSE,
    "bungalow": HousingKind(1.0, 240.0, 1.0, 2.0),
    "terrace": _TERRACE,
    "terraced_house": _TERRACE,
    "cabin": _CABIN,
    "static_caravan": _CABIN,
    "houseboat": _CABIN,
    "dormitory": _HOSTEL,
    "mixed_use": _MIXED,
    "mixed": _MIXED,
}
UNKNOWN_KINDS = frozenset(("yes", "", "unclassified", "building", "entrance"))
#: A home may carry a use tag of these without ceasing to be one.
_HOMELY_USES = frozenset(("social_facility", "nursing_home", "childcare", "apartment", "guest_house", "residential"))


@dataclass(frozen=True, slots=True)
class BuildingEvidence:
    """What is known of n buildings.

    Parameters
    ----------
    kind : (n,) array of str
        Kind of building (OSM ``building``), ``yes`` when unknown.
    use : (n,) array of str
        Leading use tag, empty if none.
    footprint_m2 : (n,) float array
    levels, height_m, flats : (n,) float arrays
        nan where unknown.
    addresses : (n,) int array
        Distinct addresses of the building.
    """

    kind: Texts
    use: Texts
    footprint_m2: Floats
    levels: Floats
    height_m: Floats
    flats: Floats
    addresses: Ints


@dataclass(frozen=True, slots=True)
class HouseholdEstimate:
    """Estimated households, and what they rest on.

    Parameters
    ----------
    buildings : (n,) int array
        Households of each building.
    building_evidence : (n,) array of str
        One of `EVIDENCE`, empty where the estimate is 0.
    addresses : (m,) int array
        Households of each address without a building.
    shares : dict
        Evidence -> part of all households that rests on it; sums to 1.
    """

    buildings: Ints
    building_evidence: Texts
    addresses: Ints
    shares: dict[str, float]

    @property
    def total(self) -> int:
        """All households."""
        return int(self.buildings.sum() + self.addresses.sum())


def estimate_households(buildings: BuildingEvidence, loose_address_units: npt.ArrayLike) -> HouseholdEstimate:
    """Estimate the households of buildings and of addresses without a building.

    Parameters
    ----------
    buildings : BuildingEvidence
    loose_address_units : (m,) int array
        For each address without a building, its tagged flats or units (0 = untagged, counts as one).

    Returns
    -------
    HouseholdEstimate

    Raises
    ------
    InvalidInputError
        Nothing anybody could live in: no residential building and no address.

    Examples
    --------
    >>> import numpy as np
    >>> nan = np.array([np.nan])
    >>> block = BuildingEvidence(np.array(["apartments"]), np.array([""]), np.array([600.0]), np.array([5.0]), nan, nan,
    ...                          np.array([2]))
    >>> estimate_households(block, []).buildings.tolist()
    [30]
    """
    loose = np.maximum(np.asarray(loose_address_units, dtype=np.int64).reshape(-1), 1)
    kinds = [_housing(buildings, row) for row in range(len(buildings.kind))]
    known_addresses = _addresses_known(buildings)
    typical = _typical_levels(buildings, kinds)
    households = np.zeros(len(kinds), dtype=np.int64)
    evidence = np.full(len(kinds), "", dtype=object)
    for row, (group, housing) in enumerate(kinds):
        households[row], evidence[row] = _one_building(
            buildings, row, group=group, housing=housing, typical=typical, known_addresses=known_addresses
        )
    total = int(households.sum() + loose.sum())
    if total == 0:
        raise InvalidInputError(
            "Nothing here to count households from: no residential building and no address."
            " Load a list of dwellings (gridward load dwellings) or an extract with buildings."
        )
    return HouseholdEstimate(households, evidence, loose, _shares(households, evidence, loose, total))


def _shares(households: Ints, evidence: Texts, loose: Ints, total: int) -> dict[str, float]:
    sums = {name: float(households[evidence == name].sum()) for name in EVIDENCE}
    sums["addresses"] += float(loose.sum())
    return {name: value / total for name, value in sums.items()}


def _housing(buildings: BuildingEvidence, row: int) -> tuple[str, HousingKind | None]:
    """Name the group of a building (for typical storeys) and how it houses."""
    kind, use = str(buildings.kind[row]).strip().lower(), str(buildings.use[row])
    if kind in HOUSING:
        return kind, HOUSING[kind]
    if kind not in UNKNOWN_KINDS or (use and use not in _HOMELY_USES):
        return "", None
    area = buildings.footprint_m2[row]
    if not area >= MIN_HOME_M2:
        return "", None
    return ("unknown-small", _HOUSE) if area < HOUSE_FOOTPRINT_M2 else ("unknown-large", _MIXED)


def _addresses_known(buildings: BuildingEvidence) -> bool:
    homes = np.isin(np.char.lower(buildings.kind.astype(str)), sorted(set(HOUSING) | UNKNOWN_KINDS))
    return bool(homes.any()) and float((buildings.addresses[homes] > 0).mean()) >= _ADDRESSES_KNOWN


def _levels(buildings: BuildingEvidence, row: int) -> float:
    tagged = buildings.levels[row]
    if not tagged > 0:
        tagged = buildings.height_m[row] / STOREY_M
    return min(max(tagged, 1.0), MAX_LEVELS) if tagged > 0 else math.nan


def _typical_levels(buildings: BuildingEvidence, kinds: list[tuple[str, HousingKind | None]]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for row, (group, housing) in enumerate(kinds):
        levels = _levels(buildings, row)
        if housing is not None and not math.isnan(levels):
            found.setdefault(group, []).append(levels)
    return {group: float(np.median(levels)) for group, levels in found.items() if len(levels) >= _ENOUGH_TAGGED}


def _one_building(
    buildings: BuildingEvidence,
    row: int,
    *,
    group: str,
    housing: HousingKind | None,
    typical: dict[str, float],
    known_addresses: bool,
) -> tuple[int, str]:
    flats = buildings.flats[row]
    if flats >= 1:
        return round(flats), "flats"
    if housing is None:
        return 0, ""
    addresses = int(buildings.addresses[row])
    unknown = group.startswith("unknown")
    if unknown and known_addresses and not addresses:
        return 0, ""
    levels = _levels(buildings, row)
    if group == "unknown-small" and addresses and math.isnan(levels):
        return addresses, "addresses"
    name = "type" if math.isnan(levels) else "levels"
    storeys = typical.get(group, housing.levels) if math.isnan(levels) else levels
    floor_m2 = float(buildings.footprint_m2[row]) * storeys
    count = min(math.floor(floor_m2 * housing.share / housing.m2_per_household + 0.5), housing.most)
    # every door of a home is somebody's; a mixed block's doors may all be shops
    least = 1 if unknown else max(addresses, 1)
    return int(max(count, least)), name
