"""KNNImputer: the mean of a column over the nearest training rows that have it.

Only rows that miss something look for others, and a column only in those that miss it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.impute import KNNImputer

from export.converters.arithmetic import row_sum
from export.converters.graph import Graph
from export.converters.imputers import is_missing, with_indicator
from export.converters.origins import Origin
from export.converters.registry import converts
from export.converters.sums import numpy_row_sum
from export.converters.values import Block, Frame, TensorName

ROUNDING = 2.0**-46
"""What rounding adds to a mean by weights, relative to it, where distances have their digits."""


@converts(KNNImputer, exact=False)
def knn_imputer(graph: Graph, imputer: KNNImputer, frame: Frame) -> Frame:
    """Fill each column from the rows that are nearest in the columns which both have."""
    if imputer.metric != "nan_euclidean" or imputer.weights not in ("uniform", "distance"):
        raise graph.refuse(
            imputer, "its metric or its weights are a function; use those that have a name."
        )
    frame = frame.as_doubles()
    x = graph.numeric(frame, imputer)
    missing = is_missing(graph, imputer, frame)
    learned = np.flatnonzero(imputer._valid_mask)
    gaps = _some(graph, graph.op("Gather", missing, learned, axis=1))
    lacking = graph.op("Gather", missing, gaps, axis=0)
    distances = _distances(graph, imputer, graph.op("Gather", x, gaps, axis=0), lacking)
    columns, lowered = [], []
    for column in range(frame.width) if imputer.keep_empty_features else learned:
        value = graph.column(x, int(column))
        if imputer._valid_mask[column]:
            here = _some(graph, graph.column(lacking, int(column)))
            near = graph.op("Gather", distances, here, axis=0)
            imputed = _imputed(graph, imputer, near, int(column))
            rows = graph.reshape(graph.op("Gather", gaps, here), -1, 1)
            columns.append(graph.op("ScatterElements", value, rows, imputed, axis=0))
            below = graph.op("Sub", imputed, graph.op("Mul", graph.op("Abs", imputed), ROUNDING))
            lowered.append(graph.op("ScatterElements", value, rows, below, axis=0))
        else:
            columns.append(graph.op("Where", graph.op("IsNaN", value), 0.0, 0.0))
            lowered.append(columns[-1])
    filled = Frame.of(graph.concat(columns), len(columns))
    _remember(graph, imputer, frame, filled, lowered)
    return with_indicator(graph, imputer, frame, filled)


def _remember(
    graph: Graph, imputer: Any, frame: Frame, filled: Frame, lowered: list[TensorName]
) -> None:
    """Remember how trees compare the columns, where no step before rounded them.

    As they are; with weights, which hang on how distances are rounded, a mean is a little less,
    lest it be above a threshold that it was in training.
    """
    if graph.lineage.rounded(frame, exact=graph.exact).any():
        return
    if imputer.weights == "uniform":
        graph.lineage.remember_rounded(filled, np.array([False]))
        return
    whole = Block(graph.concat(lowered), len(lowered), is_string=False)
    graph.lineage.remember_origins(filled, [Origin(whole.take([i])) for i in range(len(lowered))])


def _some(graph: Graph, marks: TensorName) -> TensorName:
    """Return the rows of bools `[N, k]` that have a true one, int64 [rows]."""
    counts = graph.op("ReduceSum", graph.cast(marks, np.int64), np.array([1]), keepdims=0)
    return graph.reshape(graph.op("NonZero", counts), -1)


def _distances(graph: Graph, imputer: Any, x: TensorName, missing: TensorName) -> TensorName:
    """Return the distances to the training rows, [N, rows]; infinite where none is defined.

    Over the columns that both rows have, in proportion to how many those are, by the expansion
    that `nan_euclidean_distances` uses, step for step: its rounding is that of large terms.
    """
    gone = np.asarray(imputer._mask_fit_X)
    fitted: NDArray[np.float64] = np.where(gone, 0.0, imputer._fit_X)
    present = graph.cast(graph.op("Not", missing), np.float64)
    filled = graph.op("Where", missing, 0.0, x)
    squares = graph.op("Mul", filled, filled)
    fitted_squares = fitted * fitted
    total = graph.op("MatMul", graph.op("Mul", filled, -2.0), fitted.T)
    total = graph.op("Add", total, graph.op("ReduceSum", squares, np.array([1]), keepdims=1))
    total = graph.op("Add", total, fitted_squares.sum(axis=1))
    total = graph.op("Max", total, 0.0)
    total = graph.op("Sub", total, graph.op("MatMul", squares, gone.T.astype(np.float64)))
    absent = graph.cast(missing, np.float64)
    total = graph.op("Sub", total, graph.op("MatMul", absent, fitted_squares.T))
    squared = graph.op("Max", total, 0.0)
    common = graph.op("MatMul", present, (~gone).T.astype(np.float64))
    scaled = graph.op("Mul", graph.op("Div", squared, common), float(fitted.shape[1]))
    none = graph.op("Equal", common, 0.0)
    return graph.op("Where", none, np.inf, graph.op("Sqrt", scaled))


def _imputed(graph: Graph, imputer: Any, distances: TensorName, column: int) -> TensorName:
    """Return the mean of the nearest donors' values of one column, [N, 1].

    They are added nearest first, as scikit-learn adds them where all distances are defined and
    the processor has AVX-512 or AVX2; elsewhere chance decides (`export.orders`).
    """
    donors = np.flatnonzero(~imputer._mask_fit_X[:, column])
    values = imputer._fit_X[donors, column] + 0.0  # no -0.0, which numpy's sums never are
    count = min(imputer.n_neighbors, len(donors))
    subset = graph.op("Gather", distances, donors, axis=1)
    near, index = graph.ops("TopK", subset, np.array([count]), outputs=2, axis=1, largest=0)
    found = graph.op("Gather", values, index, axis=0)
    defined = graph.op("Not", graph.op("IsInf", near))
    weights = graph.cast(defined, np.float64)
    if imputer.weights == "distance":
        zero = graph.op("And", graph.op("Equal", near, 0.0), defined)
        any_zero = graph.op("ReduceMax", graph.cast(zero, np.float64), np.array([1]), keepdims=1)
        inverse = graph.op("Where", defined, graph.op("Reciprocal", near), 0.0)
        at_zero = graph.op("Greater", any_zero, 0.0)
        weights = graph.op("Where", at_zero, graph.cast(zero, np.float64), inverse)
    total = row_sum(graph, weights)
    weighted = numpy_row_sum(graph, graph.op("Mul", found, weights), count)
    mean = np.ma.array(imputer._fit_X[:, column], mask=imputer._mask_fit_X[:, column]).mean()
    nobody = graph.op("Equal", total, 0.0)
    return graph.op("Where", nobody, float(mean), graph.op("Div", weighted, total))
