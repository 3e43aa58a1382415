"""Guess how a text file is encoded; the guess is always reported."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_SAMPLE = 1 << 20


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
