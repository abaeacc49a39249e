"""Neighbours within a radius: all training rows near enough, and what they vote for."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import (
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
    RadiusNeighborsTransformer,
)

from export.converters.arithmetic import first_greatest, row_sum
from export.converters.graph import Graph
from export.converters.neighbors import (
    all_sums,
    check_values,
    inverse_distances,
    root_of,
    rooted,
    search_order,
)
from export.converters.registry import converts
from export.converters.values import Classified, Frame, MultiClassified, Regressed, TensorName


@converts(RadiusNeighborsClassifier, exact=False)
def radius_classifier(
    graph: Graph, model: RadiusNeighborsClassifier, frame: Frame
) -> Classified | MultiClassified:
    """Answer each class's share of the votes; a row without neighbours has the outlier label."""
    if model.outlier_label_ is None:
        reason = "a row without neighbours makes it fail; set outlier_label."
        raise graph.refuse(model, reason)
    weights = _weights(graph, model, frame)
    codes = np.asarray(model._y)
    if not model.outputs_2d_:
        return _voted(graph, model, weights, codes.ravel(), 0)
    return MultiClassified(
        tuple(
            _voted(graph, model, weights, codes[:, target], target)
            for target in range(len(model.classes_))
        )
    )


@converts(RadiusNeighborsRegressor, exact=False)
def radius_regressor(graph: Graph, model: RadiusNeighborsRegressor, frame: Frame) -> Regressed:
    """Answer the neighbours' mean; a row without neighbours has none: NaN."""
    check_values(graph, model)
    weights = _weights(graph, model, frame)
    known = np.asarray(model._y, dtype=np.float64)[search_order(model)]
    total = graph.op("MatMul", weights, known.reshape(len(known), -1))
    weight = row_sum(graph, weights)
    with np.errstate(invalid="ignore"):
        # Of whole numbers this is the least of their type, as scikit-learn answers it.
        alone = np.full(1, np.nan).astype(np.asarray(model._y).dtype).astype(np.float64)
    mean = graph.op("Where", graph.op("Equal", weight, 0.0), alone, graph.op("Div", total, weight))
    return Regressed(graph.reshape(mean, -1) if known.ndim == 1 else mean)


@converts(RadiusNeighborsTransformer, exact=False)
def radius_transformer(graph: Graph, model: RadiusNeighborsTransformer, frame: Frame) -> Frame:
    """Answer, for each training row, its distance if it is within the radius, otherwise 0."""
    measured, near = _within(graph, model, frame)
    value = measured if model.mode == "distance" else np.array(1.0)
    order = search_order(model)
    columns = Frame.of(graph.op("Where", near, value, np.array(0.0)), len(order))
    return columns.select([int(place) for place in np.argsort(order)])


def _weights(graph: Graph, model: Any, frame: Frame) -> TensorName:
    """Return each training row's weight, in the search's order: 0 beyond the radius."""
    measured, near = _within(graph, model, frame)
    if model.weights in ("uniform", None):
        return graph.cast(near, np.float64)
    if model.weights != "distance":
        raise graph.refuse(model, 'its weights are a function of your own; use "distance".')
    return graph.op("Where", near, inverse_distances(graph, measured), np.array(0.0))


def _within(graph: Graph, model: Any, frame: Frame) -> tuple[TensorName, TensorName]:
    """Return the distances to the training rows, and which are within the radius.

    The sums are compared, before any root rounds them.
    """
    radius, power = float(model.radius), root_of(model)
    sums = all_sums(graph, model, frame)
    limit = radius * radius if power == 2 else float(np.power(radius, power))
    return rooted(graph, model, sums), graph.op("LessOrEqual", sums, limit)


def _voted(
    graph: Graph, model: Any, weights: TensorName, codes: NDArray[np.int64], target: int
) -> Classified:
    """Return the answer for one target."""
    classes = model.classes_[target] if model.outputs_2d_ else model.classes_
    default = np.flatnonzero(np.asarray(classes) == model.outlier_label_[target])
    if not len(default):
        reason = "its outlier_label is none of the classes; use one of them."
        raise graph.refuse(model, reason)
    votes = graph.op("MatMul", weights, np.eye(len(classes))[codes[search_order(model)]])
    total = row_sum(graph, votes)
    alone = np.eye(len(classes))[default]
    shares = graph.op("Where", graph.op("Equal", total, 0.0), alone, graph.op("Div", votes, total))
    return Classified(first_greatest(graph, shares), shares)
