"""Rules for classes of areas: towns by households, the country by its villages. Rules are data, in JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import orjson
import shapely
from pydantic import TypeAdapter, ValidationError

from gis.errors import InvalidInputError

Divide = Literal["household", "natural_village"]


@dataclass(frozen=True, slots=True)
class AreaRule:
    """How areas of one class are divided.

    Attributes
    ----------
    divide : str
        ``household``: into grids of about `target` households; ``natural_village``: whole areas, joined when small and
        halved when large.
    name : str
        Pattern of the area's name, such as ``*村``; several with ``|`` between them. Empty fits all.
    kinds : tuple of str
        Kinds of area; empty fits all.
    density_from, density_below : float or None
        Households per km² that the area has.
    target : int or None
        Households a grid; None is the plan's.
    band : (low, high) or None
        Households that a grid may have; None is the plan's.
    tolerance : float or None
        Allowed deviation; None is the plan's.
    """

    divide: Divide = "household"
    name: str = ""
    kinds: tuple[str, ...] = ()
    density_from: float | None = None
    density_below: float | None = None
    target: int | None = None
    band: tuple[float, float] | None = None
    tolerance: float | None = None

    def check(self, plan_target: float | None) -> None:
        """Raise InvalidInputError when the numbers can't be meant."""
        target = self.target if self.target is not None else plan_target
        if target is None or target < 1:
            raise InvalidInputError("The target of a rule must be at least 1.", field="rules.target")
        if self.tolerance is not None and not 0.0 < self.tolerance <= 1.0:
            raise InvalidInputError("The tolerance of a rule is a fraction above 0.", field="rules.tolerance")
        if self.band is not None and not 0.0 < self.band[0] <= target <= self.band[1] < float("inf"):
            low, high = self.band
            raise InvalidInputError(
                f"The band {low:g}-{high:g} of a rule does not hold its target {target:g}.", field="rules.band"
            )

    def fits(self, *, kind: str, name: str, density: float) -> bool:
        """Tell whether an area is of this class."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.name or any(fnmatchcase(name, each) for each in self.name.split("|")))
            and (self.density_from is None or density >= self.density_from)
            and (self.density_below is None or density < self.density_below)
        )


def class_of_areas(
    rules: Sequence[AreaRule],
    *,
    kinds: npt.ArrayLike,
    names: npt.ArrayLike,
    households: npt.NDArray[np.float64],
    shapes: npt.NDArray[np.object_],
) -> npt.NDArray[np.int64]:
    """Return the first rule that each area fits, -1 for none.

    Parameters
    ----------
    rules : sequence of AreaRule
    kinds, names : (p,) array of str
    households : (p,) float64
    shapes : (p,) array of Polygon or MultiPolygon, metric CRS
    """
    density = households / np.maximum(shapely.area(shapes) / 1e6, 1e-9)
    found = np.full(len(shapes), -1, dtype=np.int64)
    for row, (kind, name, dense) in enumerate(zip(np.asarray(kinds), np.asarray(names), density, strict=True)):
        fitting = (r for r, rule in enumerate(rules) if rule.fits(kind=str(kind), name=str(name), density=float(dense)))
        found[row] = next(fitting, -1)
    return found


def read_rules(name_or_file: str) -> tuple[AreaRule, ...]:
    """Return rules by the name of a built-in set, or from a JSON file: a list of rules.

    Raises
    ------
    InvalidInputError
        No such set or file, or one that holds something else.
    """
    if name_or_file in built_in_rules():
        return built_in_rules()[name_or_file]
    path = Path(name_or_file)
    try:
        text = path.read_bytes()
    except OSError:
        known = ", ".join(built_in_rules())
        raise InvalidInputError(
            f"There are no rules {name_or_file}: name a JSON file or one of: {known}.", field="rules", file=str(path)
        ) from None
    try:
        return parse_rules(orjson.loads(text))
    except orjson.JSONDecodeError as error:
        raise InvalidInputError(f"{path.name} is not JSON: {error}.", field="rules", file=str(path)) from None


def parse_rules(value: Any) -> tuple[AreaRule, ...]:  # noqa: ANN401 - JSON
    """Return rules from JSON values."""
    known = set(AreaRule.__dataclass_fields__)
    for row, rule in enumerate(value if isinstance(value, list) else []):
        if isinstance(rule, dict) and (unknown := sorted(set(rule) - known)):
            raise InvalidInputError(f"Rule {row + 1} has an unknown field {unknown[0]}.", field="rules", row=row + 1)
    try:
        return TypeAdapter(tuple[AreaRule, ...]).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise InvalidInputError(f"These are no rules for areas: {where} {first['msg']}.", field="rules") from None


@cache
def built_in_rules() -> dict[str, tuple[AreaRule, ...]]:
    """Return the rule sets that come with Gridward, by name."""
    text = files("services.partition").joinpath("area_rules.json").read_bytes()
    return {str(name): parse_rules(rules) for name, rules in orjson.loads(text).items()}
