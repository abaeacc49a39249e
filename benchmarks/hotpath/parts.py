"""What a request costs without one of its parts: each is replaced by next to nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import msgspec

from runtime.contracts import direct
from runtime.logs import LineHandler
from runtime.metrics import Metrics
from runtime.model import BoundRow
from runtime.payload import Codec

PARTS = ("validation", "model", "request id", "metrics", "log line")


@contextmanager
def without(part: str, body: bytes) -> Iterator[None]:
    """Leave out a part of answering `body`, a record; of validation, all but parsing it."""
    owner, replacements = _replacement(part, body)
    with patch.multiple(owner, **replacements):
        yield


def _replacement(part: str, body: bytes) -> tuple[Any, Mapping[str, Any]]:
    if part == "validation":
        return Codec, {"read": _unchecked(body)}
    if part == "model":
        return BoundRow, {"run": _remembered()}
    if part == "request id":
        return direct, {"new_id": lambda: "0" * 32}
    if part == "metrics":
        return Metrics, {"answered": _nothing, "predicted": _nothing}
    return LineHandler, {"write": _nothing}


def _nothing(*_: object) -> None:
    pass


def _unchecked(body: bytes) -> Any:
    """Return what parses a body, and takes it for one that was read before."""
    read, parse = Codec.read, msgspec.json.Decoder().decode
    rows: dict[Codec, Any] = {}

    def unchecked(codec: Codec, received: bytes) -> Any:
        parse(received)
        if codec not in rows:
            rows[codec] = read(codec, body)
        return rows[codec]

    return unchecked


def _remembered() -> Any:
    """Return what answers as it did at first."""
    run = BoundRow.run
    answers: dict[BoundRow, Any] = {}

    def remembered(bound: BoundRow) -> Any:
        if bound not in answers:
            answers[bound] = run(bound)
        return answers[bound]

    return remembered
