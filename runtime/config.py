"""The service's settings, read from the environment.

The fields of `Settings` are the one table of them: parsing, `serve --help` and
docs/settings.md all follow from it.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from runtime.errors import ConfigError
from runtime.limits import cores

_Parse = Callable[[str], Any]
"""Raises ValueError for a value that cannot be used."""

UnknownFields = Literal["reject", "ignore"]
Batching = Literal["auto", "off"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its environment variable, what it takes and what it is for."""

    name: str
    default: str
    parse: _Parse
    expected: str
    purpose: str


def _whole(least: int, most: int) -> tuple[_Parse, str]:
    """Parse a whole number within a range."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,15}", text) or not least <= int(text) <= most:
            raise ValueError(text)
        return int(text)

    return parse, f"a whole number from {least} to {most}"


def _choice(*choices: str) -> tuple[_Parse, str]:
    """Parse one of a few words, in any case."""

    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(text)
        return text.lower()

    return parse, f"one of {', '.join(choices)}"


def _automatic(parser: tuple[_Parse, str]) -> tuple[_Parse, str]:
    """Parse what `parser` does, or `auto`, which is None."""
    parse, expected = parser
    return lambda text: None if text.lower() == "auto" else parse(text), f"{expected}, or auto"


def _optional(parse: _Parse) -> _Parse:
    return lambda text: parse(text) if text else None


def _setting(default: str, parser: tuple[_Parse, str], purpose: str) -> dict[str, Any]:
    parse, expected = parser
    return {"default": default, "parse": parse, "expected": expected, "purpose": purpose}


_ADDRESS = (str, "a host name or an address")
_FOLDER = (Path, "a folder")
_NO_FOLDER = (_optional(Path), "a folder, or nothing")
_NO_PATH = (_optional(Path), "a path, or nothing")
_NO_NAME = (_optional(str), "the name of a model, or nothing")
_PORT = _whole(0, 65535)
_COUNT = _whole(1, 1024)
_COUNT_OR_AUTO = _automatic(_COUNT)
_BYTES = _whole(1, 2**40)
_SECONDS = _whole(0, 3600)
_SOME_SECONDS = _whole(1, 3600)
_UNKNOWN = _choice("reject", "ignore")
_BATCHING = _choice("auto", "off")
_LEVEL = _choice("debug", "info", "warning", "error", "critical")
_FORMAT = _choice("json", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the environment may set. A variable that is empty counts as one that is not set."""

    host: str = field(
        metadata=_setting("127.0.0.1", _ADDRESS, "Address to listen on; 0.0.0.0 for every one.")
    )
    port: int = field(
        metadata=_setting("8000", _PORT, "Port to listen on; 0 for any that is free.")
    )
    unix_socket: Path | None = field(
        metadata=_setting("", _NO_PATH, "Unix socket to listen on, in place of `HOST` and `PORT`.")
    )
    workers: int = field(
        metadata=_setting(
            "1", _COUNT_OR_AUTO, "Processes that answer requests; auto: one for each core."
        )
    )
    artifacts: Path = field(
        metadata=_setting(
            "artifacts", _FOLDER, "Folder of the models: `<name>/<version>/model.onnx`."
        )
    )
    fallback_artifacts: Path | None = field(
        metadata=_setting(
            "",
            _NO_FOLDER,
            "Folder to serve from where `ARTIFACTS` holds nothing that can be served.",
        )
    )
    default_model: str | None = field(
        metadata=_setting("", _NO_NAME, "Model behind `/predict`, where there are several.")
    )
    unknown_fields: UnknownFields = field(
        metadata=_setting(
            "reject", _UNKNOWN, "What to do with a record's fields that are no features."
        )
    )
    max_body_bytes: int = field(
        metadata=_setting(
            "67108864",
            _BYTES,
            "Greatest size of a request's body; of a stream, of each record or message.",
        )
    )
    threads: int = field(
        metadata=_setting(
            "1",
            _COUNT_OR_AUTO,
            "Threads that ONNX Runtime computes one request with; auto: a worker's share of the "
            "cores.",
        )
    )
    batching: Batching = field(
        metadata=_setting(
            "auto",
            _BATCHING,
            "Whether requests that wait at the same time are computed together, for models that "
            "are quicker so and answer the same.",
        )
    )
    keep_alive: int = field(
        metadata=_setting(
            "75",
            _SOME_SECONDS,
            "Seconds that a connection is kept for the next request; more than a proxy before the "
            "service keeps it.",
        )
    )
    log_level: str = field(
        metadata=_setting("info", _LEVEL, "Least severe kind of log line that is written.")
    )
    log_format: str = field(
        metadata=_setting("json", _FORMAT, "Log lines for programs, or for people.")
    )
    shutdown_timeout: int = field(
        metadata=_setting(
            "25", _SECONDS, "Seconds that requests in flight get to finish in, when told to stop."
        )
    )

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read the settings from `environ`. Raises ConfigError for a value of no use."""
        values = {setting.name.lower(): _value(setting, environ) for setting in table()}
        values["workers"] = values["workers"] or cores()
        values["threads"] = values["threads"] or max(1, cores() // values["workers"])
        return cls(**values)


def table() -> Iterator[Setting]:
    """Yield every setting, in the order of the documentation."""
    for each in fields(Settings):
        yield Setting(each.name.upper(), **each.metadata)


def _value(setting: Setting, environ: Mapping[str, str]) -> Any:
    text = environ.get(setting.name) or setting.default
    try:
        return setting.parse(text)
    except ValueError:
        raise ConfigError(setting.name, text, setting.expected) from None
