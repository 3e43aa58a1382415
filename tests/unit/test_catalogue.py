"""Items found by any of their names, limits by class and phase, one lead unit for each item and area."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.catalogue import phases_of, plain, read_list, read_phases, recognise, search, search_terms
from casework.routing import ALL, NOBODY, SEVERAL, LeadRule, lead_table
from gis.errors import InvalidInputError

TERMS = {
    code: search_terms([code, *words])
    for code, words in {
        "0101": ("井盖破损", "Damaged manhole cover", "窨井盖", "沙井盖"),
        "0102": ("路灯不亮", "Street light out", "街灯"),
        "0201": ("暴露垃圾", "Litter", "垃圾堆"),
        "0202": ("垃圾桶满溢", "Overfull litter bin"),
    }.items()
}


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("井盖", ["0101"]),
        ("井", ["0101"]),
        ("jinggai", ["0101"]),
        ("jing gai", ["0101"]),
        ("JGPS", ["0101"]),
        ("沙井盖", ["0101"]),
        ("sjg", ["0101"]),
        ("ludeng", ["0102"]),
        ("litter", ["0201", "0202"]),
        ("bin overfull", ["0202"]),
        ("垃圾", ["0201", "0202"]),
        ("０１０１", ["0101"]),
        ("no such thing", []),
        ("  ", ["0101", "0102", "0201", "0202"]),
    ],
)
def test_items_are_found_by_names_pinyin_initials_and_synonyms(query, codes):
    assert search(TERMS, query) == codes


@settings(max_examples=60)
@given(st.text(max_size=12))
def test_what_is_found_holds_the_query(query):
    for code in search(TERMS, query):
        words = [plain(word) for word in query.split()]
        assert all(any(word in term for term in TERMS[code]) for word in words) or plain(query) in "".join(TERMS[code])


@given(st.sampled_from(sorted(TERMS)), st.data())
def test_each_term_finds_its_item(code, data):
    term = data.draw(st.sampled_from(TERMS[code]))
    assert code in search(TERMS, term)


def test_free_text_is_an_item_only_where_that_is_plain():
    names = {"1": ["暴露垃圾", "垃圾"], "2": ["垃圾桶满溢", "垃圾桶"], "3": ["Pothole"]}
    assert recognise(names, "pothole") == "3"
    assert recognise(names, "Big POTHOLE near the school") == "3"
    assert recognise(names, "小区垃圾桶没人收") == "2", "the longest name counts"
    assert recognise(names, "一堆垃圾") == "1"
    assert recognise(names, "暴露垃圾 and垃圾桶满") == "1"
    assert recognise({"1": ["噪声"], "2": ["油烟"]}, "油烟和噪声") is None
    assert recognise(names, "") is None


def test_limits_come_by_class_and_phase():
    burst = read_phases("抢险 3 紧急工作时；修复 8 紧急工作时；恢复路面 5 工作日", 1)
    assert [(phase.seq, phase.name, str(phase.limit)) for phase in burst] == [
        (1, "抢险", "3 emergency hour"),
        (2, "修复", "8 emergency hour"),
        (3, "恢复路面", "5 work day"),
    ]
    assert phases_of((*read_phases("2 工作日", 2),), 1)[0].area_class == 2, "better another class's limit than none"
    assert phases_of((), 1) == ()
    assert read_phases("PT30M", 1)[0].limit.amount == 30
    assert read_phases("reply: P10D", 1)[0].name == "reply"
    assert read_list(" ") == ()


@pytest.mark.parametrize("words", ["", "soon", "抢险; 3 工作时", "; ;", "4 工作时" + "; 1 工作日" * 9])
def test_limits_of_the_wrong_form_are_refused(words):
    with pytest.raises(InvalidInputError):
        read_phases(words, 1)


AREAS = {"c": None, "t1": "c", "t2": "c", "v1": "t1", "v2": "t1", "v3": "t2"}
ITEMS = {"0101": "01", "0102": "01", "0201": "02"}


def test_the_nearest_rule_leads():
    rules = [
        LeadRule(ALL, ALL, "office"), LeadRule("01", "t1", "roads"), LeadRule("0101", "v1", "drains"),
        LeadRule("0102", ALL, "lamps"),
    ]  # fmt: skip
    table = lead_table(ITEMS, AREAS, rules)
    assert table.unit("0101", "v1") == "drains"
    assert table.unit("0101", "v2") == "roads"
    assert table.unit("0101", "v3") == "office"
    assert table.unit("0102", "v1") == "lamps", "the item's own rule wins over its class's nearer one"
    assert table.unit("0201", "c") == "office"
    assert table.unit("9999", "c") is None
    assert (table.count(NOBODY), table.count(SEVERAL)) == (0, 0)


def test_holes_and_doubles_are_listed():
    rules = [LeadRule("01", "c", "roads"), LeadRule("01", "t2", "one"), LeadRule("01", "t2", "two")]
    table = lead_table(ITEMS, AREAS, rules)
    assert table.count(NOBODY) == 6
    assert table.places(NOBODY, 2) == [("0201", "c"), ("0201", "t1")]
    assert table.places(SEVERAL, 9) == [("0101", "t2"), ("0101", "v3"), ("0102", "t2"), ("0102", "v3")]
    assert table.unit("0101", "v3") is None
    assert lead_table(ITEMS, {"a": "b", "b": "a"}, [LeadRule(ALL, "a", "x")]).unit("0101", "b") in {"x", None}


def by_hand(item, area, rules):
    for selector in (item, ITEMS[item], ALL):
        here = area
        while True:
            units = {rule.unit for rule in rules if rule.item == selector and rule.area == (here or ALL)}
            if units:
                return next(iter(units)) if len(units) == 1 else SEVERAL
            if here is None:
                break
            here = AREAS[here]
    return NOBODY


@settings(max_examples=80)
@given(
    st.lists(
        st.builds(
            LeadRule,
            st.sampled_from([*ITEMS, "01", "02", ALL]),
            st.sampled_from([*AREAS, ALL]),
            st.sampled_from(["x", "y", "z"]),
        ),
        max_size=12,
    )
)
def test_every_pair_is_what_a_walk_up_the_tree_finds(rules):
    table = lead_table(ITEMS, AREAS, rules)
    for row, item in enumerate(ITEMS):
        for column, area in enumerate(AREAS):
            wanted, found = by_hand(item, area, rules), int(table.lead[row, column])
            assert (table.units[found] if found >= 0 else found) == wanted
