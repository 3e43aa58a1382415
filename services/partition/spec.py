"""What a plan is asked to be, and what a proposal answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from gis.errors import InvalidInputError

Progress = Callable[[float, str], None]

# what may be proposed, with the usual target: households a grid, or metres a side for cells
TARGETS = {"household": 300, "natural_village": 300, "micro": 65, "ten_household": 10, "cell": 100}


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
    """

    kind: str = "household"
    target: int | None = 300
    grids: int | None = None
    tolerance: float = 0.10
    within: str | None = None
    seed: int = 0

    def check(self) -> None:
        """Raise InvalidInputError when the numbers can't be meant."""
        if (self.target is None) == (self.grids is None):
            raise InvalidInputError("Give either a target (households a grid) or a number of grids.", field="target")
        wanted = self.target if self.target is not None else self.grids
        if wanted is None or wanted < 1:
            raise InvalidInputError("A target or a number of grids must be at least 1.", field="target")
        if not 0.0 < self.tolerance <= 1.0:
            raise InvalidInputError(
                "The tolerance is a fraction above 0 and at most 1, such as 0.1 for ±10 %.", field="tolerance"
            )
        if self.kind not in TARGETS:
            known = ", ".join(TARGETS)
            raise InvalidInputError(f"Grids of the kind {self.kind} can't be proposed; known: {known}.", field="kind")
        if self.kind != "household" and self.target is None:
            raise InvalidInputError(f"The number of {self.kind} grids follows from their target.", field="grids")


@dataclass(slots=True)
class ProposedPlan:
    """A saved draft and what there is to say of it."""

    plan_id: UUID
    reused: bool
    quality: dict[str, Any]
    infeasible: list[dict[str, Any]] = field(default_factory=list)
