"""The one place where errors become words on stderr and an exit code."""

from __future__ import annotations

import errno
import json
import logging
import sys
from typing import Any

from gis.errors import CancelledError, GridwardError, InvalidInputError, UnavailableError

log = logging.getLogger("gridward")

OK = 0
FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130
ACTIONABLE = frozenset(
    {errno.ENOENT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG}
    | {errno.ENOSPC, errno.EDQUOT}
)
# Longer lists are cut on a terminal; --json has them whole.
SHOWN_ITEMS = 20


def exit_code(error: GridwardError) -> int:
    """Return 2 when the input, the state or the machine does not allow what was asked, 1 for the rest.

    Examples
    --------
    >>> from gis.errors import InvalidInputError
    >>> exit_code(InvalidInputError("no such file")), exit_code(CancelledError("stopped"))
    (2, 1)
    """
    if isinstance(error, CancelledError) or type(error) is GridwardError:
        return FAILED
    return BAD_INPUT


def report(error: GridwardError, *, as_json: bool) -> int:
    """Write an expected error to stderr and return its exit code."""
    code = exit_code(error)
    if as_json:
        problem = {"code": error.code, "detail": error.message, "exit_code": code, **error.fields}
        print(json.dumps(problem, ensure_ascii=False, default=str), file=sys.stderr)
        return code
    fields = dict(error.fields)
    remedy = fields.pop("remedy", None)
    lines = [f"error: {error.message}"]
    for name, value in fields.items():
        lines += _field_lines(name, value)
    if remedy:
        lines.append(f"  remedy: {remedy}")
    print("\n".join(lines), file=sys.stderr)
    return code


def of_system(error: OSError) -> GridwardError | None:
    """Return what people can act on in a refusal of the operating system, None when it looks like a bug of ours.

    Examples
    --------
    >>> of_system(PermissionError(13, "Permission denied", "/root/out.html")).message
    'Cannot use /root/out.html: Permission denied.'
    """
    if error.errno not in ACTIONABLE:
        return None
    place = f"Cannot use {error.filename}" if error.filename else "The system refused"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UnavailableError(f"{place}: the disk is full.", remedy="Free some space and run the command again.")
    return InvalidInputError(f"{place}: {error.strerror}.", remedy="Check the name and its permissions.")


def report_usage(error: Any, *, as_json: bool) -> int:  # noqa: ANN401 - the parser's own exception class is private
    """Write a mistake in the command line to stderr and return 2."""
    if as_json:
        problem = {"code": "usage", "detail": error.format_message(), "exit_code": BAD_INPUT}
        print(json.dumps(problem, ensure_ascii=False), file=sys.stderr)
        return BAD_INPUT
    usage = getattr(getattr(error, "ctx", None), "get_usage", None)
    if usage is not None:
        print(usage(), file=sys.stderr)
    print(f"error: {error.format_message()}", file=sys.stderr)
    return BAD_INPUT


def report_unexpected(error: Exception, *, as_json: bool) -> int:
    """Write a short line for a bug, its traceback to the log, and return 1."""
    sentence = f"{type(error).__name__}: {error}".splitlines()[0][:300]
    log.error("unexpected error", exc_info=error)
    if as_json:
        problem = {"code": "internal", "detail": sentence, "exit_code": FAILED}
        print(json.dumps(problem, ensure_ascii=False), file=sys.stderr)
    else:
        print(f"error: something unexpected went wrong ({sentence})", file=sys.stderr)
        print("  remedy: this is a bug in Gridward; please report it with the log above", file=sys.stderr)
    return FAILED


def _field_lines(name: str, value: object) -> list[str]:
    if isinstance(value, (list, tuple)):
        if not value:
            return []
        shown = [f"    {_one(item)}" for item in value[:SHOWN_ITEMS]]
        more = [f"    … and {len(value) - SHOWN_ITEMS} more"] if len(value) > SHOWN_ITEMS else []
        return [f"  {name}:", *shown, *more]
    return [f"  {name}: {_one(value)}"]


def _one(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items() if item is not None)
    return str(value)
