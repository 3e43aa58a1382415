"""Who acts: rides in every unit of work, from the edge down to the database session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from gis.errors import NotAllowedError

# 12-digit area codes from and to, both included
Range = tuple[int, int]


class AreaLimitedError(NotAllowedError):
    """The account is limited to some areas, and this concerns more than them."""

    code = "area-limited"


@dataclass(frozen=True, slots=True)
class Actor:
    """An account in action, or the system itself.

    Attributes
    ----------
    account_id : UUID or None
        None for the system (migrations, the demo, timers, commands run by the machine's owner).
    name : str
        Account name, or ``"system"``.
    roles : frozenset of str
        Roles and rights valid now.
    area_path : str or None
        Subtrees of areas the roles hold for, several joined by commas; None is the whole territory.
    areas : tuple of (int, int) or None
        The same as ranges of 12-digit area codes, in order and apart; None is everywhere, an empty tuple nowhere.
    above : tuple of int
        Codes of the areas above those, which may be named.
    duty : str or None
        Which of the account's duties it acts in (`services.access.duties`).
    """

    account_id: UUID | None
    name: str
    roles: frozenset[str] = frozenset()
    area_path: str | None = None
    areas: tuple[Range, ...] | None = None
    above: tuple[int, ...] = ()
    duty: str | None = None

    @classmethod
    def system(cls) -> Self:
        """Return the actor for work that nobody in particular asked for."""
        return cls(None, "system", frozenset({"system"}))

    @property
    def is_limited(self) -> bool:
        """Whether the actor sees some areas only; one whose path leads nowhere sees nothing."""
        return self.areas is not None or self.area_path is not None

    @property
    def scope_key(self) -> str:
        """Short text that is equal for actors who see the same: what caches of bytes are keyed by.

        Examples
        --------
        >>> Actor.system().scope_key
        'all'
        >>> Actor(None, "mei", frozenset({"planner"}), "1", ((110101000000, 110101999999),)).scope_key
        '110101000000-110101999999!camera_network'
        """
        ranges = ",".join(f"{low}-{high}" for low, high in self.areas or ())
        hidden = "" if self.may("camera_network") else "!camera_network"
        return ((ranges or "none") if self.is_limited else "all") + hidden

    def may(self, right: str) -> bool:
        """Whether the actor holds a right (the system holds all)."""
        return "system" in self.roles or right in self.roles

    def covers(self, area_code: int) -> bool:
        """Whether the actor sees what lies in the area with this 12-digit code."""
        return not self.is_limited or any(low <= area_code <= high for low, high in self.areas or ())

    def require(self, *roles: str) -> None:
        """Raise NotAllowedError unless the actor holds one of `roles` (the system may do everything)."""
        if "system" in self.roles or self.roles.intersection(roles):
            return
        wanted = " or ".join(role.replace("_", " ") for role in roles)
        raise NotAllowedError(f"This needs the role {wanted}; {self.name} does not hold it.", roles=list(roles))

    def require_everywhere(self) -> None:
        """Raise AreaLimitedError for an actor who is limited to some areas."""
        if self.is_limited:
            raise AreaLimitedError(
                "This concerns the whole territory; your account is limited to some areas.", area=self.area_path
            )


def merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Return ranges in order, those that touch or overlap as one.

    Examples
    --------
    >>> merged([(5, 9), (0, 2), (3, 4), (20, 21)])
    ((0, 9), (20, 21))
    """
    found: list[Range] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)


def overlap(first: Iterable[Range], second: Iterable[Range]) -> tuple[Range, ...]:
    """Return what two sets of ranges have in common.

    Examples
    --------
    >>> overlap([(0, 10), (20, 30)], [(5, 22)])
    ((5, 10), (20, 22))
    """
    others = tuple(second)
    shared = [(max(low, start), min(high, end)) for low, high in first for start, end in others]
    return merged((low, high) for low, high in shared if low <= high)
