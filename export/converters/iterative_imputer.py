"""IterativeImputer: each column predicted from the others, round by round."""

import numpy as np
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer

from export.converters.graph import Graph
from export.converters.imputers import is_missing, with_indicator
from export.converters.registry import convert, converts, transform
from export.converters.values import Frame, Regressed, TensorName


@converts(IterativeImputer, exact=True)
def iterative_imputer(graph: Graph, imputer: IterativeImputer, frame: Frame) -> Frame:
    """Fill in the initial imputer's values, then predict each column in turn, as in training.

    Nothing is predicted for a row without any number, as scikit-learn answers such a row by
    itself; beside others it would predict.
    """
    if imputer.sample_posterior:
        raise graph.refuse(
            imputer, "it draws random values (sample_posterior=True); set it to False."
        )
    frame = frame.as_doubles()
    with graph.step("initial_imputer_"):
        filled = transform(graph, imputer.initial_imputer_, frame)
    missing = is_missing(graph, imputer, frame)
    empty = np.asarray(imputer._is_empty_feature)
    if not imputer.keep_empty_features and empty.any():
        missing = graph.op("Gather", missing, np.flatnonzero(~empty), axis=1)
    elif empty.any():
        missing = graph.op("And", missing, ~empty.reshape(1, -1))
    present = graph.cast(graph.op("Not", missing), np.float64)
    known = graph.op("ReduceMax", present, np.array([1]), keepdims=1)
    missing = graph.op("And", missing, graph.cast(known, np.bool_))
    x = graph.numeric(filled, imputer)
    columns = [graph.op("Gather", x, np.array([column]), axis=1) for column in range(filled.width)]
    for turn, triplet in enumerate(imputer.imputation_sequence_ if imputer.n_iter_ else ()):
        neighbours = [columns[i] for i in triplet.neighbor_feat_idx]
        others = Frame.of(graph.concat(neighbours), len(neighbours))
        column = int(triplet.feat_idx)
        with graph.step(f"imputation_sequence_[{turn}]"):
            predicted = _predicted(graph, triplet.estimator, others)
        low, high = float(imputer._min_value[column]), float(imputer._max_value[column])
        bounded = graph.op("Min", graph.op("Max", predicted, low), high)
        gone = graph.op("Gather", missing, np.array([column]), axis=1)
        columns[column] = graph.op("Where", gone, bounded, columns[column])
    imputed = Frame.of(graph.concat(columns), filled.width)
    return with_indicator(graph, imputer, frame, imputed)


def _predicted(graph: Graph, estimator: object, frame: Frame) -> TensorName:
    answer = convert(graph, estimator, frame)
    if not isinstance(answer, Regressed):
        raise graph.refuse(estimator, "it must be a regressor to fill in numbers.")
    return graph.reshape(answer.values, -1, 1)
