"""What a fault of a plan is called in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

_SENTENCES = {
    "gap": "{amount} of ground belong to no grid{near}.",
    "overlap": "Grids {grids} both claim {amount} of ground.",
    "crossing": "Grid {grids} reaches {amount} into ground that is not of its parent.",
    "without plots": "Grid {grids} claims {amount} of ground where the plan has no plot.",
    "sliver": "Grid {grids} has a piece too thin to be meant ({amount}).",
    "stray piece": "Grid {grids} is in several pieces; a stray one has {amount}.",
    "mismatched border": "Grid {grids} and a neighbour don't share the same border over {metres}.",
    "invalid": "Grid {grids} crosses itself.",
    "unassigned": "A plot of {amount} is assigned to no grid.",
    "misplaced": "A plot of {amount} is assigned to grid {grids}, which lies elsewhere.",
}


def describe(kind: str, amount: float, codes: Sequence[str]) -> str:
    """Say what is wrong.

    Parameters
    ----------
    kind : str
        Kind of the fault.
    amount : float
        Square metres, or metres of a mismatched border.
    codes : sequence of str
        Grids concerned.

    Examples
    --------
    >>> describe("overlap", 20.0, ["001", "002"])
    'Grids 001, 002 both claim 20.0 m² of ground.'
    """
    grids = ", ".join(codes)
    return _SENTENCES[kind].format(
        amount=f"{amount:,.1f} m²", metres=f"{amount:,.1f} m", grids=grids, near=f", beside {grids}" if grids else ""
    )
