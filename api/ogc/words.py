"""The words of the pages to read in the reader's language; JSON stays as it is, in English, for programs.

A page is written in English and says its words through `said`, so that nothing is missing where a word was forgotten.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from fastapi import Request

from api.languages import preferred
from layers.catalogue import COLLECTIONS
from layers.fields import FIELDS
from layers.spec import Lang

ABOUT: Final = "Grids, cameras, gaps in coverage, incidents and the ground they stand on."
_ZH: Final[dict[str, str]] = {
    "Skip to content": "跳到正文",
    "Breadcrumb": "当前位置",
    "Links": "链接",
    ABOUT: "网格、摄像机、覆盖盲区、上报事件及其所在的地面。",
    "Description for programs (OpenAPI 3.0)": "供程序读取的接口说明（OpenAPI 3.0）",
    "Description for people": "接口说明",
    "Conformance classes": "符合性类别",
    "Collections": "数据集",
    "Tile matrix sets": "瓦片矩阵集",
    "Conformance": "符合性",
    "Conformance classes that are fully met": "完全符合的类别",
    "Class": "类别",
    "Name": "名称",
    "What it is": "说明",
    "Type": "类型",
    "Features": "要素",
    "Feature": "要素",
    "Feature {fid}": "要素 {fid}",
    "{n} features on this page.": "本页共 {n} 个要素。",
    "Next page": "下一页",
    "Map of the features: {name}": "要素地图：{name}",
    "Map of feature {fid}": "要素 {fid} 的地图",
    "Click a feature to open it.": "点击要素可查看详情。",
    "Show on the map desk": "在地图工作台中查看",
    "Attributes": "属性",
    "Value": "值",
    "What can be asked by": "可查询的属性",
    "What can be sorted by": "可排序的属性",
    "What a feature holds": "要素的属性",
    "A feature in GeoJSON": "GeoJSON 要素结构",
    "Styles": "样式",
    "Map style (MapLibre)": "地图样式（MapLibre）",
    "Vector tiles": "矢量瓦片",
    "{name} as a page": "{name}（网页）",
    "Queryables": "可查询的属性",
    "Sortables": "可排序的属性",
    "Schema": "要素结构",
    "API": "接口",
    "What can be asked": "可用的请求",
    "Address": "地址",
    "What it does": "作用",
    "The same for programs (OpenAPI 3.0)": "供程序读取的同一说明（OpenAPI 3.0）",
    "yes": "是",
    "no": "否",
    "string": "文本",
    "integer": "整数",
    "number": "数值",
    "boolean": "是/否",
    "timestamp": "时间",
    "geometry": "几何",
    "geometry-point": "点",
    "geometry-linestring": "线",
    "geometry-polygon": "面",
    "geometry-any": "任意几何",
    "Where everything is.": "入口。",
    "Conformance classes.": "符合性类别。",
    "All collections.": "全部数据集。",
    "This description.": "本说明。",
    "Tile matrix sets.": "瓦片矩阵集。",
    "The tile matrix set.": "瓦片矩阵集说明。",
    "One feature.": "单个要素。",
    "Styles.": "样式。",
    "Map style.": "地图样式。",
    "A feature in GeoJSON, as JSON Schema.": "GeoJSON 要素结构（JSON Schema）。",
    "Tile sets.": "瓦片集。",
    "The tile set, TileJSON 3 too.": "瓦片集说明，亦为 TileJSON 3。",
    "A vector tile.": "单个矢量瓦片。",
    "Add a feature.": "新增要素。",
    "Replace a feature.": "替换要素。",
    "Change a feature.": "修改要素。",
    "Remove a feature.": "删除要素。",
}


@cache
def _chinese() -> dict[str, str]:
    """Return all words in Chinese: those above, and what the catalogue of layers says of itself."""
    named = {spec.title.en: spec.title.zh for spec in COLLECTIONS}
    of_fields = {field.title.en: field.title.zh for fields in FIELDS.values() for field in fields}
    templates = {"{name} as a page": _ZH["{name} as a page"], "Features: {name}.": "要素：{name}。",
                 "About {name}.": "关于{name}。"}  # fmt: skip
    filled = {
        english.format(name=en): chinese.format(name=zh)
        for english, chinese in templates.items()
        for en, zh in named.items()
    }
    return of_fields | named | filled | _ZH


def said(text: str, lang: Lang) -> str:
    """Return words in a language, or as they are where they have no translation.

    Examples
    --------
    >>> said("Collections", "zh"), said("Collections", "en"), said("node/7", "zh")
    ('数据集', 'Collections', 'node/7')
    """
    return _chinese().get(text, text) if lang == "zh" else text


def language_of(request: Request) -> Lang:
    """Return the language of a page: what the client prefers, else that of the account."""
    wanted = preferred(request.headers.get("accept-language", ""))
    return wanted or ("zh" if getattr(request.state, "language", "en") == "zh" else "en")
