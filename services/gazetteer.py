"""Names that places go by: official ones from the ground, aliases and landmarks from files, each with its sounds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from casework.name_sounds import sounds_of
from store.database import gazetteer as sql
from store.database.work import UnitOfWork


def refresh(work: UnitOfWork, territory_id: UUID, *, digest: str | None = None) -> int:
    """Make the derived names of a territory anew; return how many there are."""
    told = digest if digest is not None else sql.source_digest(work.session)
    rows = list(_derived(sql.read_sources(work.session, territory_id)))
    return sql.replace_names(work.session, territory_id, "derived", rows, digest=told)


def refresh_changed(work: UnitOfWork, *, now: datetime) -> int:  # noqa: ARG001 - as all upkeep
    """Make names anew where areas, streets or places changed since; return for how many territories."""
    told = sql.source_digest(work.session)
    changed = [each for each in sql.territories(work.session) if sql.known_digest(work.session, each) != told]
    for territory_id in changed:
        refresh(work, territory_id, digest=told)
    return len(changed)


def _derived(sources: list[Any]) -> Iterator[tuple[Any, ...]]:
    for row in sources:
        aliases = [text for text in (row.names or {}).values() if isinstance(text, str) and text]
        for name in dict.fromkeys((row.name, *aliases)):
            sounds, initials = sounds_of(name)
            yield (
                row.kind, row.ref_id, name, row.name, row.within, sounds, initials, row.at, float(row.reach),
                row.area_code,
            )  # fmt: skip
