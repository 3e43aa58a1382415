"""`gridward load catalogue`, `gridward catalogue` and `gridward calendar`."""

from __future__ import annotations

import json
from importlib import resources

import pytest

from tests.api.town import build_town

CHINA = {
    "code": "test", "zone": "Asia/Shanghai", "hours": ["08:30-12:00", "14:00-17:30"],
    "years": {"2025": {"announced": True, "off": {"2025-10-01/2025-10-08": "国庆节"},
                       "work": {"2025-09-28": "调休", "2025-10-11": "调休"}}},
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def town(database):
    return build_town(database)


def test_a_catalogue_is_loaded_searched_and_checked(gridward, tmp_path):
    with resources.as_file(resources.files("casework") / "open_catalogue.csv") as path:
        code, out, _ = gridward("load", "catalogue", path)
    assert (code, "(113 items, 4 classes, version 1)" in out) == (0, True)
    code, out, _ = gridward("catalogue", "versions")
    assert (code, "113 items in 4 classes" in out) == (0, True)
    code, out, _ = gridward("catalogue", "search", "jgqs")
    assert out.startswith("0101  井盖缺失  Missing manhole cover")
    code, out, _ = gridward("catalogue", "check")
    assert (code, "226 without a lead unit" in out) == (1, True)
    units, leads = tmp_path / "units.csv", tmp_path / "leads.csv"
    units.write_text("code,name\nC1,Works\n")
    leads.write_text("item,area,unit\n,,C1\n")
    assert gridward("load", "units", units)[0] == gridward("load", "lead-units", leads)[0] == 0
    assert gridward("catalogue", "check", "--json")[0] == 0
    code, out, _ = gridward("catalogue", "apply-limits")
    assert (code, out) == (0, "0 clocks came to another result.\n")


def test_one_item_is_added_changed_and_retired(gridward):
    added = gridward(
        "catalogue", "item", "set", "X-1", "class_code=X", "class_zh=试验", "name_zh=彩灯不亮", "name_en=Festoon out",
        "limit_1=make safe 3 紧急工作时; repair 5 工作日", "synonyms=彩灯; festoon", "urgent=yes",
    )  # fmt: skip
    assert added[0] == 0, added[2]
    assert added[1].startswith("X-1 is added: version ")
    code, out, _ = gridward("catalogue", "item", "set", "X-1", "limit_2=2 work hours", "urgent=no", "--json")
    told = json.loads(out)["item"]
    assert (code, told["name_en"], told["urgent"], told["synonyms"]) == (0, "Festoon out", False, ["彩灯", "festoon"])
    code, out, _ = gridward("catalogue", "item", "show", "X-1")
    lines = out.splitlines()
    assert "limit_1=make safe 3 emergency hour; repair 5 work day" in lines
    assert "limit_2=2 work hour" in lines
    assert gridward("catalogue", "search", "caideng")[1] == (
        "X-1  彩灯不亮  Festoon out  (make safe 3 emergency hours, repair 5 work days; class 2: 2 work hours)\n"
    )
    for wrong, field in (
        ("nope=1", "nope"),
        ("severity=huge", "severity"),
        ("urgent=perhaps", "urgent"),
        ("x", "FIELD"),
    ):
        code, _, err = gridward("catalogue", "item", "set", "X-1", wrong)
        assert (code, field in err) == (2, True), (wrong, err)
    assert gridward("catalogue", "item", "set", "X-2", "name_en=No class")[0] == 2
    assert gridward("catalogue", "item", "retire", "X-1")[0] == 0
    assert gridward("catalogue", "item", "show", "X-1")[0] != 0


def test_refused_rows_end_with_2_and_are_listed(gridward, tmp_path):
    path = tmp_path / "bad.csv"
    path.write_text("code,class_code,name_zh,limit_1\n1,01,x,soon\n2,01,y,4 工作时\n")
    code, _, err = gridward("load", "catalogue", path)
    assert (code, "line 2, limit_1 'soon'" in err) == (2, True)


def test_a_calendar_is_loaded_and_reckons(gridward, tmp_path):
    path = tmp_path / "calendar.json"
    path.write_text(json.dumps(CHINA))
    assert gridward("calendar", "load", path)[:2] == (0, "test holds as version 1; 0 clocks moved.\n")
    assert "2025-09-28 works 调休" in gridward("calendar", "show")[1]
    assert gridward("calendar", "due", "2025-09-26T16:00+08:00", "4 工作时")[1] == "2025-09-28T11:00:00+08:00\n"
    assert gridward("calendar", "due", "2025-09-30T10:00", "5 work days")[1] == "2025-10-14T17:30:00+08:00\n"
    told = json.loads(gridward("calendar", "due", "2025-12-30T10:00", "5 work days", "--json")[1])
    assert told == {"due_at": "2026-01-06T17:30:00+08:00", "provisional": True}
    year = {"years": {"2026": {"announced": True, "off": {"2026-01-01/2026-01-03": "元旦"}}}}
    path.write_text(json.dumps(year), encoding="utf-8")
    assert gridward("calendar", "load", path)[:2] == (0, "test holds as version 2; 0 clocks moved.\n")
    shown = gridward("calendar", "show")[1]
    assert "2025-09-28 works 调休" in shown
    assert "2026-01-02 off   元旦" in shown
    assert gridward("calendar", "due", "2025-12-31T10:00", "1 work day")[1] == "2026-01-05T17:30:00+08:00\n"
    assert gridward("calendar", "due", "soon", "5 work days")[0] == 2
    assert gridward("calendar", "due", "2025-09-30T10:00", "soon")[0] == 2
    path.write_text("{")
    assert gridward("calendar", "load", path)[0] == 2
