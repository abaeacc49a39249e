"""Log lines, one per event on standard output: JSON for programs, text for people.

The same form for the service's own lines and for uvicorn's. What a line is about besides
its message stands in `extra={"fields": {...}}`.
"""

import logging
from datetime import UTC, datetime
from typing import Any

import msgspec

from runtime.config import Settings


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return time (UTC), level, logger, message, fields and, if there is one, the traceback."""
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


class TextFormatter(logging.Formatter):
    """Formats a record as a line of text, and its traceback below."""

    def format(self, record: logging.LogRecord) -> str:
        """Return time (UTC), level, message and `name=value` for each field."""
        fields = getattr(record, "fields", {})
        tail = "".join(f" {name}={value}" for name, value in fields.items() if value is not None)
        line = f"{_time(record)} {record.levelname:<7} {record.getMessage()}{tail}"
        if record.exc_info:
            line += f"\n{self.formatException(record.exc_info)}"
        return line


def configuration(settings: Settings) -> dict[str, Any]:
    """Return the configuration of logging, as `logging.config.dictConfig` takes it."""
    formatter = {"json": JsonFormatter, "text": TextFormatter}[settings.log_format]
    logger = {"handlers": ["stdout"], "level": settings.log_level.upper(), "propagate": False}
    silent = {"handlers": [], "level": "CRITICAL", "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": f"{__name__}.{formatter.__name__}"}},
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "line",
            }
        },
        "loggers": {
            "runtime": logger,
            "uvicorn": logger,
            "uvicorn.error": {"level": settings.log_level.upper()},
            # The service writes a line of its own per request.
            "uvicorn.access": silent,
        },
    }


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
