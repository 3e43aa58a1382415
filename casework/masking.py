"""Free text keeps the place and loses the person: identity and telephone numbers and mailboxes are cut out first."""

from __future__ import annotations

import re
from typing import Final

ID_MARK: Final = "[id]"
PHONE_MARK: Final = "[phone]"
EMAIL_MARK: Final = "[email]"
# also those that turn the direction of what follows, or can't be seen
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_DASHES_AND_SPACES: Final = {ord(sign): "-" for sign in "－‐‑‒–—"} | {
    ord(sign): " " for sign in "\u00a0\u2007\u202f\u3000"
}
_PLAIN: Final = str.maketrans("０１２３４５６７８９＋＠", "0123456789+@") | _DASHES_AND_SPACES

# the date of birth is checked so that no asset code is taken for a person; people group digits as they like
_BORN = (
    r"(?:1[ -]?[89]|2[ -]?0)(?:[ -]?\d){2}[ -]?(?:0[ -]?[1-9]|1[ -]?[0-2])[ -]?(?:0[ -]?[1-9]|[12][ -]?\d|3[ -]?[01])"
)
_RESIDENT_ID = re.compile(rf"(?<!\d)[1-9](?:[ -]?\d){{5}}[ -]?{_BORN}(?:[ -]?\d){{3}}[ -]?[\dXxＸｘ](?!\d)")
# grid codes have 15 digits too, with a town where the year of birth is: who was born before 1926 is no reporter
_OLD_RESIDENT_ID = re.compile(r"(?<!\d)[1-6]\d{5}(?:2[6-9]|[3-9]\d)(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)")
_MOBILE = re.compile(
    r"(?<![\d.])(?:(?:\+|00)?86[ -]?)?"
    # in groups of three and more, digit by digit, or with full stops: one alone would be a coordinate's
    r"(?:(?=\d{3,}(?:[ -]\d{3,}){0,3}(?!\d))1[3-9](?:[ -]?\d){9}|1[ -][3-9](?:[ -]\d){9}|1[3-9]\d\.\d{4}\.\d{4})(?!\d)"
)
_SPELT_MOBILE = re.compile(
    r"(?<![〇零一二三四五六七八九十百幺两])[一幺][三四五六七八九][〇零一二三四五六七八九幺两]{9}"
)
_LANDLINE = re.compile(r"(?<![\d.])(?:[(（]0\d{2,3}[)）]|0\d{2,3})[ -]?[2-9]\d{2,3}[ -]?\d{4}(?:[-转]\d{1,6})?(?!\d)")
_INTERNATIONAL = re.compile(r"(?<![\d.])(?:\+|00)[1-9]\d{0,2}(?:[ ./()-]{0,2}\d){6,12}(?!\d)")
# letters and digits of ASCII alone: in Chinese what stands before it is not parted by a space
_MAILBOX: Final = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}", re.ASCII
)
_FEWEST_DIGITS: Final = 7
# any number that somebody calls a telephone's; numbers of cases look like 2026-11-000123
_SAID_TO_BE_ONE = re.compile(
    r"(?i)(?P<word>(?:电话|手机|座机|号码|联系方式|\b(?:tel|phone|mobile|call|puh))[\s:：.是为]{0,3})"
    r"(?!\d{4}-\d\d-\d{6}(?!\d))\(?0?\d(?:[ ()-]{0,2}\d){6,11}(?!\d)"
)


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


def holds_personal_number(text: str) -> bool:
    """Tell whether a text holds an identity or telephone number, or a mailbox.

    Examples
    --------
    >>> holds_personal_number("王芳 13812345678"), holds_personal_number("王芳")
    (True, False)
    """
    # the marks themselves, as somebody typed them, are none
    masked = mask_personal_numbers(text)
    return any(masked.count(mark) > text.count(mark) for mark in (ID_MARK, PHONE_MARK, EMAIL_MARK))


def mask_personal_numbers(text: str) -> str:
    """Replace identity and telephone numbers, and mailboxes, in `text` by a mark.

    Longer digit strings (20-digit camera ids, 16-digit component codes), grid codes and decimal coordinates stay.
    Full-width digits and spaces become ordinary ones.

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
    text = _SPELT_MOBILE.sub(PHONE_MARK, text.translate(_PLAIN))
    if "@" in text:
        text = _MAILBOX.sub(EMAIL_MARK, text)
    if sum(map(str.isdecimal, text)) < _FEWEST_DIGITS:
        return text
    for pattern, mark in (
        (_RESIDENT_ID, ID_MARK),
        (_OLD_RESIDENT_ID, ID_MARK),
        (_INTERNATIONAL, PHONE_MARK),
        (_MOBILE, PHONE_MARK),
        (_LANDLINE, PHONE_MARK),
        (_SAID_TO_BE_ONE, rf"\g<word>{PHONE_MARK}"),
    ):
        text = pattern.sub(mark, text)
    return text
