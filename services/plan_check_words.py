"""What is wrong with a plan, as a code with its figures and as a sentence in English and Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

Place = list[float] | tuple[float, float] | str | None

#: Sentence by code: English, Chinese. Figures in braces are the problem's `params`; `{grids}` are codes.
SENTENCES: Final[dict[str, tuple[str, str]]] = {
    "gap": ("{area_m2:,.1f} m² of ground belong to no grid.", "有 {area_m2:,.1f} 平方米土地不属于任何网格。"),
    "gap-beside": (
        "{area_m2:,.1f} m² of ground belong to no grid, beside {grids}.",
        "{grids} 旁有 {area_m2:,.1f} 平方米土地不属于任何网格。",
    ),
    "overlap": ("Grids {grids} both claim {area_m2:,.1f} m² of ground.", "网格 {grids} 重叠 {area_m2:,.1f} 平方米。"),
    "crossing": (
        "Grid {grids} reaches {area_m2:,.1f} m² into ground that is not of its parent.",
        "网格 {grids} 越出所属区域 {area_m2:,.1f} 平方米。",
    ),
    "without-plots": (
        "Grid {grids} claims {area_m2:,.1f} m² of ground where the plan has no plot.",
        "网格 {grids} 有 {area_m2:,.1f} 平方米土地没有地块。",
    ),
    "sliver": (
        "Grid {grids} has a piece too thin to be meant ({area_m2:,.1f} m²).",
        "网格 {grids} 有一块过窄的碎面（{area_m2:,.1f} 平方米）。",
    ),
    "stray-piece": (
        "Grid {grids} is in several pieces; a stray one has {area_m2:,.1f} m².",
        "网格 {grids} 不连片，零散部分有 {area_m2:,.1f} 平方米。",
    ),
    "mismatched-border": (
        "Grid {grids} and a neighbour don't share the same border over {length_m:,.1f} m.",
        "网格 {grids} 与相邻网格有 {length_m:,.1f} 米边界不一致。",
    ),
    "invalid": ("Grid {grids} crosses itself.", "网格 {grids} 的边界自相交。"),
    "invalid-shape": ("Grid {grids}: {reason}.", "网格 {grids} 的形状有误（{reason}）。"),
    "unassigned": (
        "A plot of {area_m2:,.1f} m² is assigned to no grid.",
        "一块 {area_m2:,.1f} 平方米的地块未划入任何网格。",
    ),
    "misplaced": (
        "A plot of {area_m2:,.1f} m² is assigned to grid {grids}, which lies elsewhere.",
        "一块 {area_m2:,.1f} 平方米的地块划给了别处的网格 {grids}。",
    ),
    "more-places": ("{count:,} more places like that ({kind}).", "另有 {count:,} 处同类问题。"),
    "miscounted": (
        "Grid {grids} says {told:,} households, its plots hold {counted:,}.",
        "网格 {grids} 登记 {told:,} 户，其地块合计 {counted:,} 户。",
    ),
    "lost-households": (
        "{households:,} households at {door} are in no grid.",
        "{door} 的 {households:,} 户不在任何网格内。",
    ),
    "lost-households-unnamed": (
        "{households:,} households at a door without a name are in no grid.",
        "一处无门牌的 {households:,} 户不在任何网格内。",
    ),
    "lost-households-more": (
        "{households:,} households at {doors:,} more doors are in no grid.",
        "另有 {doors:,} 处的 {households:,} 户不在任何网格内。",
    ),
    "recount": (
        "Grid {grids} was made for {told:,} households; its doors have {counted:,} now.",
        "网格 {grids} 划分时有 {told:,} 户，现在有 {counted:,} 户。",
    ),
    "no-head": ("Grid {grids} has no head.", "网格 {grids} 没有网格长。"),
    "no-responsibilities": ("Grid {grids} has no responsibilities.", "网格 {grids} 没有职责清单。"),
    "not-in-review": ("The plan is a draft; send it for review.", "方案还是草案，请先送审。"),
    "ground-lost": (
        "{households:,} households of the present plan would be in no grid.",
        "现行方案中有 {households:,} 户将不在任何网格内。",
    ),
    "open-comments": ("Threads still open: {count:,}.", "有 {count:,} 条意见未处理。"),
    "second-person": ("A second person is needed.", "须由另一人办理。"),
    "code-taken": (
        "The code {grids} belongs to a {holder} in force by now; give this grid another code.",
        "编码 {grids} 已被现行{holder}使用，请另编代码。",
    ),
    "code-taken-numbered": (
        "The code {grids} belongs to a {holder} in force by now; publishing gives this grid the next free one.",
        "编码 {grids} 已被现行{holder}使用，发布时将自动编为下一个空号。",
    ),
    "empty": ("The plan has no grids.", "方案没有网格。"),
    "outside": (
        "Grid {grids} lies to {share:.0%} outside the territory.",
        "网格 {grids} 有 {share:.0%} 位于辖区之外。",
    ),
    "shared-ground": ("{grids} share {area_m2:,.1f} m².", "{grids} 重叠 {area_m2:,.1f} 平方米。"),
    "floors": ("{grids} hold the same floors of one building.", "{grids} 包含同一建筑的相同楼层。"),
    "building-gone": (
        "A building of grid {grids} is no longer in the map; propose the plan anew.",
        "网格 {grids} 的一栋建筑已不在图上，请重新生成方案。",
    ),
    "reach-missing": ("Grid {grids} has no reach.", "网格 {grids} 没有河段。"),
    "reach-outside": (
        "{length_m:,.0f} m of reach {grids} lie outside its grid.",
        "河段 {grids} 有 {length_m:,.0f} 米在其网格之外。",
    ),
    "strip": ("The grids don't tile their strip: {kind}.", "网格没有铺满管理带（{kind}）。"),
}


def problem(
    kind: str,
    place: Place,
    grids: Sequence[str] = (),
    *,
    blocks: bool = True,
    sentence: str | None = None,
    **params: float | str | tuple[str, str],
) -> dict[str, Any]:
    """Return a problem of a plan.

    Parameters
    ----------
    kind : str
        Stable code.
    place : [lon, lat], code of a grid, or None
    grids : sequence of str
        Codes of the grids concerned.
    blocks : bool
        Whether it must be mended before publishing.
    sentence : str, optional
        Key in `SENTENCES` where it is not `kind`.
    **params
        Figures of the sentence: square metres, metres, counts; a name as (English, Chinese).

    Returns
    -------
    dict
        ``kind``, ``message`` (English), ``words`` (``en``, ``zh``), ``params``, ``place``, ``grids``, ``blocks``.

    Examples
    --------
    >>> found = problem("overlap", None, ["001", "002"], area_m2=20.0)
    >>> found["message"], found["words"]["zh"]
    ('Grids 001, 002 both claim 20.0 m² of ground.', '网格 001、002 重叠 20.0 平方米。')
    """
    english, chinese = SENTENCES[sentence or kind]
    told, told_zh = ({name: v[of] if isinstance(v, tuple) else v for name, v in params.items()} for of in (0, 1))
    words = {
        "en": english.format(grids=", ".join(grids), kind=kind, **told),
        "zh": chinese.format(grids="、".join(grids), kind=kind, **told_zh),
    }
    return {
        "kind": kind,
        "message": words["en"],
        "words": words,
        "params": told,
        "place": place,
        "grids": list(grids),
        "blocks": blocks,
    }


def fault_problem(kind: str, amount: float, place: Place, grids: Sequence[str]) -> dict[str, Any]:
    """Return a fault of a tiling as a problem.

    Parameters
    ----------
    kind : str
        As a `TilingFault` has it, in words.
    amount : float
        Square metres, or metres of a mismatched border.
    place : [lon, lat]
    grids : sequence of str
    """
    code = kind.replace(" ", "-")
    sentence = "gap-beside" if code == "gap" and grids else code
    size = round(float(amount), 6)
    if code == "mismatched-border":
        return problem(code, place, grids, length_m=size)
    return problem(code, place, grids, sentence=sentence, area_m2=size)
