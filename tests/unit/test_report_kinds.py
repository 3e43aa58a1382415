"""Words of kinds in reports: Chinese in Chinese ones, the same words as on the page."""

from __future__ import annotations

import re
from pathlib import Path

from services.reports.kinds import KINDS, kind_word
from store.files.osm.tags import FACILITIES, KEY_PLACES

PAGE = Path(__file__).parents[2] / "web" / "src" / "i18n" / "kinds.ts"


def test_reports_use_the_words_of_the_page() -> None:
    english, chinese = PAGE.read_text(encoding="utf-8").split("kindsZh")
    for lang, text in (("en", english), ("zh", chinese)):
        words = dict(re.findall(r"'(?:post|place)\.(\w+)': '([^']+)'", text))
        assert words == {kind: getattr(word, lang) for kind, word in KINDS.items()}


def test_every_kind_that_is_loaded_has_a_chinese_word() -> None:
    kinds = {kind for values in FACILITIES.values() for kind in values.values()}
    kinds |= {kind for values in KEY_PLACES.values() for kind, _ in values.values()}
    for kind in kinds:
        assert not kind_word(kind, "zh").isascii(), kind
    assert kind_word("bicycle_parking", "zh") == "bicycle parking"
