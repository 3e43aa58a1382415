"""Lines of the audit trail about who comes in and what accounts may do."""

from __future__ import annotations

from typing import Any

from services.logs import request_id
from store.database import access as sql
from store.database.work import UnitOfWork


def record(work: UnitOfWork, action: str, target: str = "", details: dict[str, Any] | None = None) -> None:
    """Write one line of the audit trail: who did what to what."""
    sql.add_audit(
        work.session,
        action,
        account_id=work.actor.account_id,
        target=target,
        request_id=request_id.get(),
        details=details,
    )
