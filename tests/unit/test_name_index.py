"""Names by any part of them: the index agrees with reading all names through."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.name_index import MOST_WORDS, NameIndex, words_of

NAMES = [
    "胜利村1号",
    "大营路12号",
    "大营路１３号",
    "Main Street 3",
    "Main Street 31",
    "营村",
    "",
    "3 Main-Street",
    "大营",
]
letters = st.text(alphabet="村号大营1２ a-", max_size=6)


def found(index, text, limit=20, **more):
    answer = index.find(text, limit=limit, **more)
    return list(zip(answer.rows.tolist(), answer.ranks.tolist(), strict=True))


def by_reading(names, text, limit, rows=None):
    words, whole = words_of(text), "".join(words_of(text))
    held = []
    for row, name in enumerate(names):
        plain = "".join(words_of(name))
        if (
            words
            and (rows is None or row in rows)
            and (plain.startswith(whole) or all(word in plain for word in words))
        ):
            rank = 0 if plain == whole else 1 if plain.startswith(whole) else 2
            held.append((rank if rank == 2 else 1, len(plain), row, rank))
    return [(row, rank) for _, _, row, rank in sorted(held)[:limit]]


def test_whole_names_then_beginnings_then_any_part():
    index = NameIndex(NAMES)
    assert found(index, "大营") == [(8, 0), (1, 1), (2, 1)]
    assert found(index, "营") == [(5, 1), (8, 2), (1, 2), (2, 2)]
    assert found(index, "main street 3") == [(3, 0), (4, 1), (7, 2)]
    assert found(index, "大营路 13 号") == [(2, 0)]
    assert found(index, "号", limit=1) == [(0, 2)]
    assert found(index, "大营", among=lambda rows: rows == 2) == [(2, 1)]


@pytest.mark.parametrize("text", ["", "  ", "%", "--", "脿", "胜利村1号2", "号大"])
def test_what_no_name_holds(text):
    assert found(NameIndex(NAMES), text) == []
    assert found(NameIndex([]), text) == []


def test_a_name_does_not_run_on_into_the_next():
    assert found(NameIndex(["ab", "cd"]), "bc") == []
    assert found(NameIndex(["ab\ncd"]), "bc") == [(0, 2)]


def test_many_words_and_many_names():
    names = [f"街{n % 7}巷{n}号" for n in range(30_000)]
    index = NameIndex(names)
    assert len(index) == 30_000
    assert found(index, "号", limit=5) == by_reading(names, "号", 5)
    assert found(index, "29999 街") == by_reading(names, "29999 街", 20)
    assert found(index, " ".join("街巷号1234567890") + " 街" * MOST_WORDS, limit=3) == []


def test_more_signs_than_two_bytes_can_number():
    names = [chr(sign) for sign in range(0x4E00, 0x9FFF)] + [chr(sign) for sign in range(0x20000, 0x2F000)]
    assert found(NameIndex(names), chr(0x2B000)) == [(names.index(chr(0x2B000)), 0)]


@settings(max_examples=150, deadline=None)
@given(st.lists(letters, max_size=12), letters, st.integers(1, 6), st.data())
def test_it_agrees_with_reading_all_names(names, text, limit, data):
    rows = data.draw(st.none() | st.sets(st.integers(0, 12)))
    among = None if rows is None else lambda asked: np.isin(asked, list(rows))
    assert found(NameIndex(names), text, limit, among=among) == by_reading(names, text, limit, rows)
