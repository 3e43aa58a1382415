"""Siting: what proposed cameras would see and change."""

from __future__ import annotations

from fastapi import APIRouter

from api.deps import Work
from api.siting_bodies import WhatIfIn, WhatIfOut

router = APIRouter(prefix="/api/v1/coverage", tags=["coverage"])


@router.post("/what-if", operation_id="what_if")
def what_if(work: Work, asked: WhatIfIn) -> WhatIfOut:
    """Tell what cameras would see and change; nothing is saved."""
    from services.what_if import Proposed, what_if  # noqa: PLC0415 - brings in compiled kernels

    found = what_if(
        work,
        asked.plan,
        [Proposed(**camera.model_dump()) for camera in asked.cameras],
        remove=asked.remove,
        needs=asked.needs.model_dump() if asked.needs else None,
    )
    return WhatIfOut.model_validate(found)
