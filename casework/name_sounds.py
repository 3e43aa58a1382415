"""How a name is typed by who can't or won't type Chinese: its pinyin in one word, and the initials of its syllables."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from pypinyin import Style, lazy_pinyin


@lru_cache(maxsize=50_000)
def sounds_of(name: str) -> tuple[str, str]:
    """Return pinyin and initials of a name, letters and digits only; Latin letters stand for themselves.

    Examples
    --------
    >>> sounds_of("胜利村"), sounds_of("解放路 9号"), sounds_of("Mannerheimintie")
    (('shenglicun', 'slc'), ('jiefanglu9hao', 'jfl9h'), ('mannerheimintie', 'mannerheimintie'))
    """
    words = unicodedata.normalize("NFKC", name).casefold()
    full = "".join(lazy_pinyin(words, style=Style.NORMAL))
    first = "".join(lazy_pinyin(words, style=Style.FIRST_LETTER))
    return _letters(full), _letters(first)


def _letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())
