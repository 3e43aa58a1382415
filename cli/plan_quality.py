"""`gridward plan quality`: a plan by the four principles of a good grid."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.context import JsonOption, command_context, show
from gis.wording import counted

_WORDS = {"ok": "good", "watch": "watch", "bad": "bad", "none": ""}


def quality(
    ctx: typer.Context,
    plan: Annotated[UUID, typer.Argument(help="Id of the plan, from `gridward plan list`.")],
    out: Annotated[
        Path | None, typer.Option(help="File to write: .xlsx, .csv (one row a grid) or .json.", dir_okay=False)
    ] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(help="FIGURE=OK:WATCH, such as cameras=4:2: another limit; may be repeated."),
    ] = None,
    keep_limits: Annotated[
        bool, typer.Option("--keep-limits", help="Make these limits the territory's own for grids of this kind.")
    ] = False,
    lang: Annotated[str, typer.Option(help="Language of the file's headers: en or zh.")] = "en",
    as_json: JsonOption = False,
) -> None:
    """Report on a plan by size, walks and borders, staff and cameras, and facilities: good, watch or bad.

    A water plan is judged by the lengths of its reaches, how its grids tile the strip, wardens and land grids.
    """
    from gis.errors import InvalidInputError
    from services import plan_quality
    from services.plan_quality_tables import write_quality

    if lang not in ("en", "zh"):
        raise InvalidInputError(f"A report is written in en or zh, not {lang}.", field="lang")
    limits = dict(plan_quality.parse_limit(each) for each in limit or [])
    context = command_context(ctx)
    with context.database.work(context.actor) as work:
        if keep_limits:
            plan_quality.set_limits(work, plan, limits)
        report = plan_quality.report_quality(work, plan, limits=limits)
    if out is not None:
        write_quality(out, report, lang=lang)
    show(report, lambda: _text(report, out), as_json=as_json)


def _text(report: dict[str, Any], out: Path | None) -> str:
    lines = [report["plan"]["name"]]
    for principle in (*(each["id"] for each in report["principles"]), "ground"):
        lines.append("length" if (principle, report["measure"]) == ("population", "metres") else principle)
        lines += [_line(figure, report) for figure in report["figures"] if figure["principle"] == principle]
    if report["without_coverage_run"]:
        lines.append("Nobody knows which key places are seen before `gridward coverage run`.")
    lines += [
        f"  {row['code']}  {row['size']:,.0f} {report['measure']}: {row['reason']['en']}" for row in report["outside"]
    ]
    if out is not None:
        lines.append(f"{counted(len(report['grids']), 'grid')} written to {out}.")
    return "\n".join(lines)


def _line(figure: dict[str, Any], report: dict[str, Any]) -> str:
    total = report["totals"][figure["id"]]
    counts = f"{total['ok']} good, {total['watch']} watch, {total['bad']} bad" if figure["better"] else ""
    wanted = ""
    if figure["better"]:
        sign = "≤" if figure["better"] == "less" else "≥"
        wanted = f"{sign} {_value(figure['ok'], figure['unit'])}"
    value = _value(total["value"], figure["unit"])
    return f"  {figure['title']['en']:<36} {value:>10}  {wanted:<10} {_WORDS[total['verdict']]:<6} {counts}".rstrip()


def _value(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "share":
        return f"{value:.1%}"
    if unit == "count":
        return f"{value:,.0f}"
    word = {"km2": "km²", "m2": "m²"}.get(unit, unit)
    return f"{value:,.2f}" if unit == "number" else f"{value:,.1f} {word}"
