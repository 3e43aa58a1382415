"""Which of many names hold some words, the best first: half a million addresses in a few milliseconds.

A name is compared without spaces, punctuation and the difference of wide and narrow or large and small letters. Any
part of it is found, one Chinese character too. The names lie one after another in the order of their lengths, and for
each character all its places: who looks for a text goes through the places of its rarest character and stops as soon
as enough names are found, which are then the shortest. A character that every name has is so as cheap as a rare one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Among = Callable[[Rows], npt.NDArray[np.bool_]]

_SPACES: Final = re.compile(r"[\W_]+")
_AT_ONCE: Final = 20_000
_FIRST_LOOK: Final = 4_096
_LONGEST_LOOK: Final = 65_536
MOST_WORDS: Final = 12


def words_of(text: str) -> list[str]:
    """Return the words of a text as names are compared.

    Examples
    --------
    >>> words_of("解放路 ９ 号"), words_of("Main-Street 3")
    (['解放路', '9', '号'], ['main', 'street', '3'])
    """
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold()).split()


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of names, the best first.

    Attributes
    ----------
    rows : (k,) array of int64
    ranks : (k,) array of int64
        0 where the text is the whole name, 1 its beginning, 2 anywhere in it.
    """

    rows: Rows
    ranks: Rows


class NameIndex:
    """An index of names that finds any part of them.

    Parameters
    ----------
    names : sequence of str
        A name's place in the sequence is its row.

    References
    ----------
    An inverted file of single characters with positions, as in Witten, Moffat and Bell (1999), Managing Gigabytes,
    chapter 3; its lists are in the order of the answers, so that reading one ends early.
    """

    def __init__(self, names: Sequence[str]) -> None:
        plain = _plain_names(names)
        lengths = np.fromiter((len(each) for each in plain), dtype=np.int64, count=len(plain))
        self._row: Rows = np.argsort(lengths, kind="stable")
        signs = np.frombuffer("\n".join([*(plain[row] for row in self._row), ""]).encode("utf-32-le"), dtype=np.uint32)
        self._codes, self._text = _coded(signs)
        self._starts: Rows = np.concatenate(([0], np.cumsum(lengths[self._row] + 1)))
        self._places, self._bounds = _grouped(self._text, len(self._codes) + 1)
        self._begun, self._begun_bounds = _grouped(self._text[self._starts[:-1]], len(self._codes) + 1)

    def __len__(self) -> int:
        return len(self._row)

    def find(self, text: str, *, limit: int, among: Among | None = None) -> Found:
        """Find the names that hold each word of a text.

        Parameters
        ----------
        text : str
        limit : int
            Most names that are found.
        among : callable or None
            Tells for an array of rows which of them count; all of them without it.

        Returns
        -------
        Found
            Whole names, then those that begin with the text, then others, each the shortest first. Names of one
            length are in the order of their rows.
        """
        words = list(dict.fromkeys(words_of(text)))[:MOST_WORDS]
        coded = [self._code(word) for word in words]
        if not words or any(code is None for code in coded) or not len(self):
            return Found(np.empty(0, np.int64), np.empty(0, np.int64))
        counts = self._counting(among)
        whole = self._code("".join(words_of(text)))
        begun = _first(self._beginning(whole, counts), limit) if whole is not None else []
        found = np.array(begun, dtype=np.int64)
        ranks = np.ones(len(found), dtype=np.int64)
        if whole is not None:
            ranks[self._starts[found + 1] - self._starts[found] - 1 == len(whole)] = 0
        if len(found) < limit:
            holding = self._holding([code for code in coded if code is not None], counts)
            new = (docs[~np.isin(docs, found)] for docs in holding)
            more = np.array(_first(new, limit - len(found)), dtype=np.int64)
            found = np.concatenate((found, more))
            ranks = np.concatenate((ranks, np.full(len(more), 2, dtype=np.int64)))
        return Found(self._row[found], ranks)

    def _code(self, word: str) -> list[int] | None:
        coded = [self._codes.get(ord(sign)) for sign in word]
        return None if None in coded else [code for code in coded if code is not None]

    def _counting(self, among: Among | None) -> Among:
        if among is None:
            return lambda docs: np.ones(len(docs), dtype=bool)
        return lambda docs: among(self._row[docs])

    def _beginning(self, word: list[int], counts: Among) -> Iterator[Rows]:
        """Give the names that begin with a word, in order."""
        for docs in _pieces(self._begun[self._begun_bounds[word[0]] : self._begun_bounds[word[0] + 1]]):
            kept = docs
            for k in range(1, len(word)):
                # a name that ends earlier has its end there, which is no character
                kept = kept[self._text[self._starts[kept] + k] == word[k]]
            yield kept[counts(kept)]

    def _holding(self, words: list[list[int]], counts: Among) -> Iterator[Rows]:
        """Give the names that hold all words, in order."""
        often = np.diff(self._bounds)
        lead, *others = sorted(words, key=lambda word: int(often[word].min()))
        at = int(np.argmin(often[lead]))
        last = -1
        for places in _pieces(self._places[self._bounds[lead[at]] : self._bounds[lead[at] + 1]]):
            docs = self._docs(self._with(places.astype(np.int64) - at, lead))
            docs = docs[docs > last]
            if len(docs):
                last = int(docs[-1])
            docs = docs[counts(docs)]
            for word in others:
                docs = self._that_hold(docs, word)
            yield docs

    def _with(self, begins: Rows, word: list[int]) -> Rows:
        kept = begins[(begins >= 0) & (begins + len(word) <= len(self._text))]
        for k, code in enumerate(word):
            kept = kept[self._text[kept + k] == code]
        return kept

    def _docs(self, places: Rows) -> Rows:
        docs = np.searchsorted(self._starts, places, side="right") - 1
        return docs[np.concatenate(([True], docs[1:] != docs[:-1]))] if len(docs) else docs

    def _that_hold(self, docs: Rows, word: list[int]) -> Rows:
        lengths = self._starts[docs + 1] - self._starts[docs]
        places = np.repeat(self._starts[docs] - np.cumsum(lengths) + lengths, lengths) + np.arange(lengths.sum())
        return self._docs(self._with(places, word))


def _plain_names(names: Sequence[str]) -> list[str]:
    """Write names as they are compared, many at a time but not all: other threads want their turn."""
    plain: list[str] = []
    for low in range(0, len(names), _AT_ONCE):
        joined = "\n".join(name.replace("\n", " ") for name in names[low : low + _AT_ONCE])
        signs = unicodedata.normalize("NFKC", joined).casefold()
        plain += re.sub(r"[^\w\n]+|_+", "", signs).split("\n")
    return plain[: len(names)]


def _coded(signs: npt.NDArray[np.uint32]) -> tuple[dict[int, int], npt.NDArray[Any]]:
    """Give each character that is there a number from 1 on; 0 is the end of a name."""
    there = np.zeros(0x110000, dtype=bool)
    there[signs] = True
    there[ord("\n")] = False
    known = np.flatnonzero(there)
    kind = np.uint16 if len(known) < 0xFFFF else np.uint32
    number = np.zeros(0x110000, dtype=kind)
    number[known] = np.arange(1, len(known) + 1)
    return {int(sign): code for code, sign in enumerate(known, start=1)}, number[signs]


def _grouped(codes: npt.NDArray[Any], kinds: int) -> tuple[npt.NDArray[np.uint32], Rows]:
    """Return the places of each code, in order, and where those of a code begin."""
    places = np.argsort(codes, kind="stable").astype(np.uint32)
    return places, np.concatenate(([0], np.cumsum(np.bincount(codes, minlength=kinds))))


def _pieces(places: npt.NDArray[np.uint32]) -> Iterator[Rows]:
    low, size = 0, _FIRST_LOOK
    while low < len(places):
        yield places[low : low + size].astype(np.int64)
        low, size = low + size, min(size * 4, _LONGEST_LOOK)


def _first(pieces: Iterator[Rows], limit: int) -> list[int]:
    found: list[int] = []
    for docs in pieces:
        found += docs[: limit - len(found)].tolist()
        if len(found) >= limit:
            break
    return found
