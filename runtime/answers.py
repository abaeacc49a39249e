"""The shape of an answer: its fields for each task, how they are filled and described.

One definition per field gives both its values and its JSON Schema, so that what is sent and
what OpenAPI promises cannot differ. To serve another task, add its entry to `_TASKS`.

A field is filled for many rows at once by numpy, and for a single row without: there, each
call of numpy would cost more than the row.

Where several targets are predicted, each field is an object by the target's name. NaN, which
JSON does not have, is sent as null. Knows nothing of HTTP or ONNX Runtime.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from runtime.manifest import Class, Label, Manifest, Task
from runtime.structs import object_maker

Array = NDArray[Any]
Outputs = Mapping[str, Array]
Row = Mapping[str, Sequence[Any]]
"""The outputs for one row, each as a list of its columns."""
Column = Array | list[Any]
"""A value for each row."""
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of every answer: its name, its JSON Schema, and its value for each row."""

    name: str
    schema: Schema
    values: Callable[[Outputs], Sequence[object]]
    """For all rows."""
    value: Callable[[Row], object]
    """For one row."""
    columns: Callable[[Outputs], list[Column]]
    """For all rows, the values that it consists of; of an object each of its own."""
    ends: tuple[str, ...] = ("",)
    """What distinguishes the names of those: the name of each begins with the field's."""


class Encoder:
    """Encodes the outputs of one model's graph."""

    def __init__(self, manifest: Manifest) -> None:
        self._answer = _object("answer", answer_fields(manifest))
        self._encode = msgspec.json.Encoder().encode
        self._encode_lines = msgspec.json.Encoder().encode_lines
        self.schema = self._answer.schema
        self.names = [end.removeprefix(".") for end in self._answer.ends]
        """What the `columns` are called."""

    def encode(self, outputs: Outputs, single: bool) -> bytes:
        """Encode one answer if `single`, otherwise a list with an answer per row."""
        if single:
            return self.encode_row({name: _cells(array) for name, array in outputs.items()})
        return self._encode(self._answer.values(outputs))

    def encode_each(self, outputs: Outputs) -> list[bytes]:
        """Encode an answer per row, each by itself."""
        return list(map(self._encode, self._answer.values(outputs)))

    def encode_lines(self, outputs: Outputs) -> bytes:
        """Encode an answer per row, each on a line."""
        return self._encode_lines(self._answer.values(outputs))

    def columns(self, outputs: Outputs) -> list[Column]:
        """Return the values of all rows, by column."""
        return self._answer.columns(outputs)

    def encode_row(self, row: Row) -> bytes:
        """Encode the answer of one row."""
        return self._encode(self._answer.value(row))


def answer_fields(manifest: Manifest) -> list[Field]:
    """Return the fields of an answer, in the order in which they are sent."""
    return _TASKS[manifest.task](manifest)


def answer_schema(manifest: Manifest) -> Schema:
    """Return the JSON Schema of an answer."""
    return _object("answer", answer_fields(manifest)).schema


def _classification(manifest: Manifest) -> list[Field]:
    return _classifier(manifest, manifest.classes, slice(None), None)


def _multioutput_classification(manifest: Manifest) -> list[Field]:
    """Give each target the fields of a classifier; its probabilities follow the last one's."""
    parts, start = {}, 0
    for column, target in enumerate(manifest.targets):
        classes = target.classes or ()
        span = slice(start, start + len(classes))
        parts[target.name] = _classifier(manifest, classes, span, column)
        start = span.stop
    return _by_target(parts)


def _multilabel_classification(manifest: Manifest) -> list[Field]:
    names = [target.name for target in manifest.targets]
    fields = [_named("prediction", "label", names, {"type": "integer", "enum": [0, 1]})]
    if _has(manifest, "probabilities"):
        schema = _number("The probability that this label applies; null if it is not a number.")
        fields.append(_named("probabilities", "probabilities", names, schema))
    if _has(manifest, "scores"):
        fields.append(_named("scores", "scores", names, _number("The decision score.")))
    return fields


def _regression(manifest: Manifest) -> list[Field]:
    schema = _number("The predicted value; null if it is not a number.")
    if len(manifest.targets) > 1:
        return [_named("prediction", "prediction", _target_names(manifest), schema)]
    return [_plain("prediction", "prediction", schema)]


def _clustering(manifest: Manifest) -> list[Field]:
    schema = {"type": "integer", "description": "The number of the cluster."}
    fields = [_plain("prediction", "label", schema)]
    for output, description in (
        ("probabilities", "The probability of this cluster; null if it is not a number."),
        ("distances", "The distance to the centre of this cluster, or subcluster."),
    ):
        if _has(manifest, output):
            names = [str(cluster) for cluster in range(_columns(manifest, output))]
            fields.append(_named(output, output, names, _number(description)))
    return fields


def _outlier_detection(manifest: Manifest) -> list[Field]:
    description = "1 for an inlier, -1 for an outlier."
    schema = {"type": "integer", "enum": [1, -1], "description": description}
    fields = [_plain("prediction", "label", schema)]
    if _has(manifest, "scores"):
        fields.append(_plain("score", "scores", _number("The lower, the more abnormal.")))
    return fields


def _transformation(manifest: Manifest) -> list[Field]:
    output = next(output for output in manifest.outputs if output.name == "transformed")
    schema = {"type": "string"} if output.dtype == "string" else _number("The transformed value.")
    return [_named("transformed", "transformed", _target_names(manifest), schema)]


_TASKS: dict[Task, Callable[[Manifest], list[Field]]] = {
    "classification": _classification,
    "multilabel_classification": _multilabel_classification,
    "multioutput_classification": _multioutput_classification,
    "regression": _regression,
    "clustering": _clustering,
    "outlier_detection": _outlier_detection,
    "transformation": _transformation,
}


def _classifier(
    manifest: Manifest, classes: Sequence[Class], span: slice, column: int | None
) -> list[Field]:
    """Return the fields of one target: `span` are its probabilities, `column` is its label."""
    labels = [each.label for each in classes]
    names = [each.name for each in classes]
    # Keys compare by value, so the graph's 1 finds the class True, and its 2 the class 2.0.
    known = {label: index for index, label in enumerate(labels)}
    same = {type(label) for label in labels} in ({int}, {str})
    counted = same and labels == list(range(len(labels)))

    def label(outputs: Outputs) -> Array:
        return outputs["label"] if column is None else outputs["label"][:, column]

    def prediction(outputs: Outputs) -> Column:
        answered = label(outputs)
        return answered if same else [labels[known[each]] for each in _cells(answered)]

    def probability(outputs: Outputs) -> Column:
        probabilities = outputs["probabilities"][:, span]
        chosen = label(outputs)
        places = chosen if counted else list(map(known.__getitem__, _cells(chosen)))
        column: Array = probabilities[np.arange(len(probabilities)), places]
        return column

    cell, first = column or 0, span.start or 0

    def row_prediction(row: Row) -> Label:
        return labels[known[row["label"][cell]]]

    def row_probability(row: Row) -> object:
        return row["probabilities"][first + known[row["label"][cell]]]

    schema = {"enum": labels, "title": "The predicted class"}
    fields = [_single("prediction", schema, prediction, row_prediction)]
    if _has(manifest, "probabilities"):
        schema = _number("The probability of the predicted class; null if it is not a number.")
        each = _number("The probability of this class; null if it is not a number.")
        fields.append(_single("probability", schema, probability, row_probability))
        fields.append(_named("probabilities", "probabilities", names, each, span))
    if _has(manifest, "scores"):
        # A binary classifier has one score: that of its second class.
        binary = column is None and _columns(manifest, "scores") == 1
        score = _number("The decision score of this class.")
        fields.append(_named("scores", "scores", names[-1:] if binary else names, score, span))
    return fields


def _object(name: str, fields: Sequence[Field]) -> Field:
    """Join fields into one whose values are objects."""
    make = object_maker([field.name for field in fields])

    def values(outputs: Outputs) -> list[object]:
        return list(map(make, *(field.values(outputs) for field in fields)))

    def value(row: Row) -> object:
        return make(*[field.value(row) for field in fields])

    def columns(outputs: Outputs) -> list[Column]:
        return [column for field in fields for column in field.columns(outputs)]

    schema = _object_schema({field.name: field.schema for field in fields})
    ends = tuple(f".{field.name}{end}" for field in fields for end in field.ends)
    return Field(name, schema, values, value, columns, ends)


def _single(
    name: str,
    schema: Schema,
    column: Callable[[Outputs], Column],
    value: Callable[[Row], object],
) -> Field:
    """Return a field that is a single value."""

    def values(outputs: Outputs) -> list[Any]:
        return as_list(column(outputs))

    return Field(name, schema, values, value, lambda outputs: [column(outputs)])


def _by_target(parts: Mapping[str, Sequence[Field]]) -> list[Field]:
    """Turn fields by target into fields whose values are objects by target."""
    return [
        _object(
            same[0].name,
            [replace(field, name=target) for target, field in zip(parts, same, strict=True)],
        )
        for same in zip(*parts.values(), strict=True)
    ]


def _plain(name: str, output: str, schema: Schema) -> Field:
    """Return a field that is a one-column output's value."""
    return _single(
        name, schema, lambda outputs: outputs[output].reshape(-1), lambda row: row[output][0]
    )


def _named(
    name: str, output: str, keys: Sequence[str], schema: Schema, span: slice = slice(None)
) -> Field:
    """Return a field that holds the columns `span` of an output by name."""
    make = object_maker(keys)

    def table(outputs: Outputs) -> Array:
        array = outputs[output]
        return array.reshape(len(array), -1)[:, span].T

    def columns(outputs: Outputs) -> list[Column]:
        return list(table(outputs))

    def values(outputs: Outputs) -> list[object]:
        return list(map(make, *as_list(table(outputs))))

    def value(row: Row) -> object:
        return make(*row[output][span])

    ends = tuple(f".{key}" for key in keys)
    return Field(name, _object_schema(dict.fromkeys(keys, schema)), values, value, columns, ends)


def _object_schema(properties: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _number(description: str) -> Schema:
    return {"type": ["number", "null"], "description": description}


def _cells(array: Array) -> list[Any]:
    """Return all values, row by row."""
    return as_list(array.reshape(-1))


def as_list(values: Column) -> list[Any]:
    """Return values as Python's own."""
    return values if isinstance(values, list) else values.tolist()


def _has(manifest: Manifest, output: str) -> bool:
    return any(each.name == output for each in manifest.outputs)


def _columns(manifest: Manifest, output: str) -> int:
    return next(each.columns or 1 for each in manifest.outputs if each.name == output)


def _target_names(manifest: Manifest) -> list[str]:
    return [target.name for target in manifest.targets]
