"""Columns of values to tensors: for tables, whose values come by the column, not by the record.

What fits the signature is filled a column at a time. What does not is left to
`payload.Codec.record`, which says what is wrong with it, record by record.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import msgspec
import numpy as np

from runtime.errors import PayloadError, Problem
from runtime.inspection import GREATEST_INTEGER, MOST_PROBLEMS, field_type, join
from runtime.manifest import MISSING_STRING, Feature, Manifest
from runtime.payload import NOT_DECODED, Array, Batch, Codec, check_values
from runtime.tensors import blank, fill_column

Values = Sequence[object] | Array
"""Plain Python values, None where one is missing; or an array of numbers, of which NaN is missing,
of booleans, or of strings, of which None is."""

_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)


class Columns:
    """Fills the tensors of one model."""

    def __init__(self, manifest: Manifest, codec: Codec) -> None:
        self.features = {feature.name: feature for feature in manifest.features}
        self._inputs = manifest.inputs
        self._limited = codec.limited
        self._ends = _ends(manifest.features)
        self._forbids_unknown = codec.forbids_unknown
        types: dict[str, Any] = {
            feature.name: list[field_type(feature)]  # type: ignore[misc]
            for feature in manifest.features
        }
        self._types = types
        self._decoders = {name: msgspec.json.Decoder(kind) for name, kind in types.items()}

    @property
    def are_floats(self) -> bool:
        """Whether all columns are of floats."""
        return all(feature.dtype == "float64" for feature in self.features.values())

    def check(self, names: Sequence[str]) -> None:
        """Raise PayloadError unless a table may have columns of these names."""
        found = list(islice(self._problems(names), MOST_PROBLEMS + 1))
        if found:
            raise PayloadError(found[:MOST_PROBLEMS], more=len(found) > MOST_PROBLEMS)

    def _problems(self, names: Sequence[str]) -> Iterator[Problem]:
        """Yield what is wrong with the names of a table's columns, of which there may be many."""
        counts = Counter(names)
        if self._forbids_unknown:
            listing = f"There are {', '.join(self.features)}."
            for name in names:
                if name not in self.features:
                    yield Problem(join("$", name), "no such column", "an unknown column", listing)
        for feature in self.features.values():
            if feature.name not in counts and not feature.nullable:
                yield Problem(join("$", feature.name), "a column of this name", "none")
        for name, count in counts.items():
            for _ in range(count - 1):
                yield Problem(join("$", name), "one column of this name", "several")

    def batch(self, columns: Mapping[str, Values], rows: int) -> Batch | None:
        """Make the tensors of columns; None where a value does not fit the signature.

        The columns are of `features`, and all those that may not be missing are among them.
        """
        tensors = {tensor.name: blank(tensor, rows) for tensor in self._inputs}
        for name, values in columns.items():
            feature = self.features[name]
            if not self._fit(feature, values):
                return None
            fill_column(tensors[feature.input][:, feature.column], values)
        return self._checked(tensors, rows)

    def floats(self, names: Iterable[str], table: Array) -> Batch | None:
        """Make the tensor of a table of finite numbers that has a column for each feature.

        None where a value does not fit the signature.
        """
        (tensor,) = self._inputs
        values = np.empty(table.shape)
        values[:, [self.features[name].column for name in names]] = table
        return self._checked({tensor.name: values}, len(table))

    def _checked(self, tensors: dict[str, Array], rows: int) -> Batch | None:
        if self._ends is not None:
            low, high = self._ends
            numbers = tensors["numeric"]
            if (numbers < low).any() or (numbers > high).any():  # NaN is neither
                return None
        try:
            for feature in self._limited:
                check_values(feature, tensors[feature.input][:, feature.column], single=False)
        except PayloadError:
            return None
        return Batch(tensors, rows, single=False)

    def _fit(self, feature: Feature, values: Values) -> bool:
        """Tell whether values fit the signature."""
        if isinstance(values, np.ndarray):
            return (_strings_fit if feature.dtype == "string" else _numbers_fit)(feature, values)
        try:
            msgspec.convert(values, self._types[feature.name])
        except msgspec.ValidationError:
            return False
        return feature.dtype != "string" or MISSING_STRING not in values

    def values(self, name: str, texts: Sequence[str]) -> Sequence[object] | None:
        """Return what texts stand for: numbers as in JSON, `true` and `false` in any case.

        An empty text is a missing value, where there may be one. None where one of them is
        nothing that the feature may be; `record` has it said what.
        """
        feature = self.features[name]
        if feature.dtype == "string":
            return [text or None for text in texts] if feature.nullable and "" in texts else texts
        if feature.dtype == "bool":
            texts = [text.lower() for text in texts]
        joined = ",".join(texts)
        if "null" in joined:  # also with white space around it
            return None
        if "" in texts:
            joined = ",".join([text or "null" for text in texts])
        try:
            values: list[object] = self._decoders[name].decode(f"[{joined}]")
        except NOT_DECODED:
            return None
        return values if len(values) == len(texts) else None

    def record(self, texts: Mapping[str, str]) -> bytes:
        """Return the JSON of a record whose fields are given as texts, by the feature's name."""
        fields = (
            f"{_json(name)}:{_value(self.features[name], text)}" for name, text in texts.items()
        )
        return f"{{{','.join(fields)}}}".encode()


def _strings_fit(feature: Feature, values: Array) -> bool:
    if values.dtype != object:
        return False
    found = set(values.tolist())
    if MISSING_STRING in found or (None in found and not feature.nullable):
        return False
    longest = max(map(len, filter(None, found)), default=0)
    if feature.longest is not None and longest > feature.longest:
        return False
    return not feature.closed or found <= {*(feature.categories or ()), None}


def _numbers_fit(feature: Feature, values: Array) -> bool:
    kind = values.dtype.kind
    if feature.dtype == "bool" or kind not in "iuf":
        return feature.dtype == "bool" and kind == "b"
    present = values[~np.isnan(values)] if kind == "f" else values
    if len(present) < len(values) and not feature.nullable:
        return False
    if feature.dtype == "int64":
        within = np.all((present >= -GREATEST_INTEGER) & (present <= GREATEST_INTEGER))
        # numpy warns of what is left of infinity.
        return bool(within and np.all(present % 1 == 0))
    return bool(np.all(np.isfinite(present)))


def _ends(features: Sequence[Feature]) -> tuple[Array, Array] | None:
    """Return the least and the greatest number of each numeric column; None if all are answered."""
    if all(each.lowest is None and each.highest is None for each in features):
        return None
    columns = sorted(
        (each for each in features if each.input == "numeric"), key=lambda each: each.column
    )
    low = [-np.inf if each.lowest is None else each.lowest for each in columns]
    high = [np.inf if each.highest is None else each.highest for each in columns]
    return np.array(low), np.array(high)


def _value(feature: Feature, text: str) -> str:
    """Return the JSON of what a text stands for; a string where it is nothing else."""
    if feature.dtype == "string":
        return "null" if feature.nullable and not text else _json(text)
    value = text.strip()
    if not value:
        return "null"
    if feature.dtype == "bool" and value.lower() in ("true", "false"):
        return value.lower()
    return value if _NUMBER.fullmatch(value) else _json(value)


def _json(text: str) -> str:
    return msgspec.json.encode(text).decode()
