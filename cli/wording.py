"""Words of answers: one and many."""

from __future__ import annotations

from gis.wording import counted

__all__ = ["counted"]
