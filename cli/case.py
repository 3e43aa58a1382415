"""`gridward case`: show a case, prove it, act on it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.context import CommandContext, JsonOption, command_context, show
from gis.errors import InvalidInputError
from gis.wording import counted

if TYPE_CHECKING:
    from services.cases import CaseView
    from store.database.actor import Actor

app = typer.Typer(help="Show cases, prove their histories, and act on them.", no_args_is_help=True)

NumberArgument = Annotated[str, typer.Argument(help="Number of the case, such as 2026-11-000001.")]
AsOption = Annotated[
    str | None, typer.Option("--as", help="Account to act as; the system without it.", show_default=False)
]


@app.command("show")
def show_case(ctx: typer.Context, no: NumberArgument, act_as: AsOption = None, as_json: JsonOption = False) -> None:
    """Show a case: state, what may be done now, tasks, history."""
    from services import cases

    context = command_context(ctx)
    now = datetime.now(UTC)
    with context.database.work(_actor(context, act_as)) as work:
        case = cases.read_case(work, no, now=now)
    show(asdict(case), lambda: _text(case), as_json=as_json)


@app.command()
def verify(
    ctx: typer.Context,
    no: NumberArgument,
    known: Annotated[
        str | None, typer.Option(help="Digest of the last step, written down earlier.", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Prove that a history is whole and leads to the case as it stands; exit code 1 if not."""
    from services import cases

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        proof = cases.verify(work, no, now=datetime.now(UTC), known=known)
    if proof.intact:
        text = f"{no}: {counted(proof.steps, 'step')}, unchanged since written; they lead to the case as it stands."
    else:
        faults = [
            f"step {proof.broken_at} does not follow from the one before" if proof.broken_at else "",
            f"texts of steps {proof.changed_texts} were changed" if proof.changed_texts else "",
            f"the case says otherwise in {', '.join(proof.differs)}" if proof.differs else "",
            "" if proof.known else "the digest that was written down is not in it",
        ]
        text = f"{no}: " + "; ".join(fault for fault in faults if fault) + "."
    show(asdict(proof), f"{text}\nWrite down and keep elsewhere: {proof.head}", as_json=as_json)
    if not proof.intact:
        raise typer.Exit(1)


@app.command()
def act(
    ctx: typer.Context,
    no: NumberArgument,
    action: Annotated[str, typer.Argument(help="Action of the state table, such as accept.")],
    *,
    act_as: AsOption = None,
    reason: Annotated[str | None, typer.Option(help="Why.", show_default=False)] = None,
    field: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE of the action's form, such as unit=U1; several times.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Take one action on a case."""
    from services import cases
    from services.cases import Asked

    context = command_context(ctx)
    asked = Asked(reason=reason, **_fields(field or []))  # type: ignore[arg-type]  # each is read as its own type
    with context.database.work(_actor(context, act_as)) as work:
        done = cases.act(work, no, action, asked, revision=None, now=datetime.now(UTC))
    text = f"{done.no} is {done.state} now."
    if done.follow is not None:
        text += f"\nFor whoever reported, once: #/follow/{done.follow}"
    show(asdict(done), text, as_json=as_json)


def _actor(context: CommandContext, name: str | None) -> Actor:
    from services.cases.posts import actor_named

    with context.database.work(context.actor) as work:
        return actor_named(work, name, now=datetime.now(UTC))


def _fields(told: list[str]) -> dict[str, object]:
    """Read the fields of a form from words."""
    several = {"units", "departments"}
    plain = {"text", "unit", "inspector", "worker", "outcome", "master", "to_level", "outside_body"}
    found: dict[str, object] = {}
    for each in told:
        name, equals, value = each.partition("=")
        if not equals or name not in several | plain | {"review_date", "answer_due", "score", "lon", "lat"}:
            raise InvalidInputError(f"'{each[:40]}' is no field of an action: NAME=VALUE.", field=name[:40])
        try:
            if name in several:
                found[name] = tuple(part.strip() for part in value.split(",") if part.strip())
            elif name == "review_date":
                found[name] = date.fromisoformat(value)
            elif name == "answer_due":
                found[name] = datetime.fromisoformat(value).astimezone(UTC)
            elif name == "score":
                found[name] = int(value)
            else:
                found[name] = float(value) if name in ("lon", "lat") else value
        except ValueError as error:
            raise InvalidInputError(f"'{value[:40]}' does not do for {name}.", field=name) from error
    return found


def _text(case: CaseView) -> str:
    one = case.incident
    lines = [
        f"{one.no}  {one.state}  {one.item}  ({one.severity}{', urgent' if one.urgent else ''})",
        f"reported {one.reported_at:%Y-%m-%d %H:%M}, in this state since {one.state_at:%Y-%m-%d %H:%M}",
    ]
    lines += [
        f"  {step.seq:>3}  {step.at:%Y-%m-%d %H:%M}  {step.action:<22} {step.to_state}" for step in case.transitions
    ]
    lines += [f"  task {task.kind}: {task.state}" for task in case.tasks]
    if case.actions:
        lines.append("may now: " + ", ".join(offer.action for offer in case.actions))
    return "\n".join(lines)
