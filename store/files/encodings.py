"""Guess how a text file is encoded; the guess is always reported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_SAMPLE = 1 << 20
#: Letters beyond ASCII that must be sound UTF-8 for each that is broken, before a text counts as broken UTF-8.
_SOUND_PER_BROKEN = 2


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a text is encoded.

    Parameters
    ----------
    name : str
        Python codec.
    guessed : bool
        False when a byte order mark or the format itself says so.
    """

    name: str
    guessed: bool


def guess_encoding(data: bytes) -> Encoding:
    """Tell the encoding of a text from its bytes.

    UTF-8 is proven by decoding. Chinese offices otherwise send GBK or GB18030; European files Windows-1252. The two
    differ in how bytes above 0x7F follow each other: common Chinese characters take two of them, a Western letter
    one between ASCII ones.

    Parameters
    ----------
    data : bytes
        The file, or its beginning.

    Returns
    -------
    Encoding

    Examples
    --------
    >>> guess_encoding("编码,名称".encode("gb18030")).name
    'gbk'
    >>> guess_encoding("Straße".encode("cp1252")).name
    'cp1252'
    """
    if data.startswith(b"\xef\xbb\xbf"):
        return Encoding("utf-8-sig", guessed=False)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Encoding("utf-16", guessed=False)
    if _decodes(data, "utf-8"):
        return Encoding("utf-8", guessed=not data.isascii())
    if _looks_chinese(data[:_SAMPLE]):
        for name in ("gbk", "gb18030"):
            if _decodes(data, name):
                return Encoding(name, guessed=True)
    for name in ("cp1252", "gb18030", "latin-1"):
        if _decodes(data, name):
            return Encoding(name, guessed=True)
    return Encoding("latin-1", guessed=True)


def broken_utf8(data: bytes) -> int | None:
    """Find the first broken byte of a text that is UTF-8 but for a few.

    Read in another encoding, such a text would turn into wrong characters without a word. Real GBK or Windows-1252
    text has next to no sound UTF-8 sequence of several bytes.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    int or None
        Offset; None when the text is sound UTF-8, or in another encoding.

    Examples
    --------
    >>> broken_utf8("编码,名称,".encode() + bytes([0xFF])), broken_utf8("编码".encode("gbk"))
    (14, None)
    """
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        first = error.start
    else:
        return None
    around = data[max(first - _SAMPLE // 2, 0) : first + _SAMPLE // 2].decode("utf-8", errors="replace")
    broken = around.count("\ufffd")
    sound = sum(1 for letter in around if letter > "\x7f") - broken
    return first if sound >= _SOUND_PER_BROKEN * broken else None


def _decodes(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except UnicodeDecodeError as error:
        # a sample may end inside a character
        return error.start >= len(data) - 3 and len(data) >= _SAMPLE
    return True


def _looks_chinese(data: bytes) -> bool:
    high = np.frombuffer(data, dtype=np.uint8) >= 0x81
    if not high.any():
        return False
    starts = np.flatnonzero(np.diff(np.r_[False, high]))[::2]
    ends = np.flatnonzero(np.diff(np.r_[high, False]))
    ends = ends[np.isin(ends, np.flatnonzero(high))]
    runs = np.bincount(np.minimum(ends[: len(starts)] - starts[: len(ends)] + 1, 3))
    alone = int(runs[1]) if len(runs) > 1 else 0
    return alone < 0.4 * int(runs.sum())
