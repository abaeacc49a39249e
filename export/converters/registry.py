"""Which function converts which estimator, and how skl2onnx comes to call it.

A converter is a function `(graph, estimator, frame) -> answer`. `@converts(Class)` registers
it here, for pipelines that Skiff converts, and with skl2onnx's `update_registered_converter`,
so that skl2onnx's own converters of composite estimators use it too. A class of a library that
need not be installed is given by its name, `@converts("library.module.Class")`, and is looked
for by that name when an estimator of it turns up: then it was imported, and never by us.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from skl2onnx import update_registered_converter
from skl2onnx.common.data_types import DoubleTensorType, Int64TensorType, StringTensorType
from sklearn.base import OneToOneFeatureMixin

from export.converters.graph import Graph
from export.converters.origins import through
from export.converters.sparsity import answers_sparse
from export.converters.values import (
    Answer,
    Classified,
    Clustered,
    Frame,
    MultiClassified,
    MultiLabelled,
    Regressed,
    TensorName,
)

Converter = Callable[[Graph, Any, Frame], Answer]
_Converter = TypeVar("_Converter", bound=Callable[..., Answer])


@dataclass(frozen=True)
class Entry:
    """A registered converter; `exact` says that it answers bit for bit as scikit-learn."""

    convert: Converter
    exact: bool


_BESIDE_ANSWERS = {
    *("__init__", "__doc__", "__module__", "__annotations__", "__abstractmethods__", "_abc_impl"),
    *("__firstlineno__", "__static_attributes__", "__repr__", "__sklearn_tags__"),
    *("fit", "partial_fit", "fit_transform", "fit_predict", "score", "get_params"),
    *("_parameter_constraints", "_sklearn_auto_wrap_output_keys"),
    *("set_fit_request", "set_partial_fit_request", "set_score_request"),
}
"""What a class may have of its own and answer new rows as the one that it inherits from."""

_ENTRIES: dict[type | str, Entry] = {}
_TRANSFORMS: dict[type, Entry] = {}


def converts(*classes: type | str, exact: bool) -> Callable[[_Converter], _Converter]:
    """Register the decorated function as the converter of `classes`, or of classes so named.

    `exact` promises that every step is computed in scikit-learn's own order and precision,
    so that parity is demanded bit for bit; otherwise within 1e-12 relative.
    """

    def register(function: _Converter) -> _Converter:
        for cls in classes:
            _ENTRIES[cls] = Entry(function, exact)
            if isinstance(cls, str):
                continue
            update_registered_converter(cls, f"Skiff{cls.__name__}", _set_types, _convert_operator)
        return function

    return register


def transforms(*classes: type, exact: bool) -> Callable[[_Converter], _Converter]:
    """Register the decorated function as what `transform` does, for estimators that predict too.

    A predictor is asked to transform where it is a step before the last of a pipeline.
    """

    def register(function: _Converter) -> _Converter:
        _TRANSFORMS.update(dict.fromkeys(classes, Entry(function, exact)))
        return function

    return register


def entry_of(estimator: object) -> Entry | None:
    """Return the converter of this class, or of the one that it inherits all its answers from."""
    cls = type(estimator)
    return _ENTRIES.get(name_of(cls)) or _inherited(cls, _ENTRIES)


def _inherited(cls: type, entries: Mapping[Any, Entry]) -> Entry | None:
    """Return the entry of the nearest class, unless one before it changes more than the fit.

    A subclass that overrides any method but these may compute something else.
    """
    changed: set[str] = set()
    for base in cls.__mro__:
        entry = entries.get(base)
        if entry is not None:
            return None if any(hasattr(base, name) for name in changed) else entry
        changed |= vars(base).keys() - _BESIDE_ANSWERS
    return None


def name_of(cls: type) -> str:
    """Return the full name of a class, under which it may be registered."""
    return f"{cls.__module__}.{cls.__qualname__}"


def convert(graph: Graph, estimator: Any, frame: Frame) -> Answer:
    """Convert one estimator, whatever it contains.

    Raises ConversionError, with the estimator's place in the pipeline, where there is no
    converter for it or its settings have no exact form.
    """
    return _applied(graph, entry_of(estimator), estimator, frame)


def transform(graph: Graph, transformer: Any, frame: Frame) -> Frame:
    """Convert an estimator that must be a transformer, and return its columns."""
    entry = _inherited(type(transformer), _TRANSFORMS) or entry_of(transformer)
    answer = _applied(graph, entry, transformer, frame)
    if not isinstance(answer, Frame):
        raise graph.refuse(transformer, "it predicts, where a step that transforms is expected.")
    return answer


def classify(graph: Graph, classifier: Any, frame: Frame) -> Classified:
    """Convert an estimator that must be a classifier of one target, and return its answer.

    The estimator around it computes with that answer, exponentials and all.
    """
    answer = convert(graph, classifier, frame)
    graph.exact = graph.exact and not graph.exponential
    if not isinstance(answer, Classified):
        raise graph.refuse(classifier, "a classifier of one target is expected here.")
    return answer


def regress(graph: Graph, regressor: Any, frame: Frame) -> TensorName:
    """Convert an estimator that must be a regressor, and return its values."""
    answer = convert(graph, regressor, frame)
    graph.exact = graph.exact and not graph.exponential
    if not isinstance(answer, Regressed):
        raise graph.refuse(regressor, "a regressor is expected here.")
    return answer.values


def _applied(graph: Graph, entry: Entry | None, estimator: Any, frame: Frame) -> Answer:
    def apply() -> Answer:
        if entry is None:
            raise graph.refuse(
                estimator, "there is no converter for it; docs/converters.md shows how to add one."
            )
        width = _fitted_width(estimator, frame)
        if width != frame.width and graph.survey is None:  # the doctor stands in for steps
            reason = (
                f"it was fitted on {width} columns, and is given {frame.width} by the converter of"
            )
            raise graph.refuse(estimator, f"{reason} the step before it.")
        given = graph.lineage.rounded(frame, exact=graph.exact)
        origins = through(estimator, [] if frame.sparse else graph.lineage.origins(frame, given))
        before, graph.exact = graph.exact, entry.exact
        answer = entry.convert(graph, estimator, frame)
        if isinstance(answer, Frame):
            by_column = isinstance(estimator, OneToOneFeatureMixin)
            rounded = given if by_column else np.array([given.any()])
            graph.lineage.remember_rounded(answer, rounded | (not graph.exact))
            graph.lineage.remember_origins(answer, origins)
            sparse = answers_sparse(estimator, frame.sparse, answer.sparse)
            answer = replace(answer, sparse=sparse)
        graph.exact = before and graph.exact
        return answer

    return apply() if graph.survey is None else graph.survey(graph, estimator, frame, apply)


def _fitted_width(estimator: Any, frame: Frame) -> int:
    """Return how many columns an estimator takes, where they are a step's; else as many as come.

    Of the user's data frame, which has labels, a column transformer takes only those it needs.
    """
    made = frame.blocks and not any(block.labels for block in frame.blocks)
    return int(getattr(estimator, "n_features_in_", frame.width)) if made else frame.width


def labels_of(graph: Graph, index: TensorName, classes: Any) -> TensorName:
    """Return the labels of classes given by index: int64 (booleans too), float64 or strings."""
    labels = np.asarray(classes)
    if labels.dtype.kind in "biu":
        labels = labels.astype(np.int64)
        if np.array_equal(labels, np.arange(len(labels))):
            return index
    elif labels.dtype.kind != "f":
        labels = labels.astype(object)
    return graph.op("Gather", labels, index, axis=0)


def outputs_of(graph: Graph, answer: Answer, classes: Any = None) -> dict[str, TensorName]:
    """Return an answer's tensors by the names that the artifact's outputs have."""
    if isinstance(answer, Frame):
        strings = all(answer.string_columns)
        join = graph.string if strings else graph.numeric
        table = join(answer.as_doubles(), answer)
        if answer.sparse:  # which has no -0.0: what it lacks is 0.0
            table = graph.op("Where", graph.op("Equal", table, 0.0), 0.0, table)
        return {"transformed": table}
    if isinstance(answer, Regressed):
        return {"prediction": answer.values}
    if isinstance(answer, Classified):
        label = labels_of(graph, answer.index, classes)
        named = {"label": label, "probabilities": answer.probabilities, "scores": answer.scores}
    elif isinstance(answer, MultiClassified):
        named = _joined(graph, answer, classes)
    elif isinstance(answer, MultiLabelled):
        named = {
            "label": answer.label,
            "probabilities": answer.probabilities,
            "scores": answer.scores,
        }
    elif isinstance(answer, Clustered):
        named = {
            "label": answer.label,
            "probabilities": answer.probabilities,
            "distances": answer.distances,
        }
    else:
        named = {"label": answer.label, "scores": answer.scores}
    return {name: tensor for name, tensor in named.items() if tensor is not None}


def _joined(graph: Graph, answer: MultiClassified, classes: Any) -> dict[str, TensorName | None]:
    """Join several targets' answers side by side."""
    labels = [
        graph.reshape(labels_of(graph, target.index, names), -1, 1)
        for target, names in zip(answer.targets, classes, strict=True)
    ]
    probabilities = [t.probabilities for t in answer.targets if t.probabilities is not None]
    joined = graph.concat(probabilities) if len(probabilities) == len(answer.targets) else None
    return {"label": graph.concat(labels), "probabilities": joined}


def _set_types(operator: Any) -> None:
    """Give the outputs of an operator, as skl2onnx's own parsers declare them, their types."""
    classes = np.asarray(getattr(operator.raw_operator, "classes_", np.array([0])))
    for output in operator.outputs:
        if output.raw_name.startswith("label"):
            kind = StringTensorType if classes.dtype.kind in "UO" else Int64TensorType
            output.set_type(kind([None]))
        else:
            output.set_type(DoubleTensorType([None, None]))


def _convert_operator(scope: Any, operator: Any, container: Any) -> None:
    """Convert one operator of skl2onnx's own topology with the converter registered for it."""
    graph = Graph(scope, container)
    estimator = operator.raw_operator
    frame = Frame.concat(
        Frame.of(
            TensorName(variable.onnx_name),
            variable.type.shape[1],
            isinstance(variable.type, StringTensorType),
        )
        for variable in operator.inputs
    )
    answer = convert(graph, estimator, frame)
    outputs = outputs_of(graph, answer, getattr(estimator, "classes_", None))
    # An answer may hold scores beside its probabilities; skl2onnx asks for two tensors at most.
    for tensor, variable in zip(outputs.values(), operator.outputs, strict=False):
        container.add_node("Identity", [tensor], [variable.onnx_name], op_version=1)
