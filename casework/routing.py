"""Who leads: every item of the catalogue has exactly one lead unit in every area, or the list says where not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

ALL: Final = "*"
"""Stands for every item, or every area."""
NOBODY: Final = -1
SEVERAL: Final = -2


@dataclass(frozen=True, slots=True)
class LeadRule:
    """A unit leads for some items in some areas.

    Attributes
    ----------
    item : str
        Code of an item or of a class of items, or ``*``.
    area : str
        Code of an area, which holds for all within it, or ``*``.
    unit : str
    """

    item: str
    area: str
    unit: str


@dataclass(frozen=True, slots=True)
class LeadTable:
    """The lead unit of each item in each area.

    Attributes
    ----------
    items, areas, units : tuple of str
    lead : (items, areas) array of int32
        Index of the unit; -1 where nobody leads, -2 where several do.
    """

    items: tuple[str, ...]
    areas: tuple[str, ...]
    units: tuple[str, ...]
    lead: npt.NDArray[np.int32]

    def unit(self, item: str, area: str) -> str | None:
        """Return who leads, None where nobody or several do."""
        if item not in self.items or area not in self.areas:
            return None
        found = int(self.lead[self.items.index(item), self.areas.index(area)])
        return self.units[found] if found >= 0 else None

    def places(self, kind: int, limit: int) -> list[tuple[str, str]]:
        """Return the first (item, area) pairs with nobody (-1) or several (-2)."""
        pairs = np.argwhere(self.lead == kind)[:limit]
        return [(self.items[item], self.areas[area]) for item, area in pairs.tolist()]

    def count(self, kind: int) -> int:
        """Return how many pairs have nobody (-1) or several (-2)."""
        return int(np.count_nonzero(self.lead == kind))


def lead_table(items: Mapping[str, str], areas: Mapping[str, str | None], rules: Sequence[LeadRule]) -> LeadTable:
    """Work out who leads for each item in each area.

    A rule for the item itself wins over one for its class, and that over one for all items; among these the nearest
    area above wins. Two units at the same place are a double: nothing is guessed.

    Parameters
    ----------
    items : mapping of str to str
        Item code to the code of its class.
    areas : mapping of str to (str or None)
        Area code to the code of the area above it.
    rules : sequence of LeadRule

    Returns
    -------
    LeadTable
    """
    units = tuple(sorted({rule.unit for rule in rules}))
    number = {unit: place for place, unit in enumerate(units)}
    by_item: dict[str, dict[str, int]] = {}
    for rule in rules:
        here = by_item.setdefault(rule.item, {})
        before = here.get(rule.area, number[rule.unit])
        here[rule.area] = number[rule.unit] if before == number[rule.unit] else SEVERAL
    order = _parents_first(areas)
    rows = {selector: _spread(rules_of, areas, order) for selector, rules_of in by_item.items()}
    nobody = np.full(len(areas), NOBODY, dtype=np.int32)
    lead = np.empty((len(items), len(areas)), dtype=np.int32)
    for place, (item, of_class) in enumerate(items.items()):
        row = nobody
        for selector in (ALL, of_class, item):
            own = rows.get(selector)
            row = row if own is None else np.where(own != NOBODY, own, row)
        lead[place] = row
    return LeadTable(tuple(items), tuple(areas), units, lead)


def _parents_first(areas: Mapping[str, str | None]) -> list[str]:
    """Return the areas so that each comes after the one above it; one in a ring counts as a top."""
    done: dict[str, None] = {}
    for code in areas:
        chain: list[str] = []
        here: str | None = code
        while here is not None and here in areas and here not in done and here not in chain:
            chain.append(here)
            here = areas[here]
        done.update(dict.fromkeys(reversed(chain)))
    return list(done)


def _spread(own: Mapping[str, int], areas: Mapping[str, str | None], order: Iterable[str]) -> npt.NDArray[np.int32]:
    """Give each area its own rule, or that of the nearest area above."""
    found: dict[str, int] = {}
    for code in order:
        above = areas[code]
        inherited = found.get(above, own.get(ALL, NOBODY)) if above is not None else own.get(ALL, NOBODY)
        found[code] = own.get(code, inherited)
    return np.array([found[code] for code in areas], dtype=np.int32)
