"""Nearest neighbours: the training rows that are nearest, and what they vote for.

Distances are computed as scikit-learn's own method for the fitted data computes them. Of
training rows at the very same distance, the first is nearer: the first in the order in which
a tree holds them, or in that of training. scikit-learn keeps, of equals that compete for the
last place, whichever its heap happens to hold; such rows are left out of parity.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    KNeighborsTransformer,
    LocalOutlierFactor,
    NeighborhoodComponentsAnalysis,
    RadiusNeighborsRegressor,
)
from sklearn.semi_supervised import LabelPropagation, LabelSpreading

from export.converters.arithmetic import by_sign, first_greatest, repeated, row_sum
from export.converters.distances import (
    EUCLIDEAN,
    distances,
    minkowski_power,
    summed_distances,
)
from export.converters.graph import Graph
from export.converters.registry import converts
from export.converters.similarity import kernel_propagation
from export.converters.sparsity import dense
from export.converters.values import (
    Classified,
    Flagged,
    Frame,
    MultiClassified,
    Regressed,
    TensorName,
)

NO_METRICS = ("braycurtis", "dice")
"""Going by way of a third point may be shorter, on which a ball tree relies."""
PRODUCTS = {
    **dict.fromkeys((*EUCLIDEAN, "sqeuclidean"), "sqeuclidean"),
    "cosine": "cosine",
}
"""Metrics that a search without a tree computes by products of matrices, and what it compares."""


@dataclass(frozen=True)
class Neighbors:
    """Each row's nearest training rows, the nearest first."""

    places: TensorName
    """Where they are in `order`, int64 [N, k]."""
    distances: TensorName
    """How far they are, float64 [N, k]."""
    order: NDArray[np.int64]
    """The training rows in the order in which the search holds them."""

    def values(self, graph: Graph, table: NDArray[Any]) -> TensorName:
        """Look up the neighbours' rows of a table `[training rows, ...]`, [N, k, ...]."""
        return graph.op("Gather", np.ascontiguousarray(table[self.order]), self.places, axis=0)


@converts(KNeighborsClassifier, exact=False)
def k_neighbors_classifier(
    graph: Graph, model: KNeighborsClassifier, frame: Frame
) -> Classified | MultiClassified:
    """Answer each class's share of the neighbours' votes; the first of equals wins."""
    found = k_nearest(graph, model, frame, model.n_neighbors)
    weights = _weights(graph, model, found.distances)
    codes = np.asarray(model._y)
    if not model.outputs_2d_:
        return voted(graph, found, weights, codes.ravel(), len(model.classes_))
    return MultiClassified(
        tuple(
            voted(graph, found, weights, codes[:, target], len(classes))
            for target, classes in enumerate(model.classes_)
        )
    )


@converts(KNeighborsRegressor, exact=False)
def k_neighbors_regressor(graph: Graph, model: KNeighborsRegressor, frame: Frame) -> Regressed:
    """Answer the mean of the neighbours' values."""
    check_values(graph, model)
    found = k_nearest(graph, model, frame, model.n_neighbors)
    weights = _weights(graph, model, found.distances)
    known = np.asarray(model._y, dtype=np.float64)
    values = found.values(graph, known.reshape(len(known), -1))
    if weights is None:
        mean = graph.op("ReduceMean", values, np.array([1]), keepdims=0)
    else:
        weighed = graph.op("Mul", values, graph.op("Unsqueeze", weights, np.array([2])))
        total = graph.op("ReduceSum", weighed, np.array([1]), keepdims=0)
        mean = graph.op("Div", total, row_sum(graph, weights))
    return Regressed(graph.reshape(mean, -1) if known.ndim == 1 else mean)


@converts(KNeighborsTransformer, exact=False)
def k_neighbors_transformer(graph: Graph, model: KNeighborsTransformer, frame: Frame) -> Frame:
    """Answer, for each training row, its distance if it is a neighbour, otherwise 0."""
    by_distance = model.mode == "distance"
    found = k_nearest(graph, model, frame, model.n_neighbors + by_distance)
    rows = graph.op("Gather", found.order, found.places)
    count = len(found.order)
    nothing = repeated(graph, np.zeros((1, count)), frame)
    values = found.distances
    if not by_distance:
        values = graph.op("Add", graph.op("Mul", values, 0.0), 1.0)
    return Frame.of(graph.op("ScatterElements", nothing, rows, values, axis=1), count)


@converts(LocalOutlierFactor, exact=False)
def local_outlier_factor(graph: Graph, model: LocalOutlierFactor, frame: Frame) -> Flagged:
    """Compare how densely a row's neighbours lie with how densely it does."""
    found = k_nearest(graph, model, frame, model.n_neighbors_)
    reach = found.values(graph, model._distances_fit_X_[:, model.n_neighbors_ - 1])
    reach = graph.op("Max", found.distances, reach)
    mean = graph.op("ReduceMean", reach, np.array([1]), keepdims=1)
    density = graph.op("Div", 1.0, graph.op("Add", mean, 1e-10))
    ratios = graph.op("Div", found.values(graph, model._lrd), density)
    score = graph.op("Neg", graph.op("ReduceMean", ratios, np.array([1]), keepdims=0))
    score = graph.op("Sub", score, float(model.offset_))
    return Flagged(by_sign(graph, score), score)


@converts(LabelPropagation, LabelSpreading, exact=False)
def label_propagation(graph: Graph, model: Any, frame: Frame) -> Classified:
    """Answer the mean of the training rows' labels, weighed by the kernel."""
    if model.kernel != "knn":
        return kernel_propagation(graph, model, frame)
    found = k_nearest(graph, model.nn_fit, frame, model.n_neighbors)
    labels = found.values(graph, model.label_distributions_)
    total = graph.op("ReduceSum", labels, np.array([1]), keepdims=0)
    probabilities = graph.op("Div", total, row_sum(graph, total))
    return Classified(first_greatest(graph, probabilities), probabilities)


@converts(NeighborhoodComponentsAnalysis, exact=False)
def neighborhood_components(
    graph: Graph, model: NeighborhoodComponentsAnalysis, frame: Frame
) -> Frame:
    """Answer the components that bring rows of one class together."""
    directions = np.asarray(model.components_).T
    return Frame.of(graph.op("MatMul", graph.numeric(frame, model), directions), len(directions.T))


def check_values(graph: Graph, model: Any) -> None:
    """Refuse targets of single precision, in which scikit-learn takes their mean.

    Within a radius, also of those at no distance, by which alone a row is then answered.
    """
    single = isinstance(model, RadiusNeighborsRegressor) or model.weights in ("uniform", None)
    if model._y.dtype == np.float32 and single:
        reason = "its targets are of single precision, in which it takes their mean; fit it on "
        raise graph.refuse(model, f"{reason}y.astype(float).")


def k_nearest(graph: Graph, model: Any, frame: Frame, count: int) -> Neighbors:
    """Find the `count` nearest training rows of a fitted search.

    Raises ConversionError, naming `model`, for a metric that has no exact form.
    """
    sums = all_sums(graph, model, frame)
    least, places = graph.ops(
        "TopK", sums, np.array([count]), outputs=2, axis=1, largest=0, sorted=1
    )
    return Neighbors(places, rooted(graph, model, least), search_order(model))


def search_order(model: Any) -> NDArray[np.int64]:
    """Return the training rows in the order in which the search holds them."""
    if model._fit_method == "brute":
        return np.arange(model.n_samples_fit_)
    return np.asarray(model._tree.get_arrays()[1], dtype=np.int64)


def all_sums(graph: Graph, model: Any, frame: Frame) -> TensorName:
    """Return what `rooted` makes the distances to all training rows, float64 [N, rows].

    scikit-learn compares these sums too, before any root rounds them. In the search's order.
    """
    x = graph.numeric(frame, model)
    metric, parameters = model.effective_metric_, model.effective_metric_params_
    points = dense(model._fit_X)[search_order(model)]
    if not isinstance(metric, str):
        raise graph.refuse(model, "its metric is a function of your own; use a named one.")
    if model._fit_method != "brute" and metric in NO_METRICS:
        reason = f"metric={metric!r} lets a ball tree miss neighbours; use algorithm='brute'."
        raise graph.refuse(model, reason)
    if model._fit_method == "brute" and metric in PRODUCTS:
        return distances(graph, model, x, points, PRODUCTS[metric])
    return summed_distances(graph, model, x, points, metric, parameters=parameters, rooted=False)


def rooted(graph: Graph, model: Any, sums: TensorName) -> TensorName:
    """Return the distances whose sums are given."""
    power = root_of(model)
    if power == 1:
        return sums
    return graph.op("Sqrt", sums) if power == 2 else graph.op("Pow", sums, 1.0 / power)


def root_of(model: Any) -> float:
    """Return which root of a sum is a distance: 1 where a sum is one itself."""
    power = minkowski_power(model.effective_metric_, model.effective_metric_params_)
    return 1.0 if power is None or np.isinf(power) else power


def voted(
    graph: Graph,
    found: Neighbors,
    weights: TensorName | None,
    codes: NDArray[np.int64],
    classes: int,
) -> Classified:
    """Add up the neighbours' votes one after another; `codes` are the training rows' classes."""
    votes = found.values(graph, np.eye(classes)[codes])
    if weights is not None:
        votes = graph.op("Mul", votes, graph.op("Unsqueeze", weights, np.array([2])))
    running = graph.op("CumSum", votes, np.array(1))
    total = graph.op("Gather", running, np.array(-1), axis=1)
    return Classified(first_greatest(graph, total), graph.op("Div", total, row_sum(graph, total)))


def _weights(graph: Graph, model: Any, measured: TensorName) -> TensorName | None:
    """Return the neighbours' weights: None for equal ones, otherwise the inverse distances.

    Neighbours at no distance take all the weight.
    """
    if model.weights in ("uniform", None):
        return None
    if model.weights != "distance":
        raise graph.refuse(model, 'its weights are a function of your own; use "distance".')
    return inverse_distances(graph, measured)


def inverse_distances(graph: Graph, measured: TensorName) -> TensorName:
    """Return 1 over each distance `[N, k]`; in rows with a distance of 0, 1 where it is 0."""
    same = graph.cast(graph.op("Equal", measured, 0.0), np.float64)
    any_same = graph.op("ReduceMax", same, np.array([1]), keepdims=1)
    inverse = graph.op("Div", 1.0, measured)
    return graph.op("Where", graph.cast(any_same, np.bool_), same, inverse)
