"""Which language of ours a client likes best."""

from __future__ import annotations

from typing import Final

from layers.spec import LANGS, Lang

CONTENT_LANGUAGE: Final[dict[Lang, str]] = {"en": "en", "zh": "zh-CN"}


def preferred(header: str) -> Lang | None:
    """Return the language of ours that an Accept-Language header likes best, or None.

    Examples
    --------
    >>> preferred("zh-CN,zh;q=0.9,en;q=0.8"), preferred("fi, en-GB;q=0.5"), preferred("fi"), preferred("zh;q=0, en;q=x")
    ('zh', 'en', None, None)
    """
    weights: dict[Lang, float] = {}
    for part in header.lower().split(","):
        tag, *options = (piece.strip() for piece in part.split(";"))
        known = next((lang for lang in LANGS if tag.partition("-")[0] == lang), None)
        told = next((option[2:] for option in options if option.startswith("q=")), "1")
        weight = float(told) if told.replace(".", "", 1).isdecimal() and told.isascii() else 0.0
        if known is not None and weight > weights.get(known, 0.0):
            weights[known] = weight
    return max(weights, key=lambda lang: weights[lang], default=None)
