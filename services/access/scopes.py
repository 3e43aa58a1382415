"""What an account may do now, and where: the actor behind a credential."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from gis.errors import ConflictError, InvalidInputError, NotFoundError, NotSignedInError
from services.access.duties import Duty, duties_of, duty_named
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
    duty : str or None
        Key of the duty that it acts in; the account's first without it.
    """

    roles: tuple[str, ...] | None = None
    areas: tuple[str, ...] | None = None
    read_only: bool = False
    duty: str | None = None

    def told(self) -> dict[str, Any]:
        """Return what the audit trail holds of it."""
        return {"roles": self.roles, "areas": self.areas, "read_only": self.read_only, "duty": self.duty}


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


def actor_of_account(
    work: UnitOfWork, account_id: UUID | None, *, now: datetime, acting: dict[str, Any] | None = None
) -> Actor:
    """Return the actor that an account is now, for work done later on its behalf; None is the system.

    `acting` is what `acting_of` told when the work was asked for: it is done with no more than that, and with no more
    than the account still has.

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
    if acting is None:
        return actor_now(work, account, now)
    actor = actor_now(work, account, now, acting["duty"])
    return narrowed(work, actor, acting["roles"], acting["areas"])


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


def duties_now(work: UnitOfWork, account_id: UUID, now: datetime) -> tuple[Duty, ...]:
    """Return the duties of an account that hold now."""
    return duties_of(sql.scopes_now(work.session, account_id, now))


def names_of_areas(work: UnitOfWork, duties: Iterable[Duty]) -> dict[str, str]:
    """Return the names of the areas of some duties by path, as far as there are such areas today."""
    return sql.area_names(work.session, [path for duty in duties for path in duty.paths or ()])


def actor_now(work: UnitOfWork, account: Account, now: datetime, duty: str | None = None) -> Actor:
    """Build the actor from the scopes that hold now, in one duty: the one named, or the first.

    In a duty that is over it may do nothing: to take up another is for people to decide.
    """
    return actor_in(work, account, duty_named(duties_now(work, account.id, now), duty), duty)


def actor_in(work: UnitOfWork, account: Account, duty: Duty | None, key: str | None = None) -> Actor:
    """Build the actor of an account in one of its duties; without one it sees no place at all."""
    if duty is None:
        return Actor(account.id, account.name, areas=(), duty=key)
    if duty.roles.intersection(ADMINISTRATORS):
        return Actor(account.id, account.name, duty.roles, areas=(), duty=duty.key)
    if duty.paths is None:
        return Actor(account.id, account.name, duty.roles, duty=duty.key)
    return _limited(work, account, duty)


def _limited(work: UnitOfWork, account: Account, duty: Duty) -> Actor:
    paths = duty.paths or ()
    ranges, above = sql.ranges_of(work.session, paths)
    return Actor(account.id, account.name, duty.roles, ",".join(paths), merged(ranges), tuple(above), duty.key)


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


def acting_of(actor: Actor) -> dict[str, Any] | None:
    """Return what a job keeps of who asked for it, so that it does no more than they could; None of the system."""
    if actor.account_id is None:
        return None
    areas = None if not actor.is_limited else (actor.area_path or "").split(",") if actor.area_path else []
    return {"duty": actor.duty, "roles": sorted(actor.roles), "areas": areas}


def check_limits(work: UnitOfWork, account: Account, limits: TokenLimits, now: datetime) -> None:
    """Refuse a token that would reach further than its account in the duty of the token.

    Raises
    ------
    InvalidInputError
    """
    duties = duties_now(work, account.id, now)
    duty = duty_named(duties, limits.duty)
    if duty is None and limits.duty is not None:
        raise InvalidInputError(f"{account.name} has no such duty.", field="duty", known=[each.key for each in duties])
    actor = actor_in(work, account, duty)
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
