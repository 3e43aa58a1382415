"""A report in each format: page, sheet of paper, workbook, table, layers for a GIS."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Final

from gis.errors import UnavailableError
from layers.folium_map import LEAFLET_CSS, LEAFLET_JS, CoverageReport, render_report
from layers.report import ReportContent
from services.reports.columns import about_sheet
from services.reports.headings import sheet_of
from store.files.layered import FileLayer, geopackage_bytes
from store.files.sheets import csv_bytes, xlsx_bytes
from store.printing.pdf import pdf_bytes

ENGINE = 11  # raise when the file of equal figures looks different
#: Format → media type.
MEDIA: Final = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "gpkg": "application/geopackage+sqlite3",
}
FORMATS: Final = tuple(MEDIA)


def render(content: ReportContent, file_format: str) -> bytes:
    """Return a report as a file of one of `FORMATS`."""
    return _RENDERERS[file_format](content)


def _html(content: ReportContent) -> bytes:
    table = content.tables[0]
    page = CoverageReport(
        title=content.title,
        subtitle=content.subtitle,
        facts=content.facts,
        columns=table.heads,
        rows=table.shown,
        layers=[layer.for_page() for layer in content.layers],
        legend=content.legend,
        notes=content.notes,
        box=content.box,
        lang=content.lang,
        labels=content.labels,
    )
    return render_report(page, _assets()).encode()


def _xlsx(content: ReportContent) -> bytes:
    return xlsx_bytes([*(sheet_of(table, content.lang) for table in content.tables), about_sheet(content)])


def _csv(content: ReportContent) -> bytes:
    return csv_bytes(sheet_of(content.tables[0], content.lang))


def _gpkg(content: ReportContent) -> bytes:
    return geopackage_bytes(
        [FileLayer(layer.name, layer.geometry, layer.fields) for layer in content.layers if layer.name]
    )


def _assets() -> dict[str, str]:
    folder = resources.files("layers") / "assets"
    try:
        return {name: (folder / name).read_text(encoding="utf-8") for name in (LEAFLET_JS, LEAFLET_CSS)}
    except FileNotFoundError as error:
        raise UnavailableError("The report's map library is not built; run `make web` once.") from error


_RENDERERS: Final[dict[str, Callable[[ReportContent], bytes]]] = {
    "html": _html,
    "pdf": pdf_bytes,
    "xlsx": _xlsx,
    "csv": _csv,
    "gpkg": _gpkg,
}
