"""The OGC API: features of every collection, read by any client and edited where a collection can be."""

from fastapi import APIRouter

from api.ogc import collections, description, edits, items, landing, styles

router = APIRouter()
for part in (landing, collections, items, edits, description, styles):
    router.include_router(part.router)
