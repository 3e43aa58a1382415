"""Codes at publishing: those that another grid got meanwhile give way to the next free ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gis.grid_patterns import MERGED_FROM, NESTED, CodePattern, Numbered, next_codes, pattern_for, serial_digits
from layers.handover import KINDS
from services.plan_check_words import problem
from store.database import grid_codes as sql
from store.database.models import Plan
from store.database.partition import grid_codes_starting
from store.database.work import UnitOfWork

__all__ = ["CodeClash", "code_clashes", "code_problems", "settle_codes"]


@dataclass(frozen=True, slots=True)
class CodeClash:
    """A grid of a draft whose code was given to another grid since.

    Attributes
    ----------
    grid_id : UUID
    code : str
    holder_kind : str
        Kind of the grid that has the code.
    above : str
        Code of the area, or of the grid that it lies in.
    numbered : bool
        Whether the code is a number of ours, so that the next one will do; a code that a file brought is its author's
        to change.
    """

    grid_id: Any
    code: str
    holder_kind: str
    above: str
    numbered: bool


def code_clashes(work: UnitOfWork, plan: Plan) -> list[CodeClash]:
    """Return the grids of a draft whose code another grid got, in code order."""
    pattern = _pattern(plan)
    found = []
    for row in sql.clashes(work.session, plan.id):
        nested = plan.kind in NESTED and row.parent_code is not None
        above = str(row.parent_code if nested else row.area_code)
        found.append(CodeClash(row.id, row.code, row.holder_kind, above, _is_ours(row.code, above, pattern)))
    return found


def code_problems(work: UnitOfWork, plan: Plan) -> list[dict[str, Any]]:
    """Tell for a plan's check which codes will change at publishing, and which somebody has to change before."""
    return [
        problem(
            "code-taken",
            clash.code,
            [clash.code],
            blocks=not clash.numbered,
            sentence="code-taken-numbered" if clash.numbered else "code-taken",
            holder=KINDS[clash.holder_kind],
        )
        for clash in code_clashes(work, plan)
    ]


def settle_codes(work: UnitOfWork, plan: Plan) -> list[dict[str, str]]:
    """Give the next free codes to grids whose code another grid got since the draft was made.

    Returns
    -------
    list of dict
        ``{"from", "to"}`` in code order. Codes of drafted grids inside them follow.
    """
    sql.take_turn(work.session)
    clashes = code_clashes(work, plan)
    if not clashes:
        return []
    knowing = sql.plans_with(work.session, [clash.grid_id for clash in clashes])
    ours = sql.codes_of_plans(work.session, knowing)
    renamed: dict[Any, str] = {}
    for form, mine in _by_form(plan, clashes).items():
        wanted = [_wish(form, clash) for clash in mine]
        stems = [form.object_code] if form.object_code else sorted({form.stem(clash.above) for clash in mine})
        used = {*grid_codes_starting(work.session, stems), *ours, *renamed.values()}
        fresh = next_codes(form, wanted, used, widen=plan.kind in ("cell", "water"))
        renamed |= {clash.grid_id: code for clash, code in zip(mine, fresh, strict=True)}
    sql.renumber(work.session, renamed)
    return [{"from": clash.code, "to": renamed[clash.grid_id]} for clash in clashes]


def _pattern(plan: Plan) -> CodePattern:
    chosen = (plan.spec or {}).get("code_pattern")
    return pattern_for(plan.kind, chosen)


def _by_form(plan: Plan, clashes: list[CodeClash]) -> dict[CodePattern, list[CodeClash]]:
    """Sort clashes by the pattern that their codes follow: the plan's own, with a serial as long as theirs."""
    usual = _pattern(plan)
    found: dict[CodePattern, list[CodeClash]] = {}
    for clash in clashes:
        digits = serial_digits(clash.code, usual.stem(clash.above)) or usual.digits
        form = CodePattern(usual.object_code, usual.letter, digits, usual.above)
        found.setdefault(form, []).append(clash)
    return found


def _is_ours(code: str, above: str, pattern: CodePattern) -> bool:
    """Whether a code follows the pattern below an area or grid."""
    return serial_digits(code, pattern.stem(above)) > 0 or _is_merged(code, pattern)


def _is_merged(code: str, pattern: CodePattern) -> bool:
    """Whether a professional code names a block of merged communities."""
    block = code[len(pattern.object_code) + 9 :][:3]
    return bool(pattern.object_code) and len(code) == pattern.length and code.isdigit() and int(block) >= MERGED_FROM


def _wish(form: CodePattern, clash: CodeClash) -> Numbered:
    if form.object_code and _is_merged(clash.code, form):
        return Numbered(clash.above, merged=True)
    return Numbered(clash.above)
