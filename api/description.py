"""The OpenAPI document of the whole API (``/openapi.json``), with problems as the form of every failure."""

from __future__ import annotations

from threading import Lock
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi

from api import problems


def install(app: FastAPI) -> None:
    """Serve the description of an application that was made without an ``openapi_url``, at the usual address.

    It takes seconds to write, so it is written once, at the first request, in a thread: others are answered meanwhile.
    """
    app.openapi = lambda: _described(app)  # type: ignore[method-assign]
    writing = Lock()
    written: list[bytes] = []

    def answer(_: Request) -> Response:
        with writing:
            if not written:
                written.append(orjson.dumps(app.openapi()))
        return Response(written[0], media_type="application/json")

    app.add_route("/openapi.json", answer, include_in_schema=False)


def _described(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        described = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            license_info=app.license_info,
            routes=app.routes,
            separate_input_output_schemas=False,
        )
        schemas = described.setdefault("components", {}).setdefault("schemas", {})
        schemas["Problem"] = problems.openapi_schema()
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        _tell_failures(described)
        app.openapi_schema = described
    return app.openapi_schema


def _tell_failures(described: dict[str, Any]) -> None:
    failure: dict[str, Any] = {
        "description": "A problem (RFC 9457).",
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    # Open311 has a form of its own for what goes wrong
    own: dict[str, Any] = {"application/json": {}, "text/xml": {}}
    others = {"description": "Errors as Open311 writes them.", "content": own | failure["content"]}
    for path, operations in described["paths"].items():
        for operation in operations.values():
            if isinstance(operation, dict) and "responses" in operation:
                operation["responses"].pop("422", None)
                operation["responses"].setdefault("default", others if path.startswith("/open311") else failure)
