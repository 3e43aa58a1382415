"""What a proposal of cameras is asked: how many or how much they see, where they may hang, what they may not see."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from gis.errors import InvalidInputError
from services.coverage_spec import CoverageSpec

PLACES: Final = ("pole", "wall", "junction")
UNITS: Final = ("cameras", "money")
PROHIBITED: Final = (
    "dormitory", "hotel", "guest_house", "hostel", "public_bath", "sauna", "toilets", "changing_rooms", "hospital",
    "kindergarten", "childcare", "nursing_home", "polling_station",
)  # fmt: skip
"""Kinds of buildings and places that no proposed camera ever hangs at; an office may name more."""
PROHIBITED_M: Final = 10.0
"""How far proposed cameras keep from them, metres."""


@dataclass(frozen=True, slots=True)
class CameraKind:
    """The camera that would be put up.

    Attributes
    ----------
    kind : str
        As it is priced.
    hfov, max_range : float
        Degrees and metres.
    sensor_px : int
        Pixels across the picture.
    """

    kind: str = "fixed"
    hfov: float = 75.0
    max_range: float = 80.0
    sensor_px: int = 1920


@dataclass(frozen=True, slots=True)
class Minimum:
    """So many cameras at least for an area."""

    area: str
    least: int


@dataclass(frozen=True, slots=True)
class PlacementSpec:
    """What is asked.

    Attributes
    ----------
    budget : float or None
        How many cameras, or how much money; None with `cover` alone.
    cover : float or None
        Instead of the most within a budget, the least that covers this share of what all allowed places could see.
    unit : str
        ``cameras`` or ``money`` (by the prices of the territory).
    k, level, named, reason
        As in `CoverageSpec`; without a level, views are cut at *Discern*.
    within : str or None
        Id of an area: demand and cameras outside it are left out.
    camera : CameraKind
    places : tuple of str
        Where cameras may hang: ``pole``, ``wall``, ``junction``.
    headings, per_place, most_places : int
        Headings tried at each place, cameras that may share one, and places that are tried.
    minima : tuple of Minimum
    prohibited : tuple of str
        Further kinds of buildings and places to keep away from, beside `PROHIBITED`.
    count_existing : bool
        Whether cameras that are up count already.
    refine : bool
        Whether chosen cameras are turned once more.
    certify : bool
        Whether to prove how far from the best possible the choice is at most.
    """

    budget: float | None = None
    cover: float | None = None
    unit: str = "cameras"
    k: int = 1
    level: str | None = None
    named: tuple[str, ...] = ()
    reason: str | None = None
    within: str | None = None
    camera: CameraKind = CameraKind()
    places: tuple[str, ...] = PLACES
    headings: int = 8
    per_place: int = 2
    most_places: int = 2500
    minima: tuple[Minimum, ...] = ()
    prohibited: tuple[str, ...] = PROHIBITED
    count_existing: bool = True
    refine: bool = True
    certify: bool = False

    @property
    def kept_away(self) -> tuple[str, ...]:
        """Kinds that no camera hangs at: the hard limits, and those that are named beside them."""
        return tuple(dict.fromkeys((*PROHIBITED, *self.prohibited)))

    @property
    def coverage(self) -> CoverageSpec:
        """What the ground is measured by."""
        return CoverageSpec(k=self.k, level=self.level, named=self.named, reason=self.reason)

    def check(self) -> None:
        """Raise InvalidInputError when the spec can't be meant."""
        self.coverage.check()
        if self.budget is None and self.cover is None:
            raise InvalidInputError("Give a budget, or the share to cover.", field="budget")
        if self.budget is not None and not (math.isfinite(self.budget) and self.budget >= 0):
            raise InvalidInputError("The budget is a number, 0 or more.", field="budget")
        if self.cover is not None and not 0 < self.cover <= 1:
            raise InvalidInputError("The share to cover is above 0 and up to 1.", field="cover")
        if self.unit not in UNITS:
            raise InvalidInputError("The budget counts cameras or money.", field="unit")
        if not self.places or not set(self.places) <= set(PLACES):
            raise InvalidInputError(f"Cameras hang on {', '.join(PLACES)}.", field="places")
        for name, low, high in (("headings", 1, 72), ("per_place", 1, 8), ("most_places", 1, 20_000)):
            if not low <= getattr(self, name) <= high:
                raise InvalidInputError(f"{name} is from {low} to {high}.", field=name)
        kind = self.camera
        if not (0 < kind.hfov <= 360 and 0 < kind.max_range <= 5000 and 0 < kind.sensor_px <= 100_000):
            raise InvalidInputError("There is no such camera: look at its angles, range and sensor.", field="camera")
        self._check_areas()

    def _check_areas(self) -> None:
        for name in (*(minimum.area for minimum in self.minima), *([self.within] if self.within else [])):
            try:
                UUID(name)
            except ValueError:
                raise InvalidInputError("Areas are named by their ids.", field="area", given=name[:40]) from None
        if any(minimum.least < 0 for minimum in self.minima):
            raise InvalidInputError("A minimum is 0 cameras or more.", field="minima")
        areas = [minimum.area for minimum in self.minima]
        if len(set(areas)) < len(areas):
            raise InvalidInputError("An area has one minimum.", field="minima")


def spec_of(told: dict[str, Any]) -> PlacementSpec:
    """Build a spec from JSON values: of a request, a job or a kept proposal."""
    known = {name: value for name, value in told.items() if value is not None}
    for name in ("named", "places", "prohibited"):
        if name in known:
            known[name] = tuple(str(each) for each in known[name])
    known["camera"] = CameraKind(**known.get("camera", {}))
    known["minima"] = tuple(Minimum(str(minimum["area"]), int(minimum["least"])) for minimum in known.get("minima", ()))
    return PlacementSpec(**known)
