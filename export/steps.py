"""The last estimator of nested pipelines and searches, its scores, and the steps before it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.decomposition import MiniBatchSparsePCA, SparsePCA
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline

_NOTHING = (None, "passthrough")
"""Steps that leave a table as it is."""
_FLAT = (MiniBatchSparsePCA, SparsePCA)
"""They answer a single row without its axis, which the next step would refuse."""


def last_of(estimator: Any) -> tuple[list[Any], Any]:
    """Return the transformers to apply to a table, in order, and the estimator they end in.

    Applied once, they serve several methods of that estimator, where a pipeline would repeat
    them for each.
    """
    before = []
    while True:
        if hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif type(estimator) is Pipeline and estimator[-1] not in _NOTHING:
            # Not a subclass, which may predict in another way. And each step by itself: a pipeline
            # of them asks its last whether that is fitted, which one that learns nothing does not
            # say, nor one without a BaseEstimator.
            before += before_last(estimator)
            estimator = estimator[-1]
        else:
            return before, estimator


def before_last(pipeline: Pipeline) -> list[Any]:
    """Return the transformers of a pipeline that its last step comes after."""
    return [step for _, step in pipeline.steps[:-1] if step not in _NOTHING]


def scores_pairs(classifier: Any) -> bool:
    """Tell whether a classifier's scores are of pairs of classes, not of each class."""
    _, last = last_of(classifier)
    shape = getattr(last, "decision_function_shape", "ovr")
    return shape == "ovo" and len(last.classes_) > 2


def applied(steps: Sequence[Any], table: Any) -> Any:
    """Return what transformers, one after another, make of a table."""
    for step in steps:
        made = step.transform(table)
        if isinstance(step, _FLAT) and isinstance(made, np.ndarray):
            made = made.reshape(len(table), -1)
        table = made
    return table


def asked(estimator: Any, table: Any) -> Any:
    """Return what an estimator predicts for a table or, if it does not predict, makes of it."""
    before, last = last_of(estimator)
    table = applied(before, table)
    return last.predict(table) if hasattr(last, "predict") else last.transform(table)
