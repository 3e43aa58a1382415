"""What an account may do now, and where: the actor behind a credential."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from gis.errors import ConflictError, InvalidInputError, NotFoundError, NotSignedInError
from store.database import access as sql
from store.database.actor import Actor, merged, overlap
from store.database.models import Account
from store.database.models.access import ADMINISTRATORS
from store.database.work import UnitOfWork


@dataclass(frozen=True, slots=True)
class TokenLimits:
    """How much narrower than its account a token is; None is as wide.

    Attributes
    ----------
    roles : tuple of str or None
    areas : tuple of str or None
        Paths of area subtrees.
    read_only : bool
    """

    roles: tuple[str, ...] | None = None
    areas: tuple[str, ...] | None = None
    read_only: bool = False

    def told(self) -> dict[str, Any]:
        """Return what the audit trail holds of it."""
        return {"roles": self.roles, "areas": self.areas, "read_only": self.read_only}


def refuse_mixed_duties(roles: Iterable[str]) -> None:
    """Refuse roles of which one would watch over another: each administrator is an account of its own.

    Raises
    ------
    ConflictError
    """
    duties = {role if role in ADMINISTRATORS else "business" for role in roles}
    if len(duties) > 1:
        raise ConflictError(
            "An account holds one duty: business, or one of the three administrators.", duties=sorted(duties)
        )


def actor_of_account(work: UnitOfWork, account_id: UUID | None, *, now: datetime) -> Actor:
    """Return the actor that an account is now, for work done later on its behalf; None is the system.

    Raises
    ------
    NotSignedInError
        The account was disabled since.
    """
    if account_id is None:
        return Actor.system()
    account = sql.get_account(work.session, account_id)
    if account is None or is_out(account):
        raise NotSignedInError("The account that asked for this has been disabled.")
    return actor_now(work, account, now)


def is_out(account: Account) -> bool:
    """Whether an account may not come in now: disabled, or locked."""
    return account.disabled_at is not None or account.locked_at is not None


def existing(work: UnitOfWork, name: str) -> Account:
    """Return the account of a name.

    Raises
    ------
    NotFoundError
    """
    account = sql.find_account(work.session, name)
    if account is None:
        raise NotFoundError(f"There is no account called {name}.", name=name)
    return account


def actor_now(work: UnitOfWork, account: Account, now: datetime) -> Actor:
    """Build the actor from the scopes that hold now.

    An actor acts in one post: the places for which the account holds the same roles. The whole territory goes first,
    then the post whose first area comes first by path; so no role ever reaches further than it was given.
    """
    scopes = sql.scopes_now(work.session, account.id, now)
    roles_in: dict[str | None, set[str]] = {}
    for role, path in scopes:
        roles_in.setdefault(path, set()).add(role)
    whole = frozenset(roles_in.get(None, ()))
    if whole - set(ADMINISTRATORS):
        return Actor(account.id, account.name, whole)
    if whole or not roles_in:
        # administrators and accounts without a role see no place at all
        return Actor(account.id, account.name, whole, areas=())
    first = min(str(path) for path in roles_in)
    held = roles_in[first]
    return _limited(work, account, frozenset(held), sorted(str(path) for path in roles_in if roles_in[path] == held))


def _limited(work: UnitOfWork, account: Account, roles: frozenset[str], paths: Sequence[str]) -> Actor:
    ranges, above = sql.ranges_of(work.session, paths)
    return Actor(account.id, account.name, roles, ",".join(paths), merged(ranges), tuple(above))


def narrowed(work: UnitOfWork, actor: Actor, roles: Sequence[str] | None, area_paths: Sequence[str] | None) -> Actor:
    """Return `actor` with those of its roles and areas that a token names, too."""
    if roles is not None:
        actor = replace(actor, roles=actor.roles & frozenset(roles))
    if area_paths is None:
        return actor
    ranges, above = sql.ranges_of(work.session, area_paths)
    wanted = merged(ranges)
    if actor.areas is not None:
        wanted = overlap(actor.areas, wanted)
    return replace(actor, area_path=",".join(area_paths), areas=wanted, above=tuple(above))


def check_limits(work: UnitOfWork, account: Account, limits: TokenLimits, now: datetime) -> None:
    """Refuse a token that would reach further than its account.

    Raises
    ------
    InvalidInputError
    """
    actor = actor_now(work, account, now)
    strange = sorted(set(limits.roles or ()) - actor.roles)
    if strange:
        raise InvalidInputError(
            f"{account.name} does not hold {', '.join(strange)}.", field="roles", known=sorted(actor.roles)
        )
    for path in limits.areas or ():
        ranges, _ = sql.ranges_of(work.session, [path])
        found = merged(ranges)
        if not found or (actor.areas is not None and overlap(actor.areas, found) != found):
            raise InvalidInputError(f"{path} is no area of {account.name}.", field="areas", area=path)
