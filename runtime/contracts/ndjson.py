"""Records in JSON, one a line: `application/x-ndjson`. Each line gets a line.

A record that is wrong gets a problem document, which has the number of its line; the others are
answered. Empty lines are passed over.
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from runtime.contracts.form import Piece, Wrong, merge, pieces
from runtime.contracts.lines import TOO_LONG, Lines, Run
from runtime.contracts.problems import refusal
from runtime.errors import PayloadError, ServiceError, TooLongError
from runtime.parts import PART_BYTES
from runtime.payload import Batch
from runtime.predictor import Predictor
from runtime.turns import Outputs

MEDIA_TYPE = b"application/x-ndjson"

_BREAK = re.compile(rb"[ \t\r]*\n[ \t\r\n]*")


class Ndjson:
    """One stream."""

    media_type = MEDIA_TYPE
    most = PART_BYTES

    def __init__(self, predictor: Predictor, limit: int) -> None:
        self._codec = predictor.codec
        self._limit = limit
        self._lines = Lines(limit)
        self._line = 0

    @property
    def held(self) -> int:
        """Bytes of the last line, of which not all has come."""
        return self._lines.held

    def add(self, data: bytes) -> Iterator[Run]:
        """Yield whole lines."""
        return self._lines.add(data)

    def end(self) -> Iterator[Run]:
        """Yield the last line."""
        return self._lines.end()

    def size(self, run: Run) -> int:
        """Return how many bytes lines have."""
        return len(run or b"")

    def decode(self, run: Run) -> Iterator[Piece]:
        """Decode lines: all at once, or one by one where any of them is wrong."""
        first = self._line + 1
        if run is TOO_LONG:
            self._line += 1
            yield Piece(None, {0: Wrong(first, TooLongError(self._limit))})
            return
        self._line += run.count(b"\n") + (not run.endswith(b"\n"))
        batch = None if self._codec.is_sparse(run) else self._batch(run)
        if batch is None:
            yield from pieces(self._one_by_one(run, first))
        else:
            yield Piece(batch)

    def _batch(self, run: bytes) -> Batch | None:
        """Decode lines all at once; None where that cannot be, as one of them is wrong.

        No record goes on after `}`, a line break and `{`, and none is as many as the lines
        unless each line has one.
        """
        if len(run) > self._limit and max(map(len, run.split(b"\n"))) > self._limit:
            return None
        text = run.strip()
        if text.count(b"\n") != text.count(b"}\n{"):
            text = _BREAK.sub(b"\n", text)
        count = text.count(b"}\n{") + 1
        if text.count(b"\n") + 1 != count or text[:1] != b"{" or text[-1:] != b"}":
            return None
        rows = self._codec.read_lines(text)
        if rows is None or len(rows) != count:
            return None
        try:
            return self._codec.batch(rows)
        except PayloadError:
            return None

    def _one_by_one(self, run: bytes, first: int) -> Iterator[Batch | Wrong]:
        for line, text in enumerate(run.split(b"\n"), first):
            if not text.strip():
                continue
            try:
                if len(text) > self._limit:
                    raise TooLongError(self._limit)
                yield self._codec.record(text)
            except ServiceError as error:
                yield Wrong(line, error)

    def write(self, outputs: Outputs | None, wrong: Mapping[int, Wrong]) -> bytes:
        """Write a line for each record."""
        if outputs is not None and not wrong:
            return self._codec.encode_lines(outputs)
        answers = [] if outputs is None else self._codec.encode_each(outputs)
        problems = {place: _problem(each) for place, each in wrong.items()}
        return merge([each + b"\n" for each in answers], problems)

    def finish(self) -> bytes:
        """Return nothing: there is no end but that of the lines."""
        return b""


def _problem(wrong: Wrong) -> bytes:
    document = refusal(wrong.error, f"Line {wrong.line}", line=wrong.line)
    return msgspec.json.encode(document) + b"\n"
