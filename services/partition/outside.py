"""Grids outside the band of their kind, each with its reason, and the same counted for a table."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import ceil, floor
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from gis.measure import group_sums
from grid_partition.model import Misfit

__all__ = ["Cause", "causes_of", "outside_band", "outside_lines", "village_cause"]

Ints = npt.NDArray[np.int64]

#: What the grids of a kind are called, in one and in several.
_NOUNS: Final = {
    "ten_household": ("group", "groups"),
    "micro": ("micro grid", "micro grids"),
    "natural_village": ("grid", "grids"),
}
#: Numbers of a list that are told; more say no more.
_NAMED: Final = 6
# {n}: households that explain it, of one grid or of several; {low}, {high}: the band
_EN: Final = {
    "empty": "nobody lives in the grid around it",
    "few": "the grid around it has {n} households only",
    "door": "one place that can't be divided has {n} households",
    "count": "the {n} households there fit no number of grids from {low} to {high}",
    "doors": "the doors of the grid around it, {n} households, do not add up to {low} to {high} in one piece each",
    "search": "no better cut of the grid around it, {n} households, was found",
    "village": "its village of {n} households does not divide into {low} to {high}",
    "alone": "no neighbour in its parent has room for its {n} households",
}
_ZH: Final = {
    "empty": "所在网格无住户",
    "few": "所在网格仅 {n} 户",
    "door": "一处不可分割的门牌即有 {n} 户",
    "count": "该处 {n} 户，无法均分为每组 {low} 至 {high} 户",
    "doors": "所在网格 {n} 户，各组连片时无法凑成 {low} 至 {high} 户",
    "search": "所在网格 {n} 户，未找到更合适的划分",
    "village": "所属村 {n} 户，无法分为 {low} 至 {high} 户的网格",
    "alone": "同一上级内没有相邻网格可再容纳 {n} 户",
}


class Cause(NamedTuple):
    """Why a grid is outside its band.

    Attributes
    ----------
    kind : str
        ``empty``, ``few``, ``door``, ``count``, ``doors``, ``search``, ``village`` or ``alone``.
    households : int
        That explain it.
    """

    kind: str
    households: int


def outside_band(
    households: Ints,
    band: tuple[float, float],
    codes: Sequence[str],
    *,
    parent: Ints,
    largest: npt.NDArray[np.float64],
    known: dict[int, Cause] | None = None,
    searched: Collection[int] = (),
) -> list[dict[str, Any]]:
    """List the grids outside the band; each of them stays in the plan, for a planner to judge.

    Parameters
    ----------
    households : (k,) int64
    band : (low, high)
    codes : (k,) sequence of str
    parent : (k,) int64
        Grid or area that each lies in.
    largest : (k,) float64
        Households of the largest place in each that can't be divided.
    known : dict, optional
        Causes that are known by grid.
    searched : collection of int
        Grids that a longer search might still bring inside, as far as is known; of the others it is proven that the
        doors do not add up.

    Returns
    -------
    list of dict
        ``grid`` (its code), ``households``, ``low``, ``high``, ``cause``, ``explained_by`` (households) and ``reason``
        (``en`` and ``zh``), in the order of the grids.
    """
    low, high = band
    total = group_sums(parent, households.astype(np.float64), int(parent.max(initial=-1)) + 1)
    rows = []
    for grid in np.flatnonzero((households < low) | (households > high)).tolist():
        cause = (known or {}).get(grid) or _cause(
            int(households[grid]), int(total[parent[grid]]), int(largest[grid]), band
        )
        if cause.kind == "doors" and grid in searched:
            cause = Cause("search", cause.households)
        words = {"n": f"{cause.households:,}", "low": f"{low:g}", "high": f"{high:g}"}
        rows.append(
            {
                "grid": codes[grid],
                "households": int(households[grid]),
                "low": low,
                "high": high,
                "cause": cause.kind,
                "explained_by": cause.households,
                "reason": {"en": _EN[cause.kind].format(**words), "zh": _ZH[cause.kind].format(**words)},
            }
        )
    return rows


def _cause(households: int, total: int, largest: int, band: tuple[float, float]) -> Cause:
    low, high = band
    if total == 0:
        return Cause("empty", 0)
    if households > high and largest > high:
        return Cause("door", largest)
    if total < low:
        return Cause("few", total)
    if ceil(total / high - 1e-9) > floor(total / low + 1e-9):
        return Cause("count", total)
    return Cause("doors", total)


def causes_of(misfits: Sequence[Misfit]) -> dict[int, Cause]:
    """Return the causes, by grid, that the engine knows by counting: ground whose households fit no number of grids."""
    found: dict[int, Cause] = {}
    for misfit in misfits:
        if misfit.kind == "count" and misfit.counts:
            k, each = misfit.counts[0]
            households = round(k * each)
            kind = "few" if households < misfit.low else "count"
            found |= dict.fromkeys(misfit.grids, Cause(kind, households))
    return found


def village_cause(households: float, village: float, *, cut: bool) -> Cause:
    """Return why a grid of whole villages, or of a village that was cut, is outside its band.

    Parameters
    ----------
    households : float
        Of the grid.
    village : float
        Of the village that was cut.
    cut : bool
    """
    return Cause("village", round(village)) if cut else Cause("alone", round(households))


def outside_lines(kind: str, quality: dict[str, Any]) -> list[str]:
    """Return lines for a table: how many grids are outside the band, and why, by counts.

    Examples
    --------
    >>> rows = [{"grid": "00102", "households": 5, "low": 8, "high": 12, "cause": "few", "explained_by": 5}]
    >>> outside_lines("ten_household", {"outside_band": rows, "grids": 40})[1]
    '    1 group under 8: the grid around it has 5 households only (00102)'
    """
    outside = quality.get("outside_band", [])
    lines = [f"  {'outside the band':<20}  {len(outside)} of {quality['grids']} grids"]
    counted: dict[tuple[str, bool], list[dict[str, Any]]] = {}
    for row in outside:
        if "cause" in row:  # plans of earlier days have counts only
            counted.setdefault((row["cause"], row["households"] > row["high"]), []).append(row)
        else:
            lines.append(f"    {row['grid'] or 'a grid'}: {row['households']} households")
    for (cause, over), rows in sorted(counted.items(), key=lambda item: (-len(item[1]), item[0])):
        lines.append(f"    {_counted(kind, cause, over=over, rows=rows)}")
    return lines


def _counted(kind: str, cause: str, *, over: bool, rows: list[dict[str, Any]]) -> str:
    one, several = _NOUNS.get(kind, ("grid", "grids"))
    low, high = f"{rows[0]['low']:g}", f"{rows[0]['high']:g}"
    numbers = sorted({row["explained_by"] for row in rows})
    told = _listed([f"{number:,}" for number in numbers])
    if len(numbers) > _NAMED:
        told = f"{numbers[0]:,} to {numbers[-1]:,}"
    reason = _EN[cause].format(n=told, low=low, high=high)
    if len(rows) > 1:
        reason = reason.replace("around it", "around each").replace("its ", "their ")
    codes = [str(row["grid"]) for row in rows[:3]] + (["…"] if len(rows) > 3 else [])
    noun = one if len(rows) == 1 else several
    return f"{len(rows):,} {noun} {'over' if over else 'under'} {high if over else low}: {reason} ({', '.join(codes)})"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
