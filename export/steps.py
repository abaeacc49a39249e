"""The last estimator of nested pipelines and searches, its scores, and the steps before it."""

from typing import Any

from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline


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
        elif type(estimator) is Pipeline:  # a subclass may predict in another way
            if len(estimator.steps) > 1:
                before.append(estimator[:-1])
            estimator = estimator[-1]
        else:
            return before, estimator


def scores_pairs(classifier: Any) -> bool:
    """Tell whether a classifier's scores are of pairs of classes, not of each class."""
    _, last = last_of(classifier)
    shape = getattr(last, "decision_function_shape", "ovr")
    return shape == "ovo" and len(last.classes_) > 2


def applied(steps: list[Any], table: Any) -> Any:
    """Return what transformers, one after another, make of a table."""
    for step in steps:
        table = step.transform(table)
    return table
