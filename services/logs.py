"""Log lines: one JSON object each in production, plain text on a terminal; both carry the request id."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

request_id: ContextVar[str] = ContextVar("gridward_request_id", default="")

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request id and the record's own fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Render `record`."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            line["request_id"] = current
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class TextFormatter(logging.Formatter):
    """A short line for people: time, level, sentence, then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Render `record`."""
        at = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        fields = {key: value for key, value in vars(record).items() if key not in _STANDARD}
        extra = "".join(f" {key}={value}" for key, value in fields.items())
        line = f"{at} {record.levelname.lower():7} {record.getMessage()}{extra}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure_logs(form: Literal["auto", "json", "text"], level: str) -> None:
    """Send every log line to stderr in the wanted form; replaces what was configured before."""
    as_text = form == "text" or (form == "auto" and sys.stderr.isatty())
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(TextFormatter() if as_text else JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [output]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    # our own access line has the route, the account and the request id
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("procrastinate").setLevel(max(logging.WARNING, root.level))
