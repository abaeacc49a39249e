"""Records as an Arrow IPC stream, in and out: for who has pyarrow; the service needs it as well.

The answers' columns are those of CSV, with `error` for what is wrong with a record. A stream is
cut into its messages here, as pyarrow reads only from what it may wait for.

https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format
"""

import io
import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from runtime.answers import Column
from runtime.columns import Values
from runtime.contracts.form import FEW, Piece, Wrong, pieces
from runtime.contracts.ipc import DICTIONARY, FORM, MEDIA_TYPE, RECORDS, SCHEMA, Messages
from runtime.errors import MalformedError, PayloadError, Problem, ServiceError, TooLongError
from runtime.inspection import join
from runtime.parts import PART_BYTES
from runtime.payload import Array, Batch
from runtime.predictor import Predictor
from runtime.turns import Outputs

_NUMBERS = 131_072
"""Values that are decoded at once, where all are numbers."""
_TEXTS = 16_384
"""Where there are others."""
_TYPES = {int: pa.int64(), bool: pa.bool_(), float: pa.float64(), str: pa.string()}
_NAMED = {"integer": int, "boolean": bool, "number": float, "string": str}


class Arrow:
    """One stream."""

    media_type = MEDIA_TYPE
    most = PART_BYTES

    def __init__(self, predictor: Predictor, limit: int) -> None:
        self._codec = predictor.codec
        self._columns = predictor.columns
        self._limit = limit
        self._messages = Messages(limit)
        self._feed = _Feed()
        self._reader: pa.RecordBatchReader | None = None
        self._row = 0
        kinds = _kinds(predictor.codec.answer_schema)
        names = [*predictor.codec.answer_columns, "error"]
        types = [_TYPES[kind] for kind in (*kinds, str)]
        self._sink = io.BytesIO()
        self._schema = pa.schema(list(zip(names, types, strict=True)))
        self._writer = pa.ipc.new_stream(self._sink, self._schema)

    @property
    def held(self) -> int:
        """Bytes of the last message, of which not all has come."""
        return self._messages.held

    def add(self, data: bytes) -> Iterator[pa.RecordBatch]:
        """Yield some records at a time. Raises MalformedError, PayloadError or TooLongError."""
        for kind, message in self._messages.add(data):
            self._feed.waiting += message
            if kind == SCHEMA and self._reader is None:
                self._reader = _opened(self._feed)
                self._check(self._reader.schema)
            elif kind == DICTIONARY and self._reader is not None:
                if len(self._feed.waiting) > self._limit:
                    raise TooLongError(self._limit)
            elif kind == RECORDS and self._reader is not None:
                records = _read_records(self._reader)
                spread = sum(_dictionary_bytes(each) for each in records.columns)
                # Rows of nulls take no bytes at all, so they are counted.
                if max(spread, records.num_rows) > self._limit:
                    raise TooLongError(self._limit)
                yield from self._cut(records)
            else:
                raise MalformedError("a message is out of place", None, None, FORM)

    def end(self) -> Iterator[pa.RecordBatch]:
        """Yield nothing. Raises MalformedError where a part of the stream is missing."""
        if self._reader is None or self._messages.held:
            raise MalformedError("it ends early", None, None, FORM)
        return iter(())

    def _check(self, schema: pa.Schema) -> None:
        """Raise PayloadError unless the columns are the model's, of types that have values."""
        try:
            described = [(each.name, each.type, str(each.type)) for each in schema]
        except UnicodeDecodeError:
            hint = "Names of columns are sent as UTF-8."
            raise MalformedError("it is not UTF-8", None, hint, FORM) from None
        problems = [
            Problem(join("$", name), "a column of numbers, booleans or strings", text)
            for name, kind, text in described
            if name in self._columns.features and not _plain(kind)
        ]
        if problems:
            raise PayloadError(problems)
        self._columns.check(schema.names)

    def _cut(self, records: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        """Cut records into runs that are decoded in a few milliseconds."""
        counted = (pa.types.is_integer, pa.types.is_floating)
        numbers = all(any(test(kind) for test in counted) for kind in records.schema.types)
        # Of a feature whose column is left out there is a value as well.
        width = max(records.num_columns, len(self._columns.features))
        size = max(1, (_NUMBERS if numbers else _TEXTS) // width)
        for start in range(0, records.num_rows, size):
            yield records.slice(start, size)

    def size(self, run: pa.RecordBatch) -> int:
        """Return how many bytes records have, dictionaries apart."""
        return int(sum(each.nbytes - _dictionary_bytes(each) for each in run.columns))

    def decode(self, run: pa.RecordBatch) -> Iterator[Piece]:
        """Decode records: all at once, or one by one where any of them is wrong."""
        first, self._row = self._row + 1, self._row + run.num_rows
        columns = {
            name: self._spread(column)
            for name, column in zip(run.schema.names, run.columns, strict=True)
            if name in self._columns.features
        }
        values = {name: _values(column) for name, column in columns.items()}
        batch = self._columns.batch(values, run.num_rows)
        if batch is None:
            yield from pieces(self._one_by_one(columns, first, run.num_rows))
        else:
            yield Piece(batch)

    def _spread(self, column: pa.Array) -> pa.Array:
        """Return a column without a dictionary."""
        if not pa.types.is_dictionary(column.type):
            return column
        lengths = pc.binary_length(column.dictionary).take(column.indices)
        if (pc.sum(lengths).as_py() or 0) > self._limit:
            raise TooLongError(self._limit)
        return column.dictionary.take(column.indices)

    def _one_by_one(
        self, table: Mapping[str, pa.Array], first: int, rows: int
    ) -> Iterator[Batch | Wrong]:
        for start in range(0, rows, FEW):
            some = {name: column.slice(start, FEW).to_pylist() for name, column in table.items()}
            for row in range(min(FEW, rows - start)):
                record = {name: _sent(values[row]) for name, values in some.items()}
                try:
                    yield self._codec.record(msgspec.json.encode(record))
                except ServiceError as error:
                    yield Wrong(first + start + row, error)

    def write(self, outputs: Outputs | None, wrong: Mapping[int, Wrong]) -> bytes:
        """Write a batch with a row for each record."""
        columns: list[Column] = [[] for _ in self._codec.answer_columns]
        if outputs is not None:
            columns = self._codec.column_values(outputs)
        *types, _ = self._schema.types
        arrays = [_array(each, kind) for each, kind in zip(columns, types, strict=True)]
        rows = len(arrays[0]) + len(wrong)
        if wrong:
            answered = itertools.count()
            places = pa.array([None if row in wrong else next(answered) for row in range(rows)])
            arrays = [each.take(places.cast(pa.int64())) for each in arrays]
        arrays.append(_errors(wrong, rows))
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        return self._taken()

    def finish(self) -> bytes:
        """Return the end of the stream."""
        self._writer.close()
        return self._taken()

    def _taken(self) -> bytes:
        data = self._sink.getvalue()
        self._sink.seek(0)
        self._sink.truncate()
        return data


class _Feed(io.RawIOBase):
    """Whole messages for pyarrow to read, which takes no more than it needs for the next batch."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = bytearray()

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, fewer where there are no more."""
        size = len(self.waiting) if size < 0 else size
        data = bytes(self.waiting[:size])
        del self.waiting[:size]
        return data


def _opened(feed: _Feed) -> pa.RecordBatchReader:
    """Return what reads the messages of a stream. Raises MalformedError for another schema."""
    try:
        return pa.ipc.open_stream(pa.PythonFile(feed, mode="r"))
    except (pa.ArrowException, OSError) as error:
        raise MalformedError(_said(error), None, None, FORM) from None


def _dictionary_bytes(column: pa.Array) -> int:
    return column.dictionary.nbytes if pa.types.is_dictionary(column.type) else 0


def _read_records(reader: pa.RecordBatchReader) -> pa.RecordBatch:
    """Return the records of the messages that wait, the last of which has them."""
    try:
        records = reader.read_next_batch()
        records.validate(full=True)
    except (pa.ArrowException, OSError, StopIteration) as error:
        raise MalformedError(_said(error), None, None, FORM) from None
    return records


def _said(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".") or "it has no records"


def _plain(kind: pa.DataType) -> bool:
    """Tell whether a column has numbers, booleans or strings, or nothing at all."""
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_null)
    return _is_text(kind) or any(test(kind) for test in tests)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _values(column: pa.Array) -> Values:
    """Return the values of a column: an array, but for null where no array has it."""
    kind = column.type
    if pa.types.is_floating(kind):
        column = column.cast(pa.float64())
    elif column.null_count and not _is_text(kind):
        found: list[object] = column.to_pylist()
        return found
    array: Array = column.to_numpy(zero_copy_only=False)
    return array


def _sent(value: object) -> object:
    """Return a value as it would be sent in JSON: NaN as None, infinity as a text."""
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return None if math.isnan(value) else str(value)


def _errors(wrong: Mapping[int, Wrong], rows: int) -> pa.Array:
    if not wrong:
        return pa.nulls(rows, pa.string())
    errors = {row: f"Row {each.line}: {each.error}" for row, each in wrong.items()}
    return pa.array([errors.get(row) for row in range(rows)], pa.string())


def _array(column: Column, kind: pa.DataType) -> pa.Array:
    """Return a column of an answer, null for what is not finite."""
    infinite = isinstance(column, np.ndarray) and column.dtype.kind == "f"
    return pa.array(column, kind, mask=~np.isfinite(column) if infinite else None)


def _kinds(schema: Mapping[str, Any]) -> Iterator[type]:
    """Yield the types of an answer's values, by its JSON Schema."""
    if "properties" in schema:
        for each in schema["properties"].values():
            yield from _kinds(each)
    elif "type" in schema:
        name = schema["type"]
        yield _NAMED[name if isinstance(name, str) else name[0]]
    else:
        yield type(schema["enum"][0])
