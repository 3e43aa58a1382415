"""Errors as RFC 9457 problems: one table from class to status, and the handlers that use it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from gis.errors import (
    CancelledError,
    ConflictError,
    GridwardError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    NotSignedInError,
    RevisionRequiredError,
    StaleRevisionError,
    UnavailableError,
)
from layers.filters.model import InvalidFilterError
from services.access import TooManyAttemptsError
from services.logs import request_id
from services.open311 import MissingParameterError
from services.plan_life.upload_errors import UploadTooLargeError
from services.plates import PlateWithdrawnError
from services.quota import TooManyReportsError
from store.database.actor import Actor

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)


class BadRequestError(GridwardError):
    """The address, a query parameter or a header makes no sense, or the body isn't JSON (400, as OGC API asks)."""

    code = "bad-request"


class BodyTooLargeError(GridwardError):
    """The request body is larger than the server takes."""

    code = "body-too-large"


class RequestTooSlowError(GridwardError):
    """The client took too long to send its request (408)."""

    code = "too-slow"


# the nearest class up the inheritance line counts; the root is a fault of ours that the person should still understand
STATUS: dict[type[GridwardError], int] = {
    GridwardError: 500,
    BadRequestError: 400,
    InvalidFilterError: 400,
    MissingParameterError: 400,
    NotSignedInError: 401,
    NotAllowedError: 403,
    NotFoundError: 404,
    RequestTooSlowError: 408,
    ConflictError: 409,
    CancelledError: 409,
    StaleRevisionError: 412,
    PlateWithdrawnError: 410,
    BodyTooLargeError: 413,
    UploadTooLargeError: 413,
    InvalidInputError: 422,
    RevisionRequiredError: 428,
    TooManyAttemptsError: 429,
    TooManyReportsError: 429,
    UnavailableError: 503,
}

# what the database refuses although the request passed our own checks, by SQLSTATE or its class
_DATABASE: dict[str, tuple[int, str, str]] = {
    "22": (
        422,
        "invalid-input",
        "A value does not fit: too large, or with a character that can't be stored.",
    ),
    "23": (409, "conflict", "This contradicts what is stored: something it names is gone, or is there already."),
    "40": (503, "busy", "Two changes met; try again."),
    "42501": (403, "not-allowed", "This is outside what the account may change."),
    "53": (503, "unavailable", "The database has no room or connection left; try again later."),
    "55P03": (503, "busy", "What this needs is being changed by somebody else; try again."),
    "57": (503, "unavailable", "The database gave up on this or is restarting; try again, or ask for less."),
}


def status_of(error: GridwardError | type[GridwardError]) -> int:
    """Return the HTTP status of an error class or of an error.

    Examples
    --------
    >>> status_of(NotFoundError("There is no such grid."))
    404
    """
    kind = error if isinstance(error, type) else type(error)
    return next(STATUS[parent] for parent in kind.__mro__ if parent in STATUS)


def status_of_family(codes: Iterable[str]) -> int:
    """Return the status of a problem by the codes of its class and of those above it; 500 when none is known.

    Examples
    --------
    >>> status_of_family(["some-code", "stale-revision", "conflict"]), status_of_family([])
    (412, 500)
    """
    known = {kind.code: status for kind, status in STATUS.items()}
    return next((known[code] for code in codes if code in known), 500)


def problem(
    status: int,
    code: str,
    detail: str,
    fields: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Build the answer for one problem; `fields` can't displace the standard members."""
    standard: dict[str, object] = {
        "type": f"urn:gridward:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id.get(),
    }
    body = {**(fields or {}), **standard}
    content = orjson.dumps(body, default=_plain, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY)
    return Response(content, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def problem_of(error: GridwardError) -> Response:
    """Build the answer for an error raised on purpose."""
    status = status_of(error)
    headers = {}
    wait = error.fields.get("retry_after_s")
    if status in (429, 503):
        headers["Retry-After"] = str(wait if wait is not None else 5)
    if status in (408, 413):
        # the rest of the body is not wanted
        headers["Connection"] = "close"
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="gridward"'
    return problem(status, error.code, error.message, error.fields, headers)


def install(app: FastAPI) -> None:
    """Make every failure of `app` a problem."""
    app.add_exception_handler(GridwardError, _on_gridward_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(DBAPIError, _on_database_refusal)


async def answer_to(request: Request, error: Exception) -> Response:
    """Return what the application's handlers answer to a failure, for what is answered before they are reached.

    Raises
    ------
    Exception
        The failure itself, where nobody foresaw it.
    """
    if isinstance(error, GridwardError):
        return await _on_gridward_error(request, error)
    if isinstance(error, DBAPIError):
        return await _on_database_refusal(request, error)
    raise error


def openapi_schema() -> dict[str, Any]:
    """Return the JSON schema of a problem, for the API description."""
    text = {"type": "string"}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": text,
            "title": text,
            "status": {"type": "integer"},
            "detail": text,
            "code": text,
            "request_id": text,
            "errors": {
                "type": "array",
                "items": {"type": "object", "properties": {"field": text, "message": text, "code": text}},
            },
        },
        "additionalProperties": True,
    }


async def _on_gridward_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, GridwardError)  # noqa: S101 - registered for this class only
    if isinstance(error, NotAllowedError):
        await _note_refusal(request, error.code)
    if status_of(error) >= 500:
        _log.warning("request failed: %s", error.message, extra={"code": error.code})
    answer = problem_of(error)
    if answer.status_code == 401 and _is_asked_by_a_program(request):
        answer.headers.append("WWW-Authenticate", 'Basic realm="gridward", charset="UTF-8"')
    return answer


def _is_asked_by_a_program(request: Request) -> bool:
    """Whether a client of the OGC API asks that shows its own window for a password, or sends one once it is asked.

    A browser says how it fetches; asked for a password it would open a window of its own over the page.
    """
    headers = request.headers
    return (
        request.scope["path"].startswith("/ogc")
        and "sec-fetch-mode" not in headers
        and "text/html" not in headers.get("accept", "")
    )


async def _note_refusal(request: Request, code: str) -> None:
    """Leave a line in the audit trail: who was refused what; once in ten minutes for an account and a route."""
    actor: Actor | None = getattr(request.state, "actor", None)
    if actor is None:
        return
    wiring = request.app.state.wiring
    target = f"{request.method} {_route_name(request.scope)} {code}"
    if not wiring.reads.is_new(actor, "refused", target):
        return
    try:
        await run_in_threadpool(wiring.reads.note, wiring.database, actor, "refused", target)
    except GridwardError as failed:  # the refusal stands, whether or not it can be noted now
        _log.warning("a refusal was not noted: %s", failed.message, extra={"target": target})


def _route_name(scope: Any) -> str:  # noqa: ANN401 - an ASGI scope
    """Return a route's template: lines must stay few, whatever is asked for."""
    route = scope.get("route")
    template = getattr(route, "path_format", None) or getattr(route, "path", None)
    return str(template or "unmatched")


async def _on_invalid_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    faults = [
        {"field": ".".join(str(step) for step in each["loc"]), "message": each["msg"], "code": each["type"]}
        for each in error.errors()
    ]
    first = faults[0] if faults else {"field": "body", "message": "invalid"}
    if first.get("code") == "json_invalid":
        # no JSON at all is as wrong as a parameter that makes no sense; 422 is for JSON that says something wrong
        reason = str(error.errors()[0].get("ctx", {}).get("error", "invalid")).rstrip(".")
        return problem(400, BadRequestError.code, f"The body is not JSON: {reason}.", {"errors": faults})
    return problem(422, "invalid-input", f"{first['field']}: {first['message']}.", {"errors": faults})


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    if isinstance(error.__cause__, GridwardError):  # FastAPI wraps what reading the body raises
        return problem_of(error.__cause__)
    headers = dict(error.headers or {})
    if error.status_code == 404 and error.detail == "Not Found":
        return problem(404, "not-found", f"There is nothing at {request.url.path}.", headers=headers)
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods_of(request)))
        return problem(405, "method-not-allowed", f"{request.method} does not work here.", headers=headers)
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return problem(error.status_code, code, str(error.detail), headers=headers)


async def _on_database_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)  # noqa: S101 - registered for this class only
    # psycopg refuses some values (a NUL character, a number out of range) before the server sees them
    state = getattr(error.orig, "sqlstate", None) or ("22" if type(error.orig).__name__ == "DataError" else "")
    known = _DATABASE.get(state) or _DATABASE.get(state[:2])
    if known is None:
        raise error
    status, code, detail = known
    if status == 403:
        await _note_refusal(request, code)
    _log.warning("the database refused a request", extra={"sqlstate": state, "reason": str(error.orig).split("\n")[0]})
    return problem(status, code, detail, headers={"Retry-After": "1"} if status == 503 else None)


def fault(error: Exception) -> Response:
    """Log a failure that nobody foresaw, and build an answer that gives nothing away."""
    if "surrogates not allowed" in str(error):
        # JSON may escape half a character; it passes as text until somebody writes it out, wherever that is
        return problem(422, "invalid-input", "The request holds half a character (a lone surrogate).")
    _log.error("unexpected failure", exc_info=error)
    return problem(500, "internal", "Something went wrong on our side; the request id leads to it in the log.")


def _methods_of(request: Request) -> set[str]:
    """Return every method that some route answers at this address."""
    scope = dict(request.scope)
    found: set[str] = set()
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        scope["method"] = method
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes):
            found.add(method)
    return found


def _plain(value: object) -> Any:  # noqa: ANN401 - whatever orjson takes
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, UUID):
        return str(value)
    return str(value)
