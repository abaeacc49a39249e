"""Estimators made of others: pipelines, column transformers, feature unions."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils._set_output import _get_output_config

from export.converters.graph import Graph
from export.converters.registry import convert, converts, transform, transforms
from export.converters.values import Answer, Frame


@converts(Pipeline, exact=True)
def pipeline(graph: Graph, estimator: Pipeline, frame: Frame) -> Answer:
    """Convert the steps in their order; `passthrough` steps leave the frame as it is."""
    *before, (last_name, last) = estimator.steps
    frame = _through(graph, before, frame)
    if last is None or last == "passthrough":
        return frame
    with graph.step(last_name):
        return convert(graph, last, frame)


@transforms(Pipeline, exact=True)
def pipeline_transform(graph: Graph, estimator: Pipeline, frame: Frame) -> Frame:
    """Convert the steps in their order; the last one is asked to transform, like the others."""
    return _through(graph, estimator.steps, frame)


@converts(ColumnTransformer, exact=True)
def column_transformer(graph: Graph, estimator: ColumnTransformer, frame: Frame) -> Frame:
    """Give each transformer its columns, however they were selected, and join the results."""
    weights = estimator.transformer_weights or {}
    parts = []
    for name, step, _ in estimator.transformers_:
        columns = estimator._transformer_to_input_indices[name]
        if step == "drop" or not len(columns):
            continue
        with graph.step(name):
            part = _transformed(graph, step, frame.select(_places(estimator, columns, frame)))
            parts.append(_weighted(graph, part, weights.get(name), step))
    return _joined(estimator, parts)


def _places(estimator: ColumnTransformer, columns: Iterable[int], frame: Frame) -> Sequence[int]:
    """Return where a frame has columns that are counted as in the fit.

    Of a data frame they are found by name: it may lack others, which no transformer takes.
    """
    fitted = getattr(estimator, "feature_names_in_", ())
    if not len(fitted) or None in frame.labels:
        return [int(column) for column in columns]
    places = {label: place for place, label in enumerate(frame.labels)}
    return [places[fitted[column]] for column in columns]


@converts(FeatureUnion, exact=True)
def feature_union(graph: Graph, estimator: FeatureUnion, frame: Frame) -> Frame:
    """Join what every transformer makes of the same frame."""
    weights = estimator.transformer_weights or {}
    parts = []
    for name, step in _used(estimator.transformer_list):
        with graph.step(name):
            part = _transformed(graph, step, frame)
            parts.append(_weighted(graph, part, weights.get(name), step))
    return _joined(estimator, parts)


def _joined(estimator: Any, parts: Iterable[Frame]) -> Frame:
    """Join frames, as columns of one array or, with `set_output`, of one data frame."""
    frame = Frame.concat(parts)
    dense = _get_output_config("transform", estimator)["dense"]
    return frame.as_array() if dense == "default" else frame


def _through(graph: Graph, steps: Iterable[tuple[str, Any]], frame: Frame) -> Frame:
    for name, step in steps:
        with graph.step(name):
            frame = _transformed(graph, step, frame)
    return frame


def _used(steps: Iterable[tuple[str, Any]]) -> Iterable[tuple[str, Any]]:
    return ((name, step) for name, step in steps if not (isinstance(step, str) and step == "drop"))


def _transformed(graph: Graph, step: Any, frame: Frame) -> Frame:
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return frame
    return transform(graph, step, frame).unlabelled()


def _weighted(graph: Graph, frame: Frame, weight: float | None, step: Any) -> Frame:
    if weight is None:
        return frame
    product = graph.op("Mul", graph.numeric(frame, step), float(weight))
    return replace(frame, blocks=Frame.of(product, frame.width).blocks)
