"""axe on every desk, in both colours and languages; forced colours; zoom."""

from pathlib import Path

import pytest

AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
DESKS = ("planner", "areas", "organisation", "dispatch", "coverage", "reports")
LOOKS = (("light", "en"), ("dark", "zh"))


def faults(desk):
    desk.page.add_script_tag(path=str(AXE))
    return desk.page.evaluate(
        "async () => (await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}))"
        ".violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(' | ')}`)"
    )


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; run `make web`")
@pytest.mark.parametrize(("theme", "lang"), LOOKS)
@pytest.mark.parametrize("name", DESKS)
def test_desk_has_no_axe_faults(open_desk, name, theme, lang):
    desk = open_desk(bypass_csp=True)
    desk.open(f"#/{name}?theme={theme}&lang={lang}")
    if name != "reports":
        desk.wait_for_map()
    desk.page.wait_for_load_state("load")
    assert faults(desk) == []


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; run `make web`")
@pytest.mark.parametrize("name", ["planner", "dispatch", "coverage"])
def test_list_mode_has_no_axe_faults(open_desk, name):
    desk = open_desk(bypass_csp=True)
    desk.open(f"#/{name}?list=1")
    desk.page.locator("tr[data-key]").first.click()
    assert faults(desk) == []


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed; run `make web`")
@pytest.mark.parametrize(("theme", "lang"), LOOKS)
@pytest.mark.parametrize("part", ["new", "figures"])
def test_parts_of_the_areas_page_have_no_axe_faults(open_desk, part, theme, lang):
    desk = open_desk(bypass_csp=True)
    desk.open(f"#/areas?part={part}&theme={theme}&lang={lang}")
    desk.wait_for_map()
    if part == "new":
        desk.page.locator(".area-list input").first.check()
        desk.page.get_by_role("button", name={"en": "Split", "zh": "拆分"}[lang], exact=True).click()
    assert faults(desk) == []


@pytest.mark.parametrize("name", DESKS)
def test_desk_at_320_pixels_needs_no_sideways_scroll(open_desk, name):
    desk = open_desk({"width": 320, "height": 700})
    desk.open(f"#/{name}")
    assert desk.page.evaluate("() => document.documentElement.scrollWidth") <= 320
