"""Tests of runtime.logs."""

import io
import json
import logging
import logging.config
import sys
from collections.abc import Iterator

import pytest

from runtime.config import Settings
from runtime.logs import JsonFormatter, LineHandler, TextFormatter, configuration

NAMES = ("runtime", "uvicorn", "uvicorn.error", "uvicorn.access")


@pytest.fixture(autouse=True)
def _unchanged() -> Iterator[None]:
    """Put back what the tests configure."""
    loggers = [logging.getLogger(name) for name in NAMES]
    before = [(each.handlers[:], each.level, each.propagate) for each in loggers]
    yield
    for each, (handlers, level, propagate) in zip(loggers, before, strict=True):
        each.handlers[:], each.propagate = handlers, propagate
        each.setLevel(level)


def record(message: str, **fields: object) -> logging.LogRecord:
    """Return a record of the first second of 2026 and a half."""
    made = logging.LogRecord("runtime.app", logging.INFO, __file__, 1, message, (), None)
    made.created = 1767225600.5
    made.fields = fields
    return made


def test_json_lines_have_the_message_and_its_fields() -> None:
    """One object on one line, whatever the message holds."""
    line = JsonFormatter().format(record("two\nlines", id="1", rows=3, model=None))
    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2026-01-01T00:00:00.500Z",
        "level": "info",
        "logger": "runtime.app",
        "message": "two\nlines",
        "id": "1",
        "rows": 3,
        "model": None,
    }


def test_text_lines_have_the_fields_that_there_are() -> None:
    """People do not want to read of absent ones."""
    line = TextFormatter().format(record("request", id="1", rows=3, model=None))
    assert line == "2026-01-01T00:00:00.500Z INFO    request id=1 rows=3"


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_a_traceback_is_part_of_the_line(formatter: logging.Formatter) -> None:
    """In JSON it is a field, so that it stays on its line."""
    made = record("failed")
    try:
        int("no")
    except ValueError:
        made.exc_info = sys.exc_info()
    line = formatter.format(made)
    assert "Traceback (most recent call last)" in line
    assert "ValueError: invalid literal" in line
    assert ("\n" in line) == isinstance(formatter, TextFormatter)


def test_all_loggers_write_to_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    """Lines of uvicorn look like the service's, but its line per request is left out."""
    logging.config.dictConfig(configuration(Settings.read({"LOG_LEVEL": "warning"})))
    for name in NAMES:
        logging.getLogger(name).warning("seen")
        logging.getLogger(name).info("not seen")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["logger"], each["message"]) for each in lines] == [
        ("runtime", "seen"),
        ("uvicorn", "seen"),
        ("uvicorn.error", "seen"),
    ]


class Full(io.StringIO):
    """A file on a disk that is full."""

    def flush(self) -> None:
        """Fail."""
        raise OSError(28, "No space left on device")


def test_lines_that_cannot_be_written_stop_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    """The service goes on, and complains elsewhere."""
    handler = LineHandler(Full())
    handler.setFormatter(JsonFormatter())
    handler.write([{"message": "request"}] * 3)
    assert "OSError: [Errno 28] No space left on device" in capsys.readouterr().err
