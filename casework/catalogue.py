"""Items of the catalogue: what may be reported, under which conditions, within which limits, and how it is found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pypinyin import Style, lazy_pinyin

from casework.limits import Limit, read_limit
from gis.errors import InvalidInputError

AREA_CLASSES: Final = (1, 2, 3, 4)
"""Classes of areas, the busiest first; a class without limits of its own has those of the class before it."""
MOST_PHASES: Final = 9
_AMOUNT = re.compile(r"(?P<name>.*?)(?P<limit>(?:\d|P(?=\d|T\d)).*)", re.DOTALL)
_SEPARATORS = re.compile(r"[;；\n|]+")
_LISTED = re.compile(r"[;；,，、\n|]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Phase:
    """One of the limits of an item that follow each other.

    Attributes
    ----------
    area_class : int
        For areas of this class.
    seq : int
        Counted from 1.
    name : str
        Such as "make safe"; empty where there is but one.
    limit : Limit
    """

    area_class: int
    seq: int
    name: str
    limit: Limit


def read_phases(words: str, area_class: int) -> tuple[Phase, ...]:
    """Read the limits of one class of areas.

    Parameters
    ----------
    words : str
        Such as ``"抢险 3 紧急工作时; 修复 8 紧急工作时; 恢复路面 5 工作日"``.
    area_class : int

    Raises
    ------
    InvalidInputError
        A phase without a limit, or more than nine.

    Examples
    --------
    >>> [(phase.name, str(phase.limit)) for phase in read_phases("make safe 3 紧急工作时; repair 5 工作日", 1)]
    [('make safe', '3 emergency hour'), ('repair', '5 work day')]
    """
    parts = [part.strip() for part in _SEPARATORS.split(words) if part.strip()]
    if not 1 <= len(parts) <= MOST_PHASES:
        raise InvalidInputError(f"Give 1 to {MOST_PHASES} limits, apart by semicolons.", field="limit")
    found = []
    for seq, part in enumerate(parts, start=1):
        match = _AMOUNT.fullmatch(part)
        if match is None:
            raise InvalidInputError(f"'{part[:40]}' holds no limit such as '4 工作时'.", field="limit")
        found.append(Phase(area_class, seq, match["name"].strip(" :："), read_limit(match["limit"])))
    return tuple(found)


def phases_of(limits: Iterable[Phase], area_class: int) -> tuple[Phase, ...]:
    """Return the limits for a class of areas, in order; those of the nearest class before it where it has none.

    Examples
    --------
    >>> limits = (*read_phases("4 工作时", 1), *read_phases("2 工作日", 3))
    >>> [str(phases_of(limits, number)[0].limit) for number in (1, 2, 3, 4)]
    ['4 work hour', '4 work hour', '2 work day', '2 work day']
    """
    known = sorted(limits, key=lambda phase: (phase.area_class, phase.seq))
    classes = [phase.area_class for phase in known]
    fitting = [number for number in classes if number <= area_class] or classes[:1]
    return tuple(phase for phase in known if fitting and phase.area_class == fitting[-1])


def read_list(words: str) -> tuple[str, ...]:
    """Read words that are listed in one cell, each once.

    Examples
    --------
    >>> read_list("窨井盖、沙井盖; manhole,窨井盖")
    ('窨井盖', '沙井盖', 'manhole')
    """
    return tuple(dict.fromkeys(word.strip() for word in _LISTED.split(words) if word.strip()))


def plain(words: str) -> str:
    """Return words as they are compared: one form of each letter, no case, no blanks.

    Examples
    --------
    >>> plain("Ｊing　Gai ")
    'jinggai'
    """
    return "".join(unicodedata.normalize("NFKC", words).casefold().split())


def search_terms(words: Iterable[str]) -> tuple[str, ...]:
    """Return what words may be found by: themselves, and Chinese also by pinyin and by its initials.

    Parameters
    ----------
    words : iterable of str
        Names, synonyms, codes.

    Examples
    --------
    >>> search_terms(["井盖", "Manhole cover"])
    ('井盖', 'jinggai', 'jg', 'manholecover')
    """
    found: dict[str, None] = {}
    for word in words:
        if not word.strip():
            continue
        found[plain(word)] = None
        if _CHINESE.search(word):
            found[plain("".join(lazy_pinyin(word)))] = None
            found[plain("".join(lazy_pinyin(word, style=Style.FIRST_LETTER)))] = None
    return tuple(found)


def search(terms: Mapping[str, Sequence[str]], query: str) -> list[str]:
    """Return the codes of the items that fit a query, best first.

    An exact term comes before one that begins with the query, that before one that holds it, and that before an item
    whose terms together hold every word; among equals the shorter term and then the order given.

    Parameters
    ----------
    terms : mapping of str to sequence of str
        Item code to its `search_terms`.
    query : str
        Chinese, pinyin, initials or Latin, one letter or more.
    """
    whole = plain(query)
    if not whole:
        return list(terms)
    words = [plain(word) for word in query.split()]
    ranked = []
    for place, (code, known) in enumerate(terms.items()):
        best = min((_rank(whole, term) for term in known if whole in term), default=None)
        if best is None and len(words) > 1 and all(any(word in term for term in known) for word in words):
            best = (3, 0)
        if best is not None:
            ranked.append((best, place, code))
    return [code for _, _, code in sorted(ranked)]


def _rank(query: str, term: str) -> tuple[int, int]:
    return (0 if term == query else 1 if term.startswith(query) else 2, len(term))


def recognise(names: Mapping[str, Sequence[str]], text: str) -> str | None:
    """Return the item that free text names, or None where that is not plain.

    The text is a name or synonym, or holds the names of one item only (its longest name counts).

    Parameters
    ----------
    names : mapping of str to sequence of str
        Item code to its names and synonyms.
    text : str

    Examples
    --------
    >>> names = {"01": ["井盖破损", "井盖"], "02": ["路灯不亮"]}
    >>> recognise(names, "东街井盖破损，夜里危险"), recognise(names, "好人好事")
    ('01', None)
    """
    whole = plain(text)
    found: dict[str, int] = {}
    for code, words in names.items():
        for word in map(plain, words):
            if word == whole:
                return code
            if len(word) > 1 and word in whole:
                found[code] = max(found.get(code, 0), len(word))
    longest = max(found.values(), default=0)
    best = [code for code, length in found.items() if length == longest]
    return best[0] if len(best) == 1 else None
