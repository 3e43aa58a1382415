"""Who acts: rides in every unit of work, from the edge down to the database session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from gis.errors import NotAllowedError


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
        Roles valid now.
    area_path : str or None
        Subtree of areas the roles hold for; None is the whole territory.
    """

    account_id: UUID | None
    name: str
    roles: frozenset[str] = frozenset()
    area_path: str | None = None

    @classmethod
    def system(cls) -> Self:
        """Return the actor for work that nobody in particular asked for."""
        return cls(None, "system", frozenset({"system"}))

    def require(self, *roles: str) -> None:
        """Raise NotAllowedError unless the actor holds one of `roles` (the system may do everything)."""
        if "system" in self.roles or self.roles.intersection(roles):
            return
        wanted = " or ".join(role.replace("_", " ") for role in roles)
        raise NotAllowedError(f"This needs the role {wanted}; {self.name} does not hold it.", roles=list(roles))
