"""The digest chain of a case: each step carries the digest of the one before, so a changed row shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

GENESIS = ""
"""What the first step of a case has in place of a previous digest."""
_CANONICAL = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def step_digest(previous: str, content: Mapping[str, Any]) -> str:
    """Return the digest of one step.

    Parameters
    ----------
    previous : str
        Digest of the step before; empty for the first.
    content : Mapping
        What the step says, as JSON values. Free text stays out: it must be erasable without breaking the chain.

    Returns
    -------
    str
        64 hexadecimal digits (SHA-256).

    Examples
    --------
    >>> step_digest("", {"seq": 1}) == step_digest("", {"seq": 1})
    True
    >>> step_digest("", {"seq": 1}) == step_digest("other", {"seq": 1})
    False
    """
    return hashlib.sha256(_CANONICAL.encode({"prev": previous, "content": content}).encode()).hexdigest()


def first_broken(steps: Iterable[tuple[str, str, Mapping[str, Any]]]) -> int | None:
    """Return the index of the first step that does not fit its predecessor, or None when the chain is whole.

    Parameters
    ----------
    steps : iterable of (prev, digest, content)
        In order of their sequence number.

    Returns
    -------
    int or None

    Examples
    --------
    >>> one = step_digest("", {"seq": 1})
    >>> first_broken([("", one, {"seq": 1})]) is None
    True
    >>> first_broken([("", one, {"seq": 2})])
    0
    """
    expected = GENESIS
    for index, (previous, digest, content) in enumerate(steps):
        if previous != expected or digest != step_digest(previous, content):
            return index
        expected = digest
    return None
