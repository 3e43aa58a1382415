"""`gridward staff rules`: the rules by which posts are filled, listed, changed or added."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.context import JsonOption, command_context, show
from gis.errors import InvalidInputError

if TYPE_CHECKING:
    from services.staff_rules import Rule

app = typer.Typer(help="List, change or add rules of how many holders a role needs.", no_args_is_help=True)
TerritoryOption = Annotated[str | None, typer.Option("--territory", help="Name, where several are loaded.")]

_WAY: Final = re.compile(r"(\d{1,9}) per (?:(\d{1,9}) )?(grid|village|town|household|group)s?")
_YES_NO: Final = {"yes": True, "no": False}


@app.command("list")
def list_rules(ctx: typer.Context, territory: TerritoryOption = None, as_json: JsonOption = False) -> None:
    """Print every rule as `set` takes it, those that Gridward starts with included."""
    from services import staff_rules

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = staff_rules.list_rules(work, territory)
    show({"rules": [asdict(rule) for rule in found]}, lambda: "\n\n".join(map(_lines, found)), as_json=as_json)


@app.command("set")
def set_rule(
    ctx: typer.Context,
    code: Annotated[str, typer.Argument(help="Code of the rule: letters, digits and dashes.")],
    values: Annotated[
        list[str], typer.Argument(metavar="FIELD=VALUE...", help="Fields as `list` prints them; an empty one is none.")
    ],
    territory: TerritoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change the fields of a rule that are named, or add a rule; the rest stays."""
    from services import staff_rules

    context = command_context(ctx)
    changes = read_changes(values)
    with context.database.work(context.actor) as work:
        known = next((rule for rule in staff_rules.list_rules(work, territory) if rule.code == code), None)
        revision = known.revision if known is not None else 0
        made = staff_rules.put_rule(work, code, changes, revision=revision, territory=territory)
    show(asdict(made), f"{code} is {'changed' if known else 'added'}.\n\n{_lines(made)}", as_json=as_json)


def read_changes(values: list[str]) -> dict[str, Any]:
    """Return fields of a rule by name, from words such as `max_posts=2`.

    Raises
    ------
    InvalidInputError
        A word is no FIELD=VALUE, names no field of a rule, or its value can't be read.
    """
    changes: dict[str, Any] = {}
    for each in values:
        name, sign, text = each.partition("=")
        if not sign or name not in _READERS:
            raise InvalidInputError(
                f"'{each[:40]}' is not FIELD=VALUE with a field of a rule.", field="values", known=sorted(_READERS)
            )
        try:
            changes[name] = _READERS[name](text.strip())
        except (ValueError, KeyError) as error:
            raise InvalidInputError(f"'{text[:40]}' is no {name}{_HINTS.get(name, '')}.", field=name) from error
    return changes


def _ways(text: str) -> list[dict[str, Any]]:
    found = [_WAY.fullmatch(part.strip()) for part in text.split(" or ")]
    if not all(found):
        raise ValueError(text)
    return [{"count": int(way[1]), "every": int(way[2] or 1), "per": way[3]} for way in found if way]


def _metres(text: str) -> float | None:
    if text and not math.isfinite(float(text)):
        raise ValueError(text)
    return float(text) if text else None


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    **dict.fromkeys(("title_en", "title_zh", "role", "grid_kind", "within"), str),
    "ways": _ways,
    "posts": lambda text: [part.strip() for part in text.split(";") if part.strip()],
    "skill": lambda text: text or None,
    "max_posts": int,
    "max_distance_m": _metres,
    "max_households": lambda text: int(text) if text else None,
    **dict.fromkeys(("counts_only", "optional", "active"), _YES_NO.__getitem__),
}
_HINTS: Final = {
    "ways": ", such as '1 per grid' or '2 per town or 1 per 20 households'",
    **dict.fromkeys(("counts_only", "optional", "active"), ": yes or no"),
}


def _lines(rule: Rule) -> str:
    told: dict[str, object] = {name: getattr(rule, name) for name in _READERS}
    told["ways"] = " or ".join(
        f"{way.count} per {f'{way.every} {way.per}s' if way.every > 1 else way.per}" for way in rule.ways
    )
    told["posts"] = "; ".join(rule.posts)
    told |= {name: "yes" if value else "no" for name, value in told.items() if isinstance(value, bool)}
    head = f"[{rule.code}] {'the territory’s own' if rule.own else 'as Gridward starts'}"
    return "\n".join([head, *(f"  {name}={'' if value is None else value}" for name, value in told.items())])
