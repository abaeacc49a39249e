"""Records to tensors, generated from the signature; and outputs to answers.

A record is a JSON object with one field per feature. A body that fits the signature is
decoded by one msgspec decoder whose types are the features', and fills the tensors without
a Python loop over its cells. Only a body that does not fit is read again, by `inspection`,
which lists everything that is wrong with it.

Knows nothing of HTTP or ONNX Runtime.
"""

import re
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from runtime.answers import Column, Encoder, Schema
from runtime.config import UnknownFields
from runtime.errors import PayloadError, Problem
from runtime.inspection import MOST_PROBLEMS, Inspector, field_type, join
from runtime.manifest import MISSING_STRING, Feature, Manifest, Scalar
from runtime.parts import PART_CELLS, Body, Cutter, cells_of
from runtime.structs import renaming
from runtime.tensors import (
    MOST_FIELDS,
    Fill,
    Pack,
    cells_reader,
    floats,
    numbers,
    packer,
    strings,
)

Array = NDArray[Any]

# What msgspec, and Python with it, raises for bytes that are not what was asked for.
NOT_DECODED = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_RESERVED = MISSING_STRING.encode()
_RESERVED_ESCAPE = re.compile(rb"\\u[fF][dD][dD]0")


@dataclass(frozen=True, slots=True)
class Batch:
    """Decoded records: the graph's inputs by name, `[rows, columns]` each."""

    tensors: dict[str, Array]
    rows: int
    single: bool
    """Whether the body was one record, not a list: the answer is one, too."""

    @classmethod
    def join(cls, batches: "Sequence[Batch]") -> "Batch":
        """Return the records of one or more batches as one."""
        if len(batches) == 1:
            return batches[0]
        tensors = {
            name: np.concatenate([each.tensors[name] for each in batches])
            for name in batches[0].tensors
        }
        return cls(tensors, sum(each.rows for each in batches), single=False)

    def cut(self, most: int) -> "Iterator[Batch]":
        """Yield batches of `most` rows and what is left."""
        for start in range(0, self.rows, most):
            rows = slice(start, start + most)
            tensors = {name: tensor[rows] for name, tensor in self.tensors.items()}
            yield Batch(tensors, min(most, self.rows - start), self.single)


class Codec:
    """Turns the body of a request into tensors, and outputs into the body of an answer."""

    def __init__(self, manifest: Manifest, unknown_fields: UnknownFields = "reject") -> None:
        features = manifest.features
        self.forbids_unknown = forbid = unknown_fields == "reject"
        self._attributes = [f"f{index}" for index, _ in enumerate(features)]
        self._fields = len(features) if any(feature.nullable for feature in features) else 0
        """How many fields a record has of which it may leave out some; 0 if it may not."""
        rename = renaming([feature.name for feature in features])
        self._row = _row_type(features, rename, forbid)
        # Without the fields' names in JSON every body must be inspected.
        self._decoder = _decoder(self._row) if rename else None
        self._lines_decoder = msgspec.json.Decoder(self._row)
        self._inspector = Inspector(features, forbid)
        attributes = dict(zip(features, self._attributes, strict=True))
        self._fills: dict[str, Fill] = {}
        self._packs: dict[str, Pack] = {}
        for tensor in manifest.inputs:
            columns = sorted((f for f in features if f.input == tensor.name), key=_column)
            cells = cells_reader([attributes[feature] for feature in columns], self._attributes)
            if tensor.dtype == "string":
                self._fills[tensor.name] = strings(cells, len(columns))
                continue
            self._packs[tensor.name] = packer(cells, len(columns))
            if rename and len(features) <= MOST_FIELDS and all(map(_is_float, features)):
                places = [feature.column for feature in features]
                self._fills[tensor.name] = floats(list(rename.values()), places)
            else:
                self._fills[tensor.name] = numbers(cells, len(columns))
        self.limited = [f for f in features if f.values is not None or f.refused is not None]
        """Features of which only certain numbers are answered, or single ones are not."""
        self._limits = [
            (attributes[f], f.values is not None, frozenset(f.values or f.refused or ()))
            for f in self.limited
        ]
        self._has_strings = any(tensor.dtype == "string" for tensor in manifest.inputs)
        self._encoder = Encoder(manifest)

    def decode(self, body: Body) -> Batch:
        """Decode a record or a non-empty list of records.

        Raises MalformedError for what is not JSON; PayloadError, with every problem, for
        records that do not fit the signature.
        """
        return Batch.join([batch for batch in self.parts(body) if batch is not None])

    def parts(self, body: Body) -> Iterator[Batch | None]:
        """Decode as `decode` does, but part by part, each of which takes a few milliseconds.

        A body that is refused in the end may have batches before that, or None for a part
        that has none. Nothing may be answered before all is decoded.
        """
        limited: list[list[Array]] = [[] for _ in self.limited]
        single = False
        for rows, single in self._rows(body):
            if not rows:
                yield None
                continue
            tensors = self._fill(rows)
            for feature, column in zip(self.limited, limited, strict=True):
                column.append(tensors[feature.input][:, feature.column])
            yield Batch(tensors, len(rows), single)
        for feature, column in zip(self.limited, limited, strict=True):
            check_values(feature, np.concatenate(column), single)

    def _rows(self, body: Body) -> Iterator[tuple[Sequence[msgspec.Struct], bool]]:
        """Yield rows, and whether the body is a single one; none for a part that is refused."""
        count = 0
        cutter = Cutter.of(body, self._fields)
        if cutter is None:
            row = self.read(body)
            if isinstance(row, msgspec.Struct):
                yield [row], True
                return
        while cutter is not None:
            part, rest = cutter.part()
            rows = self.read(part)
            if not isinstance(rows, list) or not rows:
                break
            yield rows, False
            count += len(rows)
            cutter.start = rest
            if not cutter.more:
                return
        # From here on all is looked into that does not fit, or that msgspec cannot read.
        for records, single in self._inspector.read(body, cutter.start if cutter else 0, count):
            yield list(map(self._make, records)), single

    def _make(self, values: Sequence[object]) -> msgspec.Struct:
        return self._row(**dict(zip(self._attributes, values, strict=True)))

    def read(self, body: Body) -> msgspec.Struct | list[msgspec.Struct] | None:
        """Decode a record or a list of them into rows; None for a body that `decode` must see."""
        if self._decoder is None or self._reserved(body):
            return None
        try:
            rows: msgspec.Struct | list[msgspec.Struct] = self._decoder.decode(body)
        except NOT_DECODED:
            return None
        return rows

    def is_sparse(self, body: Body) -> bool:
        """Tell whether records leave out so much that decoding takes long for their bytes."""
        return cells_of(body, self._fields) > PART_CELLS

    def read_lines(self, lines: bytes) -> list[msgspec.Struct] | None:
        """Decode records, one after another; None for what `record` must see."""
        if self._decoder is None or self._reserved(lines):
            return None
        try:
            return self._lines_decoder.decode_lines(lines)
        except NOT_DECODED:
            return None

    def _reserved(self, body: Body) -> bool:
        """Tell whether the text that stands for a missing string may be in a body."""
        return self._has_strings and (
            _RESERVED in body or _RESERVED_ESCAPE.search(body) is not None
        )

    def record(self, value: bytes) -> Batch:
        """Decode a record that stands by itself. Raises as `decode` does; a list is no record."""
        row = self.read(value)
        if not isinstance(row, msgspec.Struct):
            row = self._make(self._inspector.record(value))
        return self.batch([row], single=True)

    def batch(self, rows: Sequence[msgspec.Struct], single: bool = False) -> Batch:
        """Make the tensors of rows. Raises PayloadError for numbers that are not answered."""
        tensors = self._fill(rows)
        for feature in self.limited:
            check_values(feature, tensors[feature.input][:, feature.column], single)
        return Batch(tensors, len(rows), single)

    def _fill(self, rows: Sequence[msgspec.Struct]) -> dict[str, Array]:
        return {name: fill(rows) for name, fill in self._fills.items()}

    def fill(self, row: msgspec.Struct, tensors: Mapping[str, Array]) -> None:
        """Write a row of numbers into tensors that are there; None is a missing value, NaN.

        For models whose one input is of numbers. Raises PayloadError for one that is not answered.
        """
        for attribute, answered, listed in self._limits:
            value = getattr(row, attribute)
            if value is not None and (value in listed) is not answered:
                # Raises, unless rounding in the tensor makes it a number that is answered.
                self.batch([row], single=True)
        for name, pack in self._packs.items():
            try:
                pack(tensors[name], row)
            except struct.error:
                np.copyto(tensors[name], self._fills[name]([row]))

    def tensors(self, records: Iterable[Mapping[str, Scalar]]) -> dict[str, Array]:
        """Return the tensors of records of plain Python values, a missing one being None.

        They go the way of a request's body, so that what is checked is what is served.
        """
        return self.decode(msgspec.json.encode(list(records))).tensors

    def encode(self, outputs: Mapping[str, Array], single: bool) -> bytes:
        """Encode the graph's outputs: one answer if `single`, otherwise a list of answers."""
        return self._encoder.encode(outputs, single)

    @property
    def answer_schema(self) -> Schema:
        """The JSON Schema of an answer."""
        return self._encoder.schema

    @property
    def answer_columns(self) -> list[str]:
        """The names of an answer's values: of those within an object `object.name`."""
        return self._encoder.names

    def encode_lines(self, outputs: Mapping[str, Array]) -> bytes:
        """Encode an answer per row, each on a line."""
        return self._encoder.encode_lines(outputs)

    def column_values(self, outputs: Mapping[str, Array]) -> list[Column]:
        """Return the values of all rows for each of `answer_columns`."""
        return self._encoder.columns(outputs)

    def encode_each(self, outputs: Mapping[str, Array]) -> list[bytes]:
        """Encode an answer per row, each by itself."""
        return self._encoder.encode_each(outputs)

    def encode_row(self, outputs: Mapping[str, Sequence[Any]]) -> bytes:
        """Encode the answer of one row, of each output as a list of its columns."""
        return self._encoder.encode_row(outputs)


def check_values(feature: Feature, column: Array, single: bool) -> None:
    """Raise PayloadError for single numbers that are not answered."""
    if feature.values is not None:
        known = np.isin(column, np.array(feature.values)) | np.isnan(column)
        expected = f"one of {_numbers(feature.values)}" if feature.values else "null"
    else:
        known = ~np.isin(column, np.array(feature.refused))
        kind = "an integer" if feature.dtype == "int64" else "a number"
        expected = f"{kind} other than {_numbers(feature.refused or ())}"
    if known.all():
        return
    wrong = np.flatnonzero(~known)
    problems = [
        Problem(
            join("$" if single else f"$[{row}]", feature.name),
            expected,
            f"the number {column[row]:g}",
        )
        for row in wrong[:MOST_PROBLEMS].tolist()
    ]
    raise PayloadError(problems, more=len(wrong) > MOST_PROBLEMS)


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _column(feature: Feature) -> int:
    return feature.column


def _is_float(feature: Feature) -> bool:
    """Tell whether a row always has a float for a feature."""
    return feature.dtype == "float64" and not feature.nullable


def _row_type(
    features: Sequence[Feature], rename: dict[str, str] | None, forbid: bool
) -> type[msgspec.Struct]:
    """Make the type of a record. What may be missing may be left out."""
    fields: list[tuple[str, Any] | tuple[str, Any, None]] = []
    for index, feature in enumerate(features):
        field = (f"f{index}", field_type(feature))
        fields.append((*field, None) if feature.nullable else field)
    row: type[msgspec.Struct] = msgspec.defstruct(
        "Row", fields, rename=rename, forbid_unknown_fields=forbid, kw_only=True, gc=False
    )
    return row


def _decoder(row: type[msgspec.Struct]) -> msgspec.json.Decoder[Any]:
    """Make the decoder of a record, or of a list of them."""
    return msgspec.json.Decoder(row | list[row])  # type: ignore[valid-type]
