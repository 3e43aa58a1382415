"""Plans as files over HTTP: export and import round trip, repair, refusals."""

from __future__ import annotations

import io
import json
import warnings
import zipfile

import pytest
import shapely
from sqlalchemy import event

from api.deps import CredentialCache
from services.plan_life import downloads
from tests.api.town import build_town, many


@pytest.fixture(scope="module")
def town(database):
    return build_town(database)


def layer(shapes, rows) -> bytes:
    features = [
        {"type": "Feature", "properties": row, "geometry": shapely.geometry.mapping(shape)}
        for shape, row in zip(shapes, rows, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def post(client, url, content: bytes, file: str = "grids.geojson", **fields):
    return client.post(url, files={"file": (file, content)}, data={"crs": "wgs84", **fields})


SQUARES = {f"9901010010{area:02d}{code:03d}": box for area, code, box in (
    (1, 1, (0, 0, 200, 200)), (1, 2, (200, 0, 400, 200)), (1, 4, (0, 200, 200, 400)), (1, 5, (200, 200, 400, 400)),
    (2, 3, (400, 0, 600, 200)), (2, 6, (400, 200, 600, 400)),
)}  # fmt: skip


@pytest.mark.parametrize("form", ["gpkg", "geojson", "shp", "csv"])
def test_export_and_import_give_the_same_grids(client, town, form):
    first = client.get(f"/api/v1/plans/{town.plan}/export?format={form}")
    assert first.status_code == 200
    ending = downloads.FORMATS[form][0]
    made = post(client, "/api/v1/plans/import", first.content, f"grids{ending}", name=f"again {form}")
    assert made.status_code == 201, made.text
    report = made.json()
    assert (report["grids"], report["codes_kept"], report["changes"]) == (6, 6, [])
    plan = client.get(f"/api/v1/plans/{report['plan_id']}").json()["plan"]
    assert (plan["status"], plan["name"]) == ("draft", f"again {form}")
    diff = client.get(f"/api/v1/plans/{town.plan}/diff/{plan['id']}").json()["summary"]
    assert diff["kept"] == 6
    second = client.get(f"/api/v1/plans/{plan['id']}/export?format={form}").content
    dry = post(client, "/api/v1/plans/import", second, f"grids{ending}", dry_run="true")
    assert (dry.status_code, dry.json()["plan_id"]) == (200, None)
    again = post(client, "/api/v1/plans/import", second, f"grids{ending}").json()
    assert again["corners_added"] == 0
    assert _shapes(client, again["plan_id"]) == _shapes(client, plan["id"])
    for made_here in (plan["id"], again["plan_id"]):
        seen = client.get(f"/api/v1/plans/{made_here}").json()["plan"]["revision"]
        assert client.delete(f"/api/v1/plans/{made_here}", headers={"If-Match": str(seen)}).status_code == 204


def _shapes(client, plan):
    features = json.loads(client.get(f"/api/v1/plans/{plan}/export?format=geojson").content)["features"]
    return {
        feature["properties"]["code"]: shapely.normalize(shapely.geometry.shape(feature["geometry"])).wkt
        for feature in features
    }


def test_table_whose_outlines_cannot_be_read_is_refused_with_the_line(client):
    table = b'code,wkt\n990101001001001,"POLYGON ((24.9 60.1, 24.91 60.1, 24.91 60.11, 24.9 60.1))"\n2,POLYGON 24.9\n'
    refused = post(client, "/api/v1/plans/import", table, "grids.csv")
    problem = refused.json()
    assert (refused.status_code, problem["row"], problem["field"]) == (422, 3, "wkt")
    assert "grids.csv, line 3: wkt holds no well-known text: 'POLYGON 24.9'" in problem["detail"]
    without = post(client, "/api/v1/plans/import", b"code,name\n1,a\n", "grids.csv")
    assert without.status_code == 422
    assert "in a column wkt" in without.json()["detail"]


def test_csv_export_keeps_codes_as_text(client, town):
    text = client.get(f"/api/v1/plans/{town.plan}/export?format=csv").content.decode("utf-8-sig")
    assert "990101001001001" in text
    assert client.get(f"/api/v1/plans/{town.plan}/export?format=dwg").status_code == 422


def test_borders_that_do_not_meet_are_refused_with_places_or_mended(client, town):
    boxes = list(SQUARES.values())
    boxes[0] = (0, 0, 203, 200)  # three metres into its neighbour
    boxes[5] = (400, 200.3, 600, 400)  # a slit of 30 cm
    drawn = [shapely.get_geometry(many(shapely.box(*box)), 0) for box in boxes]
    content = layer(drawn, [{"name": f"square {k}"} for k in range(6)])
    refused = post(client, "/api/v1/plans/import", content)
    problem = refused.json()
    assert (refused.status_code, problem["code"]) == (422, "grids-need-repair")
    assert len(problem["place"]) == 2
    assert {fault["kind"] for fault in problem["faults"]} >= {"overlap"}
    mended = post(client, "/api/v1/plans/import", content, repair="true", overlap="first")
    assert mended.status_code == 201, mended.text
    report = mended.json()
    overlap = next(change for change in report["changes"] if change["kind"] == "overlap")
    assert overlap["area_m2"] == pytest.approx(600, rel=0.01)
    assert overlap["given_to"] == "#1"
    assert report["codes_given"] == 6
    checked = client.get(f"/api/v1/plans/{report['plan_id']}/impact").json()["checklist"]
    assert next(line for line in checked if line["kind"] == "boundary")["ok"] is True


def test_a_copy_and_an_enclosed_grid_are_told_with_all_other_faults_and_mended(client, town):
    boxes = [*SQUARES.values(), (0, 0, 200, 200), (50, 50, 120, 120)]
    boxes[5] = (400, 200.3, 600, 400)  # a slit of 30 cm
    drawn = [shapely.get_geometry(many(shapely.box(*box)), 0) for box in boxes]
    content = layer(drawn, [{"name": f"square {k}"} for k in range(8)])
    problem = post(client, "/api/v1/plans/import", content).json()
    assert problem["code"] == "grids-need-repair"
    told = {(fault["kind"], tuple(fault["grids"])) for fault in problem["faults"]}
    assert ("covered", ("#7",)) in told
    assert ("overlap", ("#1", "#7", "#8")) in told
    assert "snapped" in {kind for kind, _grids in told}
    assert all(24 < fault["place"][0] < 26 for fault in problem["faults"])
    for rule in ("border", "first", "smaller"):
        report = post(client, "/api/v1/plans/import", content, repair="true", overlap=rule, dry_run="true").json()
        assert report["grids"] == 7
        copies = {(each["given_to"], *each["grids"]) for each in report["changes"] if each["kind"] == "covered"}
        assert copies == {("#1", "#7")}


def test_a_coordinate_that_is_not_a_number_is_told_as_such(client, town):
    drawn = layer([shapely.get_geometry(many(shapely.box(0, 0, 200, 200)), 0)], [{"name": "square"}])
    shape = json.loads(drawn)["features"][0]["geometry"]["coordinates"][0]
    broken = drawn.replace(json.dumps(shape[1][1]).encode(), b"NaN")
    assert broken != drawn
    for repair in ("false", "true"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            problem = post(client, "/api/v1/plans/import", broken, repair=repair).json()
        (row,) = problem["rejected"]
        assert (problem["file"], row["line"], row["reason"]) == (
            "grids.geojson",
            1,
            "a coordinate that is not a number",
        )


def test_a_datum_that_shifts_nothing_here_is_warned_of(client, town):
    drawn = [shapely.get_geometry(many(shapely.box(*box)), 0) for box in SQUARES.values()]
    content = layer(drawn, [{"name": f"square {k}"} for k in range(6)])
    for crs, warned in (("gcj02", True), ("bd09", True), ("wgs84", False)):
        report = post(client, "/api/v1/plans/import", content, crs=crs, dry_run="true").json()
        assert any("mainland China" in warning for warning in report["warnings"]) is warned


def test_bad_uploads_are_refused(client, town, monkeypatch):
    url = "/api/v1/plans/import"
    assert post(client, url, b"{}", "grids.txt").status_code == 422
    no_json = post(client, url, b"not json", "grids.geojson")
    assert (no_json.status_code, no_json.json()["file"]) == (422, "grids.geojson")
    assert no_json.json()["detail"] == "grids.geojson is not JSON. Export it as GeoJSON."
    assert post(client, url, b"PK", "grids.zip").status_code == 422
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as book:
        book.writestr("../../evil.txt", "x")
    assert post(client, url, buffer.getvalue(), "grids.zip").status_code == 422
    assert client.post(url, data={}).status_code == 422
    bow_tie = shapely.get_geometry(many(shapely.box(0, 0, 10, 10)), 0)
    ring = shapely.get_coordinates(bow_tie)
    crossed = shapely.Polygon(ring[[0, 2, 1, 3]])
    refused = post(client, url, layer([crossed], [{"code": "990101001001777"}]))
    assert (refused.status_code, refused.json()["code"]) == (422, "rejected-rows")
    assert refused.json()["rejected"][0]["value"]
    assert "--skip-rejected" not in refused.json()["detail"]
    twice = post(client, url, layer([bow_tie, bow_tie], [{"code": "1"}, {"code": "1"}]))
    assert twice.status_code == 422
    monkeypatch.setattr(downloads, "UPLOAD_MB", 0)
    large = post(client, url, layer([bow_tie], [{}]))
    assert (large.status_code, large.json()["code"]) == (413, "upload-too-large")


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/v1/plans/current", 4),
        ("/api/v1/grids", 1),
        ("/api/v1/staff/assignments", 1),
        ("/api/v1/plans/{plan}/comments", 2),
        ("/api/v1/plans/{plan}/history", 2),
        ("/api/v1/plans/{plan}/lineage", 2),
        ("/api/v1/plans/{plan}/diff/{plan}", 5),
        ("/api/v1/statistics?on=plan:{plan}", 5),
        ("/api/v1/area-changes", 1),
        ("/api/v1/responsibilities", 2),
    ],
)
def test_answers_cost_a_fixed_number_of_statements(client, app, town, path, most):
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        if "audit" not in statement:  # that something sensitive is read is noted once in ten minutes
            seen.append(statement)

    # a credential that was looked up seconds ago may end its time in between; this one can't
    app.state.wiring.credentials = CredentialCache(seconds=60)
    assert client.get("/api/v1/session").status_code == 200
    event.listen(app.state.wiring.database.app, "before_cursor_execute", note)
    try:
        answer = client.get(path.format(plan=town.plan))
        assert answer.status_code == 200, answer.text
    finally:
        event.remove(app.state.wiring.database.app, "before_cursor_execute", note)
    assert len(seen) <= most, seen
