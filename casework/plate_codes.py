"""Codes on plates in the street: short enough to be typed, with a sign that tells a mistyped one."""

from __future__ import annotations

from typing import Final

SIGNS: Final = "23456789ABCDEFGHJKLMNPQRSTVWXYZ"
"""No 0 and O, no 1 and I, no U: 31 signs, a prime number, which the check needs."""
LENGTH: Final = 10
"""Nine chosen by chance, and one that checks them."""


def with_check(body: str) -> str:
    """Return the code of nine signs: the signs and the one that checks them.

    Any one wrong sign and any two neighbours changed round give another check sign.

    Examples
    --------
    >>> with_check("ABCDEFGH2")
    'ABCDEFGH2C'
    """
    return body + SIGNS[_sum(body)]


def read_code(text: str) -> str | None:
    """Return the code that somebody typed or scanned, or None when it can't be one.

    Examples
    --------
    >>> read_code("abcd-efgh-2c"), read_code("ABCDEFGH3C"), read_code("")
    ('ABCDEFGH2C', None, None)
    """
    code = "".join(text.upper().replace("-", " ").split())
    if len(code) != LENGTH or any(sign not in SIGNS for sign in code) or with_check(code[:-1]) != code:
        return None
    return code


def shown(code: str) -> str:
    """Return a code in groups, as it is printed.

    Examples
    --------
    >>> shown("ABCDEFGH2C")
    'ABCD-EFGH-2C'
    """
    return "-".join((code[:4], code[4:8], code[8:]))


def _sum(body: str) -> int:
    # weights apart from each other and from the check's own 1, modulo a prime: no single error leaves the sum as it is
    return -sum(SIGNS.index(sign) * weight for weight, sign in enumerate(body, start=2)) % len(SIGNS)
