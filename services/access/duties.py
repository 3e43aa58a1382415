"""The duties that an account may act in, of which it acts in one at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from store.database.models.access import RIGHTS

WHOLE = "*"
"""Key of the duty in the whole territory."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Roles and rights that hold together, in the whole territory or in the subtrees of some areas.

    Attributes
    ----------
    key : str
        Names the duty among those of its account: ``"*"``, or the first of its paths.
    roles : frozenset of str
    paths : tuple of str or None
        Paths of areas in order; None is the whole territory.
    """

    key: str
    roles: frozenset[str]
    paths: tuple[str, ...] | None

    def is_named(self, key: str) -> bool:
        """Whether `key` names this duty; one that was given another area since keeps its names."""
        return key == self.key or (self.paths is not None and key in self.paths)


def duties_of(scopes: Iterable[tuple[str, str | None]]) -> tuple[Duty, ...]:
    """Return the duties that (role, area path) pairs amount to; the first is the one to act in without a choice.

    What is held above an area is held in it, too, so nothing is lost by going there; no role reaches further than it
    was given. Areas with equal roles are one duty, and an area that adds nothing to what is above it is none. Rights
    alone, such as to export, are no duty. The whole territory goes first, then the duty whose first area is first.

    Examples
    --------
    >>> for duty in duties_of([("analyst", None), ("planner", "1.2"), ("planner", "1.4"), ("analyst", "1.3")]):
    ...     print(duty.key, sorted(duty.roles), duty.paths)
    * ['analyst'] None
    1.2 ['analyst', 'planner'] ('1.2', '1.4')
    """
    given: dict[str | None, set[str]] = {}
    for role, path in scopes:
        given.setdefault(path, set()).add(role)
    held = {path: frozenset().union(*(given[above] for above in given if _reaches(above, path))) for path in given}
    together: dict[frozenset[str], list[str | None]] = {}
    for path, roles in held.items():
        adds = not any(_reaches(above, path) and held[above] == roles for above in held if above != path)
        if roles.difference(RIGHTS) and adds:
            together.setdefault(roles, []).append(path)
    found = [_duty(roles, paths) for roles, paths in together.items()]
    return tuple(sorted(found, key=lambda duty: (duty.paths is not None, duty.key)))


def duty_named(duties: Iterable[Duty], key: str | None) -> Duty | None:
    """Return the duty that a key names, the first without a key; None where there is none (any more)."""
    return next((duty for duty in duties if key is None or duty.is_named(key)), None)


def _duty(roles: frozenset[str], paths: list[str | None]) -> Duty:
    named = tuple(sorted(path for path in paths if path is not None))
    return Duty(WHOLE, roles, None) if None in paths else Duty(named[0], roles, named)


def _reaches(above: str | None, path: str | None) -> bool:
    """Whether the subtree at `above` holds all of the one at `path`."""
    return above is None or (path is not None and (path == above or path.startswith(above + ".")))
