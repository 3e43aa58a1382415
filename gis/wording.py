"""Words of answers: one and many."""

from __future__ import annotations


def counted(count: int, one: str, several: str | None = None) -> str:
    """Return a count with its words as the number wants them; `several` is `one` with an s where it is left out.

    Examples
    --------
    >>> counted(1, "row"), counted(1575, "row"), counted(0, "city", "cities")
    ('1 row', '1,575 rows', '0 cities')
    >>> counted(1, "row was refused", "rows were refused")
    '1 row was refused'
    """
    return f"{count:,} {one if count == 1 else several or one + 's'}"
