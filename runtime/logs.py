"""Log lines, one per event on standard output: JSON for programs, text for people.

The same form for the service's own lines and for uvicorn's. What a line is about besides
its message stands in `extra={"fields": {...}}`.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TextIO

import msgspec

from runtime.config import Settings


class Event(NamedTuple):
    """What a line tells."""

    time: float
    """In seconds since 1970."""
    level: str
    logger: str
    message: str
    fields: Mapping[str, object]

    @classmethod
    def of(cls, record: logging.LogRecord) -> "Event":
        """Return the event of a record."""
        fields = getattr(record, "fields", {})
        return cls(record.created, record.levelname, record.name, record.getMessage(), fields)


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object on one line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return time (UTC), level, logger, message, fields and, if there is one, the traceback."""
        event = Event.of(record)
        if record.exc_info:
            traceback = self.formatException(record.exc_info)
            event = event._replace(fields={**event.fields, "traceback": traceback})
        return self.line(event)

    def line(self, event: Event) -> str:
        """Return the line of an event."""
        line = {
            "time": _time(event.time),
            "level": event.level.lower(),
            "logger": event.logger,
            "message": event.message,
            **event.fields,
        }
        return msgspec.json.encode(line, enc_hook=str).decode()


class TextFormatter(logging.Formatter):
    """Formats a record as a line of text, and its traceback below."""

    def format(self, record: logging.LogRecord) -> str:
        """Return time (UTC), level, message and `name=value` for each field."""
        line = self.line(Event.of(record))
        if record.exc_info:
            line += f"\n{self.formatException(record.exc_info)}"
        return line

    def line(self, event: Event) -> str:
        """Return the line of an event."""
        fields = event.fields.items()
        tail = "".join(f" {name}={value}" for name, value in fields if value is not None)
        return f"{_time(event.time)} {event.level:<7} {event.message}{tail}"


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes records as lines, after those that someone holds back to write them together."""

    write_held: Callable[[], None] | None = None
    """What writes the lines that are held back."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        if self.write_held is not None:
            self.write_held()
        super().emit(record)

    def write(self, events: Sequence[Event]) -> None:
        """Write lines in one go."""
        if isinstance(self.formatter, JsonFormatter | TextFormatter):
            lines = map(self.formatter.line, events)
            with self.lock or nullcontext():
                self.stream.write("\n".join([*lines, ""]))
                self.flush()


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


def _time(seconds: float) -> str:
    return _moment(int(seconds * 1000))


@lru_cache(maxsize=64)
def _moment(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
