"""Free text keeps the place and loses the person: identity and telephone numbers are cut out before saving."""

from __future__ import annotations

import re
from typing import Final

ID_MARK: Final = "[id]"
PHONE_MARK: Final = "[phone]"
# also those that turn the direction of what follows, or can't be seen
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_ASCII_DIGITS: Final = str.maketrans("０１２３４５６７８９－＋", "0123456789-+")

# the date of birth is checked so that an 18-digit asset code is not taken for a person
_BORN = r"(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_RESIDENT_ID = re.compile(rf"(?<!\d)[1-9]\d{{5}}[ -]?{_BORN}[ -]?\d{{3}}[\dXxＸｘ](?!\d)")
_OLD_RESIDENT_ID = re.compile(r"(?<!\d)[1-9]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)")
_MOBILE = re.compile(r"(?<![\d.])(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")
_LANDLINE = re.compile(r"(?<![\d.])(?:\(0\d{2,3}\)|（0\d{2,3}）|0\d{2,3})[ -]?[2-9]\d{6,7}(?:[-转]\d{1,6})?(?!\d)")
_INTERNATIONAL = re.compile(r"(?<![\d.])(?:\+|00)[1-9]\d{0,2}(?:[ ./()-]{0,2}\d){6,12}(?!\d)")


def control_sign(text: str) -> str | None:
    r"""Name the first control character in `text` that is neither a tab nor a line break, or None.

    Such characters are no part of what people say: they come from torn files and from who tries to break displays.

    Examples
    --------
    >>> control_sign("a\tb\n"), control_sign("a\x00b"), control_sign("\u202eabc")
    (None, 'U+0000', 'U+202E')
    """
    found = _CONTROL.search(text)
    return None if found is None else f"U+{ord(found[0]):04X}"


def mask_personal_numbers(text: str) -> str:
    """Replace identity and telephone numbers in `text` by a mark.

    Longer digit strings (20-digit camera ids, 16-digit component codes) and decimal coordinates stay. Full-width
    digits become ordinary ones.

    Parameters
    ----------
    text : str
        What the reporter said.

    Returns
    -------
    str

    Examples
    --------
    >>> mask_personal_numbers("井盖丢失，请联系13812345678")
    '井盖丢失，请联系[phone]'
    >>> mask_personal_numbers("ID 11010519491231002X, at 24.9384, 60.1699")
    'ID [id], at 24.9384, 60.1699'
    """
    text = text.translate(_ASCII_DIGITS)
    for pattern, mark in (
        (_RESIDENT_ID, ID_MARK),
        (_OLD_RESIDENT_ID, ID_MARK),
        (_INTERNATIONAL, PHONE_MARK),
        (_MOBILE, PHONE_MARK),
        (_LANDLINE, PHONE_MARK),
    ):
        text = pattern.sub(mark, text)
    return text
