"""The coverage report as one HTML file: a folium map, figures and a table that open with the network off.

folium writes a page that asks a dozen outside addresses. `LeanMap` asks Leaflet alone, and `inline_assets` puts
Leaflet's own text in place of the address; any address without a local copy is refused, not left in the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import folium

from gis.errors import GridwardError
from layers.palette import PALETTES
from layers.spec import Lang

LEAFLET_JS = "leaflet/leaflet.js"
LEAFLET_CSS = "leaflet/leaflet.css"
NARROW = 700  # pixels: a page no wider folds its list of layers, and its table scrolls by itself


class OutsideAddressError(GridwardError):
    """The page would ask an address that has no local copy."""

    code = "outside-address"


class LeanMap(folium.Map):
    """A folium map that needs Leaflet and nothing else."""

    default_js = [("leaflet", LEAFLET_JS)]  # noqa: RUF012 - as folium declares it
    default_css = [("leaflet_css", LEAFLET_CSS)]  # noqa: RUF012 - as folium declares it


@dataclass(frozen=True, slots=True)
class MapLayer:
    """GeoJSON features with the look of each in ``properties.style`` and what to say in ``properties.tip``."""

    title: str
    features: Sequence[dict[str, Any]]
    point_radius: float = 4.0
    shown: bool = True


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """Everything the report shows; texts are plain, the page escapes them.

    Attributes
    ----------
    title, subtitle : str
    facts : sequence of (label, value, note)
        Headline figures.
    columns : sequence of str
        Heads of the table.
    rows : sequence of sequence of str
        Cells of the table, formatted.
    layers : sequence of MapLayer
        Bottom to top.
    legend : sequence of (colour, label)
    notes : sequence of str
        Definitions, sources, attribution, what is estimated or demo.
    box : tuple of float
        West, south, east, north in EPSG:4326.
    lang : {"en", "zh"}
    labels : sequence of (lon, lat, text)
        Written on the map.
    """

    title: str
    subtitle: str
    facts: Sequence[tuple[str, str, str]]
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    layers: Sequence[MapLayer]
    legend: Sequence[tuple[str, str]]
    notes: Sequence[str]
    box: tuple[float, float, float, float]
    lang: Lang = "en"
    labels: Sequence[tuple[float, float, str]] = ()


def render_report(report: CoverageReport, assets: Mapping[str, str]) -> str:
    """Return the whole page.

    Parameters
    ----------
    report : CoverageReport
    assets : mapping of str to str
        Text of each file that the page needs, by the name it is asked under (`LEAFLET_JS`, `LEAFLET_CSS`).

    Returns
    -------
    str
        HTML without any outside address.

    Raises
    ------
    OutsideAddressError
        The page asks something that `assets` does not hold.
    """
    west, south, east, north = report.box
    canvas = LeanMap(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        prefer_canvas=True,
        zoom_snap=0.25,
        control_scale=True,
    )
    canvas.fit_bounds([[south, west], [north, east]])
    for layer in report.layers:
        _add_layer(canvas, layer)
    for lon, lat, label in report.labels:
        # a plain marker would ask for Leaflet's icon files
        word = folium.Tooltip(f"<b>{escape(label)}</b>", permanent=True, direction="center", class_name="grid-number")
        folium.CircleMarker((lat, lon), radius=0, stroke=False, tooltip=word).add_to(canvas)
    folium.LayerControl(collapsed=False).add_to(canvas)
    root: Any = canvas.get_root()
    root.title = report.title
    root.header.add_child(folium.Element(f"<style>{_CSS}</style>"))
    root.html.add_child(folium.Element(_above(report)), index=0)
    root.html.add_child(folium.Element(_below(report)))
    # on a phone the open list of layers would hide the map
    page = str(root.render()).replace('"collapsed": false', f'"collapsed": window.innerWidth <= {NARROW}', 1)
    page = page.replace("<html>", f'<html lang="{"zh-CN" if report.lang == "zh" else "en"}">', 1)
    return inline_assets(page, assets)


def inline_assets(page: str, assets: Mapping[str, str]) -> str:
    """Put the text of every script and style sheet into the page.

    Raises
    ------
    OutsideAddressError
        A script or style sheet is not in `assets`.

    Examples
    --------
    >>> inline_assets('<script src="a.js"></script>', {"a.js": "let a = 1"})
    '<script>let a = 1</script>'
    """

    def text_of(name: str) -> str:
        if name not in assets:
            raise OutsideAddressError(
                f"The report would ask {name}, which is not part of this installation.", asset=name
            )
        return assets[name]

    def script(found: re.Match[str]) -> str:
        return "<script>" + text_of(found["name"]).replace("</script", "<\\/script") + "</script>"

    def style(found: re.Match[str]) -> str:
        # images of the style sheet (marker icons, layer button) are not used; an empty image asks nobody
        return "<style>" + re.sub(r"url\([^)]*\)", "none", text_of(found["name"])) + "</style>"

    page = re.sub(r'<script src="(?P<name>[^"]+)"></script>', script, page)
    page = re.sub(r'<link rel="stylesheet" href="(?P<name>[^"]+)"\s*/?>', style, page)
    left = re.search(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["']?(?!data:)([^"'> ]+)""", page)
    if left:
        raise OutsideAddressError(f"The report would ask {left[1]}.", asset=left[1])
    return page


def _add_layer(canvas: LeanMap, layer: MapLayer) -> None:
    if not layer.features:
        return
    features = [_escaped(feature) for feature in layer.features]
    drawn = folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        name=escape(layer.title),
        style_function=lambda feature: feature["properties"]["style"],
        marker=folium.CircleMarker(radius=layer.point_radius),
        tooltip=folium.GeoJsonTooltip(fields=["tip"], labels=False, sticky=True),
        show=layer.shown,
        embed=True,
    )
    drawn.add_to(canvas)


def _escaped(feature: dict[str, Any]) -> dict[str, Any]:
    # the tooltip writes its field as HTML, so a name from a file must not bring its own
    properties = dict(feature["properties"])
    properties["tip"] = escape(str(properties.get("tip", ""))).replace("\n", "<br>")
    return {**feature, "properties": properties}


def _above(report: CoverageReport) -> str:
    facts = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(value)}<small>{escape(note)}</small></dd></div>"
        for label, value, note in report.facts
    )
    legend = "".join(
        f'<li><i style="background:{escape(colour)}"></i>{escape(label)}</li>' for colour, label in report.legend
    )
    return (
        f'<header class="report"><h1>{escape(report.title)}</h1><p>{escape(report.subtitle)}</p>'
        f"<dl>{facts}</dl><ul>{legend}</ul></header>"
    )


def _below(report: CoverageReport) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in report.columns)
    body = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{escape(cell)}</th>' if place == 0 else f"<td>{escape(cell)}</td>"
            for place, cell in enumerate(row)
        )
        + "</tr>"
        for row in report.rows
    )
    notes = "".join(f"<p>{escape(note)}</p>" for note in report.notes)
    return (
        '<section class="report"><div class="table">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        f"<footer>{notes}</footer></section>"
    )


def style_of(colour: str, *, fill: str | None = None, weight: float = 1.0, fill_opacity: float = 0.6) -> dict[str, Any]:
    """Return Leaflet's path options for a line, or for a surface when `fill` is given."""
    return {
        "color": colour,
        "weight": weight,
        "opacity": 1.0,
        "fill": fill is not None,
        "fillColor": fill or colour,
        "fillOpacity": fill_opacity if fill else 0.0,
    }


_LIGHT = PALETTES["light"]
_CSS = f"""
body{{display:flex;flex-direction:column}}
header.report{{order:1}} .folium-map{{order:2;flex:none;height:62vh!important}} section.report{{order:3}}
html,body{{height:auto;background:#F3F4F6;color:{_LIGHT.text};font:13px/20px Inter,"Noto Sans SC",system-ui,sans-serif;
font-feature-settings:"tnum"}}
.folium-map{{background:{_LIGHT.outside};border-block:1px solid #DDE1E6}}
.report{{width:100%;max-width:1180px;margin:0 auto;padding:16px;box-sizing:border-box}}
.report h1{{font-size:20px;line-height:28px;margin:0}}
.report p{{margin:4px 0;color:#454E5A}}
.report dl{{display:flex;flex-wrap:wrap;gap:8px 32px;margin:12px 0}}
.report dt{{font-size:12px;color:#454E5A}}
.report dd{{margin:0;font-size:20px;line-height:28px;font-weight:600}}
.report dd small{{display:block;font-size:11px;line-height:16px;font-weight:400;color:{_LIGHT.text_muted}}}
.report ul{{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;margin:0;padding:0}}
.report li i{{display:inline-block;width:12px;height:12px;margin-right:6px;
vertical-align:-1px;border:1px solid #858E9A}}
.report table{{width:100%;border-collapse:collapse;background:#fff}}
.report th,.report td{{padding:3px 8px;text-align:right;border-bottom:1px solid #DDE1E6}}
.report th:first-child,.report :is(td,th):nth-child(2){{text-align:left}}
.report tbody th{{white-space:nowrap}}
.report thead th{{background:#F8F9FA;position:sticky;top:0}}
.report tbody th{{font-weight:500}}
.report tbody td:nth-child(2){{min-width:180px}}
.leaflet-control-layers-toggle{{background:none!important;text-align:center;text-decoration:none;color:inherit}}
.leaflet-control-layers-toggle::after{{content:"\\2630";font:22px/44px system-ui,sans-serif}}
.leaflet-control-layers-expanded .leaflet-control-layers-toggle{{display:none}}
@media (max-width:{NARROW}px){{.report .table{{overflow-x:auto}}.report tbody th{{white-space:normal}}}}
.leaflet-tooltip.grid-number{{background:none;border:0;box-shadow:none;padding:0;
font:650 13px/16px Inter,system-ui,sans-serif;pointer-events:none;
text-shadow:0 0 3px #fff,0 0 3px #fff,0 0 3px #fff}}
@media print{{.folium-map{{height:12cm!important}}.report thead th{{position:static}}}}
"""
