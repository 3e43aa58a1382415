"""The four principles of a good grid as figures with limits: population, service, resources, functions.

Which figures there are, and what is usual, is data (``quality_figures.json``); a user may set other limits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gis.errors import InvalidInputError

__all__ = ["PRINCIPLES", "VERDICTS", "Figure", "figures_for", "judge", "with_limits", "worst"]

Floats = npt.NDArray[np.float64]
Better = Literal["more", "less"]

#: In the order of the source; ``ground`` says what the grid consists of and is not judged.
PRINCIPLES = ("population", "service", "resources", "functions", "ground")
#: From best to worst; ``none`` where nothing can be said.
VERDICTS = ("none", "ok", "watch", "bad")
# figures are rounded on their way here: a limit that is just reached counts as reached
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the report.

    Attributes
    ----------
    id : str
    principle : str
        Of `PRINCIPLES`.
    unit : str
        ``share`` (0 to 1), ``min``, ``count``, ``number``, ``m``, ``m2`` or ``km2``.
    better : {"more", "less"} or None
        Which way is good; None for what is not judged.
    ok, watch : float or None
        Limits: reached up to `ok`, to be watched up to `watch`, bad beyond.
    title, note : dict of str
        By language, ``en`` and ``zh``.
    """

    id: str
    principle: str
    unit: str
    better: Better | None
    ok: float | None
    watch: float | None
    title: Mapping[str, str]
    note: Mapping[str, str]


@cache
def _catalogue() -> dict[str, Any]:
    text = (resources.files("grid_partition") / "quality_figures.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def figures_for(kind: str) -> tuple[Figure, ...]:
    """Return the figures of grids of a kind with the usual limits.

    Parameters
    ----------
    kind : str
        Grid kind; a figure that means little for it has no limits, and water grids have figures of their own.

    Examples
    --------
    >>> [figure.better for figure in figures_for("cell") if figure.id == "off_band"]
    [None]
    """
    told = _catalogue()
    unjudged = set(told["unjudged"].get(kind, ()))
    figures = []
    common = {row["id"]: row for row in told["figures"]}
    for named in told["of_kind"].get(kind, told["figures"]):
        row = common[named] if isinstance(named, str) else named
        figure = Figure(
            row["id"], row["principle"], row["unit"], row["better"], row["ok"], row["watch"],
            {"en": row["en"], "zh": row["zh"]}, {"en": row["note_en"], "zh": row["note_zh"]},
        )  # fmt: skip
        figures.append(replace(figure, better=None, ok=None, watch=None) if row["id"] in unjudged else figure)
    return tuple(figures)


def with_limits(figures: Sequence[Figure], limits: Mapping[str, tuple[float, float]]) -> tuple[Figure, ...]:
    """Return figures with some limits changed.

    Parameters
    ----------
    figures : sequence of Figure
    limits : mapping of str to (ok, watch)
        By figure; those not named keep theirs.

    Raises
    ------
    InvalidInputError
        There is no such figure, it is not judged, or the limits are no numbers or in the wrong order.

    Examples
    --------
    >>> figures = with_limits(figures_for("household"), {"cameras": (4, 2)})
    >>> [(figure.ok, figure.watch) for figure in figures if figure.id == "cameras"]
    [(4, 2)]
    """
    known = {figure.id: figure for figure in figures}
    for name, (ok, watch) in limits.items():
        figure = known.get(name)
        if figure is None or figure.better is None:
            judged = [each.id for each in figures if each.better is not None]
            raise InvalidInputError(f"{name} has no limit; figures with limits: {', '.join(judged)}.", field=name)
        if not (np.isfinite(ok) and np.isfinite(watch) and ok >= 0 and watch >= 0):
            raise InvalidInputError(f"The limits of {name} must be numbers from 0.", field=name)
        if (watch < ok) if figure.better == "less" else (watch > ok):
            way = "at most" if figure.better == "less" else "at least"
            raise InvalidInputError(
                f"{name} is good when it is {way} {ok:g}; the limit for watching must lie beyond, not at {watch:g}.",
                field=name,
            )
    return tuple(
        replace(figure, ok=limits[figure.id][0], watch=limits[figure.id][1]) if figure.id in limits else figure
        for figure in figures
    )


def judge(value: npt.ArrayLike, figure: Figure) -> npt.NDArray[np.str_]:
    """Judge values of a figure.

    Parameters
    ----------
    value : (k,) array of float
        nan where there is none.
    figure : Figure

    Returns
    -------
    (k,) array of str
        Of `VERDICTS`.

    Examples
    --------
    >>> [cameras] = [figure for figure in figures_for("household") if figure.id == "cameras"]
    >>> judge([3, 1, 0, float("nan")], cameras).tolist()
    ['ok', 'watch', 'bad', 'none']
    """
    values = np.asarray(value, dtype=np.float64)
    if figure.better is None or figure.ok is None or figure.watch is None:
        return np.full(values.shape, "none", dtype="<U5")
    way = 1.0 if figure.better == "less" else -1.0
    at, ok, watch = way * values, way * figure.ok + _SLACK, way * figure.watch + _SLACK
    found = np.where(at <= ok, "ok", np.where(at <= watch, "watch", "bad"))
    return np.asarray(np.where(np.isnan(values), "none", found), dtype="<U5")


def worst(verdicts: Sequence[str]) -> str:
    """Return the worst of some verdicts.

    Examples
    --------
    >>> worst(["ok", "none", "watch"]), worst([])
    ('watch', 'none')
    """
    return max(verdicts, key=VERDICTS.index, default="none")
