"""`gridward catalogue item`: one item of the catalogue shown, added, changed or retired."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.context import JsonOption, command_context, show

if TYPE_CHECKING:
    from services.catalogue import ItemView

app = typer.Typer(help="Show, add, change or retire one item; each change is a version.", no_args_is_help=True)
TerritoryOption = Annotated[str | None, typer.Option("--territory", help="Name, where several are loaded.")]
CodeArgument = Annotated[str, typer.Argument(help="Code of the item.")]


@app.command("show")
def show_item(
    ctx: typer.Context, code: CodeArgument, territory: TerritoryOption = None, as_json: JsonOption = False
) -> None:
    """Print every field of an item as `set` takes it."""
    from services import catalogue

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = catalogue.item(work, code, territory)
    show(asdict(found), lambda: _lines(found), as_json=as_json)


@app.command("set")
def set_item(
    ctx: typer.Context,
    code: CodeArgument,
    values: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE...", help="Columns of a catalogue file.")],
    territory: TerritoryOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add an item, or change those of its fields that are named; the rest stays."""
    from services import catalogue, catalogue_edit

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        items = catalogue.list_items(work, territory=territory, limit=sys.maxsize)
        known = next((one for one in items if one.code == code), None)
        draft = catalogue_edit.read_draft(known, _pairs(values))
        made, version = catalogue_edit.save_item(
            work, code, draft, version=_version(work, territory), territory=territory
        )
    words = f"{code} is {'changed' if known else 'added'}: version {version} holds."
    show({"version": version, "item": asdict(made)}, words, as_json=as_json)


@app.command("retire")
def retire_item(
    ctx: typer.Context, code: CodeArgument, territory: TerritoryOption = None, as_json: JsonOption = False
) -> None:
    """Leave an item out of the catalogue from now on; cases under it keep their limits."""
    from services import catalogue_edit

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        version = catalogue_edit.retire_item(work, code, version=_version(work, territory), territory=territory)
    show({"version": version}, f"{code} is retired: version {version} holds.", as_json=as_json)


def _version(work: Any, territory: str | None) -> int:  # noqa: ANN401 - the unit of work of the wiring
    from services import catalogue

    versions = catalogue.list_versions(work, territory)
    return versions[0].version if versions else 0


def _pairs(values: list[str]) -> Mapping[str, str]:
    from gis.errors import InvalidInputError

    pairs = dict(each.partition("=")[::2] for each in values)
    bare = [each for each in values if "=" not in each]
    if bare:
        raise InvalidInputError(f"'{bare[0][:40]}' is not FIELD=VALUE, such as limit_1='4 work hours'.", field="values")
    return pairs


def _lines(found: ItemView) -> str:
    told = {name: value for name, value in asdict(found).items() if name not in ("terms", "limits", "synonyms")}
    told |= {name: "yes" if value else "no" for name, value in told.items() if isinstance(value, bool)}
    told["synonyms"] = "; ".join(found.synonyms)
    for number in sorted({one.area_class for one in found.limits}):
        phases = (f"{one.name} {one.limit}".strip() for one in found.limits if one.area_class == number)
        told[f"limit_{number}"] = "; ".join(phases)
    return "\n".join(f"{name}={value}" for name, value in told.items())
