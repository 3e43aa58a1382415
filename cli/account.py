"""`gridward account`: accounts, passwords, API tokens, one-time sign-in links."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from cli.context import JsonOption, command_context, show
from gis.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from uuid import UUID

    from services.settings import Settings
    from store.database.work import UnitOfWork

app = typer.Typer(help="Create accounts, tokens and one-time sign-in links.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Name of the account.")]
PasswordOption = Annotated[
    bool, typer.Option("--password", help="Ask for a password (or read one line from standard input).")
]


@app.command()
def create(
    ctx: typer.Context,
    name: NameArgument,
    *,
    role: Annotated[list[str], typer.Option(help="Role to hold; may be given several times.")],
    display: Annotated[str | None, typer.Option(help="Name shown to others.", show_default=False)] = None,
    language: Annotated[str, typer.Option(help="Language of the page: en or zh.")] = "en",
    area: Annotated[
        str | None,
        typer.Option(help="Code or path of the area the roles hold for; the whole territory without it."),
    ] = None,
    password: PasswordOption = False,
    as_json: JsonOption = False,
) -> None:
    """Create an account; without a password it gets a one-time sign-in link."""
    from services import access, accounts

    context = command_context(ctx)
    secret = _read_password() if password else None
    with context.database.work(context.actor) as work:
        path = accounts.path_of_area(work, area)
        account = access.create_account(
            work, name, roles=role, display=display, password=secret, language=language, area_path=path
        )
        facts: dict[str, object] = {"id": account.id, "name": name, "roles": role, "area": path}
        if secret is None:
            minutes = context.settings.access.link_minutes
            code = access.issue_link(work, name, now=datetime.now(UTC), minutes=minutes)
            facts |= {"link": sign_in_link(context.settings, code), "minutes": minutes}
    text = f"Created {name} ({', '.join(role)}{f' in {path}' if path else ''})."
    if "link" in facts:
        text += f"\nSign in once, within {facts['minutes']:g} minutes: {facts['link']}"
    show(facts, text, as_json=as_json)


@app.command("link-to")
def link_to(
    ctx: typer.Context,
    name: NameArgument,
    *,
    unit: Annotated[
        str | None, typer.Option(help="Code of the unit whose tasks are the account's own.", show_default=False)
    ] = None,
    staff: Annotated[
        str | None,
        typer.Option(help="Work number of the member of staff whose grids are the account's own.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Say for which unit and as whom an account acts; without options for nobody any more."""
    from services.cases.posts import link_account

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        linked = link_account(work, name, unit=unit, staff=staff)
    acts = " and ".join(part for part in (unit and f"unit {unit}", staff and f"staff {staff}") if part) or "nobody"
    show({"name": name, "unit": linked.unit, "staff": linked.staff}, f"{name} acts for {acts}.", as_json=as_json)


@app.command()
def token(
    ctx: typer.Context,
    name: NameArgument,
    label: Annotated[str, typer.Option(help="What the token is for.")] = "command line",
    days: Annotated[float, typer.Option(help="Days until it ends.")] = 90,
    *,
    role: Annotated[
        list[str] | None, typer.Option(help="Only this role of the account; several times for more.")
    ] = None,
    area: Annotated[list[str] | None, typer.Option(help="Only the area at this path; several times for more.")] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Reading only.")] = False,
    duty: Annotated[
        str | None,
        typer.Option(help="Duty that it acts in: path of an area, or * for the whole territory.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make an API token; it is shown once. As a password (of any name) it lets in GDAL and QGIS, too."""
    from services import access

    context = command_context(ctx)
    limits = access.TokenLimits(tuple(role) if role else None, tuple(area) if area else None, read_only, duty)
    with context.database.work(context.actor) as work:
        secret = access.issue_token(work, name, label=label, now=datetime.now(UTC), days=days, limits=limits)
    show({"name": name, "label": label, "days": days, "token": secret}, secret, as_json=as_json)


@app.command()
def link(
    ctx: typer.Context,
    name: NameArgument,
    minutes: Annotated[
        float | None, typer.Option(help="Minutes until it ends; the setting GRIDWARD_LINK_MINUTES without it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a one-time sign-in link."""
    from services import access

    context = command_context(ctx)
    lasts = context.settings.access.link_minutes if minutes is None else minutes
    if not 0 < lasts <= 1440:
        raise InvalidInputError("A link lasts more than 0 and at most 1440 minutes.", minutes=lasts)
    with context.database.work(context.actor) as work:
        code = access.issue_link(work, name, now=datetime.now(UTC), minutes=lasts)
    address = sign_in_link(context.settings, code)
    show({"name": name, "link": address, "minutes": lasts}, address, as_json=as_json)


@app.command()
def password(
    ctx: typer.Context,
    name: NameArgument,
    *,
    keep_tokens: Annotated[bool, typer.Option("--keep-tokens", help="Let the account's API tokens hold on.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Set a password and end the account's sessions, links and tokens."""
    from services import access

    context = command_context(ctx)
    secret = _read_password()
    with context.database.work(context.actor) as work:
        access.set_password(work, name, secret, now=datetime.now(UTC), keep_tokens=keep_tokens)
    ended = "sessions" if keep_tokens else "sessions and tokens"
    show({"name": name, "changed": True}, f"The password of {name} is set; its {ended} have ended.", as_json=as_json)


@app.command()
def disable(ctx: typer.Context, name: NameArgument, as_json: JsonOption = False) -> None:
    """Shut an account out at once; its history stays."""
    from services import access

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        access.disable_account(work, name, now=datetime.now(UTC))
    show({"name": name, "disabled": True}, f"Disabled {name}.", as_json=as_json)


@app.command("list")
def list_(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the accounts with their roles, rights and areas."""
    from services import accounts

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        found = accounts.list_accounts(work)
    lines = []
    for each in found:
        held = ", ".join(
            f"{scope.role}{f' in {scope.area_path}' if scope.area_path else ''}" for scope in each.scopes or ()
        )
        state = "disabled" if each.disabled_at else "locked" if each.locked_at else ""
        lines.append(f"{each.name:20}  {state:8}  {held or 'no role'}")
    shown = [
        {
            "id": each.id, "name": each.name, "disabled": each.disabled_at is not None,
            "locked": each.locked_at is not None,
            "scopes": [{"id": scope.id, "role": scope.role, "area": scope.area_path} for scope in each.scopes or ()],
        }
        for each in found
    ]  # fmt: skip
    show({"accounts": shown}, "\n".join(lines) or "No account yet.", as_json=as_json)


@app.command()
def grant(
    ctx: typer.Context,
    name: NameArgument,
    role: Annotated[str, typer.Argument(help="Role or right: planner, export, ….")],
    area: Annotated[str | None, typer.Option(help="Code or path of an area; everywhere without it.")] = None,
    until: Annotated[datetime | None, typer.Option(help="When it ends (UTC); open without it.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Give an account a role or right; it signs in again with it."""
    from services import accounts

    context = command_context(ctx)
    ends = until.replace(tzinfo=UTC) if until else None
    with context.database.work(context.actor) as work:
        given = accounts.grant(work, _id_of(work, name), accounts.Grant(role, area, until=ends))
    facts = {"name": name, "role": role, "area": given.area_path, "id": given.id}
    show(facts, f"{name} is {role} {'in ' + given.area_path if given.area_path else 'everywhere'}.", as_json=as_json)


@app.command()
def revoke(
    ctx: typer.Context,
    name: NameArgument,
    role: Annotated[str, typer.Argument(help="Role or right to take away, wherever it is held.")],
    as_json: JsonOption = False,
) -> None:
    """Take a role or right away; the account's sessions end."""
    from services import accounts

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        account = accounts.get_account(work, _id_of(work, name))
        held = [scope.id for scope in account.scopes or () if scope.role == role]
        if not held:
            raise NotFoundError(f"{name} does not hold {role}.", name=name, role=role)
        for each in held:
            accounts.revoke(work, account.id, each)
    show({"name": name, "role": role, "taken": len(held)}, f"{name} is no longer {role}.", as_json=as_json)


@app.command()
def lock(ctx: typer.Context, name: NameArgument, as_json: JsonOption = False) -> None:
    """Lock an account until it is unlocked; nothing of it works meanwhile."""
    _set_locked(ctx, name, locked=True, as_json=as_json)


@app.command()
def unlock(ctx: typer.Context, name: NameArgument, as_json: JsonOption = False) -> None:
    """Let a locked account in again."""
    _set_locked(ctx, name, locked=False, as_json=as_json)


@app.command()
def enable(ctx: typer.Context, name: NameArgument, as_json: JsonOption = False) -> None:
    """Let a disabled account in again."""
    from services import accounts

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        accounts.set_disabled(work, _id_of(work, name), disabled=False, now=datetime.now(UTC))
    show({"name": name, "disabled": False}, f"Enabled {name}.", as_json=as_json)


@app.command()
def reset(ctx: typer.Context, name: NameArgument, as_json: JsonOption = False) -> None:
    """End an account's password, sessions and tokens, and make a link for choosing a new password."""
    from services import accounts

    context = command_context(ctx)
    minutes = context.settings.access.link_minutes
    with context.database.work(context.actor) as work:
        code = accounts.reset_password(work, _id_of(work, name), now=datetime.now(UTC), minutes=minutes)
    address = sign_in_link(context.settings, code)
    show({"name": name, "link": address, "minutes": minutes}, address, as_json=as_json)


def _set_locked(ctx: typer.Context, name: str, *, locked: bool, as_json: bool) -> None:
    from services import accounts

    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        accounts.set_locked(work, _id_of(work, name), locked=locked, now=datetime.now(UTC))
    show({"name": name, "locked": locked}, f"{'Locked' if locked else 'Unlocked'} {name}.", as_json=as_json)


def _id_of(work: UnitOfWork, name: str) -> UUID:
    from services import accounts

    for each in accounts.list_accounts(work):
        if each.name == name:
            return each.id
    raise NotFoundError(f"There is no account called {name}.", name=name)


def sign_in_link(settings: Settings, code: str) -> str:
    """Return the page address that signs in once with `code`.

    Parameters
    ----------
    settings : Settings
        Where the server is reached, and the home by which it tells where it listens.
    code : str
        From ``services.access.issue_link``.
    """
    from services.served import page_address

    return f"{page_address(settings)}/#/sign-in?code={quote(code)}"


def _read_password() -> str:
    if not sys.stdin.isatty():
        line = sys.stdin.readline().rstrip("\n")
        if not line:
            raise InvalidInputError(
                "No password came on standard input.", remedy="Give one line, or run the command on a terminal."
            )
        return line
    import getpass

    first = getpass.getpass("Password: ", sys.stderr)
    if first != getpass.getpass("Again: ", sys.stderr):
        raise InvalidInputError("The two passwords differ.", remedy="Run the command again.")
    return first
