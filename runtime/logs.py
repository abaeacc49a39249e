"""Log lines, one per event on standard output: JSON for programs, text for people.

The same form for the service's own lines and for uvicorn's. What a line is about besides
its message stands in `extra={"fields": {...}}`.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TextIO

import msgspec

from runtime.config import Settings

Line = dict[str, object]
"""What a line tells: time (UTC), level, logger and message, then the fields."""


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object on one line."""

    def __init__(self) -> None:
        super().__init__()
        self._encoder = msgspec.json.Encoder(enc_hook=str)

    def format(self, record: logging.LogRecord) -> str:
        """Return time, level, logger, message, fields and, if there is one, the traceback."""
        told = line(record)
        if record.exc_info:
            told["traceback"] = self.formatException(record.exc_info)
        return self._encoder.encode(told).decode()

    def join(self, lines: Sequence[Line]) -> str:
        """Return lines, each ended."""
        return self._encoder.encode_lines(lines).decode()


class TextFormatter(logging.Formatter):
    """Formats a record as a line of text, and its traceback below."""

    def format(self, record: logging.LogRecord) -> str:
        """Return time, level, message and `name=value` for each field."""
        text = _text(line(record))
        if record.exc_info:
            text += f"\n{self.formatException(record.exc_info)}"
        return text

    def join(self, lines: Sequence[Line]) -> str:
        """Return lines, each ended."""
        return "".join([f"{_text(each)}\n" for each in lines])


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes records as lines, after those that someone holds back to write them together."""

    write_held: Callable[[], None] | None = None
    """What writes the lines that are held back."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        if self.write_held is not None:
            self.write_held()
        super().emit(record)

    def write(self, lines: Sequence[Line]) -> None:
        """Write lines in one go. Where they cannot be written, the service goes on without them."""
        if isinstance(self.formatter, JsonFormatter | TextFormatter):
            text = self.formatter.join(lines)
            with self.lock or nullcontext():
                try:
                    self.stream.write(text)
                    self.flush()
                except OSError:
                    self.handleError(logging.makeLogRecord({"msg": f"{len(lines)} lines"}))


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
                "class": f"{__name__}.{LineHandler.__name__}",
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


def line(record: logging.LogRecord) -> Line:
    """Return what the line of a record tells."""
    return {
        "time": moment(record.created),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
        **getattr(record, "fields", {}),
    }


def _text(line: Line) -> str:
    (_, time), (_, level), _, (_, message), *fields = line.items()
    tail = "".join(f" {name}={value}" for name, value in fields if value is not None)
    return f"{time} {str(level).upper():<7} {message}{tail}"


def moment(seconds: float) -> str:
    """Return a time, in seconds since 1970, as ISO 8601 has it, to the millisecond."""
    whole, milliseconds = divmod(int(seconds * 1000), 1000)
    return f"{_second(whole)}.{milliseconds:03}Z"


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat()
