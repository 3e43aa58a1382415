"""The table of states, roles and actions that ships with the package."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Action:
    """One row of the table."""

    name: str
    zh: str
    sources: frozenset[str]
    target: str | None
    roles: frozenset[str]
    guards: tuple[str, ...]
    needs: tuple[str, ...]
    effects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Machine:
    """The table: states with their attributes, actions, roles."""

    states: Mapping[str, Mapping[str, Any]]
    actions: Mapping[str, Action]
    roles: Mapping[str, str]


@cache
def machine() -> Machine:
    """Read the table that ships with the package.

    Examples
    --------
    >>> machine().actions["register"].target
    'REPORTED'
    """
    table = json.loads(resources.files("casework").joinpath("state_machine.json").read_text("utf-8"))
    actions = {
        row["action"]: Action(
            row["action"],
            row["zh"],
            frozenset(row["from"]),
            row["to"],
            frozenset(row["roles"]),
            tuple(row["guard"]),
            tuple(row["needs"]),
            tuple(row["effect"]),
        )
        for row in table["actions"]
    }
    return Machine(table["states"], actions, table["roles"])


_DEFAULT_WINDOW = "CLOSED"


def window(state: str) -> timedelta:
    """Return how long a closed state stays open to an appeal, a reopening or a rating.

    Parameters
    ----------
    state : str
        A state without a running clock.

    Returns
    -------
    timedelta
        From the state's own timer in days; a state that follows something else gets the window of CLOSED.

    Examples
    --------
    >>> window("CLOSED").days, window("DUPLICATE").days
    (10, 10)
    """
    states = machine().states
    for name in (state, _DEFAULT_WINDOW):
        days = re.match(r"P(\d+)D", states[name]["timer"] or "")
        if days is not None:
            return timedelta(days=int(days.group(1)))
    raise LookupError("the state table gives no window")
