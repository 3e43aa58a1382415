"""Pages to read: the same answers as headings, links and tables, with nothing fetched from anywhere else.

No script and no style in the page itself, so that the content security policy of the product holds; the one style
sheet is a file beside it. Every text is escaped where it is written.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any, Final

import shapely
from shapely.geometry import shape as shape_of

from api.ogc.words import said
from layers.spec import Lang

Crumb = tuple[str, str]
_WIDTH: Final = 640
_MOST_DRAWN: Final = 2000
_MOST_SQUEEZED: Final = 3
_DIGITS: Final = 9  # of a number to read; programs get all of them


def style_sheet() -> bytes:
    """Return the style sheet of the pages."""
    return (resources.files("api.ogc") / "page.css").read_bytes()


def page(title: str, *parts: str, crumbs: Sequence[Crumb], base: str, lang: Lang = "en", drawn: bool = False) -> str:
    """Return a whole page.

    Parameters
    ----------
    title : str
    *parts : str
        HTML of the page's parts.
    crumbs : sequence of (text, address)
        The way to here from the landing page, without this page.
    base : str
        Address of the landing page.
    lang : {"en", "zh"}
        Language of the page; its title, the way and the links are said in it.
    drawn : bool
        Whether a part is a map, which a script draws.
    """
    title, root = said(title, lang), base.removesuffix("/ogc")
    way = "".join(f'<li><a href="{escape(address)}">{escape(said(text, lang))}</a></li>' for text, address in crumbs)
    script = f'<script type="module" src="{escape(root)}/ogc-map.js"></script>' if drawn else ""
    return (
        f'<!doctype html><html lang="{"zh-CN" if lang == "zh" else "en"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{escape(title)} · Gridward</title><link rel="stylesheet" href="{escape(base)}/page.css">'
        f'<link rel="icon" href="{escape(root)}/favicon.svg">{script}</head>'
        f'<body><a class="skip" href="#main">{said("Skip to content", lang)}</a>'
        f'<nav aria-label="{said("Breadcrumb", lang)}"><ol>{way}<li aria-current="page">{escape(title)}</li></ol></nav>'
        f'<main id="main" tabindex="-1"><h1>{escape(title)}</h1>{"".join(parts)}</main></body></html>'
    )


def paragraph(text: str) -> str:
    """Return a paragraph."""
    return f"<p>{escape(text)}</p>"


def links(told: Iterable[Mapping[str, Any]], lang: Lang = "en") -> str:
    """Return links under a heading; templates are told as text, since nobody can follow them."""
    rows = []
    for each in told:
        name = escape(said(str(each.get("title") or each["rel"].rpartition("/")[2]), lang))
        address = escape(str(each["href"]))
        shown = f"<code>{address}</code>" if each.get("templated") else f'<a href="{address}">{name}</a>'
        rows.append(f"<li>{shown} <small>{escape(str(each.get('type', '')))}</small></li>")
    return f"<h2>{said('Links', lang)}</h2><ul>{''.join(rows)}</ul>" if rows else ""


def table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; cells are HTML already, columns and the caption are not."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    # many columns are read sideways: cells that break their words would make rows as high as the screen
    kind = ' class="many"' if len(columns) > _MOST_SQUEEZED else ""
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table{kind}>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def value(told: object, lang: Lang = "en") -> str:
    """Return a value as text to read."""
    if told is None:
        return "–"
    if isinstance(told, bool):
        return said("yes" if told else "no", lang)
    if isinstance(told, float):
        return f"{told:.{_DIGITS}g}"
    return escape(str(told))


def anchor(text: object, address: str) -> str:
    """Return a link."""
    return f'<a href="{escape(address)}">{escape(str(text))}</a>'


def map_of(features: Sequence[Mapping[str, Any]], address: str, label: str, lang: Lang) -> str:
    """Return a map of features: their outlines until a script has drawn the ground and them on it.

    Parameters
    ----------
    features : sequence of GeoJSON features
        In whatever reference system was asked for; the outlines need longitude first.
    address : str
        Where the script gets the same features, in longitude and latitude.
    label : str
        What the map shows, for those who do not see it.
    lang : {"en", "zh"}
    """
    return (
        f'<figure class="map" data-features="{escape(address)}" data-label="{escape(label)}" data-lang="{lang}">'
        f"{sketch(features, label)}<figcaption hidden>{said('Click a feature to open it.', lang)}</figcaption></figure>"
    )


def sketch(features: Sequence[Mapping[str, Any]], label: str) -> str:
    """Draw features as outlines, as wide as the page; north is up. Empty where there is nothing to draw.

    Parameters
    ----------
    features : sequence of GeoJSON features
        Longitude first.
    label : str
        What the drawing shows, for those who do not see it.
    """
    shapes = [shape_of(each["geometry"]) for each in features[:_MOST_DRAWN] if each.get("geometry")]
    if not shapes:
        return ""
    west, south, east, north = (float(side) for side in shapely.total_bounds(shapes))
    # a degree of longitude gets narrower towards the poles
    narrow = max(0.05, math.cos(math.radians((south + north) / 2)))
    span = max((east - west) * narrow, north - south, 1e-6)
    scale = _WIDTH * 0.9 / span
    wide, high = (east - west) * narrow * scale, (north - south) * scale
    drawn = [_part(part, (west, north), (scale * narrow, scale)) for part in shapely.get_parts(shapes)]
    margin = _WIDTH * 0.05
    box = f"{-margin:.0f} {-margin:.0f} {wide + 2 * margin:.0f} {high + 2 * margin:.0f}"
    return f'<svg role="img" aria-label="{escape(label)}" viewBox="{box}" width="{_WIDTH}">{"".join(drawn)}</svg>'


def _part(part: Any, corner: tuple[float, float], scale: tuple[float, float]) -> str:  # noqa: ANN401 - a shapely part
    rings = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
    texts = []
    for ring in rings:
        xy = [((x - corner[0]) * scale[0], (corner[1] - y) * scale[1]) for x, y, *_ in ring.coords]
        if part.geom_type == "Point":
            return f'<circle cx="{xy[0][0]:.1f}" cy="{xy[0][1]:.1f}" r="4"/>'
        texts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in xy))
    if part.geom_type == "Polygon":
        return f'<path d="{"Z".join(texts)}Z"/>'
    return f'<path class="line" d="{"".join(texts)}"/>'
