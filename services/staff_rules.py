"""Ratio rules: how many holders of a role there have to be, as data that a territory may change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from gis.errors import InvalidInputError, NotFoundError, StaleRevisionError
from grid_coverage.staffing_ratios import Way, check_ways
from store.database import duties
from store.database import organisation_rules as sql
from store.database.models import RatioRule
from store.database.models.plan import GRID_KINDS
from store.database.partition import find_territory
from store.database.work import UnitOfWork

WITHIN: Final = ("village", "town", "anywhere")
FIELDS: Final = (
    "code", "title_en", "title_zh", "role", "grid_kind", "ways", "posts", "skill", "max_posts", "within",
    "max_distance_m", "max_households", "counts_only", "optional", "active", "seq",
)  # fmt: skip
LARGEST_POSTS: Final = 1000


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, whether Gridward starts with it (`own` false) or the territory made it its own.

    Attributes
    ----------
    ways : tuple of Way
        It is kept when one of them is.
    posts : tuple of str
        Posts of the roster whose holders count, lower case.
    max_posts : int
        Posts that one may hold; 1 is exclusive.
    within : {"village", "town", "anywhere"}
        Where a holder's own area has to be.
    counts_only : bool
        Known as a number for each village only.
    optional : bool
        Filled where there is somebody to spare.
    """

    code: str
    title_en: str
    title_zh: str
    role: str
    grid_kind: str
    ways: tuple[Way, ...]
    posts: tuple[str, ...]
    skill: str | None
    max_posts: int
    within: str
    max_distance_m: float | None
    max_households: int | None
    counts_only: bool
    optional: bool
    active: bool
    seq: int
    revision: int
    own: bool

    @property
    def per_grid(self) -> bool:
        """Whether it asks for one in each grid."""
        return self.ways[0].per == "grid"


def list_rules(work: UnitOfWork, territory: UUID | str | None = None) -> list[Rule]:
    """Return the rules of a territory in order."""
    place = find_territory(work.session, territory)
    return rules_of(work, place.id)


def rules_of(work: UnitOfWork, territory_id: UUID) -> list[Rule]:
    """Return the rules of a territory by its id, in order."""
    return [_rule(row) for row in sql.list_rules(work.session, territory_id)]


def active_for(rules: Iterable[Rule], kind: str) -> list[Rule]:
    """Return the active rules for a kind of grid: those made for it, else those for household grids."""
    active = [rule for rule in rules if rule.active]
    return [rule for rule in active if rule.grid_kind == kind] or [
        rule for rule in active if rule.grid_kind == "household"
    ]


def put_rule(
    work: UnitOfWork, code: str, changes: dict[str, Any], *, revision: int, territory: UUID | str | None = None
) -> Rule:
    """Change a rule or make a new one; one that Gridward starts with becomes the territory's own by that.

    Parameters
    ----------
    work : UnitOfWork
    code : str
        Small letters, digits and dashes.
    changes : dict
        Fields of `Rule`.
    revision : int
        That the caller saw; 0 for a new rule.
    territory : UUID or str, optional

    Raises
    ------
    InvalidInputError
        A field makes no sense.
    NotFoundError
        There is no such rule.
    StaleRevisionError
        Somebody else was faster, or the rule exists already.
    """
    work.actor.require("planner", "shift_leader")
    work.actor.require_everywhere()
    place = find_territory(work.session, territory)
    known = sql.list_rules(work.session, place.id, code=code, lock=True)
    before = known[0] if known else None
    if before is None and revision != 0:
        raise NotFoundError(f"There is no rule '{code}'.", rule=code)
    if before is not None and before.revision != revision:
        raise StaleRevisionError(
            "The rule was changed since you read it; look at the present version first.", current=_plain(_rule(before))
        )
    if before is None:
        row = RatioRule(
            territory_id=place.id, code=_code(code), seq=100, title_en=code, title_zh=code, posts=[], ways=[]
        )
    elif before.territory_id is None:
        values = {name: getattr(before, name) for name in FIELDS}
        row = RatioRule(territory_id=place.id, revision=before.revision, **values)
    else:
        row = before
    # what is refused must not reach the database before the refusal
    with work.session.no_autoflush:
        for name, value in changes.items():
            setattr(row, name, _value(name, value))
        _check(work, row)
    row.revision = (before.revision if before is not None else 0) + 1
    work.session.add(row)
    work.session.flush()
    work.announce("organisation", {}, place.id)
    return _rule(row)


def changed(rules: list[Rule], changes: dict[str, dict[str, Any]]) -> list[Rule]:
    """Return rules with some fields put differently for one proposal, nothing stored.

    Raises
    ------
    InvalidInputError
        There is no such rule, or a field makes no sense.
    """
    unknown = sorted(set(changes) - {rule.code for rule in rules})
    if unknown:
        raise InvalidInputError(f"There is no rule '{unknown[0]}'.", field="rules", rule=unknown[0])
    return [_with(rule, changes.get(rule.code, {})) for rule in rules]


def _with(rule: Rule, changes: dict[str, Any]) -> Rule:
    values = _plain(rule) | {name: _value(name, value) for name, value in changes.items()}
    ways = tuple(Way(**way) for way in values["ways"])
    check_ways(ways, counts_only=values["counts_only"])
    return Rule(**{**values, "ways": ways, "posts": tuple(values["posts"])})


def _plain(rule: Rule) -> dict[str, Any]:
    told = {name: getattr(rule, name) for name in Rule.__dataclass_fields__}
    ways = [{"per": way.per, "count": way.count, "every": way.every} for way in rule.ways]
    return told | {"ways": ways, "posts": list(rule.posts)}


def _value(name: str, value: Any) -> Any:  # noqa: ANN401 - a field of any type
    if name == "posts":
        return [str(post).strip().lower() for post in value if str(post).strip()]
    if name == "max_posts" and not 1 <= value <= LARGEST_POSTS:
        raise InvalidInputError(f"'max_posts' is from 1 to {LARGEST_POSTS}.", field="max_posts")
    if name == "within" and value not in WITHIN:
        raise InvalidInputError(f"'within' is one of {', '.join(WITHIN)}.", field="within")
    if name == "grid_kind" and value not in GRID_KINDS:
        raise InvalidInputError(f"There is no kind of grid '{value}'.", field="grid_kind")
    if name in ("max_distance_m", "max_households") and value is not None and not value > 0:
        raise InvalidInputError(f"'{name}' is above 0, or left out.", field=name)
    return value


def _check(work: UnitOfWork, row: RatioRule) -> None:
    if row.role not in duties.role_codes(work.session):
        raise InvalidInputError(f"There is no role '{row.role}'.", field="role")
    check_ways([Way(**way) for way in row.ways], counts_only=bool(row.counts_only))
    if not row.counts_only and not row.posts and not row.skill:
        raise InvalidInputError("Say whose posts or which skill count for the rule.", field="posts")


def _code(code: str) -> str:
    if (
        not code
        or len(code) > 60
        or not all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in code)
    ):
        raise InvalidInputError("A rule's code is letters, digits and dashes, at most 60.", field="code")
    return code


def _rule(row: RatioRule) -> Rule:
    values = {name: getattr(row, name) for name in FIELDS}
    return Rule(
        **{
            **values,
            "ways": tuple(Way(**way) for way in row.ways),
            "posts": tuple(row.posts),
            "revision": row.revision,
            "own": row.territory_id is not None,
        }
    )
