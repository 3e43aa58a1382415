"""What a plan is asked to be, and what a proposal answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Literal
from uuid import UUID

from gis.errors import InvalidInputError
from gis.grid_patterns import pattern_for
from grid_partition.invariants import SLIVER
from services.partition.area_rules import AreaRule

Progress = Callable[[float, str], None]
CutAt = Literal["sluice", "bridge", "border"]
Even = Literal["incidents", "area", "cameras", "walk"]

# what may be proposed, with the usual target: households a grid, metres a side for cells and of a reach of water,
# companies a dedicated grid
TARGETS = {
    "household": 300, "natural_village": 300, "micro": 65, "ten_household": 10, "cell": 100,
    "police": 3000, "safety": 1000, "dedicated": 60, "water": 1000,
}  # fmt: skip
# what may be spread evenly over grids besides households; walk = short ways for the head
EVEN = ("incidents", "area", "cameras", "walk")
# where reaches of water may be told to end whatever their length becomes: at weirs, sluices, locks and dams; where
# roads and railways cross; at area borders even when that leaves a stub
CUT_AT = ("sluice", "bridge", "border")
# metres; grids of real plans may be a few metres wide
WIDEST_SLIVER = 10.0
# kinds that a band of households means something for
BANDED = ("household", "natural_village", "micro", "ten_household")
# households of a grid, or grids, beyond which nobody can mean it: a country has fewer
MOST = 2_000_000_000


@dataclass(frozen=True, slots=True)
class PlanSpec:
    """What a plan is asked to be.

    Attributes
    ----------
    kind : str
        Grid kind.
    target : int or None
        Households a grid (metres a side for cells); exactly one of `target` and `grids`.
    grids : int or None
        Number of grids; of household grids only.
    tolerance : float
        Allowed deviation from the mean of the parent area, as a fraction.
    within : str or None
        Code of the area to divide; None is the whole territory.
    seed : int
        Equal seeds and inputs give equal plans.
    band : (low, high) or None
        Households that a grid may have; takes the place of `tolerance`.
    rules : tuple of AreaRule
        How areas of each class are divided; the first that an area fits counts, areas that fit none are divided as
        the spec says. Household plans only, as everything below.
    even : tuple of str
        Of `EVEN`: what to spread evenly where that costs little.
    barrier_cost : float or None
        Price of a metre of border on a street, where open ground costs 1; rails and rivers follow suit.
    keep : str or None
        Id of a plan to start from, or ``current``: its locked grids stay, and grids that persist keep their identity.
    churn : float
        With `keep`: price of moving one mean grid's households, in units of one grid's compactness.
    code_pattern : str or None
        How grids are numbered, see `gis.grid_patterns`; None is the usual pattern of the kind.
    bank : float or None
        Metres of the managed strip on either side of the water; of water plans only.
    cut_at : tuple of str
        Of `CUT_AT`: where reaches of water always end; of water plans only.
    sliver_width : float
        Metres: a long grid, or piece of one, that is narrower on the average is refused as a sliver.
    """

    kind: str = "household"
    target: int | None = 300
    grids: int | None = None
    tolerance: float = 0.10
    within: str | None = None
    seed: int = 0
    band: tuple[float, float] | None = None
    rules: Sequence[AreaRule] = ()
    even: Sequence[Even] = ()
    barrier_cost: float | None = None
    keep: str | None = None
    churn: float = 5.0
    code_pattern: str | None = None
    bank: float | None = None
    cut_at: Sequence[CutAt] = ()
    sliver_width: float = SLIVER

    def check(self) -> None:
        """Raise InvalidInputError when the numbers can't be meant."""
        if (self.target is None) == (self.grids is None):
            raise InvalidInputError("Give either a target (households a grid) or a number of grids.", field="target")
        wanted = self.target if self.target is not None else self.grids
        if wanted is None or wanted < 1:
            raise InvalidInputError("A target or a number of grids must be at least 1.", field="target")
        if wanted > MOST:
            raise InvalidInputError(f"A target or a number of grids is at most {MOST:,}.", field="target")
        if not -(2**63) <= self.seed < 2**63:
            raise InvalidInputError("The seed is a whole number of at most 64 bits.", field="seed")
        if not 0.0 < self.tolerance <= 1.0:
            raise InvalidInputError(
                "The tolerance is a fraction above 0 and at most 1, such as 0.1 for ±10 %.", field="tolerance"
            )
        if self.kind not in TARGETS:
            known = ", ".join(TARGETS)
            raise InvalidInputError(f"Grids of the kind {self.kind} can't be proposed; known: {known}.", field="kind")
        if self.kind != "household" and self.target is None:
            raise InvalidInputError(f"The number of {self.kind} grids follows from their target.", field="grids")
        if self.code_pattern is not None:
            pattern_for(self.kind, self.code_pattern)
        if not 0.0 <= self.sliver_width <= WIDEST_SLIVER:
            raise InvalidInputError(
                f"The width of a sliver lies between 0 and {WIDEST_SLIVER:g} metres.", field="sliver_width"
            )
        self._check_bank()
        self._check_band()
        self._check_wishes()

    def _check_bank(self) -> None:
        if unknown := [each for each in self.cut_at if each not in CUT_AT]:
            raise InvalidInputError(f"Reaches can't end at {unknown[0]}; known: {', '.join(CUT_AT)}.", field="cut_at")
        if self.cut_at and self.kind != "water":
            raise InvalidInputError(f"Grids of the kind {self.kind} have no reaches to cut.", field="cut_at")
        if self.bank is None:
            return
        if self.kind != "water":
            raise InvalidInputError(f"Grids of the kind {self.kind} have no bank.", field="bank")
        if not 1.0 <= self.bank <= 1000.0:
            raise InvalidInputError("The managed strip has from 1 to 1,000 metres on either side.", field="bank")

    def _check_band(self) -> None:
        if self.band is None:
            return
        if self.kind not in BANDED:
            raise InvalidInputError(f"Grids of the kind {self.kind} have no band of households.", field="band")
        check_band(self.band, self.target)

    def _check_wishes(self) -> None:
        if self.kind != "household":
            asked = {"rules": self.rules, "even": self.even, "barrier_cost": self.barrier_cost, "keep": self.keep}
            for name, value in asked.items():
                if value:
                    raise InvalidInputError(f"{name} is for household grids, not for {self.kind}.", field=name)
            return
        if unknown := [each for each in self.even if each not in EVEN]:
            known = ", ".join(EVEN)
            raise InvalidInputError(f"{unknown[0]} can't be spread evenly; known: {known}.", field="even")
        if self.barrier_cost is not None and not 0.0 < self.barrier_cost <= 1.0:
            raise InvalidInputError(
                "The cost of a border on a street lies above 0 and at most at 1, what open ground costs.",
                field="barrier_cost",
            )
        if not (self.churn >= 0.0 and isfinite(self.churn)):
            raise InvalidInputError("The price of moving households must be zero or more.", field="churn")
        if self.rules and self.grids is not None:
            raise InvalidInputError("Rules for areas go with a target, not with a number of grids.", field="rules")
        for rule in self.rules:
            rule.check(self.target)


def check_band(band: tuple[float, float], target: float | None) -> None:
    """Raise InvalidInputError when a band is no range, or does not hold the target."""
    low, high = band
    if not (0.0 < low < high and isfinite(high)):
        raise InvalidInputError(f"The band {low:g}-{high:g} is not a range of households.", field="band")
    if target is not None and not low <= target <= high:
        raise InvalidInputError(f"The band {low:g}-{high:g} does not hold the target {target:g}.", field="band")


def usual_target(kind: str, band: tuple[float, float] | None = None) -> int:
    """Return the target where none is named: the middle of the band, else what is usual for the kind.

    Examples
    --------
    >>> usual_target("household"), usual_target("household", (300, 500))
    (300, 400)
    """
    if band is not None:
        return max(1, round((band[0] + band[1]) / 2))
    return TARGETS.get(kind, TARGETS["household"])


def read_band(text: str) -> tuple[float, float]:
    """Read a band such as ``240-360``.

    Examples
    --------
    >>> read_band("240-360")
    (240.0, 360.0)

    Raises
    ------
    InvalidInputError
        Not two numbers with a dash between them.
    """
    low, dash, high = text.replace("–", "-").partition("-")
    try:
        band = float(low), float(high)
    except ValueError:
        dash = ""
        band = (0.0, 0.0)
    if not dash:
        raise InvalidInputError(f"{text!r} is not a band such as 240-360.", field="band")
    check_band(band, None)
    return band


@dataclass(slots=True)
class ProposedPlan:
    """A saved draft and what there is to say of it.

    Attributes
    ----------
    moved : dict or None
        Households that get another grid than in the plan in use, grid by grid; None where there was no plan.
    """

    plan_id: UUID
    reused: bool
    quality: dict[str, Any]
    infeasible: list[dict[str, Any]] = field(default_factory=list)
    moved: dict[str, Any] | None = None
