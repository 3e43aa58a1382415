"""Days and moments in an address: as ISO 8601 writes them, never a bare number that could be anything."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator

_NUMBER = re.compile(r"\s*[+-]?[\d.]+(e[+-]?\d+)?\s*", re.IGNORECASE)


def _no_number(value: object) -> object:
    if isinstance(value, (int, float)) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise ValueError("write it as ISO 8601 does, such as 2026-11-22 or 2026-11-22T08:00:00Z")
    return value


# pydantic takes 0 for the first of January 1970
Day = Annotated[date, BeforeValidator(_no_number)]
Moment = Annotated[AwareDatetime, BeforeValidator(_no_number)]
