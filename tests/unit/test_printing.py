"""Reports on paper: text in two scripts, round scales, sheets that break where they should."""

from __future__ import annotations

import re
import zlib
from io import BytesIO

import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from layers.folium_map import style_of
from layers.report import ReportContent, ReportLayer, ReportTable
from store.files.layered import FileLayer, geopackage_bytes
from store.printing.map_sheet import bar_lengths, fit, round_up
from store.printing.pdf import pdf_bytes
from store.printing.text import runs, width, wrap


@pytest.fixture(scope="module", autouse=True)
def _fonts():
    from importlib import resources

    if not (resources.files("layers") / "assets" / "fonts").is_dir():
        pytest.skip("the web page's assets are not built (make web)")


def report(rows: int = 3, **changes) -> ReportContent:
    around = shapely.box(24.93, 60.16, 24.95, 60.18)
    shapes = np.array([around, shapely.Point(24.94, 60.17), shapely.LineString([(24.93, 60.16), (24.95, 60.18)])])
    styles = [
        style_of("#333333", fill="#6DB3BC"),
        style_of("#A8125F", fill="#FFFFFF"),
        {**style_of("#111111"), "dashArray": "4 4"},
    ]
    given = {
        "name": "coverage",
        "title": "Camera coverage 摄像机覆盖分析: Testby",
        "subtitle": "Six grids · as of 2026-11-01",
        "facts": [("Streets seen", "81.2 %", "at most 90.0 %"), ("可见重点部位", "3 / 5", "至多 4")],
        "tables": [
            ReportTable(
                "grids", "Grids 网格", ["code"], [["990101001001001"]], ["grid", "why"],
                [[f"990101 001 001 {k:03d} 解放路", "420 m of street not seen; " * 6] for k in range(rows)],
            )
        ],
        "layers": [ReportLayer("grids", "Grids", shapes, styles, ["a", "b", "c"], {"code": ["1", "2", "3"]})],
        "legend": [("#6DB3BC", "Seen by a camera"), ("#A8125F", "不可见街段")],
        "notes": ["© OpenStreetMap contributors"],
        "box": (24.93, 60.16, 24.95, 60.18),
        "metric_srid": 32635,
        "lang": "en",
        "labels": [(24.94, 60.17, "1")],
    }  # fmt: skip
    return ReportContent(**{**given, **changes})


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf))


def test_a_report_is_pdf_with_both_scripts_inside_and_the_same_twice():
    pdf = pdf_bytes(report())
    assert pdf.startswith(b"%PDF-")
    assert pages_of(pdf) == 2
    assert pdf == pdf_bytes(report())
    assert b"/FontFile2" in pdf
    names = set(re.findall(rb"/BaseFont /([A-Za-z0-9+\-]+)", pdf))
    assert any(b"Noto" in name for name in names)
    assert any(b"Inter" in name for name in names)
    assert re.search(rb"/MediaBox \[ 0 0 595\.\d+ 841\.\d+ \]", pdf)


def test_long_tables_run_on_over_sheets():
    assert pages_of(pdf_bytes(report(rows=200))) > 6


def test_an_empty_report_still_prints():
    table = ReportTable("grids", "Grids", ["code"], [], ["grid"], [])
    empty = report(tables=[table], layers=[ReportLayer("a", "a", np.array([], dtype=object), [])], facts=[], labels=[])
    assert pages_of(pdf_bytes(empty)) == 2


def test_text_is_split_by_script_and_what_no_font_has_is_told_by_its_number():
    faces = runs("Grid 网格 9\U0001f600")
    assert [text for _, text in faces][:3] == ["Grid ", "网格", " 9"]
    assert faces[0][0].startswith("inter")
    assert faces[1][0].startswith("noto")
    assert faces[-1][1] == "[U+1F600]"
    assert runs("") == []


def test_rare_letters_come_from_their_slice_of_the_font():
    text = "骉龢鱻 25 ℃ ≤ Ж"
    assert "".join(word for _, word in runs(text)) == text
    assert {face for face, word in runs("骉龢", bold=True)} == {"noto-sans-sc-24", "noto-sans-sc-21"}
    # what the font does not have at all is named, and a mark without a shape is left out
    assert "".join(word for _, word in runs("㙦村𬭚\ufe0f")) == "[U+3666]村[U+2CB5A]"


def test_a_report_with_rare_letters_prints():
    assert pages_of(pdf_bytes(report(title="骉村㙦组 ≤ 25 ℃"))) >= 1


@given(st.text(alphabet=st.sampled_from(list("ab cd解放路网格,; ")), max_size=80), st.floats(20, 200))
def test_wrapped_lines_fit_and_lose_nothing(text, room):
    lines = wrap(text, 8, room)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(width(line, 8) <= room or len(line) == 1 for line in lines)


def test_a_cell_that_is_too_long_ends_with_dots():
    assert wrap("one two three four five six seven", 8, 40, most=2)[-1].endswith("…")


@given(st.floats(1, 1e7))
def test_scales_are_round_and_not_smaller_than_needed(value):
    found = round_up(value)
    assert value <= found * (1 + 1e-9)
    assert found <= value * 1.06


@given(st.floats(1, 1e6))
@example(999999.9999999999)
def test_the_scale_bar_is_round_and_fits(metres):
    length, half = bar_lengths(metres)
    assert length <= metres < 2.5 * length * (1 + 1e-9)
    assert half * 2 == length


def test_the_map_keeps_its_shape_and_fits_its_frame():
    frame = fit(shapely.box(0, 0, 3000, 1000), (36, 100, 520, 400))
    corners = frame.on_paper(np.array([[0.0, 0.0], [3000.0, 1000.0]]))
    across, up = corners[1] - corners[0]
    assert across / up == pytest.approx(3.0)
    assert (corners >= (36, 100)).all()
    assert (corners <= (556, 500)).all()
    assert frame.denominator % 50 == 0


def test_colours_and_paths_are_in_the_stream():
    pdf = pdf_bytes(report())
    streams = re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL)
    import base64

    plain = b""
    for stream in streams:
        try:
            plain += zlib.decompress(base64.a85decode(stream.strip().removesuffix(b"~>")))
        except (ValueError, zlib.error):
            continue
    assert b".427451 .701961 .737255 rg" in plain


def test_geopackage_has_a_layer_each_with_codes_as_text(tmp_path):
    import geopandas

    data = geopackage_bytes(
        [
            FileLayer("grids", np.array([shapely.box(0, 0, 1, 1)]), {"code": ["009001"], "score": [1.5]}),
            FileLayer("nothing", np.array([], dtype=object), {"code": []}),
            FileLayer("gaps", np.array([shapely.Point(0.5, 0.5)]), {"kind": ["street"]}),
        ]
    )
    path = tmp_path / "r.gpkg"
    path.write_bytes(data)
    assert geopandas.read_file(path, layer="grids")["code"].tolist() == ["009001"]
    assert sorted(geopandas.list_layers(path)["name"]) == ["gaps", "grids"]
    assert BytesIO(data).read(15) == b"SQLite format 3"
