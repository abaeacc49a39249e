"""Records separated by commas, below a line of names: `text/csv` (RFC 4180), in and out.

The answers' columns are those of an answer in JSON, `object.name` for what is within an object,
and `error`, which says what is wrong with a record that has no answer.
"""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np

from runtime.answers import as_list
from runtime.contracts.form import Piece, Wrong, merge, pieces
from runtime.contracts.lines import TOO_LONG, Lines, Run
from runtime.errors import MalformedError, PayloadError, ServiceError, TooLongError
from runtime.payload import NOT_DECODED, Batch
from runtime.predictor import Predictor
from runtime.turns import Outputs

MEDIA_TYPE = b"text/csv"

_MOST = 32_768
_LEAST = 256
"""Bytes that are taken at a time: of tables with all columns, and with one of very many."""

_FORM = "CSV"
_ESCAPE = "surrogateescape"
_ENCODING = "CSV is sent as UTF-8."

_numbers = msgspec.json.Decoder(list[float]).decode
_encode_lines = msgspec.json.Encoder().encode_lines

csv.field_size_limit(2**31 - 1)  # a record may be as long as it is allowed to be


class Separated:
    """One stream."""

    media_type = MEDIA_TYPE
    most = _MOST

    def __init__(self, predictor: Predictor, limit: int) -> None:
        self._codec = predictor.codec
        self._columns = predictor.columns
        self._limit = limit
        self._lines = Lines(limit, quoted=True)
        self._names: list[str] | None = None
        self._places: dict[str, int] = {}
        self._floats = False
        """Whether there is a column for each feature, all of floats, and no other."""
        self._line = 0
        self._written = False

    @property
    def held(self) -> int:
        """Bytes of the last line, of which not all has come."""
        return self._lines.held

    def add(self, data: bytes) -> Iterator[Run]:
        """Yield whole records."""
        return self._lines.add(data)

    def end(self) -> Iterator[Run]:
        """Yield the last record. Raises MalformedError where not even a line of names came."""
        runs = list(self._lines.end())
        if self._names is None and not runs:
            hint = "Send a line with the names of the columns first."
            raise MalformedError("it is empty", 0, hint, _FORM)
        return iter(runs)

    def size(self, run: Run) -> int:
        """Return how many bytes lines have."""
        return len(run or b"")

    def decode(self, run: Run) -> Iterator[Piece]:
        """Decode records. Raises ServiceError where the line of names is wrong."""
        if run is TOO_LONG:
            error = TooLongError(self._limit)
            if self._names is None:
                raise error
            self._line += 1
            yield Piece(None, {0: Wrong(self._line, error)})
            return
        if self._names is None:
            run = self._read_names(run)
            if not run:
                return
        first = self._line + 1
        self._line += _line_count(run)
        batch = None
        if len(run) <= self._limit:
            batch = self._float_batch(run) or self._batch(run)
        if batch is None:
            yield from pieces(self._one_by_one(run, first))
        else:
            yield Piece(batch)

    def _read_names(self, run: bytes) -> bytes:
        """Read the line of names, and return what follows it."""
        lines = io.StringIO(run.removeprefix(codecs.BOM_UTF8).decode(errors=_ESCAPE), newline="")
        reader = csv.reader(lines, strict=True)
        try:
            self._names = next(filter(None, reader), [])
        except csv.Error as error:
            raise MalformedError(f"{error} in the line of names", None, None, _FORM) from None
        _encoded(self._names)
        self._columns.check(self._names)
        self._places = {
            name: place for place, name in enumerate(self._names) if name in self._columns.features
        }
        count = len(self._columns.features)
        # Columns that are left out have to be filled as well.
        self.most = max(_LEAST, self.most * len(self._names) // max(count, len(self._names)))
        self._floats = self._columns.are_floats and len(self._places) == len(self._names) == count
        self._line = reader.line_num
        return lines.read().encode(errors=_ESCAPE)

    def _float_batch(self, run: bytes) -> Batch | None:
        """Decode records that are nothing but floats, all at once; None where that cannot be.

        A line is one record if its last separator, and no other, is a line break.
        """
        # A carriage return by itself ends a record, but is white space in JSON.
        if not self._floats or _lone_returns(run):
            return None
        run = run.removesuffix(b"\n")
        cells = np.frombuffer(run + b"\n", np.uint8)
        breaks = cells[(cells == ord(",")) | (cells == ord("\n"))] == ord("\n")
        width = len(self._places)
        if len(breaks) % width:
            return None
        breaks = breaks.reshape(-1, width)
        if breaks[:, :-1].any() or not breaks[:, -1].all():
            return None
        try:
            values = _numbers(b"[%b]" % run.replace(b"\n", b","))
        except NOT_DECODED:
            return None
        if len(values) != breaks.size:
            return None
        return self._columns.floats(self._places, np.array(values).reshape(breaks.shape))

    def _batch(self, run: bytes) -> Batch | None:
        """Decode records column by column; None where that cannot be."""
        try:
            lines = io.StringIO(run.decode(), newline="")
            rows = list(filter(None, csv.reader(lines, strict=True)))
            columns = list(zip(*rows, strict=True))
        except (UnicodeDecodeError, csv.Error, ValueError):
            return None
        if len(columns) != len(self._names or ()):
            return None
        values = {}
        for name, place in self._places.items():
            found = self._columns.values(name, columns[place])
            if found is None:
                return None
            values[name] = found
        return self._columns.batch(values, len(rows))

    def _one_by_one(self, run: bytes, first: int) -> Iterator[Batch | Wrong]:
        lines = io.StringIO(run.decode(errors=_ESCAPE), newline="")
        reader = csv.reader(lines, strict=True)
        while True:
            line = first + reader.line_num
            try:
                row = next(reader)
                if row:
                    yield self._record(row)
            except StopIteration:
                return
            except csv.Error as error:
                yield Wrong(line, MalformedError(str(error), None, None, _FORM))
            except ServiceError as error:
                yield Wrong(line, error)

    def _record(self, row: Sequence[str]) -> Batch:
        names = self._names or ()
        if len(row) != len(names):
            problem = f"it has {len(row)} fields, the line of names {len(names)}"
            raise MalformedError(problem, None, None, _FORM)
        if len(_encoded(row)) > self._limit:
            raise TooLongError(self._limit)
        texts = {name: row[place] for name, place in self._places.items()}
        return self._codec.record(self._columns.record(texts))

    def write(self, outputs: Outputs | None, wrong: Mapping[int, Wrong]) -> bytes:
        """Write a line for each record, and before the first one that of the names."""
        names = self._codec.answer_columns
        answers: list[bytes] = []
        if outputs is not None:
            columns = list(map(as_list, self._codec.column_values(outputs)))
            if not wrong and not any(isinstance(column[0], str) for column in columns):
                return self._head() + _number_lines(columns)
            lines = map(",".join, zip(*map(_texts, columns), strict=True))
            answers = [f"{line},\r\n".encode() for line in lines]
        problems = {
            place: f"{',' * len(names)}{_quoted(_message(each))}\r\n".encode()
            for place, each in wrong.items()
        }
        return self._head() + merge(answers, problems)

    def finish(self) -> bytes:
        """Return the line of names, where there were no records."""
        return self._head()

    def _head(self) -> bytes:
        if self._written:
            return b""
        self._written = True
        names = [*self._codec.answer_columns, "error"]
        return (",".join(map(_quoted, names)) + "\r\n").encode()


def _line_count(run: bytes) -> int:
    """Return how many lines there are, as the csv module counts them."""
    return run.count(b"\n") + _lone_returns(run) + (not run.endswith((b"\n", b"\r")))


def _lone_returns(run: bytes) -> int:
    """Return how many lines end with a carriage return, and no line feed."""
    return run.count(b"\r") - run.count(b"\r\n") if b"\r" in run else 0


def _encoded(row: Sequence[str]) -> bytes:
    """Return a record in UTF-8. Raises MalformedError where it came as something else."""
    try:
        return ",".join(row).encode()
    except UnicodeEncodeError:
        raise MalformedError("it is not UTF-8", None, _ENCODING, _FORM) from None


def _number_lines(columns: Sequence[Sequence[object]]) -> bytes:
    """Return lines of numbers, and of nothing for null or an error."""
    lines = _encode_lines(list(zip(*columns, strict=True)))
    return lines[1:-2].replace(b"]\n[", b",\r\n").replace(b"null", b"") + b",\r\n"


def _texts(values: Sequence[object]) -> Sequence[str]:
    """Return values as they stand in CSV: numbers as in JSON, but nothing for null."""
    if isinstance(values[0], str):
        quoted = {text: _quoted(str(text)) for text in set(values)}
        return [quoted[text] for text in values]
    texts = msgspec.json.encode(values)[1:-1].decode().split(",")
    return [text.removeprefix("null") for text in texts] if "null" in texts else texts


def _quoted(text: str) -> str:
    """Return a text in quotes, if it needs them."""
    if text and not any(each in text for each in ',"\r\n'):
        return text
    return f'"{text.replace(chr(34), 2 * chr(34))}"'


def _message(wrong: Wrong) -> str:
    what = f"Line {wrong.line}"
    error = wrong.error
    if isinstance(error, PayloadError):
        return f"{what}: {error}"
    return error.of(what) if isinstance(error, MalformedError | TooLongError) else str(error)
